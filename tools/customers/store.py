"""The customer book. Every read takes the caller: a manager's own customers are all there is.

Another manager's customer is NotFound, exactly as one who does not exist.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, bindparam, extract, func, insert, select, update

from tools.base import Caller
from tools.customers import schema
from tools.customers.matching import matches
from tools.customers.model import Customer, Transaction
from tools.errors import Ambiguous, Candidate, NotFound

BATCH = 5_000
_OWNER = schema.transactions.c.customer_id == schema.customers.c.id


class CustomerStore:
    """Reads and writes the book. Safe for several threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def managers(self) -> tuple[Caller, ...]:
        """Everyone who may sign in, managers first, by id."""
        query = select(schema.managers).order_by(schema.managers.c.role != "rm", schema.managers.c.id)
        with self._engine.connect() as db:
            return tuple(Caller(row.id, row.name, row.role) for row in db.execute(query))

    def names(self, caller: Caller) -> tuple[tuple[str, str], ...]:
        """Id and name of every customer the caller may see, to recognise them in what is said."""
        query = _by_id(select(schema.customers.c.id, schema.customers.c.name), caller)
        with self._engine.connect() as db:
            return tuple((row.id, row.name) for row in db.execute(query))

    def get(self, customer_id: str, caller: Caller) -> Customer:
        """The customer with this id. Raises NotFound."""
        found = self.records([customer_id], caller).get(customer_id)
        if found is None:
            raise NotFound("customer", customer_id)
        return found

    def resolve(self, reference: str, caller: Caller) -> Customer:
        """The customer meant by an id, a name or a near miss of one. Raises NotFound and Ambiguous."""
        found = self._exactly(reference, caller)
        if not found:
            found = tuple(self.records(matches(reference, self.names(caller)), caller).values())
        if not found:
            found = tuple(c for c in self.each(caller) if reference.strip() == c.address_form)
        if not found:
            raise NotFound("customer", reference)
        if len(found) > 1:
            raise Ambiguous("customer", reference, tuple(map(_candidate, found)))
        return found[0]

    def _exactly(self, reference: str, caller: Caller) -> tuple[Customer, ...]:
        """The customer with this id, else those with this very name: what indexes find, whatever the book's size."""
        table = schema.customers
        query = _by_id(select(table.c.record), caller)
        with self._engine.connect() as db:
            named = db.execute(query.where((table.c.id == reference) | (table.c.name == reference))).scalars()
            found = tuple(map(Customer.model_validate, named))
        return tuple(c for c in found if c.id == reference) or found

    def all(self, caller: Caller) -> tuple[Customer, ...]:
        """The caller's whole book, by id."""
        return tuple(self.each(caller))

    def each(self, caller: Caller) -> Iterator[Customer]:
        """The caller's book one by one, by id, whatever its size."""
        query = _by_id(select(schema.customers.c.record), caller)
        with self._engine.connect().execution_options(yield_per=1_000) as db:
            for record in db.execute(query).scalars():
                yield Customer.model_validate(record)

    def records(self, ids: Collection[str], caller: Caller) -> dict[str, Customer]:
        """Those of ``ids`` that the caller may see, by id."""
        query = _by_id(select(schema.customers.c.record), caller).where(schema.customers.c.id.in_(ids))
        with self._engine.connect() as db:
            found = map(Customer.model_validate, db.execute(query).scalars())
            return {customer.id: customer for customer in found}

    def known(self, ids: Collection[str], caller: Caller) -> set[str]:
        """Which of ``ids`` are customers the caller may see."""
        query = _by_id(select(schema.customers.c.id), caller).where(schema.customers.c.id.in_(ids))
        with self._engine.connect() as db:
            return set(db.execute(query).scalars())

    def booked(self, ids: Collection[str], caller: Caller) -> set[str]:
        """Which of ``ids`` are transactions of customers the caller may see."""
        table = schema.transactions
        query = _by_id(_joined(table.c.id), caller)
        with self._engine.connect() as db:
            return set(db.execute(query.where(table.c.id.in_(ids))).scalars())

    def log(self, caller: Caller) -> Iterator[Transaction]:
        """Every transaction of the caller's book one by one, by customer and day."""
        table = schema.transactions
        query = _by_id(_joined(*table.c), caller)
        with self._engine.connect().execution_options(yield_per=BATCH) as db:
            for row in db.execute(query.order_by(table.c.booked_on, table.c.id)).mappings():
                yield Transaction(**row)

    def transactions(self, customer_id: str, caller: Caller, since: date) -> tuple[Transaction, ...]:
        """Booked on or after ``since``, oldest first. Raises NotFound."""
        self.get(customer_id, caller)
        table = schema.transactions
        query = (
            select(table)
            .where(table.c.customer_id == customer_id, table.c.booked_on >= since)
            .order_by(table.c.booked_on, table.c.id)
        )
        with self._engine.connect() as db:
            return tuple(Transaction(**row) for row in db.execute(query).mappings())

    def monthly(self, customer_id: str, caller: Caller, since: date) -> dict[str, tuple[int, Decimal]]:
        """Count and sum of the transactions on or after ``since`` by calendar month, as YYYY-MM."""
        table = schema.transactions
        month = extract("year", table.c.booked_on) * 100 + extract("month", table.c.booked_on)
        query = (
            seen_by(_joined(month, func.count(), func.sum(table.c.amount)), caller)
            .where(table.c.customer_id == customer_id, table.c.booked_on >= since)
            .group_by(month)
        )
        with self._engine.connect() as db:
            return {f"{m // 100}-{m % 100:02}": (count, total) for m, count, total in db.execute(query)}

    def add(
        self,
        managers: Iterable[Caller] = (),
        customers: Iterable[Customer] = (),
        transactions: Iterable[Transaction] = (),
    ) -> None:
        """Insert records, all in one transaction."""
        people = [{"id": m.id, "name": m.name, "role": m.role} for m in managers]
        book = [_row(c) for c in customers]
        booked = [t.model_dump() for t in transactions]
        with self._engine.begin() as db:
            for table, rows in (
                (schema.managers, people),
                (schema.customers, book),
                (schema.transactions, booked),
            ):
                for batch in _batches(rows):
                    db.execute(insert(table), batch)

    def replace(self, customers: Iterable[Customer]) -> None:
        """Put records in place of those with the same id, all in one transaction."""
        changed = [{**_row(c), "known": c.id} for c in customers]
        with self._engine.begin() as db:
            for batch in _batches(changed):
                db.execute(update(schema.customers).where(schema.customers.c.id == bindparam("known")), batch)


def seen_by(query: Select[Any], caller: Caller) -> Select[Any]:
    """The one place where a query that reads ``customers`` learns whose book it may read."""
    return query if caller.sees_all_customers else query.where(schema.customers.c.manager_id == caller.id)


def _by_id(query: Select[Any], caller: Caller) -> Select[Any]:
    return seen_by(query, caller).order_by(schema.customers.c.id)


def _joined(*columns: ColumnElement[Any]) -> Select[Any]:
    """Columns of transactions, with whose customer each is."""
    return select(*columns).join_from(schema.transactions, schema.customers, _OWNER)


def _batches(rows: Sequence[dict[str, Any]]) -> Iterable[Sequence[dict[str, Any]]]:
    return (rows[i : i + BATCH] for i in range(0, len(rows), BATCH))


def _row(customer: Customer) -> dict[str, Any]:
    record = customer.model_dump(mode="json")
    return {"id": customer.id, "manager_id": customer.manager_id, "name": customer.name, "record": record}


def _candidate(customer: Customer) -> Candidate:
    tail = f"尾号{customer.mobile[-4:]}" if customer.mobile else ""
    parts = (f"{customer.birthday:%Y}年生", customer.city, customer.occupation, tail)
    return Candidate(customer.id, customer.name, "，".join(part for part in parts if part))
