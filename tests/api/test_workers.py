"""`serve --workers 2` as a process: one book, one limit for all workers, ready in time, stopped cleanly."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from assistant.build import House

REDIS = "redis://127.0.0.1:6379/8"
LIMIT = 40


def redis_is_up() -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", 6379)) == 0


def children(pid: int) -> set[int]:
    return {int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def workers(pid: int) -> set[int]:
    """Processes below ``pid`` that serve, not the helper that watches over shared resources."""
    return {c for c in children(pid) if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()}


@pytest.fixture
def served(house: House) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "api.cli", "serve", "--workers", "2", "--port", "0"]
    limits = {"RM_RATE_PER_MINUTE": str(LIMIT)} | ({"RM_REDIS_URL": REDIS} if redis_is_up() else {})
    process = subprocess.Popen(
        [*command, "--data-dir", str(house.settings.data_dir)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | limits,
    )
    try:
        assert process.stderr
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        until = time.monotonic() + 100
        while True:
            try:
                if httpx.get(f"{found[0]}/readyz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                assert time.monotonic() < until and process.poll() is None
                time.sleep(0.1)
        yield process, found[0]
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_two_workers_are_one_service(served: tuple[subprocess.Popen[str], str], house: House) -> None:
    process, url = served
    pids = workers(process.pid)
    assert len(pids) == 2
    people = [p for p in house.customers.managers() if p.role == "rm"]
    headers = {"X-RM-Id": people[0].id}
    customer = house.customers.names(people[0])[0][1]
    asked = {"message": f"查一下{customer}，手机19900001234", "stream": False}
    made = httpx.post(f"{url}/api/v1/chat", json=asked, headers=headers, timeout=60).json()["conversation_id"]
    # Every call on a connection of its own: the kernel hands them to either worker.
    shown = [httpx.get(f"{url}/api/v1/conversations/{made}", headers=headers, timeout=60) for _ in range(12)]
    assert {answer.status_code for answer in shown} == {200}
    hasty = {"X-RM-Id": people[1].id}
    statuses = [
        httpx.get(f"{url}/v1/models", headers=hasty, timeout=60).status_code for _ in range(3 * LIMIT)
    ]
    allowed = LIMIT if redis_is_up() else 2 * LIMIT
    assert statuses.count(429) >= 3 * LIMIT - 2 * allowed  # the minute may turn once under way
    assert set(statuses) == {200, 429}
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()], "a worker outlived its parent"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz")
    assert process.stderr
    written = process.stderr.read()
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line.get("route") for line in lines} >= {"/api/v1/chat", "/v1/models"}
    assert not any(word in written for word in (customer, "19900001234", made, people[0].id))
    assert house.audit.verify().broken_at is None
