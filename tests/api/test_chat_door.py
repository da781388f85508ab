"""The conversation as callers see it: events in order, heartbeats, cancellation, history, exports."""

import io
import json
import socket
import time
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import httpx
import pytest
from ag_ui.core import Event
from docx import Document
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.routing import Route

from api.streaming import EventStream

EVENT = TypeAdapter(Event)


def events_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The events of a stream, each valid by the protocol's own types."""
    lines = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    for line in lines:
        EVENT.validate_json(line)
    return [json.loads(line) for line in lines]


def assert_run(events: list[dict[str, Any]]) -> None:
    """A run starts, ends, and opens and closes everything in between once."""
    kinds = [e["type"] for e in events]
    assert kinds[0] == "RUN_STARTED" and kinds[-1] == "RUN_FINISHED"
    assert kinds.count("TEXT_MESSAGE_START") == kinds.count("TEXT_MESSAGE_END") == 1
    start, end = kinds.index("TEXT_MESSAGE_START"), kinds.index("TEXT_MESSAGE_END")
    assert all(start < i < end for i, k in enumerate(kinds) if k == "TEXT_MESSAGE_CONTENT")
    for started in (e for e in events if e["type"] == "TOOL_CALL_START"):
        call = [e["type"] for e in events if e.get("toolCallId") == started["toolCallId"]]
        assert call == ["TOOL_CALL_START", "TOOL_CALL_ARGS", "TOOL_CALL_END", "TOOL_CALL_RESULT"]


def test_a_turn_streams_as_ag_ui(client: httpx.Client) -> None:
    answer = client.post("/api/v1/chat", json={"message": "查一下：邀约发出后几天再确认一次？"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"
    assert "\\u" not in answer.text, "Chinese stays readable"
    events = events_of(answer)
    assert_run(events)
    reply = events[-1]["result"]
    said = "".join(e["delta"] for e in events if e["type"] == "TEXT_MESSAGE_CONTENT")
    assert said.strip() == reply["text"]
    assert events[0]["threadId"] == reply["conversation_id"]
    custom = [(e["name"], e["value"]) for e in events if e["type"] == "CUSTOM"]
    assert [v for n, v in custom if n == "citation"] == reply["citations"]
    assert [v for n, v in custom if n == "tool_result"] == reply["tool_calls"]
    assert [v["text"] for n, v in custom if n == "notice"] == reply["notices"]
    assert any(n == "html" for n, _ in custom)
    assert reply["tool_calls"], "the question needs the knowledge base"


def test_json_is_the_same_turn(client: httpx.Client) -> None:
    reply = client.post("/api/v1/chat", json={"message": "你好", "stream": False}).json()
    assert set(reply) == {
        "conversation_id", "message_id", "text", "tool_calls", "citations", "model", "usage", "notices",
    }  # fmt: skip
    assert reply["text"] and reply["model"] == "embedded"
    assert set(reply["usage"]) == {"input_tokens", "output_tokens"}


def test_agui_takes_the_protocols_own_input(client: httpx.Client) -> None:
    body = {
        "threadId": "thread-of-the-client",
        "runId": "run-1",
        "messages": [
            {"id": "1", "role": "user", "content": "你好"},
            {"id": "2", "role": "assistant", "content": "您好"},
            {"id": "3", "role": "user", "content": [{"type": "text", "text": "能做什么？"}]},
        ],
        "tools": [], "context": [], "state": {}, "forwardedProps": {},
    }  # fmt: skip
    events = events_of(client.post("/agui", json=body))
    assert_run(events)
    assert (events[0]["threadId"], events[0]["runId"]) == ("thread-of-the-client", "run-1")
    assert client.get("/api/v1/conversations/thread-of-the-client").status_code == 404, "the client keeps it"


def test_agui_goes_on_with_ones_own_conversation(client: httpx.Client) -> None:
    id_ = client.post("/api/v1/chat", json={"message": "你好", "stream": False}).json()["conversation_id"]
    body = {"threadId": id_, "runId": "r", "messages": [{"id": "1", "role": "user", "content": "再说一次"}]}
    assert_run(events_of(client.post("/agui", json=body)))
    assert len(client.get(f"/api/v1/conversations/{id_}").json()["messages"]) == 4


@pytest.fixture(scope="module")
def kept(client: httpx.Client, people: Any) -> str:
    """A conversation of two turns with a rated answer, of the second manager."""
    headers = {"X-RM-Id": people.other.id}
    ask = {"message": "请查雪松讲座的 <b>规定</b>", "stream": False}
    first = client.post("/api/v1/chat", json=ask, headers=headers).json()
    ask = {"message": "还有呢", "conversation_id": first["conversation_id"], "stream": False}
    client.post("/api/v1/chat", json=ask, headers=headers)
    rated = {"message_id": first["message_id"], "rating": "down", "comment": "出处不对"}
    assert client.post("/api/v1/feedback", json=rated, headers=headers).status_code == 200
    return str(first["conversation_id"])


@pytest.fixture
def other(client: httpx.Client, people: Any) -> Any:
    return lambda method, path, **more: client.request(
        method, path, headers={"X-RM-Id": people.other.id}, **more
    )


def test_conversations_are_listed_searched_renamed_deleted(other: Any, kept: str) -> None:
    found = other("GET", "/api/v1/conversations?q=雪松").json()["conversations"]
    assert [c["id"] for c in found] == [kept]
    assert other("GET", "/api/v1/conversations?q=100%25").json()["conversations"] == []
    assert other("PATCH", f"/api/v1/conversations/{kept}", json={"title": "讲座"}).json()["title"] == "讲座"
    made = other("POST", "/api/v1/chat", json={"message": "再来", "stream": False}).json()["conversation_id"]
    listed = [c["id"] for c in other("GET", "/api/v1/conversations").json()["conversations"]]
    assert listed[0] == made, "newest first"
    first = other("GET", "/api/v1/conversations?limit=1").json()
    second = other("GET", f"/api/v1/conversations?limit=1&cursor={first['next_cursor']}").json()
    assert [first["conversations"][0]["id"], second["conversations"][0]["id"]] == listed[:2]
    assert other("DELETE", f"/api/v1/conversations/{made}").status_code == 204
    assert other("GET", f"/api/v1/conversations/{made}").status_code == 404


def test_stored_answers_come_with_safe_html(other: Any, kept: str) -> None:
    messages = other("GET", f"/api/v1/conversations/{kept}").json()["messages"]
    assert [m["role"] for m in messages] == ["user", "assistant"] * 2
    assert all((m["html"] is not None) == (m["role"] == "assistant") for m in messages)
    assert not any("<b>" in (m["html"] or "") for m in messages)


def test_exports_hold_everything(other: Any, kept: str) -> None:
    markdown = other("GET", f"/api/v1/conversations/{kept}/export?format=md")
    assert "雪松讲座" in markdown.text and "出处不对" in markdown.text
    assert "filename*=UTF-8''" in markdown.headers["content-disposition"]
    whole = other("GET", f"/api/v1/conversations/{kept}/export?format=json").json()
    assert len(whole["messages"]) == 4 and whole["feedback"][0]["comment"] == "出处不对"
    word = other("GET", f"/api/v1/conversations/{kept}/export?format=docx").content
    text = "\n".join(p.text for p in Document(io.BytesIO(word)).paragraphs)
    assert "雪松讲座" in text and "出处不对" in text


def test_many_talk_at_once(base_url: str) -> None:
    async def ask(client: httpx.AsyncClient, ends: list[str]) -> None:
        answer = await client.post("/api/v1/chat", json={"message": "你好"})
        ends.append(events_of(answer)[-1]["type"])

    async def all_of_them() -> list[str]:
        ends: list[str] = []
        async with (
            httpx.AsyncClient(base_url=base_url, timeout=30) as client,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(20):
                tasks.start_soon(ask, client, ends)
        return ends

    # In a thread: a browser that another test opened keeps the loop of this one.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(anyio.run, all_of_them).result() == ["RUN_FINISHED"] * 20


def test_a_quiet_stream_beats_and_stops_when_nobody_listens(serve: Any) -> None:
    stopped: list[bool] = []

    async def slow() -> AsyncGenerator[str, None]:
        try:
            yield "data: 1\n\n"
            await anyio.sleep(30)
        finally:
            stopped.append(True)

    async def endpoint(_: Any) -> EventStream:
        return EventStream(slow(), heartbeat_s=0.05, grace_s=0.1)

    with serve(Starlette(routes=[Route("/", endpoint)])) as url:
        with httpx.stream("GET", url) as answer:
            seen = ""
            for chunk in answer.iter_text():
                seen += chunk
                if seen.count(": \n\n") >= 2:
                    break
        assert seen.startswith("data: 1\n\n")
        until = time.monotonic() + 4
        while not stopped and time.monotonic() < until:
            time.sleep(0.01)
    assert stopped, "the work went on for nobody"


def test_a_client_that_takes_nothing_is_given_up(serve: Any) -> None:
    stopped: list[bool] = []

    async def endless() -> AsyncGenerator[str, None]:
        try:
            while True:
                yield "data: " + "x" * 100_000 + "\n\n"
                await anyio.sleep(0)
        finally:
            stopped.append(True)

    async def endpoint(_: Any) -> EventStream:
        return EventStream(endless(), slow_s=0.2, grace_s=0)

    with serve(Starlette(routes=[Route("/", endpoint)])) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            until = time.monotonic() + 4
            while not stopped and time.monotonic() < until:
                time.sleep(0.01)
    assert stopped, "a client that reads nothing held the work"
