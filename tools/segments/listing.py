"""Lists of customers: which match a filter, who comes first, and why each deserves attention now."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tools.customers.model import Customer, Holding
from tools.segments.computing import age_on
from tools.segments.model import CustomerFilter, CustomerRow
from tools.segments.policy import Policy
from tools.segments.snapshots import Snapshot
from tools.values import Persona

SOON = 30
YEAR = 366
SAID = 2
"""Reasons that a row gives."""
_FREE = ("q", "surname", "tag", "city")
LEAVING = ("at_risk", "dormant", "lost")


@dataclass(frozen=True)
class Listed:
    """A customer with what was computed of them; no snapshot for one who came after the newest was built."""

    customer: Customer
    snapshot: Snapshot | None
    personas: tuple[Persona, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """What they do, as computed, and what was written down of them."""
        shown = (b.tag for b in self.snapshot.behaviours) if self.snapshot else ()
        return tuple(dict.fromkeys((*shown, *self.customer.tags)))


@dataclass(frozen=True)
class Reason:
    """Why a customer deserves attention: a key of the policy's reasons, in words, and the day it is about."""

    code: str
    text: str
    day: date | None = None


@dataclass(frozen=True)
class Listing:
    """One question to the book, on one day."""

    wanted: CustomerFilter
    policy: Policy
    today: date

    def rows(self, people: Iterable[Listed]) -> list[CustomerRow]:
        """Everybody who matches; by attention the first reason decides, in the policy's order, then its day."""
        found = [(person, self.reasons(person)) for person in people if all(self._conditions(person))]
        keys: dict[str, Callable[[Listed, tuple[Reason, ...]], Any]] = {
            "assets": lambda p, _: -p.customer.assets,
            "name": lambda p, _: p.customer.name,
            "birthday": lambda p, _: _coming(p.customer.birthday, self.today),
            "id": lambda p, _: p.customer.id,
            "attention": lambda p, reasons: (*self._urgency(reasons[0]), -p.customer.assets),
        }
        key = keys[self.wanted.sort]
        found.sort(key=lambda one: (key(*one), one[0].customer.id))
        return [self._row(*one) for one in found]

    def reasons(self, person: Listed) -> tuple[Reason, ...]:
        """At least one. The day that the filter asks about comes first, the others as the policy has them."""
        asked = self._asked(person.customer)
        others = {reason.code: reason for reason in self._others(person)}
        ordered = (others[code] for code in self.policy.reasons if code in others)
        found = dict.fromkeys((*([asked] if asked else ()), *ordered))
        return tuple(found) or (self._steady(person),)

    def _row(self, person: Listed, reasons: tuple[Reason, ...]) -> CustomerRow:
        customer, tier = person.customer, self.policy.tier(person.customer.assets)
        stage = person.snapshot.lifecycle if person.snapshot else None
        return CustomerRow(
            id=customer.id,
            name=customer.name,
            tier=tier.tier,
            tier_label=tier.label,
            personas=person.personas,
            lifecycle=stage,
            lifecycle_label=self.policy.lifecycle_label(stage) if stage else "",
            city=customer.city,
            age=age_on(customer.birthday, self.today),
            assets=customer.assets,
            reason="；".join(reason.text for reason in reasons[:SAID]),
        )

    def _conditions(self, person: Listed) -> Iterator[bool]:
        yield from self._computed(person)
        wanted, customer = self.wanted, person.customer
        if wanted.birthday_month is not None:
            yield customer.birthday.month == wanted.birthday_month
        if wanted.birthday_within_days is not None:
            yield (_coming(customer.birthday, self.today) - self.today).days <= wanted.birthday_within_days
        if wanted.anniversary_month is not None:
            yield customer.opened_on.month == wanted.anniversary_month
        if wanted.city is not None:
            yield wanted.city.removesuffix("市") in customer.city
        if wanted.consent is not None:
            yield wanted.consent in customer.consents
        if self._asked_for == "matures":
            yield self._ending(customer) is not None
        elif wanted.product is not None:
            yield any(map(self._is_wanted, customer.holdings))
        yield _within(customer.assets, wanted.min_assets, wanted.max_assets)
        yield _within(age_on(customer.birthday, self.today), wanted.min_age, wanted.max_age)
        if wanted.surname:
            yield customer.name.startswith(wanted.surname)
        if wanted.q:
            yield wanted.q in customer.name or wanted.q.upper() in customer.id

    def _computed(self, person: Listed) -> Iterator[bool]:
        """Conditions on what was computed; who has no snapshot meets none about it."""
        wanted, snapshot = self.wanted, person.snapshot
        if wanted.segment is not None:
            yield wanted.segment in (self.policy.tier(person.customer.assets).tier, *person.personas)
        if wanted.lifecycle is not None:
            yield snapshot is not None and snapshot.lifecycle == wanted.lifecycle
        if wanted.value_class is not None:
            yield snapshot is not None and snapshot.value_class == wanted.value_class
        if wanted.churn_risk is not None:
            yield snapshot is not None and wanted.churn_risk == (snapshot.lifecycle in LEAVING)
        if (tag := wanted.tag) is not None:
            yield any(tag in own or own in tag for own in (*person.tags, person.customer.occupation) if own)

    @property
    def _asked_for(self) -> str:
        """The kind of day that the filter is about, as its reason is called; empty where it is about none."""
        wanted = self.wanted
        kinds = {
            "matures": (wanted.matures_within_days, wanted.matures_month),
            "birthday": (wanted.birthday_within_days, wanted.birthday_month),
            "anniversary": (wanted.anniversary_month,),
        }
        return next((kind for kind, said in kinds.items() if any(s is not None for s in said)), "")

    def _is_wanted(self, holding: Holding) -> bool:
        label = self.policy.labels["product"][holding.product]
        return self.wanted.product in (None, holding.product, label, holding.name)

    def _ending(self, customer: Customer) -> Holding | None:
        """What ends first of the product, within the days and in the month that the filter names."""
        days, month = self.wanted.matures_within_days, self.wanted.matures_month
        ending = filter(self._is_wanted, _ending(customer, self.today, YEAR if days is None else days))
        return min((h for h in ending if month in (None, _end(h).month)), key=_end, default=None)

    def _asked(self, customer: Customer) -> Reason | None:
        """The day that the filter is about."""
        kind, wanted = self._asked_for, self.wanted
        if kind == "matures" and (due := self._ending(customer)):
            return self._matures(due)
        if kind == "birthday":
            return self._birthday(_coming(customer.birthday, self.today, wanted.birthday_month))
        return self._anniversary(customer, wanted.anniversary_month) if kind == "anniversary" else None

    def _others(self, person: Listed) -> Iterator[Reason]:
        """Every other reason that holds today."""
        customer, snapshot, say = person.customer, person.snapshot, self.policy.reasons
        if snapshot is None:
            yield Reason("unplaced", say["unplaced"])
        elif snapshot.lifecycle in LEAVING:
            signals = "；".join(snapshot.signals(self.policy))
            text = say[snapshot.lifecycle].format(signal=signals, days=snapshot.rfm.recency_days)
            yield Reason(snapshot.lifecycle, text)
        if due := min(_ending(customer, self.today, SOON), key=_end, default=None):
            yield self._matures(due)
        days = (self._birthday(_coming(customer.birthday, self.today)), self._anniversary(customer))
        yield from (r for r in days if r.day and (r.day - self.today).days <= SOON)

    def _matures(self, due: Holding) -> Reason:
        text = self.policy.reasons["matures"].format(name=due.name, date=_end(due))
        return Reason("matures", text, _end(due))

    def _birthday(self, day: date) -> Reason:
        return Reason("birthday", self.policy.reasons["birthday"].format(date=day), day)

    def _anniversary(self, customer: Customer, month: int | None = None) -> Reason:
        day = _coming(customer.opened_on, self.today, month)
        years = day.year - customer.opened_on.year
        return Reason("anniversary", self.policy.reasons["anniversary"].format(date=day, years=years), day)

    def _steady(self, person: Listed) -> Reason:
        label = self.policy.lifecycle_label(person.snapshot.lifecycle) if person.snapshot else ""
        assets = f"{person.customer.assets / 10_000:,.0f}"
        return Reason("steady", self.policy.reasons["steady"].format(assets=assets, lifecycle=label))

    def _urgency(self, reason: Reason) -> tuple[int, int, int]:
        """Place of the reason, whether its day has passed, days until then."""
        days = (reason.day - self.today).days if reason.day else 0
        place = 0 if reason.code == self._asked_for else list(self.policy.reasons).index(reason.code)
        return place, int(days < 0), days


def described(wanted: CustomerFilter, policy: Policy) -> str:
    """The filter in Chinese words."""
    parts = []
    groups = ("lifecycle", "value_class", "product", "channel")
    labels = {value: text for group in groups for value, text in policy.labels[group].items()}
    labels |= {rule.tier: rule.label for rule in policy.tiers}
    labels |= {rule.persona: rule.label for rule in policy.personas}
    for field, value in wanted.model_dump(exclude={"sort", "limit"}, exclude_none=True).items():
        label = str(value) if field in _FREE else labels.get(str(value), str(value))
        template = policy.described[f"no_{field}" if value is False else field]
        parts.append(template.format(label))
    return "、".join(parts) or policy.described["all"]


def _within(value: Decimal | int, low: Decimal | int | None, high: Decimal | int | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _ending(customer: Customer, today: date, days: int) -> Iterator[Holding]:
    """What ends from today on within so many days."""
    return (h for h in customer.holdings if h.matures_on and 0 <= (h.matures_on - today).days <= days)


def _end(holding: Holding) -> date:
    return holding.matures_on or date.max


def _coming(day: date, today: date, month: int | None = None) -> date:
    """The next anniversary of ``day``, or this year's where this ``month`` is asked for.

    The 29th of February counts as the 28th.
    """
    this, coming = (
        date(year, 2, 28) if (day.month, day.day) == (2, 29) else day.replace(year=year)
        for year in (today.year, today.year + 1)
    )
    return this if this >= today or today.month == month else coming
