"""Runs the segmentation: the log is measured where it lives, DuckDB places every customer, rows come back.

A book in SQLite is handed to DuckDB as Arrow batches while it is read, so no second copy of the log exists,
in memory or on disk; a book in PostgreSQL or a log in a warehouse is measured there. Ibis and DuckDB are
loaded when something is built and at no other time: look-ups read stored snapshots.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Float, String, func, select, type_coerce

from tools.customers import schema
from tools.customers.model import Customer
from tools.segments.policy import Policy
from tools.segments.segmentation import measured, placed

if TYPE_CHECKING:
    import pyarrow as pa
    from ibis.backends.duckdb import Backend as DuckDB
    from ibis.expr.types import Table

Progress = Callable[[str, int, int], None]
BATCH = 50_000
MEMORY = "1GB"
"""What DuckDB may hold; above it, it goes to temporary files."""


@dataclass(frozen=True)
class Log:
    """A log outside the book: an Ibis URL and the name of a table or view (see ``segmentation``)."""

    url: str
    table: str


def segments(
    engine: Engine,
    people: Iterable[Customer],
    policy: Policy,
    day: date,
    log: Log | None = None,
    progress: Progress = lambda *_: None,
) -> Iterator[dict[str, Any]]:
    """The row of every customer as ``placed`` gives it, in no order."""
    con = open_duckdb()
    try:
        figures = _figures(con, engine, policy, day, log, progress)
        found = placed(_seen(con, "people", _people(people)), _seen(con, "figures", figures), policy, day)
        rows, done = found.to_pyarrow(), 0
        for batch in rows.to_batches(max_chunksize=BATCH):
            yield from batch.to_pylist()
            done += batch.num_rows
            progress("segments", done, rows.num_rows)
    finally:
        con.disconnect()


def open_duckdb() -> "DuckDB":
    """A DuckDB that keeps to ``MEMORY``."""
    import ibis

    return ibis.duckdb.connect(memory_limit=MEMORY, temp_directory=tempfile.gettempdir())


def _figures(
    con: "DuckDB", engine: Engine, policy: Policy, day: date, log: Log | None, progress: Progress
) -> "pa.Table":
    if log is None and engine.dialect.name != "postgresql":
        return measured(_seen(con, "log", _batches(engine, progress)), policy, day).to_pyarrow()
    # How far another engine has come is not known, only that it is at work.
    progress("transactions", 0, 1)
    with _postgresql(engine) if log is None else _warehouse(log) as entries:
        figures = measured(entries, policy, day).to_pyarrow()
    progress("transactions", 1, 1)
    return figures


@contextmanager
def _postgresql(engine: Engine) -> Iterator["Table"]:
    """The log in the PostgreSQL that holds the book."""
    import ibis

    # The connection is Ibis's from here on; it is closed, not given back, for its settings have changed.
    raw = engine.raw_connection()
    try:
        yield ibis.postgres.from_connection(raw.driver_connection).table(schema.transactions.name)
    finally:
        raw.invalidate()


@contextmanager
def _warehouse(log: Log) -> Iterator["Table"]:
    """A log outside the book."""
    import ibis

    *schema_name, table = log.table.rsplit(".", 1)
    warehouse = ibis.connect(log.url)
    try:
        yield warehouse.table(table, database=schema_name[0] if schema_name else None)
    finally:
        warehouse.disconnect()


def _seen(con: "DuckDB", name: str, rows: "pa.Table | pa.RecordBatchReader") -> "Table":
    """Arrow data as a table of DuckDB that is read where it lies."""
    con.con.register(name, rows)
    return con.table(name)


def _batches(engine: Engine, progress: Progress) -> "pa.RecordBatchReader":
    """The log as SQLite stores it (days as text, amounts as floats) in exact types, read once."""
    import pyarrow as pa

    table = schema.transactions
    stored = (
        table.c.customer_id,
        type_coerce(table.c.booked_on, String),
        type_coerce(table.c.amount, Float),
        table.c.kind,
        table.c.channel,
    )
    read_as = (pa.string(), pa.string(), pa.float64(), pa.string(), pa.string())
    exact = pa.schema(
        [
            ("customer_id", pa.string()),
            ("booked_on", pa.date32()),
            ("amount", pa.decimal128(18, 2)),
            ("kind", pa.string()),
            ("channel", pa.string()),
        ]
    )

    def read() -> Iterator["pa.RecordBatch"]:
        with engine.connect().execution_options(yield_per=BATCH) as db:
            total = db.execute(select(func.count()).select_from(table)).scalar_one()
            done = 0
            for rows in db.execute(select(*stored)).partitions():
                columns = zip(zip(*rows, strict=True), read_as, exact.types, strict=True)
                arrays = [pa.array(values, read).cast(kind) for values, read, kind in columns]
                done += len(rows)
                progress("transactions", done, total)
                yield pa.RecordBatch.from_arrays(arrays, schema=exact)

    return pa.RecordBatchReader.from_batches(exact, read())


def _people(people: Iterable[Customer]) -> "pa.Table":
    """What placing needs of every customer."""
    import pyarrow as pa

    kinds = pa.schema(
        [
            ("customer_id", pa.string()),
            ("opened_on", pa.date32()),
            ("assets", pa.decimal128(18, 2)),
            ("credit_limit", pa.decimal128(18, 2)),
        ]
    )
    rows = ({"customer_id": c.id, **{n: getattr(c, n) for n in kinds.names[1:]}} for c in people)
    batches = []
    while batch := list(islice(rows, BATCH)):
        batches.append(pa.RecordBatch.from_pylist(batch, kinds))
    return pa.Table.from_batches(batches, kinds)
