"""Every error as an RFC 9457 problem (under ``/v1`` in OpenAI's shape): one table, words from notices."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import PydanticSerializationError
from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api import errors as door
from assistant import errors as talk
from assistant.toolbox import explain
from prompts.datafile import DataFileError
from prompts.texts import Texts
from tools import errors as tool
from tools.values import Language

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[type[Exception], int] = {
    tool.InvalidRequest: 422,
    tool.NotFound: 404,
    tool.Ambiguous: 409,
    tool.Refused: 403,
    tool.Unavailable: 503,
    talk.EmptyMessage: 422,
    talk.MessageTooLong: 413,
    talk.ModelUnavailable: 503,
    talk.SettingsError: 500,
    door.Unauthenticated: 401,
    door.Forbidden: 403,
    door.RateLimited: 429,
    door.BodyTooLarge: 413,
    door.HeadTooLarge: 431,
    door.TooSlow: 408,
    door.WrongMediaType: 415,
    door.ForeignOrigin: 403,
    door.KeyReused: 422,
    door.KeyInUse: 409,
    door.UnknownModel: 404,
    door.BindRefused: 500,
    DataFileError: 500,
}
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class FieldError(BaseModel):
    """One invalid field: where, why, and what would be valid where that is a list."""

    field: str
    message: str
    code: str
    allowed: list[str] | None = None


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(examples=["urn:rm-assistant:problem:not_found"])
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []
    request_id: str | None = None


class OpenAIFault(BaseModel):
    message: str
    type: str
    param: str | None
    code: str


class OpenAIError(BaseModel):
    """An error as OpenAI's clients read it."""

    error: OpenAIFault


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Error answers for the OpenAPI document."""
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {s: {"description": "Problem", "content": {MEDIA_TYPE: schema}} for s in statuses}


def language_of(headers: Headers) -> Language:
    """The first language of Accept-Language that the house speaks; Chinese by default."""
    for part in headers.get("accept-language", "").split(","):
        tag = part.strip().lower()[:2]
        if tag in ("zh", "en"):
            return "zh" if tag == "zh" else "en"
    return "zh"


def problem_of(error: Exception, texts: Texts, language: Language) -> Problem:
    """The problem for ``error``; what no table names is ours to mend and says nothing of itself."""
    if isinstance(error, RequestValidationError | ValidationError):
        return _invalid(error.errors(), texts, language)
    if isinstance(error, HTTPException):
        return _plain(f"http_{error.status_code}", error.status_code, texts, language)
    if isinstance(error, UnicodeEncodeError | PydanticSerializationError):
        return _plain("http_400", 400, texts, language)  # half a character came in and cannot go out
    if isinstance(error, OperationalError):
        error = tool.Unavailable("database")
    for kind, status in STATUS.items():
        if isinstance(error, kind):
            return _named(error, status, texts, language)
    return _plain("internal", 500, texts, language)


def respond(error: Exception, request: Request, texts: Texts) -> Response:
    """The answer a caller gets for ``error``, with the headers that belong to its status."""
    if isinstance(error, RequestValidationError) and _misdeclared(error, request):
        error = door.WrongMediaType()
    problem = problem_of(error, texts, language_of(request.headers))
    problem.request_id = request.scope.get("state", {}).get("request_id")
    if problem.status >= 500:
        log.error("request failed", exc_info=error, extra={"about": {"request_id": problem.request_id}})
    headers = dict(getattr(error, "headers", None) or {})
    if isinstance(error, door.RateLimited):
        headers["Retry-After"] = str(error.retry_after)
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if request.url.path.startswith("/v1/"):
        return _json(openai_shape(problem), problem.status, "application/json", headers)
    return _json(problem.model_dump(exclude_none=True), problem.status, MEDIA_TYPE, headers)


def is_json(headers: Headers) -> bool:
    """Whether the body is declared as JSON (RFC 6839 suffixes included)."""
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _misdeclared(error: RequestValidationError, request: Request) -> bool:
    """Whether a body was left unread because of what it is declared as."""
    unread = any(tuple(e["loc"]) == ("body",) and e["type"] != "missing" for e in error.errors())
    return unread and not is_json(request.headers)


def openai_shape(problem: Problem) -> dict[str, Any]:
    """The problem as OpenAI's clients read errors."""
    kind = _OPENAI_TYPES.get(problem.status, "server_error" if problem.status >= 500 else None)
    first = problem.errors[0] if problem.errors else None
    fault = OpenAIFault(
        message=problem.detail,
        type=kind or "invalid_request_error",
        param=first.field if first else None,
        code=problem.type.rsplit(":", 1)[-1],
    )
    return OpenAIError(error=fault).model_dump()


def install(app: FastAPI, texts: Texts) -> None:
    """Let every exception of ``app`` end as a problem."""

    async def handle(request: Request, error: Exception) -> Response:
        return respond(error, request, texts)

    for kind in (tool.ToolError, talk.AssistantError, door.DoorError, DataFileError):
        app.add_exception_handler(kind, handle)
    for other in (HTTPException, RequestValidationError, ValidationError, OperationalError):
        app.add_exception_handler(other, handle)


def _json(content: object, status: int, media_type: str, headers: Mapping[str, str]) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, dict(headers), media_type)


def _plain(code: str, status: int, texts: Texts, language: Language) -> Problem:
    known = code if code in texts.notices["zh"] else "http_other"
    title = texts.notice(f"title_{status}", language)
    return _problem(code, status, title, texts.notice(known, language, status=status))


def _named(error: Exception, status: int, texts: Texts, language: Language) -> Problem:
    code = str(getattr(error, "code", "internal"))
    problem = _plain(code, status, texts, language)
    if isinstance(error, tool.Refused):
        problem.detail = error.reason
    elif isinstance(error, tool.ToolError):
        problem.detail = explain(error, texts, language)
    elif not isinstance(error, DataFileError):
        values = {name: value for name, value in vars(error).items() if name != "code"}
        problem.detail = texts.notice(code, language, **values)
    if isinstance(error, tool.InvalidRequest):
        problem.errors = [FieldError(field=error.field, message=problem.detail, code=code)]
    if isinstance(error, tool.Ambiguous):
        listed = [f"{c.name} ({c.id})" for c in error.candidates]
        problem.errors = [FieldError(field=error.kind, message=problem.detail, code=code, allowed=listed)]
    return problem


def _problem(code: str, status: int, title: str, detail: str) -> Problem:
    return Problem(type=f"urn:rm-assistant:problem:{code}", title=title, status=status, detail=detail)


def _invalid(found: Iterable[Any], texts: Texts, language: Language) -> Problem:
    listed = list(found)
    if any(e["type"] == "json_invalid" for e in listed):
        return _plain("invalid_json", 400, texts, language)
    problem = _plain("invalid_fields", 422, texts, language)
    problem.errors = [_field(e, texts, language) for e in listed[:20]]
    problem.detail = "；".join(f"{e.field}: {e.message}" for e in problem.errors[:5]) or problem.detail
    return problem


def _field(error: Mapping[str, Any], texts: Texts, language: Language) -> FieldError:
    values = {k: v for k, v in error.get("ctx", {}).items() if isinstance(v, str | int | float | Decimal)}
    code = f"field_{error['type']}"
    said = texts.notice(code, language, **values) if code in texts.notices["zh"] else str(error["msg"])
    allowed = _expected(values.get("expected")) if error["type"] == "literal_error" else None
    return FieldError(field=_path(error["loc"]), message=said, code=error["type"], allowed=allowed)


def _expected(listed: object) -> list[str]:
    """``'a', 'b' or 'c'``, as pydantic writes it, as a list."""
    return [part.strip(" '") for part in str(listed).replace(" or ", ", ").split(",")]


def _path(loc: Sequence[str | int]) -> str:
    steps = loc[1:] if loc and loc[0] in ("body", "query", "path", "header") and len(loc) > 1 else loc
    return ".".join(str(step) for step in steps if "[" not in str(step))  # a[b] names a branch of a union
