"""What a turn emits, in order, whatever the door. JSON, AG-UI, OpenAI and console are mappings of these.

A turn: TurnStarted, any of ToolStarted ToolFinished CitationAdded Notice TextDelta, TurnFinished.
Nothing that a guard would take back is ever emitted as text.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from prompts.datafile import Frozen


class Citation(Frozen):
    """``[n]`` in the text stands for this passage."""

    n: int
    document_id: str
    chunk_id: str
    title: str
    section: str
    quote: str


class ToolCall(Frozen):
    """A call as it was run; ``result`` is the answer as JSON, or a problem with ``code`` and ``text``."""

    id: str
    name: str
    args: dict[str, Any]
    status: Literal["ok", "error"]
    result: Any = None


class Usage(Frozen):
    input_tokens: int = 0
    output_tokens: int = 0


class ChatReply(Frozen):
    """One finished answer, as stored and as the contract gives it."""

    conversation_id: str
    message_id: str
    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    citations: tuple[Citation, ...] = ()
    model: str
    usage: Usage = Usage()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TurnStarted:
    conversation_id: str
    message_id: str
    type: Literal["turn_started"] = "turn_started"


@dataclass(frozen=True)
class ToolStarted:
    id: str
    name: str
    args: dict[str, Any]
    type: Literal["tool_started"] = "tool_started"


@dataclass(frozen=True)
class ToolFinished:
    call: ToolCall
    type: Literal["tool_finished"] = "tool_finished"


@dataclass(frozen=True)
class CitationAdded:
    citation: Citation
    type: Literal["citation"] = "citation"


@dataclass(frozen=True)
class Notice:
    """A word to the user beside the answer: a fallback, a degraded dependency, a marked sentence."""

    text: str
    type: Literal["notice"] = "notice"


@dataclass(frozen=True)
class TextDelta:
    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True)
class TextWithdrawn:
    """The text so far does not count: the model broke off and another answer follows."""

    type: Literal["text_withdrawn"] = "text_withdrawn"


@dataclass(frozen=True)
class TurnFinished:
    """Written to transcript and audit before it is emitted."""

    reply: ChatReply
    type: Literal["turn_finished"] = "turn_finished"


Event = (
    TurnStarted
    | ToolStarted
    | ToolFinished
    | CitationAdded
    | Notice
    | TextDelta
    | TextWithdrawn
    | TurnFinished
)


async def told_again(reply: ChatReply) -> AsyncIterator[Event]:
    """The events of a turn that has ended, told from what is kept of it."""
    yield TurnStarted(reply.conversation_id, reply.message_id)
    for call in reply.tool_calls:
        yield ToolStarted(call.id, call.name, call.args)
        yield ToolFinished(call)
    for citation in reply.citations:
        yield CitationAdded(citation)
    for notice in reply.notices:
        yield Notice(notice)
    if reply.text:
        yield TextDelta(reply.text)
    yield TurnFinished(reply)
