"""kill -9 under load, again and again: what was acknowledged is there afterwards, and the audit chain verifies."""

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from assistant.build import House

KILLS = int(os.environ.get("RM_TEST_KILLS", "3"))
TALKERS = 4


@dataclass
class Acknowledged:
    """Conversation → the messages whose answers came back whole."""

    messages: dict[str, list[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, conversation: str, message: str) -> None:
        with self.lock:
            self.messages.setdefault(conversation, []).append(message)

    def count(self) -> int:
        with self.lock:
            return sum(map(len, self.messages.values()))


@contextmanager
def started(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--data-dir", str(data_dir)]
    settings = os.environ | {"RM_RATE_PER_MINUTE": "100000"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=settings)
    assert process.stderr
    found = next(m for line in process.stderr if (m := re.search(r"http://127\S+", line)))
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    drain.start()
    until = time.monotonic() + 60
    while True:
        try:
            if httpx.get(f"{found[0]}/readyz", timeout=30).status_code == 200:
                break
        except httpx.TransportError:
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.05)
    try:
        yield process, found[0]
    finally:
        process.kill()
        process.wait(10)


def talk(url: str, rm_id: str, seen: Acknowledged, number: int) -> None:
    """One conversation until the server is gone."""
    conversation: str | None = None
    with httpx.Client(base_url=url, headers={"X-RM-Id": rm_id}, timeout=20) as client:
        for turn in range(10_000):
            message = f"给退休客户选一份{100 + turn}元的中秋礼，编号{number}-{turn}"
            body = {"message": message, "stream": False}
            try:
                answer = client.post(
                    "/api/v1/chat", json=body | ({"conversation_id": conversation} if conversation else {})
                )
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                conversation = str(answer.json()["conversation_id"])
                seen.add(conversation, message)


@pytest.mark.slow
@pytest.mark.timeout(max(600, 60 * KILLS))
def test_what_was_acknowledged_survives_kill_nine(house: House, tmp_path: Path) -> None:
    rm = next(p for p in house.customers.managers() if p.role == "rm")
    seen, chance = Acknowledged(), random.Random(5)
    for number in range(KILLS):
        with started(tmp_path) as (process, url):
            talkers = [
                threading.Thread(target=talk, args=(url, rm.id, seen, 10 * number + i))
                for i in range(TALKERS)
            ]
            for talker in talkers:
                talker.start()
            until = time.monotonic() + 60
            while seen.count() < 6 * (number + 1) and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(chance.uniform(0.0, 0.5))
            process.kill()
            for talker in talkers:
                talker.join(30)
    assert seen.count() > 5 * KILLS
    with started(tmp_path) as (_, url), httpx.Client(base_url=url, headers={"X-RM-Id": rm.id}) as client:
        for conversation, messages in seen.messages.items():
            kept = client.get(f"/api/v1/conversations/{conversation}").json()["messages"]
            said = [m["text"] for m in kept if m["role"] == "user"]
            answered = [m["text"] for m in kept if m["role"] == "assistant"]
            assert [m for m in said if m in messages] == messages
            assert len(answered) >= len(messages) and all(answered[: len(messages)])
    verified = subprocess.run(
        [sys.executable, "-m", "api.cli", "audit", "verify", "--data-dir", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
