"""Conversations in our own tables: questions, answers with tool calls and citations, feedback.

Every method takes the caller and sees that caller's conversations only; another's is NotFound.
"""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection

from assistant.database import UtcDateTime
from assistant.events import ChatReply
from prompts.datafile import Frozen
from tools.base import Caller
from tools.errors import InvalidRequest, NotFound

metadata = MetaData()
conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner_id", String(64), nullable=False, index=True),
    Column("title", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
)
messages = Table(
    "messages",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("reply", JSON, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("conversation_id", "seq"),
)
feedback = Table(
    "feedback",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("caller_id", String(64), primary_key=True),
    Column("rating", String(8), nullable=False),
    Column("comment", Text, nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
)


_BATCH = 500


class Message(Frozen):
    """One entry of a conversation; ``reply`` is there for the assistant's."""

    id: str
    role: Literal["user", "assistant"]
    text: str
    created_at: datetime
    reply: ChatReply | None = None


class ConversationInfo(Frozen):
    id: str
    title: str
    created_at: datetime
    updated_at: datetime


class Conversation(ConversationInfo):
    messages: tuple[Message, ...]


class ConversationPage(Frozen):
    conversations: tuple[ConversationInfo, ...]
    next_cursor: str | None = None


class Transcript:
    """Reads and writes conversations. Safe to use from several threads and processes."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._engine, self._now, self._new_id = engine, now, new_id

    def open(self, conversation_id: str | None, caller: Caller, title: str) -> str:
        """The id of the caller's conversation, made where None. Raises NotFound for another's."""
        if conversation_id is not None:
            self._owned(conversation_id, caller)
            return conversation_id
        now, made = self._now(), self._new_id()
        with self._engine.begin() as db:
            db.execute(
                insert(conversations).values(
                    id=made, owner_id=caller.id, title=_title(title), created_at=now, updated_at=now
                )
            )
        return made

    def ask(self, conversation_id: str, text: str) -> str:
        """Store a question before it is answered, so that a crash loses nothing. Returns its id."""
        return self._append(conversation_id, self._new_id(), "user", text, None)

    def answer(self, reply: ChatReply) -> None:
        """Store a finished answer."""
        stored = reply.model_dump(mode="json")
        self._append(reply.conversation_id, reply.message_id, "assistant", reply.text, stored)

    def history(self, conversation_id: str, caller: Caller, last: int = 60) -> tuple[Message, ...]:
        """The last messages, oldest first."""
        self._owned(conversation_id, caller)
        newest = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id)
            .order_by(messages.c.seq.desc())
            .limit(last)
        )
        with self._engine.connect() as db:
            rows = db.execute(newest).mappings().all()
        return tuple(_message(row) for row in reversed(rows))

    def conversation(self, conversation_id: str, caller: Caller) -> Conversation:
        """One conversation whole. Raises NotFound."""
        info = self._owned(conversation_id, caller)
        return Conversation(
            **info.model_dump(), messages=self.history(conversation_id, caller, last=1_000_000)
        )

    def conversations(
        self, caller: Caller, q: str | None = None, limit: int = 20, cursor: str | None = None
    ) -> ConversationPage:
        """The caller's conversations, newest first; ``q`` searches titles and messages."""
        query = select(conversations).where(conversations.c.owner_id == caller.id)
        if q:
            like = f"%{q.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"
            said = select(messages.c.conversation_id).where(messages.c.text.ilike(like, escape="!"))
            query = query.where(
                or_(conversations.c.title.ilike(like, escape="!"), conversations.c.id.in_(said))
            )
        if cursor:
            at, id_ = _read_cursor(cursor)
            query = query.where(
                or_(
                    conversations.c.updated_at < at,
                    and_(conversations.c.updated_at == at, conversations.c.id < id_),
                )
            )
        query = query.order_by(conversations.c.updated_at.desc(), conversations.c.id.desc()).limit(limit + 1)
        with self._engine.connect() as db:
            rows = db.execute(query).mappings().all()
        infos = tuple(_info(row) for row in rows[:limit])
        more = len(rows) > limit
        return ConversationPage(conversations=infos, next_cursor=_cursor(infos[-1]) if more else None)

    def rename(self, conversation_id: str, caller: Caller, title: str) -> ConversationInfo:
        """Give it another title. Raises NotFound."""
        self._owned(conversation_id, caller)
        with self._engine.begin() as db:
            db.execute(
                update(conversations).where(conversations.c.id == conversation_id).values(title=_title(title))
            )
        return self._owned(conversation_id, caller)

    def delete(self, conversation_id: str, caller: Caller) -> None:
        """Remove it with its messages; the audit keeps its own record. Raises NotFound."""
        self._owned(conversation_id, caller)
        with self._engine.begin() as db:
            _remove(db, [conversation_id])

    def forget(self, *mentions: str) -> list[str]:
        """Remove everybody's conversations that hold one of ``mentions``, or have it for an id.

        Whole conversations, since what follows on a name is about its bearer too. Returns their ids.
        """
        said = or_(*(messages.c.text.contains(m, autoescape=True) for m in mentions))
        told = cast(messages.c.reply, Text)
        stored = or_(*(told.contains(json.dumps(m)[1:-1], autoescape=True) for m in mentions))
        rated = or_(*(feedback.c.comment.contains(m, autoescape=True) for m in mentions))
        commented = select(feedback.c.message_id).where(rated)
        holding = select(messages.c.conversation_id).where(or_(said, stored, messages.c.id.in_(commented)))
        titled = or_(*(conversations.c.title.contains(m, autoescape=True) for m in mentions))
        return self._forget(or_(titled, conversations.c.id.in_(mentions), conversations.c.id.in_(holding)))

    def expire(self, before: datetime) -> int:
        """Remove everybody's conversations that nobody has touched since ``before``."""
        return len(self._forget(conversations.c.updated_at < before))

    def _forget(self, which: ColumnElement[bool]) -> list[str]:
        with self._engine.begin() as db:
            ids = list(db.execute(select(conversations.c.id).where(which)).scalars())
            for start in range(0, len(ids), _BATCH):
                _remove(db, ids[start : start + _BATCH])
        return ids

    def feedback(
        self, message_id: str, caller: Caller, rating: Literal["up", "down"], comment: str | None
    ) -> ChatReply:
        """Record a rating of an answer, replacing an earlier one. Returns what was rated. Raises NotFound."""
        query = (
            select(messages.c.reply)
            .join(conversations, conversations.c.id == messages.c.conversation_id)
            .where(messages.c.id == message_id, conversations.c.owner_id == caller.id)
            .where(messages.c.role == "assistant")
        )
        with self._engine.begin() as db:
            found = db.execute(query).scalar_one_or_none()
            if found is None:
                raise NotFound("message", message_id)
            key = and_(feedback.c.message_id == message_id, feedback.c.caller_id == caller.id)
            db.execute(delete(feedback).where(key))
            db.execute(
                insert(feedback).values(
                    message_id=message_id,
                    caller_id=caller.id,
                    rating=rating,
                    comment=comment,
                    created_at=self._now(),
                )
            )
        return ChatReply.model_validate(found)

    def ratings(self, conversation_id: str, caller: Caller) -> dict[str, tuple[str, str | None]]:
        """Rating and comment by message id, for exports."""
        self._owned(conversation_id, caller)
        query = (
            select(feedback.c.message_id, feedback.c.rating, feedback.c.comment)
            .join(messages, messages.c.id == feedback.c.message_id)
            .where(messages.c.conversation_id == conversation_id)
        )
        with self._engine.connect() as db:
            return {row.message_id: (row.rating, row.comment) for row in db.execute(query)}

    def _owned(self, conversation_id: str, caller: Caller) -> ConversationInfo:
        query = select(conversations).where(
            conversations.c.id == conversation_id, conversations.c.owner_id == caller.id
        )
        with self._engine.connect() as db:
            row = db.execute(query).mappings().one_or_none()
        if row is None:
            raise NotFound("conversation", conversation_id)
        return _info(row)

    def _append(
        self, conversation_id: str, id_: str, role: str, text: str, reply: dict[str, Any] | None
    ) -> str:
        now = self._now()
        next_seq = select(func.coalesce(func.max(messages.c.seq), 0) + 1).where(
            messages.c.conversation_id == conversation_id
        )
        with self._engine.begin() as db:
            # Touching the parent first serialises writers of one conversation, so seq stays unique.
            db.execute(
                update(conversations).where(conversations.c.id == conversation_id).values(updated_at=now)
            )
            db.execute(
                insert(messages).values(
                    id=id_,
                    conversation_id=conversation_id,
                    seq=next_seq.scalar_subquery(),
                    role=role,
                    text=text,
                    reply=reply,
                    created_at=now,
                )
            )
        return id_


def _remove(db: Connection, ids: Sequence[str]) -> None:
    of_them = select(messages.c.id).where(messages.c.conversation_id.in_(ids))
    db.execute(delete(feedback).where(feedback.c.message_id.in_(of_them)))
    db.execute(delete(messages).where(messages.c.conversation_id.in_(ids)))
    db.execute(delete(conversations).where(conversations.c.id.in_(ids)))


def turns_of(history: Sequence[Message]) -> list[tuple[Message, Message | None]]:
    """Questions with their answers; an unanswered question has None."""
    pairs: list[tuple[Message, Message | None]] = []
    for message in history:
        if message.role == "user":
            pairs.append((message, None))
        elif pairs and pairs[-1][1] is None:
            pairs[-1] = (pairs[-1][0], message)
    return pairs


def _title(text: str) -> str:
    return (" ".join(text.split()) or "新对话")[:40]


def _info(row: RowMapping) -> ConversationInfo:
    return ConversationInfo(
        id=row["id"],
        title=row["title"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _message(row: RowMapping) -> Message:
    reply = ChatReply.model_validate(row["reply"]) if row["reply"] else None
    return Message(
        id=row["id"], role=row["role"], text=row["text"], created_at=row["created_at"], reply=reply
    )


def _cursor(info: ConversationInfo) -> str:
    raw = json.dumps([info.updated_at.isoformat(), info.id])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, str]:
    try:
        at, id_ = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at), str(id_)
    except (ValueError, TypeError, binascii.Error) as error:
        raise InvalidRequest("cursor", "bad_cursor") from error
