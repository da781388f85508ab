"""Lists of customers: which match a filter, who comes first, and why each deserves attention now."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tools.customers.model import Customer, Holding
from tools.segments.computing import age_on
from tools.segments.model import CustomerFilter, CustomerRow
from tools.segments.policy import Policy
from tools.segments.snapshots import Snapshot
from tools.values import Persona

SOON = 30
ENDING_SOON = CustomerFilter(matures_within_days=SOON)
_URGENCY = {"at_risk": 0, "lost": 4, "dormant": 3}


@dataclass(frozen=True)
class Listed:
    """A customer with what was computed of them."""

    customer: Customer
    snapshot: Snapshot
    personas: tuple[Persona, ...]

    def row(self, policy: Policy, today: date, wanted: CustomerFilter) -> CustomerRow:
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
            reason=_reason(self, policy, today, wanted),
        )


def keep(person: Listed, wanted: CustomerFilter, policy: Policy, today: date) -> bool:
    """Whether every condition that is set holds."""
    return all(_conditions(person, wanted, policy, today))


def rank(people: list[Listed], wanted: CustomerFilter, today: date) -> list[Listed]:
    """Attention: where the filter asks for a day, the soonest first; else leaving, then what falls due."""
    keys: dict[str, Callable[[Listed], Any]] = {
        "assets": lambda p: (-p.customer.assets, p.customer.id),
        "name": lambda p: (p.customer.name, p.customer.id),
        "birthday": lambda p: (_until(p.customer.birthday, today), p.customer.id),
        "id": lambda p: p.customer.id,
        "attention": lambda p: (*_attention(p, today, wanted), p.customer.id),
    }
    return sorted(people, key=keys[wanted.sort])


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
        yield _maturing(customer, today, wanted) is not None
    if wanted.matures_month is not None and wanted.matures_within_days is None:
        yield _maturing(customer, today, wanted) is not None
    yield _within(customer.assets, wanted.min_assets, wanted.max_assets)
    yield _within(age, wanted.min_age, wanted.max_age)
    if wanted.q:
        yield wanted.q in customer.name or wanted.q.upper() in customer.id


def _within(value: Decimal | int, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _attention(person: Listed, today: date, wanted: CustomerFilter) -> tuple[int, int, float]:
    if asked := _asked_day(person.customer, today, wanted):
        return int(asked[1] < today), (asked[1] - today).days, -float(person.customer.assets)
    stage = person.snapshot.lifecycle
    due = _maturing(person.customer, today, ENDING_SOON)
    birthday = _until(person.customer.birthday, today)
    urgency = _URGENCY.get(stage, 1 if due else 2 if birthday <= SOON else 5)
    days = (_end(due) - today).days if due else birthday
    return urgency, days, -float(person.customer.assets)


def _asked_day(customer: Customer, today: date, wanted: CustomerFilter) -> tuple[str, date] | None:
    """The day that the filter is about, with the name of its reason."""
    if wanted.matures_within_days is not None or wanted.matures_month is not None:
        due = _maturing(customer, today, wanted)
        return ("matures", _end(due)) if due else None
    if wanted.birthday_within_days is not None or wanted.birthday_month is not None:
        return "birthday", _anniversary(customer.birthday, today, wanted.birthday_month)
    if wanted.anniversary_month is not None:
        return "anniversary", _anniversary(customer.opened_on, today, wanted.anniversary_month)
    return None


def _reason(person: Listed, policy: Policy, today: date, wanted: CustomerFilter) -> str:
    customer, snapshot = person.customer, person.snapshot
    reasons, stage = policy.reasons, snapshot.lifecycle
    if asked := _asked_day(customer, today, wanted):
        due = _maturing(customer, today, wanted)
        years = asked[1].year - customer.opened_on.year
        return reasons[asked[0]].format(date=asked[1], years=years, name=due.name if due else "")
    if stage == "at_risk":
        return reasons["at_risk"].format(signal="；".join(snapshot.signals(policy)))
    if stage in ("lost", "dormant"):
        return reasons[stage].format(days=snapshot.rfm.recency_days)
    if due := _maturing(customer, today, ENDING_SOON):
        return reasons["matures"].format(name=due.name, date=due.matures_on)
    if (days := _until(customer.birthday, today)) <= SOON:
        return reasons["birthday"].format(date=today + timedelta(days=days))
    if (days := _until(customer.opened_on, today)) <= SOON:
        day = today + timedelta(days=days)
        return reasons["anniversary"].format(date=day, years=day.year - customer.opened_on.year)
    assets = f"{customer.assets / 10_000:,.0f}"
    return reasons["steady"].format(assets=assets, lifecycle=policy.lifecycle_label(stage))


def _maturing(customer: Customer, today: date, wanted: CustomerFilter) -> Holding | None:
    """What ends first within the days or in the month that the filter names."""
    days, month = wanted.matures_within_days, wanted.matures_month
    if days is None and month is None:
        return None
    last = today + timedelta(days=366 if days is None else days)
    ending = [h for h in customer.holdings if h.matures_on and today <= h.matures_on <= last]
    return min((h for h in ending if month in (None, _end(h).month)), key=_end, default=None)


def _end(holding: Holding) -> date:
    return holding.matures_on or date.max


def _until(day: date, today: date) -> int:
    """Days until the next anniversary of ``day``."""
    return (_anniversary(day, today) - today).days


def _anniversary(day: date, today: date, month: int | None = None) -> date:
    """The next anniversary of ``day``, or this year's where this ``month`` is asked for.

    The 29th of February counts as the 28th.
    """
    this, coming = (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
        for year in (today.year, today.year + 1)
    )
    return this if this >= today or today.month == month else coming
