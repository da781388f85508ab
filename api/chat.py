"""The conversation over HTTP: our own call and AG-UI's, both mappings of one turn."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Literal

from ag_ui.core import AssistantMessage, RunAgentInput, TextPart, UserMessage
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.agui import AgUi, encoded
from api.doors import Doors, DoorsHere, Text, Who, in_thread
from api.idempotency import once, streamed_once
from api.problems import documented, language_of
from api.streaming import EventStream, begun, heard, measured
from assistant.build import House
from assistant.errors import EmptyMessage
from assistant.events import ChatReply, Event, TurnFinished
from assistant.transcript import Message
from tools.base import Caller
from tools.errors import NotFound

router = APIRouter(tags=["conversation"])
_STREAM = {
    "description": "AG-UI events, or one ChatReply",
    "content": {"text/event-stream": {}},
}


class ChatRequest(BaseModel):
    """One message of a conversation; without ``conversation_id`` a new one begins."""

    model_config = ConfigDict(extra="forbid")

    message: Text
    conversation_id: Text | None = Field(default=None, max_length=64)
    stream: bool = True


@router.post(
    "/api/v1/chat",
    response_model=ChatReply,
    responses={200: _STREAM, **documented(400, 401, 404, 409, 413, 422, 429)},
)
async def chat(body: ChatRequest, request: Request, doors: DoorsHere, who: Who) -> Response:
    """Answer one message, as a stream of AG-UI events or as one reply."""

    async def begin() -> AsyncIterator[Event]:
        events = await begun(doors.house.turns.run(body.message, who, body.conversation_id))
        return measured(events, doors.metrics)

    async def reply() -> ChatReply:
        return await collected(await begin())

    if body.stream:
        return await _stream(request, doors, who, begin, AgUi())
    return await heard(request, once(request, who, doors.shared, reply))


@router.post(
    "/agui", response_model=None, responses={200: _STREAM, **documented(400, 401, 409, 413, 422, 429)}
)
async def agui(body: RunAgentInput, request: Request, doors: DoorsHere, who: Who) -> Response:
    """AG-UI's own call. The caller's own conversation goes on; any other thread lives in the client."""
    said = list(_said(body))
    if not said or said[-1].role != "user":
        raise EmptyMessage
    before, last = said[:-1], said[-1]

    async def begin() -> AsyncIterator[Event]:
        if await in_thread(lambda: _owns(doors.house, body.thread_id, who)):
            events = doors.house.turns.run(last.text, who, body.thread_id)
        else:
            events = doors.house.turns.run(last.text, who, history=before)
        return measured(await begun(events), doors.metrics)

    return await _stream(request, doors, who, begin, AgUi(run_id=body.run_id, thread_id=body.thread_id))


async def _stream(
    request: Request,
    doors: Doors,
    who: Caller,
    begin: Callable[[], Awaitable[AsyncIterator[Event]]],
    mapping: AgUi,
) -> EventStream:
    events, headers = await streamed_once(request, who, doors.shared, begin)
    return EventStream(encoded(events, mapping, _apology(doors, request)), headers=headers)


async def collected(events: AsyncIterator[Event]) -> ChatReply:
    """The reply at the end of a turn."""
    async for event in events:
        if isinstance(event, TurnFinished):
            return event.reply
    raise RuntimeError("a turn ended without a reply")


def _said(body: RunAgentInput) -> Iterator[Message]:
    """What user and assistant said, as a transcript; what clients add for themselves is left out."""
    for entry in body.messages:
        if isinstance(entry, UserMessage | AssistantMessage) and (text := _text(entry.content)):
            yield message_of(entry.role, text)


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


def message_of(role: Literal["user", "assistant"], text: str) -> Message:
    """An entry of a transcript that a client keeps."""
    return Message(id="", role=role, text=text.replace("\x00", ""), created_at=datetime.fromtimestamp(0, UTC))


def _owns(house: House, conversation_id: str, caller: Caller) -> bool:
    try:
        house.transcript.history(conversation_id, caller, last=1)
    except NotFound:
        return False
    return True


def _apology(doors: Doors, request: Request) -> str:
    return doors.house.texts.notice("http_500", language_of(request.headers))
