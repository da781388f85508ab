"""The audit trail: append-only rows in one hash chain, so that a changed or removed row is found.

A row's hash covers the hash before it, its head and the digest of its payload: SHA-256 over salt and payload.
The payload itself can be erased (a customer's right) and the chain still verifies: what stays is that something
was said and when. Each erasure is a row that names the rows it emptied, so that one emptied by hand is found;
the newest hash is kept beside the chain, so that rows cut off its end are missed.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    Column,
    ColumnElement,
    Engine,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.engine import Connection

from assistant.database import UtcDateTime
from prompts.datafile import Frozen

Kind = Literal[
    "sign_in", "sign_in_refused", "question", "tool_call", "answer", "refusal", "interrupted", "feedback",
    "knowledge_change", "erasure", "rename", "delete",
]  # fmt: skip

metadata = MetaData()
audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(64), nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("conversation_id", String(64), nullable=True, index=True),
    Column("salt", String(32), nullable=False),
    Column("payload", Text, nullable=True),
    Column("digest", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)
head = Table(
    "audit_head",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
)
GENESIS = "0" * 64
_BATCH = 1_000
_ERASED = "erased"
Entries = Sequence[tuple[Kind, dict[str, Any]]]


class AuditRow(Frozen):
    """``payload`` is None where it was erased; ``salt`` and ``digest`` let others check the chain."""

    seq: int
    at: datetime
    actor: str
    kind: Kind
    conversation_id: str | None
    payload: dict[str, Any] | None
    salt: str
    digest: str
    hash: str


class ChainReport(Frozen):
    """``broken_at`` is the first row whose hash does not follow; None where all do."""

    rows: int
    broken_at: int | None = None
    problem: str = ""


class AuditLog:
    """Appends and reads. Writers of several processes are serialised by the database."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def append(self, actor: str, entries: Entries, conversation_id: str | None = None) -> None:
        """Write the entries in order, in one transaction."""
        with self._engine.connect() as db:
            _lock(db)
            self._append(db, actor, entries, conversation_id)
            db.commit()

    def rows(self, conversation_id: str | None = None, after: int = 0) -> Iterator[AuditRow]:
        """Rows in order, all or of one conversation."""
        query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq)
        if conversation_id is not None:
            query = query.where(audit.c.conversation_id == conversation_id)
        with self._engine.connect().execution_options(yield_per=_BATCH) as db:
            for row in db.execute(query).mappings():
                yield AuditRow(**{**row, "payload": _read(row["payload"])})

    def verify(self) -> ChainReport:
        """Walk the whole chain."""
        previous, count, emptied, named = GENESIS, 0, set[int](), set[int]()
        with self._engine.connect().execution_options(yield_per=_BATCH) as db:
            for row in db.execute(select(audit).order_by(audit.c.seq)).mappings():
                problem = _problem(row, count + 1, previous)
                if problem:
                    return ChainReport(rows=count, broken_at=row["seq"], problem=problem)
                if row["payload"] is None:
                    emptied.add(row["seq"])
                elif row["kind"] == "erasure":
                    named |= _named(row)
                previous, count = row["hash"], count + 1
            newest = db.execute(select(head)).one_or_none()
        if count and newest is None:
            return ChainReport(rows=count, broken_at=count, problem="the note of the newest row is missing")
        if newest and (newest.seq, newest.hash) != (count, previous):
            return ChainReport(rows=count, broken_at=count + 1, problem=f"rows after {count} are missing")
        if unnamed := emptied - named:
            problem = f"row {min(unnamed)} was emptied and no erasure names it"
            return ChainReport(rows=count, broken_at=min(unnamed), problem=problem)
        return ChainReport(rows=count)

    def erase(self, actor: str, *mentions: str) -> int:
        """Remove the payloads that hold one of ``mentions`` (a customer's id, name, number)."""
        held = or_(*(audit.c.payload.contains(m, autoescape=True) for m in mentions))
        return self._empty(actor, held, {"subject_digest": digest_of(sorted(mentions))})

    def erase_conversation(self, actor: str, conversation_id: str) -> int:
        """Remove the payloads of one conversation."""
        return self._empty(
            actor, audit.c.conversation_id == conversation_id, {"conversation": conversation_id}
        )

    def expire(self, actor: str, before: datetime) -> int:
        """Remove the payloads older than the retention period."""
        return self._empty(actor, audit.c.at < before, {"before": before.isoformat()})

    def _empty(self, actor: str, which: ColumnElement[bool], reason: dict[str, Any]) -> int:
        """Empty the rows and record which, in one transaction. What an erasure was stays on record."""
        chosen = select(audit.c.seq).where(which, audit.c.payload.is_not(None), audit.c.kind != "erasure")
        with self._engine.connect() as db:
            _lock(db)
            seqs = list(db.execute(chosen.order_by(audit.c.seq)).scalars())
            for start in range(0, len(seqs), _BATCH):
                batch = audit.c.seq.in_(seqs[start : start + _BATCH])
                db.execute(update(audit).where(batch).values(payload=None, salt=_ERASED))
            if seqs:
                entry = {**reason, "rows": len(seqs), "spans": _spans(seqs)}
                self._append(db, actor, [("erasure", entry)], None)
            db.commit()
        return len(seqs)

    def _append(self, db: Connection, actor: str, entries: Entries, conversation_id: str | None) -> None:
        last = db.execute(select(head)).one_or_none()
        seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
        rows = []
        for kind, payload in entries:
            seq += 1
            row = _row(seq, self._now(), actor, kind, conversation_id, payload, previous)
            previous = row["hash"]
            rows.append(row)
        db.execute(insert(audit), rows)
        db.execute(delete(head))
        db.execute(insert(head).values(seq=seq, hash=previous))


def digest_of(value: object) -> str:
    """A short digest that recognises a tool result without keeping it."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()[:16]


def _row(
    seq: int,
    at: datetime,
    actor: str,
    kind: Kind,
    conversation_id: str | None,
    payload: dict[str, Any],
    previous: str,
) -> dict[str, Any]:
    body, salt = _canonical(payload), secrets.token_hex(8)
    digest = hashlib.sha256((salt + body).encode()).hexdigest()
    row = {
        "seq": seq,
        "at": at,
        "actor": actor,
        "kind": kind,
        "conversation_id": conversation_id,
        "salt": salt,
        "payload": body,
        "digest": digest,
    }
    return {**row, "hash": _hash(row, previous)}


def _hash(row: RowMapping | dict[str, Any], previous: str) -> str:
    instant = int(row["at"].timestamp() * 1_000_000)
    parts = [row["seq"], instant, row["actor"], row["kind"], row["conversation_id"], row["digest"], previous]
    return hashlib.sha256(_canonical(parts).encode()).hexdigest()


def _problem(row: RowMapping, expected: int, previous: str) -> str:
    if row["seq"] != expected:
        return f"row {expected} is missing"
    if row["hash"] != _hash(row, previous):
        return f"row {expected} was changed"
    body = row["payload"]
    if body is not None and hashlib.sha256((row["salt"] + body).encode()).hexdigest() != row["digest"]:
        return f"the payload of row {expected} was changed"
    return ""


def _read(payload: str | None) -> dict[str, Any] | None:
    return None if payload is None else json.loads(payload)


def _named(row: RowMapping) -> set[int]:
    """The rows that an erasure says it emptied."""
    return {
        seq for first, last in json.loads(row["payload"]).get("spans", ()) for seq in range(first, last + 1)
    }


def _spans(seqs: Sequence[int]) -> list[list[int]]:
    """Sorted numbers as runs: [[1, 3], [7, 7]]."""
    spans: list[list[int]] = []
    for seq in seqs:
        if spans and spans[-1][1] == seq - 1:
            spans[-1][1] = seq
        else:
            spans.append([seq, seq])
    return spans


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _lock(db: Connection) -> None:
    """One writer at a time: the chain has one end."""
    if db.dialect.name == "sqlite":
        db.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        db.execute(text("SELECT pg_advisory_xact_lock(7203)"))
