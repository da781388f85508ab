"""The audit chain: what was changed, removed or erased afterwards."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, literal, select, update

from assistant.audit import AuditLog, audit, head, metadata
from assistant.database import open_engine

COLUMNS = [column.name for column in audit.columns]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    metadata.create_all(engine)
    return engine


@pytest.fixture
def log(engine: Engine) -> AuditLog:
    log = AuditLog(engine, lambda: datetime.now(UTC))
    log.append("RM001", [("question", {"text": "查一下王小明"}), ("answer", {"text": "好"})], "c1")
    log.append("RM002", [("question", {"text": "你好"})], "c2")
    return log


def test_an_untouched_chain_verifies(log: AuditLog) -> None:
    assert log.verify().model_dump() == {"rows": 3, "broken_at": None, "problem": ""}
    assert [row.kind for row in log.rows("c1")] == ["question", "answer"]


@pytest.mark.parametrize("column", ["payload", "actor", "kind", "conversation_id"])
def test_a_changed_row_is_found(log: AuditLog, engine: Engine, column: str) -> None:
    with engine.begin() as db:
        db.execute(update(audit).where(audit.c.seq == 2).values({column: "answer2"}))
    assert log.verify().broken_at == 2


@pytest.mark.parametrize("seq", [1, 2, 3])
def test_a_removed_row_is_found(log: AuditLog, engine: Engine, seq: int) -> None:
    with engine.begin() as db:
        db.execute(delete(audit).where(audit.c.seq == seq))
    assert log.verify().broken_at == (seq + 1 if seq < 3 else 3)


@pytest.mark.parametrize("from_", [1, 3])
def test_rows_removed_with_the_note_of_the_newest_are_found(
    log: AuditLog, engine: Engine, from_: int
) -> None:
    with engine.begin() as db:
        db.execute(delete(audit).where(audit.c.seq > from_))
        db.execute(delete(head))
    assert log.verify().broken_at == from_


def test_a_row_put_in_by_hand_is_found(log: AuditLog, engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(
            insert(audit).from_select(
                COLUMNS, select(literal(4), *(audit.c[c] for c in COLUMNS[1:])).where(audit.c.seq == 3)
            )
        )
    assert log.verify().broken_at == 4


def test_a_row_emptied_by_hand_is_found(log: AuditLog, engine: Engine) -> None:
    with engine.begin() as db:
        db.execute(update(audit).where(audit.c.seq == 2).values(payload=None, salt="erased"))
    assert log.verify().broken_at == 2
    log.erase("AD001", "王小明")
    assert log.verify().broken_at == 2, "an erasure covers what it names and no more"


def test_erasing_a_person_keeps_the_chain(log: AuditLog) -> None:
    assert log.erase("AD001", "王小明") == 1
    rows = list(log.rows())
    assert rows[0].payload is None
    assert rows[-1].kind == "erasure"
    assert "王小明" not in str(rows)
    assert log.verify().broken_at is None


def test_erasing_a_conversation_leaves_the_others(log: AuditLog) -> None:
    assert log.erase_conversation("AD001", "c1") == 2
    assert [row.payload is None for row in log.rows()] == [True, True, False, False]
    assert log.verify().broken_at is None


def test_what_is_past_retention_goes_but_not_that_it_was(log: AuditLog) -> None:
    assert log.expire("AD001", datetime(2020, 1, 1, tzinfo=UTC)) == 0
    assert log.expire("AD001", datetime.now(UTC)) == 3
    assert log.expire("AD001", datetime.now(UTC)) == 0, "the record of an erasure is kept"
    assert [row.kind for row in log.rows()] == ["question", "answer", "question", "erasure"]
    assert log.verify().broken_at is None


def test_others_can_check_the_chain_from_what_is_exported(log: AuditLog) -> None:
    for row in log.rows():
        body = json.dumps(row.payload, ensure_ascii=False, sort_keys=True)
        assert hashlib.sha256((row.salt + body).encode()).hexdigest() == row.digest


def test_concurrent_writers_keep_one_chain(log: AuditLog) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: log.append("RM001", [("question", {"n": i})]), range(60)))
    assert log.verify().model_dump() == {"rows": 63, "broken_at": None, "problem": ""}
