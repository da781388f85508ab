"""Every door leaves its mark in the audit: tool calls, probes for others' customers, refused sign-ins."""

from typing import Any

import httpx
import pytest

from assistant.build import House

EVENT = {"title": "讲座"}
CALLS: list[tuple[str, str, str, Any]] = [
    ("list_customers", "GET", "/api/v1/customers?limit=1", None),
    ("lookup_segment", "GET", "/api/v1/customers/{customer}/segment", None),
    (
        "recommend_gifts",
        "POST",
        "/api/v1/gifts/recommendations",
        {"segment": "retiree", "occasion": "birthday"},
    ),
    ("check_compliance", "POST", "/api/v1/compliance/checks", {"text": "欢迎咨询"}),
    ("check_compliance", "POST", "/api/v1/compliance/checks/batch", {"items": [{"text": "欢迎"}]}),
    ("draft_invitation", "POST", "/api/v1/invitations/drafts", {"event": EVENT, "segment": "retiree"}),
    ("draft_invitation", "POST", "/api/v1/invitations/calendar", {"event": EVENT, "segment": "retiree"}),
    ("search_knowledge", "GET", "/api/v1/knowledge/search?q=gift", None),
]


def newest(house: House) -> int:
    return max((row.seq for row in house.audit.rows()), default=0)


@pytest.mark.parametrize(("tool", "method", "path", "body"), CALLS, ids=[c[2] for c in CALLS])
def test_a_tool_call_is_recorded(
    client: httpx.Client, house: House, people: Any, tool: str, method: str, path: str, body: Any
) -> None:
    before = newest(house)
    answer = client.request(method, path.format(customer=people.customer), json=body)
    assert answer.status_code == 200, answer.text
    (row,) = [r for r in house.audit.rows(after=before) if r.kind == "tool_call"]
    assert row.actor == people.rm.id and row.payload
    assert (row.payload["name"], row.payload["status"], row.payload["door"]) == (tool, "ok", "http")
    assert row.payload["args"] and row.payload["digest"] and row.payload["rules"] and row.payload["knowledge"]


def test_a_probe_for_anothers_customer_is_recorded(client: httpx.Client, house: House, people: Any) -> None:
    before = newest(house)
    client.get(f"/api/v1/customers/{people.foreign}/segment")
    (row,) = house.audit.rows(after=before)
    assert row.payload == {
        "name": "lookup_segment", "args": {"customer": people.foreign}, "door": "http",
        "status": "error", "code": "not_found",
    }  # fmt: skip


def test_a_refused_sign_in_is_recorded_and_a_flood_is_bounded(variant: Any, serve: Any, house: House) -> None:
    before = newest(house)
    with serve(variant()) as url, httpx.Client(base_url=url, headers={"X-RM-Id": "mallory"}) as client:
        for _ in range(250):
            assert client.get("/api/v1/customers").status_code == 401
    rows = list(house.audit.rows(after=before))
    assert {row.kind for row in rows} == {"sign_in_refused"}
    assert 50 <= len(rows) < 150  # the minute may turn once under way
    first = rows[0].payload
    assert first == {"code": "unknown_manager", "peer": "127.0.0.1", "claimed": "mallory", "this_minute": 1}
    assert house.audit.verify().broken_at is None


def test_pages_go_through_the_whole_book(client: httpx.Client, house: House, people: Any) -> None:
    headers = {"X-RM-Id": people.admin.id}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"/api/v1/customers?limit=200&cursor={cursor}", headers=headers).json()
        assert len(page["customers"]) <= 200
        seen += [row["id"] for row in page["customers"]]
        cursor = page["next_cursor"]
    assert seen == sorted({id_ for id_, _ in house.customers.names(people.admin)})
    assert page["total"] == len(seen)
    assert client.get("/api/v1/customers?limit=201", headers=headers).status_code == 422
