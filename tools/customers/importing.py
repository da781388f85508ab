"""Import of customers, accounts and transactions: good rows are kept, every other one is named.

The file is read in batches, each written in one transaction, so neither its size nor the number of bad
rows decides how much memory is used, and an import that was interrupted goes on when it is run again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import Field

from prompts.datafile import Frozen
from tools.base import Caller
from tools.customers.cells import Reader, Rejection, required
from tools.customers.mapping import AccountRow, Kind, Mapping
from tools.customers.model import Customer, Holding, Transaction
from tools.customers.store import BATCH, CustomerStore
from tools.customers.tabular import Flaw, Table, open_table, unusable

Progress = Callable[[str, int, int], None]
Outcome = tuple[int, int, list[Rejection]]
"""How many records a batch added, how many it replaced, and which rows were left out."""


class ImportReport(Frozen):
    """What an import did. ``reasons`` counts the flaws by code; a row can have several."""

    kind: Kind
    encoding: str
    accepted: int = 0
    updated: int = 0
    rejected: int = 0
    reasons: dict[str, int] = Field(default_factory=dict)
    new_managers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class Importer:
    """Writes files into the book on behalf of ``caller``, who must see all of it.

    ``update`` replaces records that are there already instead of naming them; transactions never change.
    """

    def __init__(
        self,
        store: CustomerStore,
        caller: Caller,
        rules: Mapping,
        today: date,
        *,
        update: bool = False,
    ) -> None:
        self._store, self._caller, self._rules, self._today = store, caller, rules, today
        self._update = update

    def run(
        self, path: Path, kind: Kind, reject: Callable[[Rejection], None], progress: Progress
    ) -> ImportReport:
        """Import ``path``; every flaw goes to ``reject`` as it is found.

        Raises DataFileError where the file as a whole cannot be read or lacks a required column.
        """
        keep = {"customers": self._customers, "accounts": self._accounts, "transactions": self._booked}[kind]
        before = {manager.id for manager in self._store.managers()}
        reasons: Counter[str] = Counter()
        accepted = updated = rejected = 0
        with open_table(path) as table:
            titles = self._titles(path, kind, table)
            rows = _read(Reader(kind, titles, self._rules, self._today), table)
            while batch := list(islice(rows, BATCH)):
                wrong = [flaw for _, row in batch if isinstance(row, list) for flaw in row]
                good = [(number, row) for number, row in batch if not isinstance(row, list)]
                added, replaced, left_out = keep(good)
                accepted, updated = accepted + added, updated + replaced
                rejected += len(batch) - added - replaced
                for flaw in sorted([*wrong, *left_out], key=lambda flaw: flaw.row):
                    reasons[flaw.code] += 1
                    reject(flaw)
                progress(path.name, min(table.done[0], table.total), table.total)
            ignored = tuple(t for t in table.titles if t and t not in titles.values())
            encoding = table.encoding
        return ImportReport(
            kind=kind,
            encoding=encoding,
            accepted=accepted,
            updated=updated,
            rejected=rejected,
            reasons=dict(reasons.most_common()),
            new_managers=tuple(m.id for m in self._store.managers() if m.id not in before),
            ignored=ignored,
        )

    def _titles(self, path: Path, kind: Kind, table: Table) -> dict[str, str]:
        titles = self._rules.titles(kind, table.titles)
        known = self._rules.columns[kind]
        lacking = [f"{f} ({'/'.join(known[f])})" for f in required(kind) if f not in titles]
        if lacking:
            raise unusable(path, "columns", columns=", ".join(lacking), titles=", ".join(table.titles))
        return titles

    def _customers(self, rows: list[tuple[int, Any]]) -> Outcome:
        rows, wrong = _first_of_each(rows)
        there = self._store.records([c.id for _, c in rows], self._caller)
        new = [(n, c) for n, c in rows if c.id not in there]
        old = [(n, c) for n, c in rows if c.id in there]
        if not self._update:
            wrong += [_named(n, "exists", "id", c.id) for n, c in old]
            old = []
        staff = {m.id for m in self._store.managers()}
        hired = sorted({c.manager_id for _, c in (*new, *old)} - staff)
        self._store.add([Caller(id_, id_) for id_ in hired], [c for _, c in new])
        self._store.replace(_merged(there[c.id], c) for _, c in old)
        return len(new), len(old), wrong

    def _accounts(self, rows: list[tuple[int, Any]]) -> Outcome:
        rows, wrong = _first_of_each(rows)
        people = self._store.records({a.customer_id for _, a in rows}, self._caller)
        held = {id_: {c.account_number(h): h for h in c.holdings} for id_, c in people.items()}
        added = replaced = 0
        for number, account in rows:
            if account.customer_id not in held:
                wrong.append(_named(number, "unknown_customer", "customer_id", account.customer_id))
            elif account.id not in held[account.customer_id]:
                held[account.customer_id][account.id] = _holding(account)
                added += 1
            elif self._update:
                held[account.customer_id][account.id] = _holding(account)
                replaced += 1
            else:
                wrong.append(_named(number, "exists", "id", account.id))
        self._store.replace(
            c.model_copy(update={"holdings": tuple(held[c.id].values())}) for c in people.values()
        )
        return added, replaced, wrong

    def _booked(self, rows: list[tuple[int, Any]]) -> Outcome:
        rows, wrong = _first_of_each(rows)
        people = self._store.known({t.customer_id for _, t in rows}, self._caller)
        there = self._store.booked({t.id for _, t in rows}, self._caller)
        good: list[Transaction] = []
        for number, row in rows:
            if row.customer_id not in people:
                wrong.append(_named(number, "unknown_customer", "customer_id", row.customer_id))
            elif row.id in there:
                wrong.append(_named(number, "exists", "id", row.id))
            else:
                good.append(row)
        self._store.add(transactions=good)
        return len(good), 0, wrong


def _read(reader: Reader, table: Table) -> Iterator[tuple[int, Any]]:
    for number, cells in table.rows:
        if isinstance(cells, Flaw):
            flaw = Rejection(row=number, code=cells.code, value=cells.value, expected=cells.expected)
            yield number, [flaw]
        else:
            yield number, reader.read(number, cells)


def _first_of_each(rows: Iterable[tuple[int, Any]]) -> tuple[list[tuple[int, Any]], list[Rejection]]:
    """The first row of each id; the others are named. Repetitions further apart are found in the book."""
    seen: set[str] = set()
    kept, wrong = [], []
    for number, row in rows:
        if row.id in seen:
            wrong.append(_named(number, "duplicate", "id", row.id))
        else:
            seen.add(row.id)
            kept.append((number, row))
    return kept, wrong


def _merged(old: Customer, new: Customer) -> Customer:
    """What the file said over what was known; its empty cells and missing columns change nothing."""
    return old.model_copy(update={name: getattr(new, name) for name in new.model_fields_set})


def _holding(account: AccountRow) -> Holding:
    return Holding(**account.model_dump(exclude={"customer_id"}))


def _named(row: int, code: str, field: str, value: str) -> Rejection:
    return Rejection(row=row, field=field, code=code, value=value)
