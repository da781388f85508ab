"""The OpenAI-compatible door: the assistant as a model for any client. Keeps no conversation."""

import json
import logging
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.chat import collected, message_of
from api.doors import DoorsHere, Text, Who
from api.errors import UnknownModel
from api.problems import documented, language_of, openai_shape, problem_of
from api.streaming import EventStream, begun, heard, measured
from assistant.errors import EmptyMessage
from assistant.events import Citation, Event, TextDelta, TextWithdrawn, TurnFinished, Usage
from prompts.texts import Texts

log = logging.getLogger(__name__)
router = APIRouter(tags=["openai"])
MODEL = "rm-assistant"


class Part(BaseModel):
    """A piece of a message; only text is read."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: Text = ""


class Turn(BaseModel):
    """One message as OpenAI's clients send it. System and tool messages are accepted and not obeyed."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[Part] | None = None

    @property
    def text(self) -> str:
        """The words of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="allow")

    include_usage: bool = False


class CompletionRequest(BaseModel):
    """Sampling parameters are accepted and change nothing: the house decides how it answers."""

    model_config = ConfigDict(extra="allow")

    model: str = MODEL
    messages: list[Turn] = Field(min_length=1, max_length=2000)
    stream: bool = False
    stream_options: StreamOptions | None = None


@dataclass(frozen=True)
class _Frame:
    """What all chunks of one completion share."""

    id: str
    created: int

    def chunk(self, delta: dict[str, str], finish: str | None = None, **more: object) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _event(self.envelope("chat.completion.chunk") | {"choices": [choice]} | more)

    def envelope(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": MODEL}


@router.get("/v1/models", responses=documented(401, 429))
async def models(_who: Who) -> dict[str, Any]:
    """The one model this door serves."""
    return {"object": "list", "data": [_model()]}


@router.get("/v1/models/{model}", responses=documented(401, 404, 429))
async def model(model: str, _who: Who) -> dict[str, Any]:
    """The model by name."""
    _known(model)
    return _model()


@router.post("/v1/chat/completions", response_model=None, responses=documented(400, 401, 404, 413, 422, 429))
async def completions(
    body: CompletionRequest, request: Request, doors: DoorsHere, who: Who
) -> Response | dict[str, Any]:
    """Answer the last user message; those before it are its context."""
    _known(body.model)
    said = [message_of(t.role, t.text) for t in body.messages if t.role in ("user", "assistant") and t.text]
    if not said or said[-1].role != "user":
        raise EmptyMessage
    turn = doors.house.turns.run(said[-1].text, who, history=said[:-1])
    events = measured(await begun(turn), doors.metrics)
    heading = doors.house.texts.notice("sources", language_of(request.headers))
    frame = _Frame(f"chatcmpl-{uuid.uuid4().hex}", int(time.time()))
    if body.stream:
        wants_usage = bool(body.stream_options and body.stream_options.include_usage)
        return EventStream(_chunks(events, frame, doors.house.texts, heading, wants_usage))
    reply = await heard(request, collected(events))
    if isinstance(reply, Response):
        return reply
    message = {
        "role": "assistant",
        "content": reply.text + _sources(reply.citations, heading),
        "refusal": None,
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return frame.envelope("chat.completion") | {"choices": [choice], "usage": _usage(reply.usage)}


async def _chunks(
    events: AsyncIterator[Event], frame: _Frame, texts: Texts, heading: str, wants_usage: bool
) -> AsyncGenerator[str, None]:
    yield frame.chunk({"role": "assistant", "content": ""})
    try:
        async for chunk in _of_turn(events, frame, heading, wants_usage):
            yield chunk
    except Exception as error:
        log.exception("a stream broke")
        yield _event(openai_shape(problem_of(error, texts, "zh")))
    yield "data: [DONE]\n\n"


async def _of_turn(
    events: AsyncIterator[Event], frame: _Frame, heading: str, wants_usage: bool
) -> AsyncGenerator[str, None]:
    async for event in events:
        if isinstance(event, TextDelta):
            yield frame.chunk({"content": event.text})
        elif isinstance(event, TextWithdrawn):
            yield frame.chunk({"content": "\n\n---\n\n"})  # this protocol cannot take words back
        elif isinstance(event, TurnFinished):
            if sources := _sources(event.reply.citations, heading):
                yield frame.chunk({"content": sources})
            yield frame.chunk({}, "stop")
            if wants_usage:
                counted = {"choices": [], "usage": _usage(event.reply.usage)}
                yield _event(frame.envelope("chat.completion.chunk") | counted)


def _sources(citations: tuple[Citation, ...], heading: str) -> str:
    """The sources as text, since this protocol has no place for them."""
    lines = [f"[{c.n}] 《{c.title}》{c.section}" for c in citations]
    return "\n\n" + "\n".join([heading, *lines]) if lines else ""


def _usage(usage: Usage) -> dict[str, int]:
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
    }


def _model() -> dict[str, Any]:
    return {"id": MODEL, "object": "model", "created": 0, "owned_by": MODEL}


def _known(model: str) -> None:
    if model != MODEL:
        raise UnknownModel(model)


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"
