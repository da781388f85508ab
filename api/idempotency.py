"""Idempotency keys: the same key and body get the first answer again, and the write happens once."""

import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import anyio
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.errors import KeyInUse, KeyReused
from api.shared_state import Shared
from assistant.events import ChatReply, Event, TurnFinished, told_again
from tools.base import Caller

HEADER = "idempotency-key"
REPLAYED = {"Idempotent-Replayed": "true"}
_KEPT_S = 86_400
_RUNNING_S = 120


@dataclass(frozen=True)
class _Claim:
    """A request's hold on its key; ``answer`` is the first run's, where that has ended."""

    shared: Shared
    key: str
    asked: str
    answer: str | None = None

    async def keep(self, answer: str) -> None:
        await self.shared.put(self.key, json.dumps([self.asked, answer]), _KEPT_S)

    async def drop(self) -> None:
        """A failed or cancelled write may be tried again under its key."""
        with anyio.CancelScope(shield=True):
            await self.shared.drop(self.key)


async def once(
    request: Request,
    caller: Caller,
    shared: Shared,
    work: Callable[[], Awaitable[BaseModel]],
    status: int = 200,
) -> Response:
    """Run ``work`` under the request's key, or give the answer of the first run.

    Raises KeyReused where the key came with another body before, KeyInUse while the first run lasts.
    """
    claim = await _claimed(request, caller, shared)
    if claim and claim.answer is not None:
        return _response(claim.answer, status, REPLAYED)
    try:
        answer = (await work()).model_dump_json()
    except BaseException:
        if claim:
            await claim.drop()
        raise
    if claim:
        await claim.keep(answer)
    return _response(answer, status)


async def streamed_once(
    request: Request, caller: Caller, shared: Shared, begin: Callable[[], Awaitable[AsyncIterator[Event]]]
) -> tuple[AsyncIterator[Event], dict[str, str]]:
    """The events of the turn that ``begin`` starts, or of the first run's reply, and the headers that say which.

    Raises what ``once`` raises. A stream whose client went away before its end frees the key.
    """
    claim = await _claimed(request, caller, shared)
    if claim is None:
        return await begin(), {}
    if claim.answer is not None:
        return told_again(ChatReply.model_validate_json(claim.answer)), REPLAYED
    try:
        events = await begin()
    except BaseException:
        await claim.drop()
        raise
    return _kept(events, claim), {}


async def _kept(events: AsyncIterator[Event], claim: _Claim) -> AsyncIterator[Event]:
    finished = False
    try:
        async for event in events:
            if isinstance(event, TurnFinished):
                await claim.keep(event.reply.model_dump_json())
                finished = True
            yield event
    finally:
        if not finished:
            await claim.drop()


async def _claimed(request: Request, caller: Caller, shared: Shared) -> _Claim | None:
    given = request.headers.get(HEADER)
    if not given:
        return None
    key = "once:" + _digest(f"{caller.id}\n{request.method} {request.url.path}\n{given}")
    asked = _digest((await request.body()).hex())
    held = await shared.claim(key, json.dumps([asked, None]), _RUNNING_S)
    if held is None:
        return _Claim(shared, key, asked)
    first, answer = json.loads(held)
    if first != asked:
        raise KeyReused
    if answer is None:
        raise KeyInUse
    return _Claim(shared, key, asked, answer)


def _response(body: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
