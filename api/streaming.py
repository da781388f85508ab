"""Server-sent events that beat while nothing happens and stop when nobody listens any more."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from contextlib import aclosing
from types import MappingProxyType
from typing import Any, TypeVar

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.metrics import Metrics
from assistant.events import Event, TextDelta

T = TypeVar("T")
HEARTBEAT_S = 15.0
SLOW_S = 30.0
GRACE_S = 2.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class EventStream(Response):
    """``chunks`` as they come. A comment goes out every ``heartbeat_s``.

    A client that has gone, or takes nothing for ``slow_s``, gives the work ``grace_s`` to end: a lost connection
    then finds its answer in the conversation. After that the work is cancelled.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        chunks: AsyncGenerator[str, None],
        heartbeat_s: float = HEARTBEAT_S,
        slow_s: float = SLOW_S,
        grace_s: float = GRACE_S,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(headers={**_HEADERS, **headers})
        del self.headers["content-length"]
        self._chunks, self._heartbeat_s, self._slow_s, self._grace_s = chunks, heartbeat_s, slow_s, grace_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        turn_to_send, gone = asyncio.Lock(), asyncio.Event()

        async def write(chunk: str, more: bool = True) -> None:
            async with turn_to_send:
                if gone.is_set():
                    return
                try:
                    async with asyncio.timeout(self._slow_s):
                        await send({"type": "http.response.body", "body": chunk.encode(), "more_body": more})
                except TimeoutError:
                    gone.set()

        async def beat() -> None:
            while True:
                await asyncio.sleep(self._heartbeat_s)
                await write(": \n\n")

        async def hang_up() -> None:
            await _gone(receive)
            gone.set()

        async def all_of_it() -> None:
            async with aclosing(self._chunks) as chunks:
                async for chunk in chunks:
                    await write(chunk)
            await write("", more=False)

        async with asyncio.TaskGroup() as beside:
            others = beside.create_task(beat()), beside.create_task(hang_up())
            work = await _listened(all_of_it(), gone.wait(), self._grace_s)
            for other in others:
                other.cancel()
        if not work.cancelled():
            work.result()


async def heard(request: Request, work: Coroutine[Any, Any, T]) -> T | Response:
    """The result of ``work``; a client that has gone gives it ``GRACE_S`` to end, then it is cancelled."""
    done = await _listened(work, _gone(request.receive), GRACE_S)
    return Response(status_code=499) if done.cancelled() else done.result()  # nobody reads the 499


async def _listened(
    work: Coroutine[Any, Any, T], gone: Coroutine[Any, Any, object], grace_s: float
) -> asyncio.Task[T]:
    """``work`` as a task that has ended: by itself, or cancelled ``grace_s`` after ``gone`` ended.

    A task of its own is cancelled once, so that what it runs can still tidy up and stop what it waits for.
    """
    working, going = asyncio.create_task(work), asyncio.create_task(gone)
    try:
        await asyncio.wait((working, going), return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait((working,), timeout=grace_s)
    finally:
        working.cancel()
        going.cancel()
        await asyncio.gather(working, going, return_exceptions=True)
    return working


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def begun(events: AsyncIterator[T]) -> AsyncIterator[T]:
    """The same events with the first already there, so that what is refused at the start raises here."""
    first = await anext(events)

    async def rest() -> AsyncIterator[T]:
        yield first
        async for event in events:
            yield event

    return rest()


async def measured(events: AsyncIterator[Event], metrics: Metrics) -> AsyncIterator[Event]:
    """The same events, counted."""
    began, seen = anyio.current_time(), False
    async for event in events:
        metrics.note(event)
        if isinstance(event, TextDelta) and not seen:
            seen = True
            metrics.first_text.observe(anyio.current_time() - began)
        yield event
