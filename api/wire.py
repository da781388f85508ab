"""The wire below ASGI: a request's head is bounded in size and time, and what cannot be read is a problem too.

uvicorn bounds neither, and answers what it cannot parse in plain text.
"""

import asyncio
from typing import Any

from starlette.exceptions import HTTPException
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.errors import HeadTooLarge, TooSlow
from api.problems import MEDIA_TYPE, problem_of
from prompts.texts import load_texts

HEAD_BYTES = 32_768
HEAD_SECONDS = 20.0


class BoundedHead(HttpToolsProtocol):
    """Request line and headers up to ``HEAD_BYTES``, within ``HEAD_SECONDS``."""

    deadline: asyncio.TimerHandle | None = None
    taken = 0
    fault: Exception = HTTPException(400)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.deadline is not None:  # the head is not whole yet
            self.taken += len(data)
            if self.taken > HEAD_BYTES:
                self._refuse(HeadTooLarge(HEAD_BYTES))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            self.fault = HeadTooLarge(HEAD_BYTES)
            raise self.fault  # the parser stops here, and `send_400_response` is called
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer with the problem that ``fault`` stands for, and close."""
        problem = problem_of(self.fault, load_texts(), "zh")
        body = problem.model_dump_json(exclude_none=True).encode()
        about = f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[problem.status] + about.encode() + body)
        self.transport.close()

    def _await_head(self) -> None:
        self._stop_waiting()
        self.taken = 0
        self.deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, TooSlow())

    def _stop_waiting(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _refuse(self, fault: Exception) -> None:
        self._stop_waiting()
        if not self.transport.is_closing():
            self.fault = fault
            self.send_400_response("")


def listening(**more: Any) -> dict[str, Any]:
    """uvicorn's settings for every server of ours.

    The peer's address decides whom proxy mode trusts, so nothing may rewrite it from headers.
    """
    return {
        "http": BoundedHead, "access_log": False, "proxy_headers": False, "server_header": False,
        "timeout_keep_alive": 30, "log_config": None, **more,
    }  # fmt: skip
