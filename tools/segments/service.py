"""Who is this customer, on what evidence, what next: look-ups and lists over the newest snapshot."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from sqlalchemy import Engine

from knowledge.base import Knowledge
from tools.base import Caller
from tools.customers.model import Customer, GiftGiven
from tools.customers.store import CustomerStore
from tools.errors import InvalidRequest
from tools.segments import computing
from tools.segments.building import Log, Progress
from tools.segments.history import moves
from tools.segments.listing import Listed, Listing, described
from tools.segments.model import (
    AssetSlice,
    CustomerList,
    Evidence,
    ListCustomers,
    LookupSegment,
    MonthActivity,
    NextAction,
    Restriction,
    SegmentAnswer,
    Source,
)
from tools.segments.policy import Policy, load_policy
from tools.segments.profiles import read_profile
from tools.segments.segmentation import RECENT, YEAR
from tools.segments.snapshots import Snapshot, SnapshotStore
from tools.values import LifeStage, Persona, Role

ACTIONS = 3
REMEMBERED = 12
"""Snapshots that a look-up reads to tell the last move."""
SYSTEM = Caller("system", "system", "admin")
"""Computes the whole book; never answers anybody."""


class SegmentService:
    """Look-ups and lists. Access is the store's; this only ever sees what the caller may."""

    def __init__(
        self,
        store: CustomerStore,
        snapshots: SnapshotStore,
        policy: Policy,
        knowledge: Knowledge,
        today: Callable[[], date],
    ) -> None:
        self._store, self._snapshots, self._policy = store, snapshots, policy
        self._knowledge, self._today = knowledge, today
        self._passage = lru_cache(maxsize=256)(self._find_passage)

    def rebuild(
        self,
        day: date | None = None,
        *,
        again: bool = False,
        log: Log | None = None,
        progress: Progress = lambda *_: None,
    ) -> int | None:
        """Compute the snapshot of ``day`` (today) over the whole book. Returns the number of customers.

        A day that has passed and has its snapshot is left alone, and None is returned, unless ``again``.
        Raises InvalidRequest for a day that is still to come.
        """
        today = self._today()
        day = day or today
        if day > today:
            raise InvalidRequest("as_of", values={"message": f"{day} > {today}"})
        if day < today and not again and self._snapshots.has(day):
            return None
        people = self._store.each(SYSTEM)
        return self._snapshots.build(people, day, current=day == today, log=log, progress=progress)

    def history(self, customer: str, caller: Caller) -> tuple[Snapshot, ...]:
        """The snapshots of a customer, newest first. Raises NotFound and Ambiguous."""
        return self._snapshots.history(self._store.resolve(customer, caller).id, caller)

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer:
        """Raises InvalidRequest, NotFound and Ambiguous."""
        if request.customer:
            return self._of_customer(self._store.resolve(request.customer, caller), caller)
        if request.profile:
            return self._of_profile(request.profile, caller)
        raise InvalidRequest("customer", "customer_or_profile")

    def list(self, request: ListCustomers, caller: Caller) -> CustomerList:
        """The caller's customers that match, those who need attention first."""
        day = self._snapshots.newest()
        snapshots = self._snapshots.on(day, caller) if day else {}
        wanted = request.filter
        people = (Listed(c, snapshots.get(c.id), self._personas(c)) for c in self._store.each(caller))
        rows = Listing(wanted, self._policy, self._today()).rows(people)
        return CustomerList(
            total=len(rows),
            customers=tuple(rows[: wanted.limit]),
            described=described(wanted, self._policy),
        )

    def _of_customer(self, customer: Customer, caller: Caller) -> SegmentAnswer:
        today, policy = self._today(), self._policy
        history = self._snapshots.history(customer.id, caller, limit=REMEMBERED)
        snapshot = history[0] if history else None
        age, tier = computing.age_on(customer.birthday, today), policy.tier(customer.assets)
        personas, stage = self._personas(customer), computing.life_stage(_words(customer), age, policy)
        whens = (*([snapshot.lifecycle] if snapshot else []), *personas)
        actions, sources = self._next(whens, caller)
        allowed = tuple(sorted(customer.consents))
        return SegmentAnswer(
            customer_id=customer.id,
            name=customer.name,
            manager_id=customer.manager_id,
            age=age,
            tier=tier.tier,
            tier_label=tier.label,
            personas=personas,
            persona_labels=self._persona_labels(personas),
            value_class=snapshot.value_class if snapshot else None,
            lifecycle=snapshot.lifecycle if snapshot else None,
            life_stage=stage,
            labels=(tier.label, *self._persona_labels(personas), *self._labels(snapshot, stage)),
            tags=Listed(customer, snapshot, personas).tags,
            risk_level=customer.risk_level,
            assets=customer.assets,
            rfm=snapshot.rfm if snapshot else None,
            activity=self._activity(customer, caller, today),
            asset_mix=tuple(
                AssetSlice(product=h.product, label=policy.labels["product"][h.product], balance=h.balance)
                for h in customer.holdings
            ),
            evidence=self._evidence(customer, history, age, today),
            churn_signals=snapshot.signals(policy) if snapshot else (),
            next_actions=actions,
            restrictions=tuple(self._restrictions(customer)),
            unknown=() if snapshot and snapshot.transacted else (policy.unknown["transactions"],),
            allowed_channels=allowed,
            contact=self._contact(customer, caller),
            sources=sources,
            as_of=snapshot.as_of if snapshot else today,
        )

    def _of_profile(self, text: str, caller: Caller) -> SegmentAnswer:
        policy, profile = self._policy, read_profile(text, self._policy)
        tier = policy.tier(profile.assets) if profile.assets is not None else None
        personas = computing.personas(text, profile.age, profile.assets, policy)
        stage = computing.life_stage(text, profile.age, policy)
        actions, sources = self._next(personas, caller)
        lacking = [key for key, value in (("age", profile.age), ("assets", profile.assets)) if value is None]
        lacking += ["transactions", "consent"] if personas else ["occupation", "transactions", "consent"]
        labels = (
            *([tier.label] if tier else []),
            *self._persona_labels(personas),
            *self._labels(None, stage),
        )
        return SegmentAnswer(
            name=text[:60],
            age=profile.age,
            tier=tier.tier if tier else None,
            tier_label=tier.label if tier else "",
            personas=personas,
            persona_labels=self._persona_labels(personas),
            life_stage=stage,
            labels=labels,
            tags=profile.interests,
            assets=profile.assets,
            evidence=(Evidence(label=policy.evidence["described"], value=text[:200]),),
            next_actions=actions,
            restrictions=tuple(self._rule("no_sale_gift")),
            unknown=tuple(policy.unknown[key] for key in lacking),
            sources=sources,
        )

    def _personas(self, customer: Customer) -> tuple[Persona, ...]:
        age = computing.age_on(customer.birthday, self._today())
        return computing.personas(_words(customer), age, customer.assets, self._policy)

    def _persona_labels(self, personas: Iterable[Persona]) -> tuple[str, ...]:
        named = {rule.persona: rule.label for rule in self._policy.personas}
        return tuple(named[p] for p in personas)

    def _labels(self, snapshot: Snapshot | None, stage: LifeStage | None) -> tuple[str, ...]:
        staged = {rule.stage: rule.label for rule in self._policy.life_stages}
        labels = self._policy.labels
        computed = (
            (
                labels["lifecycle"][snapshot.lifecycle],
                labels["value_class"][snapshot.value_class],
                snapshot.rfm.segment,
            )
            if snapshot
            else ()
        )
        return (*computed, *([staged[stage]] if stage else []))

    def _next(
        self, whens: Iterable[str], caller: Caller
    ) -> tuple[tuple[NextAction, ...], tuple[Source, ...]]:
        """The first actions that apply, each with the playbook passage it comes from."""
        order = list(whens)
        rules = sorted(
            (r for r in self._policy.actions if r.when in order), key=lambda r: order.index(r.when)
        )
        actions: list[NextAction] = []
        sources: list[Source] = []
        for rule in rules[:ACTIONS]:
            source = self._passage(rule.query, caller.role, self._knowledge.revision)
            if source and source not in sources:
                sources.append(source)
            actions.append(NextAction(text=rule.text, source=sources.index(source) if source else None))
        return tuple(actions), tuple(sources)

    def _find_passage(self, query: str, role: Role, _revision: str) -> Source | None:
        found = self._knowledge.search(query, top_k=1, role=role)
        if not found:
            return None
        best = found[0]
        return Source(
            document_id=best.document_id,
            chunk_id=best.chunk_id,
            title=best.title,
            section=best.section,
            quote=best.text,
        )

    def _activity(self, customer: Customer, caller: Caller, today: date) -> tuple[MonthActivity, ...]:
        """Twelve calendar months, the current one last."""
        firsts = _months(today, 12)
        months = [f"{first:%Y-%m}" for first in firsts]
        booked = self._store.monthly(customer.id, caller, firsts[0])
        totals = (booked.get(month, (0, Decimal(0))) for month in months)
        return tuple(
            MonthActivity(month=m, count=count, amount=amount)
            for m, (count, amount) in zip(months, totals, strict=True)
        )

    def _evidence(
        self, customer: Customer, history: Sequence[Snapshot], age: int, today: date
    ) -> tuple[Evidence, ...]:
        snapshot = history[0] if history else None
        pairs = [
            ("assets", f"{customer.assets:,.0f} 元"),
            ("age", str(age)),
            ("occupation", customer.occupation),
            ("family", "，".join(customer.family)),
            *(("moved", move.explained(self._policy)) for move in moves(history, self._policy)[:1]),
            ("gifts", "，".join(self._given(gift) for gift in _lately_given(customer, today))),
            ("opened", str(customer.opened_on)),
        ]
        if snapshot:
            shown = (self._policy.behaviour.format(**b.model_dump()) for b in snapshot.behaviours)
            pairs += [
                ("behaviours", "，".join(shown)),
                ("recency", str(snapshot.rfm.recency_days) if snapshot.transacted else ""),
                ("frequency", str(snapshot.rfm.transactions_12m)),
                ("monetary", f"{snapshot.rfm.amount_12m:,.0f} 元"),
            ]
        day = snapshot.as_of if snapshot else today
        labels = self._policy.evidence
        return tuple(Evidence(label=labels[key], value=value, as_of=day) for key, value in pairs if value)

    def _given(self, gift: GiftGiven) -> str:
        return self._policy.given.format(name=gift.name, date=gift.given_on, price=f"{gift.price:,.0f}")

    def _contact(self, customer: Customer, caller: Caller) -> dict[str, str]:
        """How to reach the customer: masked, enough to recognise them, unless the policy lets the role see it."""
        shown = {"mobile": customer.mobile, "id_card": customer.id_card}
        plain = caller.role in self._policy.unmasked_for
        return {
            key: value if plain else f"{value[:3]}****{value[-4:]}" for key, value in shown.items() if value
        }

    def _restrictions(self, customer: Customer) -> Iterable[Restriction]:
        personal = self._policy.labels["channel"]
        lacking = [label for channel, label in personal.items() if channel not in customer.consents]
        if lacking:
            yield from self._rule("no_consent", channels="、".join(lacking))
        marks = {
            "blacklisted": customer.blacklisted,
            "abnormal": customer.abnormal_account,
            "high_risk": customer.risk_level == "high",
            "public_official": customer.public_official,
            "state_enterprise": customer.state_enterprise_staff,
        }
        for code, holds in marks.items():
            if holds:
                yield from self._rule(code)
        yield from self._rule("no_sale_gift")

    def _rule(self, code: str, **values: str) -> Iterable[Restriction]:
        rule = self._policy.restrictions[code]
        yield Restriction(code=code, text=rule.text.format(**values), basis=rule.basis)


def open_segments(
    store: CustomerStore, engine: Engine, knowledge: Knowledge, today: Callable[[], date]
) -> SegmentService:
    """The service with the shipped policy. Where there is no snapshot yet, today's is made, and that of a
    quarter ago, so that there is a move to tell from the first day."""
    policy = load_policy()
    snapshots = SnapshotStore(engine, policy)
    service = SegmentService(store, snapshots, policy, knowledge, today)
    if snapshots.newest() is None:
        service.rebuild(today() - timedelta(days=RECENT))
        service.rebuild()
    return service


def _words(customer: Customer) -> str:
    return "，".join((customer.occupation, *customer.family))


def _lately_given(customer: Customer, today: date) -> Sequence[GiftGiven]:
    """The gifts of the last twelve months, newest first."""
    lately = (g for g in customer.gifts if g.given_on > today - timedelta(days=YEAR))
    return sorted(lately, key=lambda g: g.given_on, reverse=True)


def _months(today: date, count: int) -> list[date]:
    """The first days of ``count`` calendar months, the current one last."""
    numbers = range(today.year * 12 + today.month - count, today.year * 12 + today.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]
