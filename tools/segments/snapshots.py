"""Segment snapshots by day: what was computed for everybody, kept so that moves can be told.

Look-ups read these rows alone, and like the book only those of the caller's customers. A day that has
passed is computed once; the running day is computed again with whatever was booked since. Scores are places
within the whole book, so a day is always built whole.
"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from pydantic import ConfigDict
from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Date,
    Engine,
    MetaData,
    Select,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)

from prompts.datafile import Frozen
from tools.base import Caller
from tools.customers import schema
from tools.customers.model import Customer
from tools.customers.store import seen_by
from tools.segments.building import Log, Progress, segments
from tools.segments.model import Rfm
from tools.segments.policy import Drop, Policy
from tools.segments.segmentation import QUARTERS_BEFORE, behaviour_columns
from tools.values import Lifecycle, Money, Tier, ValueClass

BATCH = 5_000
metadata = MetaData()
snapshots = Table(
    "segment_snapshots",
    metadata,
    Column("customer_id", String(64), primary_key=True),
    Column("as_of", Date, primary_key=True),
    Column("lifecycle", String(16), nullable=False),
    Column("value_class", String(16), nullable=False),
    Column("record", JSON, nullable=False),
)


class Figures(Frozen):
    """The figures behind warnings; ``before`` is a usual quarter of the nine months before the last three."""

    recent: int = 0
    before: int = 0
    credit_recent: Money = Decimal(0)
    credit_before: Money = Decimal(0)
    assets: Money | None = None


class Behaviour(Frozen):
    """A behaviour tag and the transactions of the last twelve months that earned it."""

    tag: str
    transactions: int


class Snapshot(Frozen):
    """What was computed for one customer on one day.

    ``tier`` and ``assets`` are empty for a day that had passed when it was built: what was held then is not known.
    Who never ``transacted`` counts as silent since the account was opened.
    """

    # Snapshots written by other releases still answer, as far as they go.
    model_config = ConfigDict(extra="ignore")

    as_of: date
    rfm: Rfm
    lifecycle: Lifecycle
    value_class: ValueClass
    tier: Tier | None = None
    drops: tuple[Drop, ...] = ()
    figures: Figures = Figures()
    behaviours: tuple[Behaviour, ...] = ()
    transacted: bool = True

    def signals(self, policy: Policy) -> tuple[str, ...]:
        """The warnings in words, with the figures that raised them."""
        shown = {n: f"{value:,.0f}" for n, value in self.figures if value is not None}
        return tuple(policy.signals[drop].format(**shown) for drop in self.drops)


class SnapshotStore:
    """Builds and reads snapshots."""

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine, self._policy = engine, policy

    def build(
        self,
        people: Iterable[Customer],
        day: date,
        *,
        current: bool = True,
        log: Log | None = None,
        progress: Progress = lambda *_: None,
    ) -> int:
        """Compute the whole book as of ``day``, replacing what that day holds. Returns how many customers.

        ``current`` says that assets are those of ``day``. ``log`` names a log outside the book.
        """
        found = segments(self._engine, people, self._policy, day, log, progress)
        rows = (_row(_snapshot(one, day, current, self._policy), one["customer_id"]) for one in found)
        count, batch = 0, list(islice(rows, BATCH))
        # The first batch is there when everything is computed: until then nobody waits for the lock.
        with self._engine.begin() as db:
            db.execute(delete(snapshots).where(snapshots.c.as_of == day))
            while batch:
                db.execute(insert(snapshots), batch)
                count += len(batch)
                batch = list(islice(rows, BATCH))
        return count

    def newest(self) -> date | None:
        """The day of the newest snapshot."""
        with self._engine.connect() as db:
            newest: date | None = db.execute(select(func.max(snapshots.c.as_of))).scalar_one()
        return newest

    def has(self, day: date) -> bool:
        """Whether that day was built."""
        query = select(snapshots.c.as_of).where(snapshots.c.as_of == day).limit(1)
        with self._engine.connect() as db:
            return db.execute(query).first() is not None

    def history(self, customer_id: str, caller: Caller, limit: int = 400) -> tuple[Snapshot, ...]:
        """Newest first: how a customer of the caller's moved."""
        query = (
            _seen(caller, snapshots.c.record)
            .where(snapshots.c.customer_id == customer_id)
            .order_by(snapshots.c.as_of.desc())
            .limit(limit)
        )
        with self._engine.connect() as db:
            return tuple(Snapshot.model_validate(record) for record in db.execute(query).scalars())

    def on(self, day: date, caller: Caller) -> dict[str, Snapshot]:
        """The snapshots of one day by customer, of the caller's book."""
        query = _seen(caller, snapshots.c.customer_id, snapshots.c.record).where(snapshots.c.as_of == day)
        with self._engine.connect() as db:
            return {row.customer_id: Snapshot.model_validate(row.record) for row in db.execute(query)}


def _seen(caller: Caller, *columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of the snapshots, of customers the caller may see."""
    owner = snapshots.c.customer_id == schema.customers.c.id
    return seen_by(select(*columns).join_from(snapshots, schema.customers, owner), caller)


def _snapshot(found: dict[str, Any], day: date, current: bool, policy: Policy) -> Snapshot:
    drops = tuple(d for d in ("frequency", "credit") if found[f"{d}_drop"])
    figures = Figures(
        recent=found["recent"],
        before=round(found["before"] / QUARTERS_BEFORE),
        credit_recent=found["credit_recent"],
        credit_before=round(found["credit_before"] / QUARTERS_BEFORE, 2),
        assets=found["assets"] if current else None,
    )
    rfm = Rfm(
        recency=found["recency"],
        frequency=found["frequency"],
        monetary=found["monetary"],
        recency_days=(day - found["last_on"]).days,
        transactions_12m=found["transactions"],
        amount_12m=found["amount"],
        segment=found["rfm"],
    )
    return Snapshot(
        as_of=day,
        rfm=rfm,
        lifecycle=found["lifecycle"],
        value_class=found["value_class"],
        tier=found["tier"] if current else None,
        drops=drops,
        figures=figures,
        transacted=found["transacted"],
        behaviours=tuple(
            Behaviour(tag=rule.tag, transactions=found[column])
            for column, rule in zip(behaviour_columns(policy), policy.behaviours, strict=True)
            if found[column] >= rule.at_least
        ),
    )


def _row(snapshot: Snapshot, customer_id: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "as_of": snapshot.as_of,
        "lifecycle": snapshot.lifecycle,
        "value_class": snapshot.value_class,
        "record": snapshot.model_dump(mode="json"),
    }
