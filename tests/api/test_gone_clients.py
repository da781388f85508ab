"""A client that goes away: its run is cancelled, a lost connection finds its answer, the audit tells."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from assistant.build import House, build
from assistant.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_openai import Script, Step, scripted_openai

LONG = Step(text="慢慢说。" * 60, pace_s=0.15)
CHAT = "/api/v1/chat"


@pytest.fixture(scope="module")
def llm() -> Iterator[Script]:
    """One server for the module; each test puts its own steps in."""
    with scripted_openai() as script:
        yield script


@pytest.fixture(scope="module")
def talking(llm: Script, house: House, serve: Any) -> Iterator[httpx.Client]:
    settings = Settings(
        data_dir=house.settings.data_dir,
        model="openai:scripted",
        openai_api_key=SecretStr("k"),
        openai_base_url=llm.url,
    )
    with serve(create_app(build(settings))) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def until(true: Callable[[], bool], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def left_after_the_first_text(client: httpx.Client, path: str, body: dict[str, Any]) -> str:
    """Reads until text has come, then hangs up. Returns what was read."""
    seen = ""
    with client.stream("POST", path, json=body) as answer:
        for chunk in answer.iter_text():
            seen += chunk
            if "慢慢" in seen:
                return seen
    raise AssertionError(seen)


def test_leaving_cancels_the_run_and_is_recorded(talking: httpx.Client, llm: Script, house: House) -> None:
    llm.steps, llm.abandoned = [LONG], 0
    seen = left_after_the_first_text(talking, CHAT, {"message": "说点什么"})
    id_ = seen.split('"threadId":"')[1].split('"')[0]
    assert until(lambda: llm.abandoned == 1), "the LLM went on for nobody"
    assert until(lambda: len(list(house.audit.rows(id_))) == 2)
    question, broken = house.audit.rows(id_)
    assert (question.kind, broken.kind) == ("question", "interrupted")
    assert broken.payload and "慢慢说" in broken.payload["text"]
    kept = talking.get(f"/api/v1/conversations/{id_}").json()["messages"]
    assert [m["text"] for m in kept] == ["说点什么"]
    llm.steps = [Step(text="好的。")]
    again = talking.post(CHAT, json={"message": "再说", "conversation_id": id_, "stream": False}).json()
    assert again["text"] == "好的。"


@pytest.mark.parametrize("path", [CHAT, "/v1/chat/completions"])
def test_hanging_up_on_a_reply_cancels_it_too(talking: httpx.Client, llm: Script, path: str) -> None:
    llm.steps, llm.abandoned = [LONG], 0
    body = (
        {"message": "x", "stream": False}
        if path == CHAT
        else {"messages": [{"role": "user", "content": "x"}]}
    )
    with pytest.raises(httpx.ReadTimeout):
        talking.post(path, json=body, timeout=0.5)
    assert until(lambda: llm.abandoned == 1)


def test_a_lost_connection_finds_its_answer(talking: httpx.Client, llm: Script) -> None:
    llm.steps = [Step(text="慢慢说完。", pace_s=0.1)]
    seen = left_after_the_first_text(talking, CHAT, {"message": "在吗"})
    assert "RUN_FINISHED" not in seen
    id_ = seen.split('"threadId":"')[1].split('"')[0]

    def answers() -> list[str]:
        return [m["text"] for m in talking.get(f"/api/v1/conversations/{id_}").json()["messages"]][1:]

    assert until(lambda: answers() == ["慢慢说完。"])


def test_a_repeated_key_finds_the_same_reply(talking: httpx.Client, llm: Script) -> None:
    llm.steps = [Step(text="只答一次。")]
    key = {"Idempotency-Key": f"chat-{time.time()}"}
    body = {"message": "在吗", "stream": False}
    first, again = (talking.post(CHAT, json=body, headers=key) for _ in "12")
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"


def frames(
    client: httpx.Client, path: str, body: dict[str, Any], key: dict[str, str]
) -> list[dict[str, Any]]:
    answer = client.post(path, json=body, headers=key)
    assert answer.status_code == 200, answer.text
    return [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]


@pytest.mark.parametrize("path", [CHAT, "/agui"])
def test_a_repeated_key_streams_the_same_answer(talking: httpx.Client, llm: Script, path: str) -> None:
    llm.steps, before = [Step(text="只答一次。")], len(llm.requests)
    body: dict[str, Any] = {"message": "在吗"}
    if path == "/agui":
        said = [{"id": "m1", "role": "user", "content": "在吗"}]
        body = {"threadId": "t1", "runId": "r1", "messages": said}
        body |= {"state": {}, "tools": [], "context": [], "forwardedProps": {}}
    key = {"Idempotency-Key": f"stream-{path}-{time.time()}"}
    first, again = (frames(talking, path, body, key) for _ in "12")
    assert len(llm.requests) == before + 1, "the model was asked twice"
    assert first[-1]["type"] == "RUN_FINISHED"
    assert first[-1] == again[-1]
    texts = ["".join(f.get("delta", "") for f in all_) for all_ in (first, again)]
    assert texts == ["只答一次。"] * 2


def test_a_stream_under_way_holds_its_key_and_a_broken_one_frees_it(
    talking: httpx.Client, llm: Script
) -> None:
    llm.steps, llm.abandoned = [LONG], 0
    key, body = {"Idempotency-Key": f"broken-{time.time()}"}, {"message": "说点什么"}
    with talking.stream("POST", CHAT, json=body, headers=key) as answer:
        next(answer.iter_text())
        assert talking.post(CHAT, json=body, headers=key).status_code == 409
    assert until(lambda: llm.abandoned == 1)
    llm.steps = [Step(text="好的。")]
    assert until(lambda: talking.post(CHAT, json=body, headers=key).status_code == 200)
