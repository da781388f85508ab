"""Conversations: one's own only, newest first, searchable, paged, and gone when deleted."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.database import open_engine
from assistant.events import ChatReply, ToolCall
from assistant.transcript import Transcript, metadata
from tools.base import Caller
from tools.errors import InvalidRequest, NotFound

MINE, OTHER = Caller("RM001", "甲"), Caller("RM002", "乙")


@pytest.fixture
def transcript(tmp_path: Path) -> Transcript:
    engine = open_engine(f"sqlite:///{tmp_path / 't.sqlite3'}")
    metadata.create_all(engine)
    ticks, ids = itertools.count(), itertools.count()
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    return Transcript(engine, lambda: start + timedelta(seconds=next(ticks)), lambda: f"id{next(ids):04}")


def answered(transcript: Transcript, question: str, conversation: str | None = None) -> str:
    opened = transcript.open(conversation, MINE, question)
    message = transcript.ask(opened, question)
    transcript.answer(
        ChatReply(conversation_id=opened, message_id=f"a-{message}", text=f"答：{question}", model="embedded")
    )
    return opened


def test_messages_come_back_in_order_with_offsets(transcript: Transcript) -> None:
    conversation = answered(transcript, "第一问")
    answered(transcript, "第二问", conversation)
    whole = transcript.conversation(conversation, MINE)
    assert [m.text for m in whole.messages] == ["第一问", "答：第一问", "第二问", "答：第二问"]
    assert whole.title == "第一问"
    assert whole.updated_at.tzinfo is not None


def test_anothers_conversation_looks_like_none(transcript: Transcript) -> None:
    conversation = answered(transcript, "秘密")
    for act in (
        lambda: transcript.conversation(conversation, OTHER),
        lambda: transcript.rename(conversation, OTHER, "x"),
        lambda: transcript.delete(conversation, OTHER),
        lambda: transcript.open(conversation, OTHER, "x"),
        lambda: transcript.feedback("a-id0001", OTHER, "up", None),
        lambda: transcript.conversation("nowhere", OTHER),
    ):
        with pytest.raises(NotFound):
            act()
    assert transcript.conversations(OTHER).conversations == ()


def test_search_finds_words_and_takes_wildcards_literally(transcript: Transcript) -> None:
    answered(transcript, "给王女士选礼")
    answered(transcript, "审文案100%")
    assert [c.title for c in transcript.conversations(MINE, q="王女士").conversations] == ["给王女士选礼"]
    assert [c.title for c in transcript.conversations(MINE, q="0%").conversations] == ["审文案100%"]
    assert transcript.conversations(MINE, q="_").conversations == ()


def test_pages_cover_everything_once(transcript: Transcript) -> None:
    made = [answered(transcript, f"问{i}") for i in range(7)]
    seen: list[str] = []
    cursor = None
    while True:
        page = transcript.conversations(MINE, limit=3, cursor=cursor)
        seen += [c.id for c in page.conversations]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == made[::-1]


def test_a_foreign_cursor_is_refused(transcript: Transcript) -> None:
    with pytest.raises(InvalidRequest):
        transcript.conversations(MINE, cursor="not-a-cursor")


def test_feedback_replaces_itself(transcript: Transcript) -> None:
    conversation = answered(transcript, "问")
    message = transcript.conversation(conversation, MINE).messages[-1].id
    transcript.feedback(message, MINE, "up", None)
    rated = transcript.feedback(message, MINE, "down", "太长")
    assert rated.text == "答：问"
    assert transcript.ratings(conversation, MINE) == {message: ("down", "太长")}


def test_deleting_removes_every_message(transcript: Transcript) -> None:
    conversation = answered(transcript, "删掉我")
    transcript.delete(conversation, MINE)
    assert transcript.conversations(MINE, q="删掉我").conversations == ()
    with pytest.raises(NotFound):
        transcript.history(conversation, MINE)


def test_a_person_is_forgotten_wherever_named(transcript: Transcript) -> None:
    asked = answered(transcript, "查一下王小明")
    answered(transcript, "他的生日呢", asked)
    told = answered(transcript, "名单")
    transcript.answer(
        ChatReply(
            conversation_id=told,
            message_id="deep",
            text="见下表",
            model="embedded",
            tool_calls=(ToolCall(id="1", name="x", args={}, status="ok", result={"name": "王小明"}),),
        )
    )
    rated = answered(transcript, "问")
    transcript.feedback(transcript.conversation(rated, MINE).messages[-1].id, MINE, "down", "把王小明写错了")
    kept = answered(transcript, "送什么礼")
    assert set(transcript.forget("C0001", "王小明")) == {asked, told, rated}
    assert [c.id for c in transcript.conversations(MINE).conversations] == [kept]
    assert transcript.forget("王小明") == []


def test_conversations_past_retention_go(transcript: Transcript) -> None:
    answered(transcript, "旧")
    new = answered(transcript, "新")
    assert transcript.expire(transcript.conversation(new, MINE).created_at) == 1
    assert [c.id for c in transcript.conversations(MINE).conversations] == [new]
