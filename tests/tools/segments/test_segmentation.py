"""The expressions: scores against pandas, every boundary of the lifecycle, warnings, and one answer on all engines."""

import os
import random
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import ibis
import pandas as pd
import psycopg
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends import BaseBackend
from ibis.backends.sql import compilers

from tools.segments.policy import load_policy
from tools.segments.segmentation import behaviour_columns, measured, placed

TODAY = date(2026, 11, 23)
MONEY = pa.decimal128(18, 2)
LOG = pa.schema(
    [
        ("customer_id", pa.string()),
        ("booked_on", pa.date32()),
        ("amount", MONEY),
        ("kind", pa.string()),
        ("channel", pa.string()),
    ]
)
PEOPLE = pa.schema(
    [("customer_id", pa.string()), ("opened_on", pa.date32()), ("assets", MONEY), ("credit_limit", MONEY)]
)
Entry = tuple[str, int, str, str] | tuple[str, int, str, str, str]
"""Customer, days before TODAY, yuan, kind, and the channel where it matters."""
POLICY = load_policy()
CREDIT = POLICY.lifecycle.credit_kinds[0]


@cache
def duckdb() -> BaseBackend:
    return ibis.duckdb.connect()


def expression(people: Any, log: Any) -> Any:
    return placed(people, measured(log, POLICY, TODAY), POLICY, TODAY)


def segment(people: list[dict[str, Any]], log: list[Entry]) -> dict[str, dict[str, Any]]:
    """The placed rows by customer, from DuckDB; a person needs only customer_id and opened (days ago)."""
    found = expression(ibis.memtable(people_table(people)), ibis.memtable(log_table(log)))
    return {row["customer_id"]: row for row in duckdb().to_pyarrow(found).to_pylist()}


def people_table(people: list[dict[str, Any]]) -> pa.Table:
    rows = [
        {
            "customer_id": p["customer_id"],
            "opened_on": TODAY - timedelta(days=p.get("opened", 400)),
            "assets": Decimal(p.get("assets", 0)),
            "credit_limit": Decimal(p.get("credit_limit", 0)),
        }
        for p in people
    ]
    return pa.Table.from_pylist(rows, PEOPLE)


def log_table(log: list[Entry]) -> pa.Table:
    rows = [
        {
            "customer_id": c,
            "booked_on": TODAY - timedelta(days=days),
            "amount": Decimal(amount),
            "kind": kind,
            "channel": "".join(channel),
        }
        for c, days, amount, kind, *channel in log
    ]
    return pa.Table.from_pylist(rows, LOG)


def chance_book(customers: int, seed: int) -> tuple[list[dict[str, Any]], list[Entry]]:
    """A book with every kind of customer: new, silent, slowing, without a log; with ties and future rows."""
    rng = random.Random(seed)
    people: list[dict[str, Any]] = []
    log: list[Entry] = []
    for number in range(customers):
        id_ = f"K{number}"
        opened = rng.choice((20, 90, 91, 400, 1095, 4000))
        people.append(
            {"customer_id": id_, "opened": opened, "assets": rng.choice((0, 99_999, 100_000, 7_000_000))}
        )
        silent = rng.choice((0, 0, 0, 0, 3, 30, 179, 180, 364, 365, 366))
        often, slowing, scale = (
            rng.choice((0, 3, 5, 20, 40, 80)),
            rng.random() < 0.3,
            rng.choice((1, 1, 1000)),
        )
        for _ in range(often):
            days = silent + rng.randrange(-5, 500)
            if slowing and days < 90 and rng.random() < 0.8:
                continue
            amount = scale * rng.choice((10, 10, 250.55, rng.randrange(1, 10**5) / 100))
            kind, channel = rng.choice(("网购", "信用卡消费")), rng.choice(("手机银行", "柜面"))
            log.append((id_, days, f"{amount:.2f}", kind, channel))
    return people, log


@pytest.fixture(scope="session")
def postgresql() -> Iterator[BaseBackend]:
    """A real PostgreSQL with a schema of its own, as an Ibis backend."""
    with socket.socket() as probe:
        probe.settimeout(1)
        running = probe.connect_ex(("127.0.0.1", 5432)) == 0
    if not running and os.environ.get("RM_TEST_NO_SKIPS"):
        pytest.fail("PostgreSQL must be running on 127.0.0.1:5432")
    if not running:
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    name = f"segments_{os.getpid()}"
    with psycopg.connect("postgresql://root@127.0.0.1:5432/test", autocommit=True) as db:
        db.execute(f"CREATE SCHEMA {name}")
        try:
            backend = ibis.postgres.connect(
                host="127.0.0.1", port=5432, user="root", database="test", schema=name
            )
            yield backend
            backend.disconnect()
        finally:
            db.execute(f"DROP SCHEMA {name} CASCADE")


def steady(
    id_: str, recent: int, before: int, amount: str = "1.00", kind: str = "网购", last: int = 0
) -> list[Entry]:
    """So many entries within the last 90 days, so many in the nine months before."""
    return [(id_, last + n * (80 - last) // max(recent, 1), amount, kind) for n in range(recent)] + [
        (id_, 100 + n * 250 // max(before, 1), amount, kind) for n in range(before)
    ]


@pytest.mark.parametrize(
    ("opened", "last", "stage"),
    [
        (90, 1, "new"), (91, 1, "active"), (91, 89, "active"), (400, 179, "active"), (400, 180, "dormant"),
        (400, 364, "dormant"), (400, 365, "lost"), (1094, 5, "active"), (1095, 5, "mature"), (90, 365, "new"),
        (1095, 180, "dormant"),
    ],
)  # fmt: skip
def test_lifecycle_boundaries(opened: int, last: int, stage: str) -> None:
    found = segment([{"customer_id": "A", "opened": opened}], [("A", last, "5.00", "网购")])
    assert found["A"]["lifecycle"] == stage


@pytest.mark.parametrize(
    ("recent", "before", "warned"),
    [
        (3, 18, False),
        (2, 18, True),
        (8, 60, True),
        (10, 60, False),
        (9, 60, True),
        (0, 17, False),
        (0, 18, True),
    ],
)
def test_a_drop_in_frequency_warns_from_half_a_usual_quarter(recent: int, before: int, warned: bool) -> None:
    found = segment([{"customer_id": "A"}], steady("A", recent, before))["A"]
    assert (found["recent"], found["before"]) == (recent, before)
    assert found["frequency_drop"] is warned
    assert not found["credit_drop"]


@pytest.mark.parametrize(
    ("recent", "before", "kind", "warned"),
    [
        ("1499.99", "9000.00", CREDIT, True),
        ("1500.00", "9000.00", CREDIT, False),
        ("1.00", "8999.99", CREDIT, False),
        ("1.00", "9000.00", "网购", False),
    ],
)
def test_a_drop_in_credit_use_warns_though_the_customer_stays_busy(
    recent: str, before: str, kind: str, warned: bool
) -> None:
    log = [("A", 10, recent, kind), ("A", 200, before, kind), *steady("A", 30, 60)]
    found = segment([{"customer_id": "A"}], log)["A"]
    assert found["credit_drop"] is warned
    assert not found["frequency_drop"]
    assert found["lifecycle"] == ("at_risk" if warned else "active")


def test_what_lies_in_the_future_or_before_the_year_does_not_count() -> None:
    log = [
        ("A", -1, "7.00", "网购"),
        ("A", 364, "2.00", "网购"),
        ("A", 365, "5.00", "网购"),
        ("A", 30, "1.00", "网购"),
    ]
    found = segment([{"customer_id": "A", "opened": 900}], log)["A"]
    assert (found["transactions"], float(found["amount"]), found["last_on"]) == (
        2,
        3.0,
        TODAY.replace(month=10, day=24),
    )


def test_who_never_transacted_is_silent_since_the_account_was_opened_and_who_came_later_is_not_there() -> (
    None
):
    people = [{"customer_id": "A", "opened": 200}, {"customer_id": "B", "opened": -1}, {"customer_id": "C"}]
    found = segment(people, [("C", 1, "1.00", "网购"), ("Z", 1, "1.00", "网购")])
    assert set(found) == {"A", "C"}
    assert (found["A"]["lifecycle"], found["A"]["transactions"], found["A"]["amount"]) == ("dormant", 0, 0)
    assert (found["A"]["transacted"], found["C"]["transacted"]) == (False, True)
    assert segment([], []) == {}


@pytest.mark.parametrize(
    ("assets", "tier"),
    [(0, "mass"), ("99999.99", "mass"), (100_000, "affluent"), (600_000, "platinum"), (6_000_000, "private")],
)
def test_tiers_begin_at_their_threshold(assets: Any, tier: str) -> None:
    assert segment([{"customer_id": "A", "assets": assets}], [])["A"]["tier"] == tier


BOOK = st.lists(
    st.tuples(st.integers(0, 364), st.integers(1, 12), st.integers(1, 30_000)), min_size=1, max_size=30
)


@settings(max_examples=25, deadline=None)
@given(BOOK)
def test_scores_equal_pandas_quintiles(book: list[tuple[int, int, int]]) -> None:
    log = [
        (f"K{i}", last, f"{cents / 100:.2f}", "网购")
        for i, (last, count, cents) in enumerate(book)
        for _ in range(count)
    ]
    found = segment([{"customer_id": f"K{i}", "opened": 500} for i in range(len(book))], log)
    frame = pd.DataFrame(
        {
            "recency": [last for last, _, _ in book],
            "frequency": [count for _, count, _ in book],
            "monetary": [count * cents for _, count, cents in book],
        }
    )
    for name, column in frame.items():
        edges = column.quantile([0.2, 0.4, 0.6, 0.8])
        for i, value in enumerate(column):
            below = int((edges < value - 1e-6).sum())
            assert found[f"K{i}"][str(name)] == (5 - below if name == "recency" else 1 + below)


def test_scores_equal_the_quintiles_of_pandas_over_a_whole_log() -> None:
    """From the raw log to the scores with nothing but what pandas publishes: groupby and qcut."""
    rng = random.Random(5)
    people = [{"customer_id": f"K{i}", "opened": 4000} for i in range(1_500)]
    log = [
        (person["customer_id"], rng.randrange(1 + i % 300, 365), f"{rng.lognormvariate(5, 2):.2f}", "网购")
        for i, person in enumerate(people)
        for _ in range(1 + int(rng.expovariate(0.02)))
    ]
    frame = pd.DataFrame(log, columns=["customer", "days", "amount", "kind"])
    frame["cents"] = (frame.amount.astype(float) * 100).round().astype("int64")
    figures = frame.groupby("customer").agg(
        recency=("days", "min"), frequency=("days", "size"), monetary=("cents", "sum")
    )
    labels = {"recency": [5, 4, 3, 2, 1], "frequency": [1, 2, 3, 4, 5], "monetary": [1, 2, 3, 4, 5]}
    expected = {name: pd.qcut(figures[name], 5, labels=order).to_dict() for name, order in labels.items()}
    found = segment(people, log)
    assert len(found) == 1_500
    assert {name: {c: row[name] for c, row in found.items()} for name in labels} == expected


@pytest.mark.parametrize(
    ("times", "days", "kind", "channel", "shown"),
    [
        (6, 100, "跨境汇款", "", True),
        (5, 100, "跨境汇款", "", False),
        (6, 400, "跨境汇款", "", False),
        (6, 100, "网购", "", False),
        (36, 100, "网购", "手机银行", True),
        (36, 100, "网购", "网银", False),
    ],
)
def test_a_behaviour_is_what_was_done_often_enough_within_a_year(
    times: int, days: int, kind: str, channel: str, shown: bool
) -> None:
    tag = "手机银行活跃" if channel else "跨境支付活跃"
    column, rule = next(
        (column, rule)
        for column, rule in zip(behaviour_columns(POLICY), POLICY.behaviours, strict=True)
        if rule.tag == tag
    )
    found = segment([{"customer_id": "A", "opened": 900}], [("A", days, "9.00", kind, channel)] * times)["A"]
    assert (found[column] >= rule.at_least) is shown


def test_names_follow_high_and_low_scores() -> None:
    people, log = chance_book(400, 3)
    rows = segment(people, log).values()
    for row in rows:
        key = "".join(str(int(row[score] >= 3)) for score in ("recency", "frequency", "monetary"))
        assert row["rfm"] == POLICY.rfm[key]
    assert {row["rfm"] for row in rows} == set(POLICY.rfm.values())
    assert {row["lifecycle"] for row in rows} == {"new", "active", "mature", "dormant", "at_risk", "lost"}
    assert {row["value_class"] for row in rows} == {"high_value", "potential", "long_tail", "churning"}
    assert all(
        (row["value_class"] == "churning") == (row["lifecycle"] in ("dormant", "at_risk", "lost"))
        for row in rows
    )


@pytest.mark.services
def test_postgresql_and_duckdb_give_the_same_rows(postgresql: BaseBackend) -> None:
    people, log = chance_book(700, 11)
    tables = {"people": people_table(people), "log": log_table(log)}
    for name, rows in tables.items():
        postgresql.create_table(name, schema=ibis.memtable(rows).schema())
        postgresql.insert(name, rows)
    there = postgresql.to_pyarrow(expression(postgresql.table("people"), postgresql.table("log")))
    here = duckdb().to_pyarrow(expression(*map(ibis.memtable, tables.values())))
    order = {row["customer_id"]: row for row in here.to_pylist()}
    assert {row["customer_id"]: row for row in there.to_pylist()} == order
    assert len(order) == 700


@pytest.mark.parametrize("engine", ["Trino", "PySpark"])
def test_the_same_expressions_compile_for_a_warehouse(engine: str) -> None:
    people = ibis.table(ibis.Schema.from_pyarrow(PEOPLE), name="people")
    log = ibis.table(ibis.Schema.from_pyarrow(LOG), name="log")
    compiled = getattr(compilers, f"{engine}Compiler")().to_sqlglot(expression(people, log))
    text = compiled.sql(engine.lower().replace("pyspark", "spark"))
    for name in ("RANK()", "LEFT", "信用卡消费", "重要价值客户"):
        assert name in text
