"""Idempotency keys: the same key and body get the first answer again, and the write happens once."""

import hashlib
import json
from collections.abc import Awaitable, Callable

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.errors import KeyInUse, KeyReused
from api.shared_state import Shared
from tools.base import Caller

HEADER = "idempotency-key"
_KEPT_S = 86_400
_RUNNING_S = 120


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
    given = request.headers.get(HEADER)
    if not given:
        return _response((await work()).model_dump_json(), status)
    key = "once:" + _digest(f"{caller.id}\n{request.method} {request.url.path}\n{given}")
    asked = _digest((await request.body()).hex())
    held = await shared.claim(key, json.dumps([asked, None]), _RUNNING_S)
    if held is not None:
        return _again(held, asked, status)
    try:
        answer = (await work()).model_dump_json()
    except BaseException:
        await shared.drop(key)  # a failed write may be tried again under its key
        raise
    await shared.put(key, json.dumps([asked, answer]), _KEPT_S)
    return _response(answer, status)


def _again(held: str, asked: str, status: int) -> Response:
    first, answer = json.loads(held)
    if first != asked:
        raise KeyReused
    if answer is None:
        raise KeyInUse
    return _response(answer, status, {"Idempotent-Replayed": "true"})


def _response(body: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "application/json")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
