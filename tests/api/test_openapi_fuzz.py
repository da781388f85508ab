"""Generated requests over the whole OpenAPI document: whatever comes, the server does not fail."""

import os
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

EXAMPLES_EACH = int(os.environ.get("RM_TEST_EXAMPLES", "60"))


def test_the_document_is_whole(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    bodies = [
        operation["requestBody"]["content"]["application/json"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    assert len(bodies) >= 9
    assert all("example" in body for body in bodies)
    assert all(op.get("description") for path in document["paths"].values() for op in path.values())


def test_every_call_says_how_it_can_fail(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        shape = "application/json" if path.startswith("/v1/") else "application/problem+json"
        for method, operation in operations.items():
            failing = {s: a for s, a in operation["responses"].items() if int(s) >= 400 and path != "/readyz"}
            assert all(list(answer["content"]) == [shape] for answer in failing.values()), (method, path)
            assert ("401" in failing) == ("security" in operation), (method, path)
            assert ("415" in failing) == ("requestBody" in operation), (method, path)
    assert set(document["components"]["securitySchemes"]) == {"bearer", "demo"}
    assert not [name for name in document["components"]["schemas"] if "ValidationError" in name]


def test_examples_in_the_document_work(client: httpx.Client, people: Any) -> None:
    document = client.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body and path != "/api/v1/feedback":
            example = body["content"]["application/json"]["example"]
            answer = client.post(path, json=example, headers={"X-RM-Id": people.admin.id})
            assert answer.is_success, (path, answer.text)


@pytest.mark.slow
@pytest.mark.timeout(max(300, 6 * EXAMPLES_EACH))
def test_no_generated_request_makes_the_server_fail(base_url: str, people: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json")
    failures: list[str] = []
    for found in schema.get_all_operations():
        _fuzz(found.ok(), people.admin.id, failures)
    assert not failures, failures[:5]


def _fuzz(operation: Any, rm_id: str, failures: list[str]) -> None:
    @settings(
        max_examples=EXAMPLES_EACH,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_any_mode(operation))
    def ask(case: Any) -> None:
        answer = case.call(headers={"X-RM-Id": rm_id}, timeout=30)
        if answer.status_code >= 500:
            failures.append(f"{case.method} {case.formatted_path} {case.body!r:.300} → {answer.text[:200]}")

    ask()


def _any_mode(operation: Any) -> st.SearchStrategy[Any]:
    """Requests that follow the document and requests that break it."""
    modes: list[Callable[..., Any]] = [
        operation.as_strategy(generation_mode=mode)
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    ]
    return st.one_of(*modes)
