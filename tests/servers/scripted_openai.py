"""A strict, scripted server that speaks OpenAI's chat protocol over real HTTP, streaming and not.

A call that the script does not expect fails the test, and so does a step that was never used.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Step:
    """One answer of the server. ``status`` other than 200 answers with an error in OpenAI's shape."""

    text: str = ""
    tool_calls: tuple[tuple[str, str], ...] = ()  # name, arguments as raw JSON text
    status: int = 200
    error_code: str = "server_error"
    finish_reason: str = "stop"
    truncate: bool = False
    delay_s: float = 0.0
    pace_s: float = 0.0  # between the pieces of a stream


@dataclass
class Script:
    """The steps in order, and what the server was asked."""

    steps: list[Step]
    requests: list[dict[str, Any]] = field(default_factory=list)
    unexpected: int = 0
    abandoned: int = 0  # streams whose client went away
    url: str = ""

    def take(self, request: dict[str, Any]) -> Step:
        self.requests.append(request)
        if not self.steps:
            self.unexpected += 1
            return Step(status=400, error_code="unexpected_call")
        return self.steps.pop(0)


@contextmanager
def scripted_openai(*steps: Step) -> Iterator[Script]:
    script = Script(list(steps))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None: ...

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            step = script.take(body)
            time.sleep(step.delay_s)
            if step.status != 200:
                self._json(
                    step.status, {"error": {"message": "scripted", "code": step.error_code, "type": "x"}}
                )
            elif body.get("stream"):
                try:
                    self._stream(step)
                except (BrokenPipeError, ConnectionResetError):
                    script.abandoned += 1
                    self.close_connection = True
            else:
                message = {"role": "assistant", "content": step.text, "tool_calls": _calls(step) or None}
                choice = {"index": 0, "message": message, "finish_reason": _finish(step)}
                self._json(200, {**_head("chat.completion"), "choices": [choice], "usage": _usage()})

        def _json(self, status: int, body: dict[str, Any]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _stream(self, step: Step) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
            deltas += [{"content": step.text[i : i + 4]} for i in range(0, len(step.text), 4)]
            deltas += [{"tool_calls": [{**c, "index": i}]} for i, c in enumerate(_calls(step))]
            for delta in deltas:
                time.sleep(step.pace_s)
                self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            if step.truncate:
                self.close_connection = True
                return
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": _finish(step)}]})
            self._event({"choices": [], "usage": _usage()})
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def _event(self, body: dict[str, Any]) -> None:
            self.wfile.write(f"data: {json.dumps({**_head('chat.completion.chunk'), **body})}\n\n".encode())
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert not script.unexpected, f"{script.unexpected} calls beyond the script"
    assert not script.steps, f"{len(script.steps)} steps were never used"


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-scripted", "object": kind, "created": 1_790_000_000, "model": "scripted"}


def _calls(step: Step) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{i}_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for i, (name, arguments) in enumerate(step.tool_calls)
    ]


def _finish(step: Step) -> str:
    return "tool_calls" if step.tool_calls else step.finish_reason


def _usage() -> dict[str, int]:
    return {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
