"""Every endpoint × role × owner: what a caller may do, and that another's is as good as none."""

import re
from typing import Any

import httpx
import pytest

ROLES = ("rm", "other", "compliance", "admin")
OWNED = ("rm",)
READ_ALL = ("rm", "compliance", "admin")
AGUI = {"threadId": "t", "runId": "r", "messages": [{"id": "1", "role": "user", "content": "你好"}]}

# What is asked (places are filled with what belongs to the role "rm"), who may, and what the others get.
MATRIX: dict[str, tuple[str, Any, tuple[str, ...], int]] = {
    "segment": ("GET /api/v1/customers/{customer}/segment", None, READ_ALL, 404),
    "gifts": (
        "POST /api/v1/gifts/recommendations",
        {"customer_id": "{customer}", "occasion": "birthday"},
        READ_ALL,
        404,
    ),
    "invitation": (
        "POST /api/v1/invitations/drafts",
        {"customer_id": "{customer}", "event": {"title": "讲座"}},
        READ_ALL,
        404,
    ),
    "conversation": ("GET /api/v1/conversations/{conversation}", None, OWNED, 404),
    "export": ("GET /api/v1/conversations/{conversation}/export", None, OWNED, 404),
    "rename": ("PATCH /api/v1/conversations/{conversation}", {"title": "新题目"}, OWNED, 404),
    "go on": (
        "POST /api/v1/chat",
        {"message": "你好", "conversation_id": "{conversation}", "stream": False},
        OWNED,
        404,
    ),
    "feedback": ("POST /api/v1/feedback", {"message_id": "{message}", "rating": "up"}, OWNED, 404),
    "customers": ("GET /api/v1/customers", None, ROLES, 0),
    "list": ("GET /api/v1/conversations", None, ROLES, 0),
    "talk": ("POST /api/v1/chat", {"message": "你好", "stream": False}, ROLES, 0),
    "calendar": (
        "POST /api/v1/invitations/calendar",
        {"customer_id": "{customer}", "event": {"title": "讲座"}},
        READ_ALL,
        404,
    ),
    "agui": ("POST /agui", AGUI, ROLES, 0),
    "search": ("GET /api/v1/knowledge/search?q=gift", None, ROLES, 0),
    "documents": ("GET /api/v1/knowledge/documents", None, ROLES, 0),
    "document": ("GET /api/v1/knowledge/documents/gift-cost", None, ROLES, 0),
    "check": ("POST /api/v1/compliance/checks", {"text": "欢迎咨询"}, ROLES, 0),
    "batch": ("POST /api/v1/compliance/checks/batch", {"items": [{"text": "欢迎咨询"}]}, ROLES, 0),
    "models": ("GET /v1/models", None, ROLES, 0),
    "model": ("GET /v1/models/rm-assistant", None, ROLES, 0),
    "completions": (
        "POST /v1/chat/completions",
        {"messages": [{"role": "user", "content": "你好"}]},
        ROLES,
        0,
    ),
    "add document": (
        "POST /api/v1/knowledge/documents",
        {"filename": "矩阵.md", "text": "# 矩阵\n\n内容。"},
        ("admin",),
        403,
    ),
    "delete": ("DELETE /api/v1/conversations/{conversation}", None, (), 404),
    "remove document": ("DELETE /api/v1/knowledge/documents/gift-cost", None, (), 403),
}
OPEN = {"GET /healthz", "GET /readyz", "GET /metrics"}
HARMLESS = {("delete", "rm"), ("remove document", "admin")}


@pytest.fixture(scope="module")
def mine(client: httpx.Client, people: Any) -> dict[str, str]:
    """A customer, a conversation and an answer of the first manager."""
    headers = {"X-RM-Id": people.rm.id}
    reply = client.post("/api/v1/chat", json={"message": "你好", "stream": False}, headers=headers).json()
    return {
        "customer": people.customer,
        "conversation": reply["conversation_id"],
        "message": reply["message_id"],
    }


def filled(template: Any, places: dict[str, str]) -> Any:
    if isinstance(template, dict):
        return {k: filled(v, places) for k, v in template.items()}
    if isinstance(template, list):
        return [filled(v, places) for v in template]
    return template.format(**places) if isinstance(template, str) else template


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", MATRIX)
def test_a_role_may_do_what_it_may(
    client: httpx.Client, people: Any, mine: dict[str, str], role: str, name: str
) -> None:
    call, body, works_for, refusal = MATRIX[name]
    if (name, role) in HARMLESS:
        call, refusal = call + "-absent", 404  # allowed, so it must miss what the other rows need
    method, path = filled(call, mine).split(" ")
    headers = {"X-RM-Id": getattr(people, role).id}
    answer = client.request(method, path, json=filled(body, mine), headers=headers)
    if role in works_for:
        assert answer.is_success, answer.text
    else:
        assert answer.status_code == refusal, answer.text


def test_every_call_of_the_document_has_a_row(client: httpx.Client) -> None:
    def shape(call: str) -> str:
        method, path = call.split("?")[0].split(" ")
        return f"{method} {re.sub(r'{[^}]*}|(?<=models/)[^/]+$|(?<=documents/)[^/]+$', '*', path)}"

    paths = client.get("/openapi.json").json()["paths"]
    calls = {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    assert {shape(call) for call in calls - OPEN} == {shape(row[0]) for row in MATRIX.values()}


def test_nobody_unknown_gets_anywhere(client: httpx.Client) -> None:
    for call, body, *_ in MATRIX.values():
        method, path = call.split(" ")
        answer = client.request(method, path, json=body, headers={"X-RM-Id": "nobody"})
        assert answer.status_code == 401, call
    assert all(client.get(call.split(" ")[1]).is_success for call in OPEN)


def test_a_thread_of_another_is_not_gone_on_with(
    client: httpx.Client, people: Any, mine: dict[str, str]
) -> None:
    body = AGUI | {"threadId": mine["conversation"]}
    before = client.get(f"/api/v1/conversations/{mine['conversation']}", headers={"X-RM-Id": people.rm.id})
    assert client.post("/agui", json=body, headers={"X-RM-Id": people.admin.id}).status_code == 200
    after = client.get(f"/api/v1/conversations/{mine['conversation']}", headers={"X-RM-Id": people.rm.id})
    assert after.json()["messages"] == before.json()["messages"]


def test_anothers_customer_looks_like_none(client: httpx.Client, people: Any) -> None:
    headers = {"X-RM-Id": people.rm.id}
    foreign = client.get(f"/api/v1/customers/{people.foreign}/segment", headers=headers)
    absent = client.get("/api/v1/customers/NO-SUCH/segment", headers=headers)
    shapes = [
        {k: v for k, v in answer.json().items() if k not in ("request_id", "detail")}
        for answer in (foreign, absent)
    ]
    assert shapes[0] == shapes[1]
    assert foreign.json()["detail"].replace(people.foreign, "NO-SUCH") == absent.json()["detail"]


def test_a_list_holds_ones_own_customers_only(client: httpx.Client, people: Any) -> None:
    def ids(caller: str) -> set[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = client.get(f"/api/v1/customers?limit=40{cursor}", headers={"X-RM-Id": caller}).json()
            found |= {row["id"] for row in page["customers"]}
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    mine, theirs = ids(people.rm.id), ids(people.other.id)
    assert people.customer in mine and people.foreign in theirs
    assert not mine & theirs
