"""Segmentation of 200,000 customers from 10 million transactions, against the same by hand. Run by hand:

    python tests/benchmarks/bench_segments.py [transactions] [customers]

Prints seconds and peak memory of the expressions over Parquet, of SQL written by hand for DuckDB and of
pandas (each in a process of its own, in turn, three times; all three must give the same rows), with the
processor time beside it, which other work on the machine changes less; then of the whole
``segments build`` over a SQLite book, then the latency of look-ups in that book.
"""

import json
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tools.segments.policy import load_policy
from tools.segments.segmentation import behaviour_columns

TODAY = date(2026, 11, 23)
RUNS = 3
MANAGERS = 1_000
POLICY = load_policy()


def write_log(home: Path, transactions: int, customers: int) -> None:
    """Log and people as Parquet: activity is skewed as in life, some customers are silent, some slow down."""
    import duckdb

    kinds, channels = (
        ", ".join(f"'{word}'" for word in words)
        for words in (("网购", "工资入账", "信用卡消费", "跨境汇款", "缴费"), ("手机银行", "柜面", "网银"))
    )
    with duckdb.connect() as db:
        db.execute("SELECT setseed(0.42)")
        db.execute(
            f"""COPY (SELECT 'C' || lpad(i::VARCHAR, 7, '0') AS customer_id,
                   DATE '{TODAY}' - (5 + (random() * 5000)::INT) AS opened_on,
                   (exp(8 + 6 * random()))::DECIMAL(18, 2) AS assets, 0::DECIMAL(18, 2) AS credit_limit
                   FROM range({customers}) t(i)) TO '{home}/people.parquet'"""
        )
        db.execute(
            f"""COPY (SELECT 'C' || lpad((power(random(), 1.6) * {customers - 1})::INT::VARCHAR, 7, '0')
                   AS customer_id, DATE '{TODAY}' - (power(random(), 1.2) * 540)::INT AS booked_on,
                   (1 + random() * random() * 5000)::DECIMAL(18, 2) AS amount,
                   [{kinds}][1 + (random() * 4)::INT] AS kind,
                   [{channels}][1 + (random() * 2)::INT] AS channel
                   FROM range({transactions})) TO '{home}/log.parquet'"""
        )


def by_expressions(home: Path) -> pa.Table:
    """What the product runs."""
    from tools.segments.building import open_duckdb
    from tools.segments.segmentation import measured, placed

    con = open_duckdb()
    figures = measured(con.read_parquet(home / "log.parquet"), POLICY, TODAY)
    return placed(con.read_parquet(home / "people.parquet"), figures, POLICY, TODAY).to_pyarrow()


def by_hand(home: Path) -> pa.Table:
    """The same as one SQL text that somebody who knows DuckDB would write."""
    import duckdb

    rule, day = POLICY.lifecycle, f"DATE '{TODAY}'"

    def one_of(column: str, words: Sequence[str]) -> str:
        return "{} IN ({})".format(column, ", ".join(f"'{word}'" for word in words)) if words else "true"

    credit = one_of("kind", rule.credit_kinds)
    behaviours = behaviour_columns(POLICY)
    counted = ", ".join(
        f"count(*) FILTER (booked_on > {day} - 365 AND {one_of('kind', b.kinds)}"
        f" AND {one_of('channel', b.channels)}) AS {name}"
        for name, b in zip(behaviours, POLICY.behaviours, strict=True)
    )
    shown = ", ".join(f"coalesce({name}, 0) AS {name}" for name in behaviours)
    fifth = "CASE {} ELSE 1 END".format(
        " ".join(f"WHEN {{0}} * 5 > n * {i} THEN {i + 1}" for i in (4, 3, 2, 1))
    )
    tiers = " ".join(f"WHEN assets >= {t.at_least} THEN '{t.tier}'" for t in POLICY.tiers)
    names = " ".join(
        f"WHEN (recency >= 3) = {key[0] == '1'} AND (frequency >= 3) = {key[1] == '1'} "
        f"AND (monetary >= 3) = {key[2] == '1'} THEN '{name}'"
        for key, name in POLICY.rfm.items()
    )
    sql = f"""
    WITH figures AS (
      SELECT customer_id, max(booked_on) AS last_on,
        count(*) FILTER (booked_on > {day} - 365) AS transactions,
        coalesce(sum(amount) FILTER (booked_on > {day} - 365), 0) AS amount,
        count(*) FILTER (booked_on > {day} - 90) AS recent,
        coalesce(sum(amount) FILTER (booked_on > {day} - 365 AND {credit}), 0) AS credit_year,
        coalesce(sum(amount) FILTER (booked_on > {day} - 90 AND {credit}), 0) AS credit_recent,
        {counted}
      FROM '{home}/log.parquet' WHERE booked_on <= {day} GROUP BY customer_id),
    facts AS (
      SELECT p.*, coalesce(f.last_on, p.opened_on) AS last_on, coalesce(transactions, 0) AS transactions,
        coalesce(amount, 0) AS amount, coalesce(recent, 0) AS recent,
        coalesce(transactions - recent, 0) AS before, coalesce(credit_recent, 0) AS credit_recent,
        coalesce(credit_year - credit_recent, 0) AS credit_before, {shown}
      FROM '{home}/people.parquet' p LEFT JOIN figures f USING (customer_id) WHERE opened_on <= {day}),
    ranked AS (
      SELECT *, rank() OVER (ORDER BY last_on DESC) - 1 AS later,
        rank() OVER (ORDER BY transactions) - 1 AS rarer,
        rank() OVER (ORDER BY amount) - 1 AS smaller, count(*) OVER () - 1 AS n FROM facts),
    scored AS (
      SELECT * EXCLUDE (later, rarer, smaller, n), 6 - {fifth.format("later")} AS recency,
        {fifth.format("rarer")} AS frequency, {fifth.format("smaller")} AS monetary,
        CASE {tiers} END AS tier,
        before >= {rule.drop_minimum * 3} AND recent * 3000 < before * {int(rule.drop_ratio * 1000)} AS frequency_drop,
        credit_before >= {rule.credit_minimum * 3}
          AND credit_recent * 3000 < credit_before * {int(rule.drop_ratio * 1000)} AS credit_drop
      FROM ranked),
    staged AS (
      SELECT *, CASE {names} END AS rfm, CASE WHEN opened_on >= {day} - {rule.new_days} THEN 'new'
          WHEN last_on <= {day} - {rule.lost_days} THEN 'lost'
          WHEN last_on <= {day} - {rule.dormant_days} THEN 'dormant'
          WHEN frequency_drop OR credit_drop THEN 'at_risk'
          WHEN opened_on <= {day} - {rule.mature_days} THEN 'mature' ELSE 'active' END AS lifecycle
      FROM scored)
    SELECT *, CASE WHEN lifecycle IN ('lost', 'at_risk', 'dormant') THEN 'churning'
        WHEN monetary >= 4 AND frequency >= 3 THEN 'high_value'
        WHEN monetary >= 3 OR frequency >= 4 THEN 'potential' ELSE 'long_tail' END AS value_class
    FROM staged"""
    with duckdb.connect(config={"memory_limit": "1GB", "temp_directory": tempfile.gettempdir()}) as db:
        return db.execute(sql).to_arrow_table()


def by_pandas(home: Path) -> pa.Table:
    """The same with data frames, scores from pandas' own quantiles. Sums of cents, which are exact."""
    import numpy as np
    import pandas as pd
    import pyarrow.parquet as pq

    rule, day = POLICY.lifecycle, pd.Timestamp(TODAY)

    def ago(days: int) -> pd.Timestamp:
        return day - timedelta(days=days)

    log = pq.read_table(home / "log.parquet")
    cents = pa.compute.cast(pa.compute.multiply(log["amount"], pa.scalar(100)), pa.int64())
    frame = log.drop(["amount"]).to_pandas()
    frame["cents"], frame["booked_on"] = cents.to_numpy(), pd.to_datetime(frame["booked_on"])
    frame = frame[frame.booked_on <= day]
    year, recent = frame.booked_on > ago(365), frame.booked_on > ago(90)
    credit = frame.kind.isin(rule.credit_kinds)
    frame["transactions"], frame["recent"] = year.astype(int), recent.astype(int)
    frame["amount"] = frame.cents.where(year, 0)
    frame["credit_year"], frame["credit_recent"] = (frame.cents.where(w & credit, 0) for w in (year, recent))
    behaviours = behaviour_columns(POLICY)
    for name, b in zip(behaviours, POLICY.behaviours, strict=True):
        shows = year.copy()
        for column, wanted in (("kind", b.kinds), ("channel", b.channels)):
            shows &= frame[column].isin(wanted) if wanted else True
        frame[name] = shows.astype(int)
    columns = ["transactions", "recent", "amount", "credit_year", "credit_recent", *behaviours]
    figures = frame.groupby("customer_id").agg(
        last_on=("booked_on", "max"), **{name: (name, "sum") for name in columns}
    )
    people = pq.read_table(home / "people.parquet").to_pandas()
    people["opened_on"] = pd.to_datetime(people["opened_on"])
    facts = people[people.opened_on <= day].join(figures, on="customer_id")
    facts["last_on"] = facts.last_on.fillna(facts.opened_on)
    facts[columns] = facts[columns].fillna(0).astype("int64")
    facts["before"] = facts.transactions - facts.recent
    facts["credit_before"] = facts.credit_year - facts.credit_recent

    def score(values: Any) -> Any:
        return 1 + sum((values > values.quantile(q)).astype(int) for q in (0.2, 0.4, 0.6, 0.8))

    facts["recency"] = 6 - score((day - facts.last_on).dt.days)
    facts["frequency"], facts["monetary"] = score(facts.transactions), score(facts.amount)
    share = float(rule.drop_ratio)
    slow = (facts.before >= rule.drop_minimum * 3) & (facts.recent * 3 < facts.before * share)
    slow |= (facts.credit_before >= rule.credit_minimum * 300) & (
        facts.credit_recent * 3 < facts.credit_before * share
    )
    facts["lifecycle"] = np.select(
        [
            facts.opened_on >= ago(rule.new_days),
            facts.last_on <= ago(rule.lost_days),
            facts.last_on <= ago(rule.dormant_days),
            slow,
            facts.opened_on <= ago(rule.mature_days),
        ],
        ["new", "lost", "dormant", "at_risk", "mature"],
        "active",
    )
    high = [
        (facts[score] >= 3).map({True: "1", False: "0"}) for score in ("recency", "frequency", "monetary")
    ]
    facts["rfm"] = (high[0] + high[1] + high[2]).map(POLICY.rfm)
    assets = facts.assets.astype(float)
    facts["tier"] = np.select(
        [assets >= float(t.at_least) for t in POLICY.tiers], [t.tier for t in POLICY.tiers], ""
    )
    facts["value_class"] = np.select(
        [
            facts.lifecycle.isin(["lost", "at_risk", "dormant"]),
            (facts.monetary >= 4) & (facts.frequency >= 3),
            (facts.monetary >= 3) | (facts.frequency >= 4),
        ],
        ["churning", "high_value", "potential"],
        "long_tail",
    )
    return pa.Table.from_pandas(facts[["customer_id", *COMPARED]], preserve_index=False)


COMPARED = (
    "transactions", "recent", "recency", "frequency", "monetary", "rfm", "tier", "lifecycle", "value_class",
    *behaviour_columns(POLICY),
)  # fmt: skip
WAYS: dict[str, Callable[[Path], pa.Table]] = {
    "expressions": by_expressions,
    "by hand": by_hand,
    "pandas": by_pandas,
}


def alone(way: str, home: Path) -> dict[str, Any]:
    """Run one way in a process of its own: seconds, megabytes and a digest of its rows."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, str(home)], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def run(way: str, home: Path) -> None:
    """Print what ``alone`` reads. Libraries are loaded before the clock starts."""
    import duckdb  # noqa: F401
    import ibis
    import pandas as pd  # noqa: F401

    ibis.duckdb.connect().disconnect()
    started, used = time.perf_counter(), time.process_time()
    found = WAYS[way](home)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    rows = found.select(["customer_id", *COMPARED]).sort_by("customer_id").to_pydict()
    digest = {name: [str(v) for v in values] for name, values in rows.items()}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mb": peak(), "digest": hash_of(digest)}))


def hash_of(value: object) -> str:
    import hashlib

    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_book(home: Path) -> Path:
    """The same customers and log as a book in SQLite; the records are those of the demo book in turn."""
    import duckdb
    from sqlalchemy import create_engine

    from tools.customers import schema
    from tools.customers.demo.people import make_book
    from tools.customers.demo.vocab import load_vocab
    from tools.segments import snapshots

    path = home / "book.db"
    path.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    schema.metadata.create_all(engine)
    snapshots.metadata.create_all(engine)
    engine.dispose()
    like = make_book(load_vocab(), TODAY, seed=1).customers
    with duckdb.connect() as source, sqlite3.connect(path) as target:
        people = source.execute(f"SELECT customer_id, opened_on FROM '{home}/people.parquet'").fetchall()
        records = (
            like[n % len(like)].model_copy(
                update={
                    "id": id_,
                    "opened_on": opened,
                    "manager_id": f"RM{n % MANAGERS:04}",
                    "name": like[n % len(like)].name[:1] + chr(0x4E00 + n // MANAGERS),
                }
            )
            for n, (id_, opened) in enumerate(people)
        )
        target.executemany(
            "INSERT INTO customers VALUES (?, ?, ?, ?)",
            ((c.id, c.manager_id, c.name, c.model_dump_json()) for c in records),
        )
        log = source.execute(
            f"SELECT customer_id, booked_on::VARCHAR, amount::DOUBLE, kind, channel FROM '{home}/log.parquet'"
        )
        number = 0
        while rows := log.fetchmany(100_000):
            numbered = ((f"T{number + i}", *row) for i, row in enumerate(rows))
            target.executemany("INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?)", numbered)
            number += len(rows)
    return path


def whole(home: Path) -> None:
    """``segments build`` over the SQLite book, then look-ups by id and name."""
    from sqlalchemy import create_engine

    from knowledge.library import open_library
    from tools.base import Caller
    from tools.customers.store import CustomerStore
    from tools.segments.model import LookupSegment
    from tools.segments.service import SegmentService
    from tools.segments.snapshots import SnapshotStore

    engine = create_engine(f"sqlite:///{home / 'book.db'}")
    store = CustomerStore(engine)
    library = open_library(home / "knowledge")
    library.ensure_built()
    service = SegmentService(store, SnapshotStore(engine, POLICY), POLICY, library, lambda: TODAY)
    before = peak()
    started = time.perf_counter()
    count = service.rebuild()
    taken = time.perf_counter() - started
    print(f"segments build: {count:,} customers in {taken:.1f} s, {peak():,.0f} MB (start {before:,.0f} MB)")
    caller = Caller("RM0007", "", "rm")
    book = store.names(caller)
    for what, references in (("id", [i for i, _ in book]), ("name", unshared([n for _, n in book]))):
        service.lookup(LookupSegment(customer=references[0]), caller)
        times, cpu = [], []
        for reference in references * 3:
            started, used = time.perf_counter(), time.process_time()
            service.lookup(LookupSegment(customer=reference), caller)
            times.append((time.perf_counter() - started) * 1000)
            cpu.append((time.process_time() - used) * 1000)
        high, busy = (statistics.quantiles(taken, n=20)[-1] for taken in (times, cpu))
        middle = statistics.median(times)
        print(f"look-up by {what}: p50 {middle:.1f} ms, p95 {high:.1f} ms ({busy:.1f} ms of processor)")


def unshared(names: list[str]) -> list[str]:
    return [name for name in names if names.count(name) == 1]


def main() -> None:
    if sys.argv[1:2] == ["--way"]:
        run(sys.argv[2], Path(sys.argv[3]))
        return
    sizes = [int(given) for given in sys.argv[1:]]
    transactions, customers = (sizes + [10_000_000, 200_000][len(sizes) :])[:2]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        write_log(home, transactions, customers)
        runs = [{way: alone(way, home) for way in WAYS} for _ in range(RUNS)]
        if len({one["digest"] for many in runs for one in many.values()}) != 1:
            raise SystemExit("the three ways do not give the same rows")
        middle = {way: statistics.median(one[way]["seconds"] for one in runs) for way in WAYS}
        for way, seconds in middle.items():
            cpu, mb = (statistics.median(one[way][what] for one in runs) for what in ("cpu", "mb"))
            print(f"{way}: {seconds:.2f} s ({cpu:.2f} s of processor), {mb:,.0f} MB")
        ours = middle["expressions"]
        print(f"{ours / middle['by hand']:.2f} of SQL by hand, {middle['pandas'] / ours:.1f} times pandas")
        write_book(home)
        whole(home)


if __name__ == "__main__":
    main()
