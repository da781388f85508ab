"""Every door answers every error in one shape, and never with a traceback."""

from typing import Any

import httpx
import pytest

from api.errors import DoorError
from api.problems import STATUS
from assistant.errors import AssistantError, SettingsError
from tools.errors import Refused, ToolError

GIFTS = "/api/v1/gifts/recommendations"
CHECKS = "/api/v1/compliance/checks"
NO_MESSAGES: dict[str, Any] = {"threadId": "t", "runId": "r", "messages": []}
DOCUMENTS = "/api/v1/knowledge/documents"
TEXT = {"headers": {"X-RM-Id": "AD001", "Content-Type": "text/plain"}}
FORM = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}
DEEP = b"[" * 100_000

CASES: list[tuple[str, str, str, dict[str, Any], int]] = [
    ("unknown address", "GET", "/api/v1/nothing", {}, 404),
    ("unknown address without prefix", "GET", "/nothing", {}, 404),
    ("wrong method", "PUT", "/api/v1/chat", {}, 405),
    ("invalid json", "POST", "/api/v1/chat", {"content": b"{bad"}, 400),
    ("invalid utf-8", "POST", "/api/v1/chat", {"content": b'{"message": "\xff\xfe"}'}, 400),
    ("deep nesting", "POST", "/api/v1/chat", {"content": DEEP}, 400),
    ("lone surrogate", "POST", "/api/v1/chat", {"content": b'{"message": "\\ud800"}'}, 422),
    ("lone surrogate in copy", "POST", CHECKS, {"content": b'{"text": "\\ud800 \\u4fdd\\u672c"}'}, 422),
    ("body of another type", "POST", CHECKS, {"content": b'{"text": "x"}', **TEXT}, 415),
    ("form for JSON", "POST", "/api/v1/chat", {"data": {"message": "x"}, **FORM}, 415),
    ("document of another type", "POST", DOCUMENTS, {"content": b"# x", **TEXT}, 415),
    ("not a number", "POST", GIFTS, {"content": b'{"occasion": "birthday", "budget": NaN}'}, 422),
    ("wrong type", "POST", "/api/v1/chat", {"json": {"message": 7}}, 422),
    ("no message", "POST", "/api/v1/chat", {"json": {}}, 422),
    ("unknown field", "POST", "/api/v1/chat", {"json": {"message": "x", "model": "other"}}, 422),
    ("empty message", "POST", "/api/v1/chat", {"json": {"message": " \n"}}, 422),
    ("1 MB message", "POST", "/api/v1/chat", {"json": {"message": "长" * 350_000}}, 413),
    ("9 MB body", "POST", "/api/v1/chat", {"content": b"x" * 9_000_000}, 413),
    ("unknown conversation", "POST", "/api/v1/chat", {"json": {"message": "x", "conversation_id": "?"}}, 404),
    ("unknown occasion", "POST", GIFTS, {"json": {"segment": "retiree", "occasion": "xmas"}}, 422),
    ("unknown customer", "POST", GIFTS, {"json": {"customer_id": "nobody", "occasion": "birthday"}}, 404),
    ("unknown channel", "POST", CHECKS, {"json": {"text": "x", "channel": "tv"}}, 422),
    ("unknown product", "POST", CHECKS, {"json": {"text": "x", "product": "crypto"}}, 422),
    ("empty copy", "POST", CHECKS, {"json": {"text": ""}}, 422),
    ("long batch", "POST", CHECKS + "/batch", {"json": {"items": [{"text": "x"}] * 1001}}, 422),
    ("bad limit", "GET", "/api/v1/customers?limit=0", {}, 422),
    ("bad cursor", "GET", "/api/v1/conversations?cursor=%FF%00x", {}, 422),
    ("no query", "GET", "/api/v1/knowledge/search", {}, 422),
    ("path traversal", "GET", "/api/v1/knowledge/documents/..%2F..%2Fetc%2Fpasswd", {}, 404),
    ("nul in an id", "GET", "/api/v1/conversations/a%00b", {}, 404),
    ("bad export format", "GET", "/api/v1/conversations/x/export?format=exe", {}, 422),
    ("unknown message", "POST", "/api/v1/feedback", {"json": {"message_id": "x", "rating": "up"}}, 404),
    ("bad rating", "POST", "/api/v1/feedback", {"json": {"message_id": "x", "rating": "5"}}, 422),
    ("not an administrator", "DELETE", "/api/v1/knowledge/documents/x", {}, 403),
    ("unknown manager", "GET", "/api/v1/customers", {"headers": {"X-RM-Id": "nobody"}}, 401),
    (
        "identity given twice",
        "GET",
        "/api/v1/customers",
        {"headers": [("X-RM-Id", "a"), ("x-rm-id", "b")]},
        401,
    ),
    (
        "agui without messages",
        "POST",
        "/agui",
        {"json": {"threadId": "t", "runId": "r", "messages": []}},
        422,
    ),
    (
        "mcp from a foreign page",
        "POST",
        "/mcp",
        {"json": {}, "headers": {"Origin": "https://evil.example"}},
        403,
    ),
    ("mcp stream that nothing would come through", "GET", "/mcp", {}, 405),
    ("mcp without identity", "POST", "/mcp", {"json": {}, "headers": {"X-RM-Id": "nobody"}}, 401),
]


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The one shape of an error, for all doors."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors", "request_id"}
    assert problem["type"].startswith("urn:rm-assistant:problem:")
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert "{" not in problem["detail"], "a place in the words was not filled"
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert all(set(e) <= {"field", "message", "code", "allowed"} for e in problem["errors"])
    assert "Traceback" not in answer.text and 'File "' not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    return problem


@pytest.mark.parametrize(
    ("method", "path", "sent", "status"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_an_error_is_a_problem(
    client: httpx.Client, method: str, path: str, sent: dict[str, Any], status: int
) -> None:
    headers = httpx.Headers(sent.get("headers"))
    headers.setdefault("content-type", "application/json")
    answer = client.request(method, path, **{**sent, "headers": headers})
    assert_problem(answer, status)


@pytest.mark.parametrize(
    ("path", "body", "field", "some"),
    [
        (GIFTS, {"segment": "retiree", "occasion": "xmas"}, "occasion", {"mid_autumn", "other"}),
        (GIFTS, {"segment": "rich", "occasion": "other"}, "segment", {"mass", "family"}),
        (CHECKS, {"text": "x", "channel": "tv"}, "channel", {"wechat", "in_person"}),
        (CHECKS, {"text": "x", "product": "crypto"}, "product", {"fund", "none"}),
    ],
)
def test_an_unknown_value_is_answered_with_the_known_ones(
    client: httpx.Client, path: str, body: dict[str, str], field: str, some: set[str]
) -> None:
    problem = assert_problem(client.post(path, json=body), 422)
    (error,) = problem["errors"]
    assert error["field"] == field
    assert some <= set(error["allowed"])


def test_words_follow_the_language_asked_for(client: httpx.Client) -> None:
    chinese = client.get("/nothing").json()
    english = client.get("/nothing", headers={"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}).json()
    assert chinese["title"] == "没有找到"
    assert english["title"] == "Not found"


def test_the_openai_door_speaks_its_own_shape(client: httpx.Client) -> None:
    for sent in (
        {"json": {"model": "other", "messages": [{"role": "user", "content": "x"}]}},
        {"content": b"{"},
        {"json": {"messages": [{"role": "user", "content": 7}]}},
    ):
        answer = client.post("/v1/chat/completions", headers={"Content-Type": "application/json"}, **sent)
        assert answer.status_code in (400, 404, 422)
        assert set(answer.json()["error"]) == {"message", "type", "param", "code"}
        assert "[" not in str(answer.json()["error"]["param"]), "our types are no field names"


def test_an_unforeseen_failure_says_nothing_of_itself(variant: Any, serve: Any) -> None:
    app = variant()

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("the password is hunter2")

    with serve(app) as url:
        answer = httpx.get(f"{url}/breaks")
    assert_problem(answer, 500)
    assert "hunter2" not in answer.text


def kinds(base: type[Exception]) -> set[type[Exception]]:
    return {base} | {k for below in base.__subclasses__() for k in kinds(below)}


def test_every_error_of_the_house_has_a_status_and_words(house: Any) -> None:
    bases = (ToolError, AssistantError, DoorError)
    known = {k for base in bases for k in kinds(base) - {base} if k.__module__.split(".")[0] != "tests"}
    assert known <= set(STATUS)
    for kind in known - {Refused, SettingsError}:
        code = str(getattr(kind, "code", "")) or kind.__dataclass_fields__["code"].default  # type: ignore[attr-defined]
        assert all(code in words for words in house.texts.notices.values()), code
