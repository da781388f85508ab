"""Rate limits that several workers share in a real Redis, and what happens while it is down."""

import os
import socket
from typing import Any

import httpx
import pytest

URL = "redis://127.0.0.1:6379/9"
pytestmark = pytest.mark.services


@pytest.fixture
def redis_url() -> str:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", 6379)) == 0:
            import redis

            redis.Redis.from_url(URL).flushdb()
            return URL
    if os.environ.get("RM_TEST_NO_SKIPS"):
        pytest.fail("Redis must be running on 127.0.0.1:6379")
    pytest.skip("no Redis on 127.0.0.1:6379")


def test_two_workers_count_together(variant: Any, serve: Any, people: Any, redis_url: str) -> None:
    settings = {"rate_per_minute": 4, "redis_url": redis_url}
    headers = {"X-RM-Id": people.rm.id}
    with serve(variant(**settings)) as first, serve(variant(**settings)) as second:
        statuses = [
            httpx.get(f"{url}/v1/models", headers=headers).status_code
            for _ in range(5)
            for url in (first, second)
        ]
    # Apart, each worker would let four of its five pass; the minute may turn once under way.
    assert statuses.count(429) >= 2
    assert statuses[0] == 200


def test_a_redis_that_is_down_stops_nobody(variant: Any, serve: Any, people: Any) -> None:
    with serve(variant(rate_per_minute=50, redis_url="redis://127.0.0.1:1/0")) as url:
        answer = httpx.get(f"{url}/v1/models", headers={"X-RM-Id": people.rm.id})
        ready = httpx.get(f"{url}/readyz")
    assert answer.status_code == 200
    assert ready.json()["dependencies"]["redis"]["state"] != "ok"
