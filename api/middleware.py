"""What surrounds every request: an id, a last catch, security headers, measures, a bounded body."""

import logging
import re
import time
import uuid
from collections.abc import Sequence

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, TooSlow
from api.logs import ACCESS
from api.metrics import Metrics
from api.problems import respond
from prompts.texts import Texts

access = logging.getLogger(ACCESS)
_REQUEST_ID = re.compile(r"[\w.:-]{1,64}", re.ASCII)
_BODY_SECONDS = 60.0


def security_headers(path: str, framing_origins: Sequence[str]) -> dict[str, str]:
    """Headers of an answer at ``path``. Only the chat page may be framed, by the allowed origins."""
    framed = path == "/chat"
    ancestors = " ".join(("'self'", *framing_origins)) if framed else "'none'"
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            f"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Resource-Policy": "cross-origin" if path == "/widget.js" else "same-origin",
    }
    if not framed:
        headers["X-Frame-Options"] = "DENY"
    if path.startswith(("/api/", "/v1/", "/agui", "/mcp")):
        headers["Cache-Control"] = "no-store"
    return headers


class Surroundings:
    """Outermost of ours: nothing leaves without an id and headers, no exception leaves at all."""

    def __init__(self, app: ASGIApp, texts: Texts, metrics: Metrics, origins: Sequence[str]) -> None:
        self._app, self._texts, self._metrics, self._origins = app, texts, metrics, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        extra = security_headers(scope["path"], self._origins) | {"X-Request-Id": request_id}
        began, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in extra.items():
                    headers.setdefault(name, value)
            await send(message)

        with self._metrics.in_flight.track_inprogress():
            try:
                await self._app(scope, receive, answer)
            except Exception as error:
                if status:
                    raise
                await respond(error, Request(scope), self._texts)(scope, receive, answer)
        self._note(scope, status, time.perf_counter() - began, request_id)

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        """One structured line and two measures: the route's template, never the path, it may name people."""
        route = getattr(scope.get("route"), "path", "unmatched")
        self._metrics.observe(scope["method"], route, status, seconds)
        line = {
            "request_id": request_id,
            "method": scope["method"],
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
        }
        access.info("request", extra={"about": line})


class BoundedBody:
    """Reads the body before anyone else, refusing one that is too long or too slow."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        if length.isdecimal() and int(length[:20]) > self._limit:
            raise BodyTooLarge(self._limit)
        try:
            with anyio.fail_after(_BODY_SECONDS):
                first: Message | None = await self._read(receive)
        except TimeoutError as error:
            raise TooSlow from error

        async def replay() -> Message:
            nonlocal first
            if first is not None:
                message, first = first, None
                return message
            return await receive()

        await self._app(scope, replay, send)

    async def _read(self, receive: Receive) -> Message:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return message
            body += message.get("body", b"")
            if len(body) > self._limit:
                raise BodyTooLarge(self._limit)
            if not message.get("more_body", False):
                return {"type": "http.request", "body": bytes(body), "more_body": False}
