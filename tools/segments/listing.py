"""Lists of customers: which match a filter, who comes first, and why each deserves attention now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.customers.model import Customer
from tools.segments.computing import age_on
from tools.segments.model import CustomerFilter, CustomerRow
from tools.segments.policy import Policy
from tools.segments.snapshots import Snapshot
from tools.values import Persona

SOON = 30
_URGENCY = {"at_risk": 0, "lost": 4, "dormant": 3}


@dataclass(frozen=True)
class Listed:
    """A customer with what was computed of them."""

    customer: Customer
    snapshot: Snapshot
    personas: tuple[Persona, ...]

    def row(self, policy: Policy, today: date) -> CustomerRow:
        customer, stage = self.customer, self.snapshot.lifecycle
        tier = policy.tier(customer.assets)
        return CustomerRow(
            id=customer.id,
            name=customer.name,
            tier=tier.tier,
            tier_label=tier.label,
            personas=self.personas,
            lifecycle=stage,
            lifecycle_label=policy.lifecycle_label(stage),
            city=customer.city,
            age=age_on(customer.birthday, today),
            assets=customer.assets,
            reason=_reason(self, policy, today),
        )


def keep(person: Listed, wanted: CustomerFilter, policy: Policy, today: date) -> bool:
    """Whether every condition that is set holds."""
    return all(_conditions(person, wanted, policy, today))


def rank(people: list[Listed], sort: str, today: date) -> list[Listed]:
    """Attention: leaving first, then what falls due soonest, then the larger book."""
    keys: dict[str, Callable[[Listed], Any]] = {
        "assets": lambda p: (-p.customer.assets, p.customer.id),
        "name": lambda p: (p.customer.name, p.customer.id),
        "birthday": lambda p: (_until(p.customer.birthday, today), p.customer.id),
        "id": lambda p: p.customer.id,
        "attention": lambda p: (*_attention(p, today), p.customer.id),
    }
    return sorted(people, key=keys[sort])


def described(wanted: CustomerFilter, policy: Policy) -> str:
    """The filter in Chinese words."""
    parts = []
    labels = {**policy.labels["lifecycle"], **policy.labels["value_class"], **policy.labels["product"]}
    labels |= {rule.tier: rule.label for rule in policy.tiers}
    labels |= {rule.persona: rule.label for rule in policy.personas}
    for field, value in wanted.model_dump(exclude={"sort", "limit"}, exclude_none=True).items():
        label = labels.get(str(value), str(value))
        template = policy.described[field]
        parts.append(template.format(label) if "{}" in template else _plain(template, value, label))
    return "、".join(parts) or policy.described["all"]


def _plain(template: str, value: object, label: str) -> str:
    return template if value is True else label


def _conditions(person: Listed, wanted: CustomerFilter, policy: Policy, today: date) -> Iterable[bool]:
    customer, snapshot = person.customer, person.snapshot
    age = age_on(customer.birthday, today)
    if wanted.segment is not None:
        yield wanted.segment in (policy.tier(customer.assets).tier, *person.personas)
    if wanted.lifecycle is not None:
        yield snapshot.lifecycle == wanted.lifecycle
    if wanted.value_class is not None:
        yield snapshot.value_class == wanted.value_class
    if wanted.churn_risk is not None:
        yield wanted.churn_risk == (snapshot.lifecycle in ("at_risk", "dormant", "lost"))
    if wanted.birthday_month is not None:
        yield customer.birthday.month == wanted.birthday_month
    if wanted.birthday_within_days is not None:
        yield _until(customer.birthday, today) <= wanted.birthday_within_days
    if wanted.anniversary_month is not None:
        yield customer.opened_on.month == wanted.anniversary_month
    if wanted.tag is not None:
        yield any(wanted.tag in tag or tag in wanted.tag for tag in (*customer.tags, customer.occupation))
    if wanted.city is not None:
        yield wanted.city.removesuffix("市") in customer.city
    if wanted.product is not None:
        labels = policy.labels["product"]
        yield any(wanted.product in (h.product, labels[h.product], h.name) for h in customer.holdings)
    if wanted.matures_within_days is not None:
        yield _maturing(customer, today, wanted.matures_within_days) is not None
    yield _within(customer.assets, wanted.min_assets, wanted.max_assets)
    yield _within(age, wanted.min_age, wanted.max_age)
    if wanted.q:
        yield wanted.q in customer.name or wanted.q.upper() in customer.id


def _within(value: Decimal | int, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _attention(person: Listed, today: date) -> tuple[int, int, float]:
    stage = person.snapshot.lifecycle
    due = _maturing(person.customer, today, SOON)
    birthday = _until(person.customer.birthday, today)
    urgency = _URGENCY.get(stage, 1 if due else 2 if birthday <= SOON else 5)
    days = (due - today).days if due else birthday
    return urgency, days, -float(person.customer.assets)


def _reason(person: Listed, policy: Policy, today: date) -> str:
    customer, snapshot = person.customer, person.snapshot
    reasons, stage = policy.reasons, snapshot.lifecycle
    if stage == "at_risk":
        return reasons["at_risk"].format(signal="；".join(snapshot.signals(policy)))
    if stage in ("lost", "dormant"):
        return reasons[stage].format(days=snapshot.rfm.recency_days)
    for holding in customer.holdings:
        if holding.matures_on and today <= holding.matures_on <= today + timedelta(days=SOON):
            return reasons["matures"].format(name=holding.name, date=holding.matures_on)
    if (days := _until(customer.birthday, today)) <= SOON:
        return reasons["birthday"].format(date=today + timedelta(days=days))
    if (days := _until(customer.opened_on, today)) <= SOON:
        day = today + timedelta(days=days)
        return reasons["anniversary"].format(date=day, years=day.year - customer.opened_on.year)
    assets = f"{customer.assets / 10_000:,.0f}"
    return reasons["steady"].format(assets=assets, lifecycle=policy.lifecycle_label(stage))


def _maturing(customer: Customer, today: date, days: int) -> date | None:
    """The first maturity within ``days``."""
    ends = [h.matures_on for h in customer.holdings if h.matures_on and h.matures_on >= today]
    first = min(ends, default=None)
    return first if first and first <= today + timedelta(days=days) else None


def _until(day: date, today: date) -> int:
    """Days until the next anniversary of ``day``; the 29th of February counts as the 28th."""
    for year in (today.year, today.year + 1):
        try:
            coming = day.replace(year=year)
        except ValueError:
            coming = date(year, 2, 28)
        if coming >= today:
            return (coming - today).days
    return 366
