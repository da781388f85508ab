"""Rate limits, idempotency keys, cross-origin rules, security headers, request ids, measures."""

from typing import Any

import httpx
import pytest

from api.shared_state import InMemory


def test_a_person_may_ask_so_often(variant: Any, serve: Any, people: Any) -> None:
    with serve(variant(rate_per_minute=3)) as url, httpx.Client(base_url=url) as client:
        answers = [client.get("/v1/models", headers={"X-RM-Id": people.rm.id}) for _ in range(8)]
        other = client.get("/v1/models", headers={"X-RM-Id": people.other.id})
    refused = [a for a in answers if a.status_code == 429]
    assert len(refused) >= 2  # the minute may turn once under way
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60
    assert other.status_code == 200, "one person's haste is not another's"


def test_demo_mode_has_no_limit_unless_one_is_set(client: httpx.Client) -> None:
    assert {client.get("/v1/models").status_code for _ in range(150)} == {200}


@pytest.fixture
def rating(client: httpx.Client) -> dict[str, str]:
    reply = client.post("/api/v1/chat", json={"message": "你好", "stream": False}).json()
    return {"message_id": reply["message_id"], "rating": "up"}


def test_a_key_makes_a_write_happen_once(client: httpx.Client, rating: dict[str, str], house: Any) -> None:
    key = {"Idempotency-Key": f"k-{rating['message_id']}"}
    first = client.post("/api/v1/feedback", json=rating, headers=key)
    again = client.post("/api/v1/feedback", json=rating, headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    rated = [r.payload["message_id"] for r in house.audit.rows() if r.kind == "feedback"]
    assert rated.count(rating["message_id"]) == 1


def test_a_key_does_not_serve_another_body(client: httpx.Client, rating: dict[str, str]) -> None:
    key = {"Idempotency-Key": f"o-{rating['message_id']}"}
    assert client.post("/api/v1/feedback", json=rating, headers=key).status_code == 200
    answer = client.post("/api/v1/feedback", json={**rating, "rating": "down"}, headers=key)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("key_reused")


def test_a_failed_write_may_be_tried_again(client: httpx.Client, rating: dict[str, str]) -> None:
    key = {"Idempotency-Key": f"f-{rating['message_id']}"}
    bad = {**rating, "message_id": "absent"}
    assert [client.post("/api/v1/feedback", json=bad, headers=key).status_code for _ in "12"] == [404, 404]


def test_only_named_origins_may_call_from_their_pages(variant: Any, serve: Any) -> None:
    origin = "https://portal.example"
    with serve(variant(allowed_origins=(origin,))) as url, httpx.Client(base_url=url) as client:
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
        good = client.options("/api/v1/chat", headers={"Origin": origin, **asked})
        bad = client.options("/api/v1/chat", headers={"Origin": "https://evil.example", **asked})
        problem = client.get("/api/v1/conversations/x", headers={"Origin": origin})
        framed = client.get("/chat").headers["content-security-policy"]
    assert good.headers["access-control-allow-origin"] == origin
    assert "access-control-allow-origin" not in bad.headers
    assert problem.headers["access-control-allow-origin"] == origin, "a page can read why it failed"
    assert f"frame-ancestors 'self' {origin}" in framed


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/embed", "/widget.js", "/healthz", "/api/v1/conversations", "/none"]
)
def test_every_answer_carries_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == (
        "cross-origin" if path == "/widget.js" else "same-origin"
    )


def test_pages_hold_no_inline_code(client: httpx.Client) -> None:
    for path in ("/", "/chat", "/embed"):
        page = client.get(path).text
        assert " style=" not in page and "<style" not in page and "onclick" not in page
        assert "<script>" not in page


def test_a_request_id_is_kept_or_made(client: httpx.Client) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    made = client.get("/healthz", headers={"X-Request-Id": "bad id <script>"}).headers["x-request-id"]
    assert made.isalnum() and len(made) == 32


def test_measures_name_routes_not_people(client: httpx.Client, people: Any) -> None:
    client.get(f"/api/v1/customers/{people.customer}/segment")
    text = client.get("/metrics").text
    assert 'route="/api/v1/customers/{customer_id}/segment"' in text
    assert people.customer not in text


def test_readiness_tells_each_dependency(client: httpx.Client) -> None:
    found = client.get("/readyz").json()
    assert found["status"] == "ready"
    assert {"database", "knowledge", "rules", "model"} <= set(found["dependencies"])


def test_the_unchanged_widget_is_not_sent_again(client: httpx.Client) -> None:
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def _counts(store: InMemory, clock: list[float]) -> list[int]:
    seen = [await store.count("a", 60), await store.count("a", 60)]
    clock[0] += 61
    return [*seen, await store.count("a", 60)]


def test_counts_end_with_their_window() -> None:
    import anyio

    clock = [0.0]
    assert anyio.run(_counts, InMemory(now=lambda: clock[0]), clock) == [1, 2, 1]
