"""Everything relational on a real PostgreSQL: the same schema, the same book, the same answers."""

import os
import socket
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from assistant.audit import AuditLog
from assistant.database import open_engine
from assistant.events import ChatReply
from assistant.migrations import migrate
from assistant.transcript import Transcript
from tools.base import Caller
from tools.customers.demo import build_demo
from tools.customers.store import CustomerStore
from tools.segments.policy import load_policy
from tools.segments.snapshots import SnapshotStore

SERVER = "postgresql+psycopg://root@127.0.0.1:5432"
TODAY = date(2026, 11, 23)
RM, ADMIN = Caller("RM001", "甲"), Caller("x", "x", "admin")
pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Engine]:
    with socket.socket() as probe:
        probe.settimeout(1)
        running = probe.connect_ex(("127.0.0.1", 5432)) == 0
    if not running and os.environ.get("RM_TEST_NO_SKIPS"):
        pytest.fail("PostgreSQL must be running on 127.0.0.1:5432")
    if not running:
        pytest.skip("no PostgreSQL on 127.0.0.1:5432")
    admin = create_engine(f"{SERVER}/postgres", isolation_level="AUTOCOMMIT")
    name = f"rm_test_{os.getpid()}"
    with admin.connect() as db:
        db.exec_driver_sql(f"CREATE DATABASE {name}")
    engine = open_engine(f"postgresql://root@127.0.0.1:5432/{name}")
    try:
        migrate(engine)
        migrate(engine)
        build_demo(engine, TODAY, lambda *_: None)
        yield engine
    finally:
        engine.dispose()
        with admin.connect() as db:
            db.exec_driver_sql(f"DROP DATABASE {name}")


def test_the_book_and_its_segments_are_the_same(postgresql: Engine, tmp_path: Path) -> None:
    sqlite = open_engine(f"sqlite:///{tmp_path / 's.sqlite3'}")
    migrate(sqlite)
    build_demo(sqlite, TODAY, lambda *_: None)
    answers = []
    for engine in (sqlite, postgresql):
        store, snapshots = CustomerStore(engine), SnapshotStore(engine, load_policy())
        snapshots.build(store.all(ADMIN), TODAY)
        answers.append((store.all(RM), snapshots.on(TODAY, ADMIN)))
    assert answers[0] == answers[1]
    assert any(snapshot.behaviours for snapshot in answers[0][1].values())


def test_conversations_and_audit_hold(postgresql: Engine) -> None:
    ids = iter(f"id{n}" for n in range(99))
    transcript = Transcript(postgresql, lambda: datetime.now(UTC), lambda: next(ids))
    opened = transcript.open(None, RM, "你好")
    transcript.ask(opened, "你好")
    transcript.answer(ChatReply(conversation_id=opened, message_id="m1", text="您好！", model="embedded"))
    assert [m.text for m in transcript.conversation(opened, RM).messages] == ["你好", "您好！"]
    assert [c.id for c in transcript.conversations(RM, q="您好").conversations] == [opened]
    audit = AuditLog(postgresql, lambda: datetime.now(UTC))
    audit.append("RM001", [("question", {"text": "你好"}), ("answer", {"text": "您好！"})], opened)
    assert audit.verify().model_dump() == {"rows": 2, "broken_at": None, "problem": ""}
    assert audit.erase("AD001", "您好") == 1
    assert audit.verify().model_dump() == {"rows": 3, "broken_at": None, "problem": ""}
    assert transcript.forget("您好！") == [opened]
    assert transcript.conversations(RM).conversations == ()
