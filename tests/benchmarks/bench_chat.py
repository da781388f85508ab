"""A served assistant under talk: time to the first text and for the turn, 200 at once, memory, cost over an LLM.

Run: python tests/benchmarks/bench_chat.py [TURNS]

Milliseconds are of this machine; the last rows put the assistant beside a direct call to the same (scripted) LLM
server, which takes the time a real one takes, so the difference is what the assistant adds. Guards hold a sentence
back until it is whole: the scripted answer opens with a short one, as answers do.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
SMALL_TALK = ("你好", "谢谢", "你能做什么", "早上好", "好的")
WORK = (
    "给退休客户选一份三百元以内的中秋礼物",
    "帮我审一下：这款理财保本保息，稳赚不赔",
    "写一条短信，邀请客户周六下午三点来听养老规划讲座",
    "我名下这个月过生日的客户有哪些",
    "给客户送生日礼物有什么规定",
)
AT_ONCE = 200
USERS = 50
PIECES = ["好的。", *"我在这里，您有什么事请讲", "。"]
SECONDS_TO_FIRST = 0.4
SECONDS_BETWEEN = 0.02
THINKING = 1.5
"""Seconds within which each user asks again after an answer; spread evenly over the users."""


@dataclass
class Times:
    """Seconds to the first text and to the end of each turn; turns that did not end well."""

    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    errors: int = 0

    def row(self, name: str) -> str:
        cells = [f"{1000 * _at(of, share):8.1f}" for of in (self.first, self.whole) for share in (0.5, 0.95)]
        return f"{name:<34}" + "".join(cells) + f"{self.errors:8d}"


def _at(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


@contextmanager
def served(data_dir: Path, **settings: str) -> Iterator[tuple[str, int]]:
    """The console's own `serve`: its address and process id."""
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--data-dir", str(data_dir)]
    limits = {"RM_RATE_PER_MINUTE": "1000000", "RM_LOG_LEVEL": "error"}
    with subprocess.Popen(
        command, cwd=ROOT, env=os.environ | limits | settings, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        found = next(m for line in process.stderr if (m := re.search(r"http://127\S+", line)))
        drained = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)
        while True:
            try:
                if httpx.get(f"{found[0]}/readyz", timeout=60).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        try:
            yield found[0], process.pid
        finally:
            process.terminate()
            drained.terminate()


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def turn(client: httpx.AsyncClient, url: str, message: str, times: Times, **more: object) -> None:
    """One question, streamed."""
    started, first, ended = time.perf_counter(), None, False
    body = {"message": message, "stream": True, **more}
    try:
        async with client.stream("POST", f"{url}/api/v1/chat", json=body) as answer:
            async for line in answer.aiter_lines():
                if first is None and "TEXT_MESSAGE_CONTENT" in line:
                    first = time.perf_counter() - started
                ended = ended or "RUN_FINISHED" in line
    except httpx.HTTPError:
        ended = False
    if not ended or first is None:
        times.errors += 1
        return
    times.first.append(first)
    times.whole.append(time.perf_counter() - started)


async def direct(client: httpx.AsyncClient, url: str, times: Times) -> None:
    """The same question to the LLM server itself."""
    started, first = time.perf_counter(), None
    messages = [{"role": "user", "content": "你好"}]
    body = {"model": "scripted", "stream": True, "messages": messages}
    async with client.stream("POST", f"{url}/chat/completions", json=body) as answer:
        async for line in answer.aiter_lines():
            if first is None and PIECES[0] in line:
                first = time.perf_counter() - started
    times.first.append(first or float("nan"))
    times.whole.append(time.perf_counter() - started)


def rm_client() -> httpx.AsyncClient:
    unlimited = httpx.Limits(max_connections=None)
    return httpx.AsyncClient(timeout=120, limits=unlimited, headers={"X-RM-Id": "RM001"})


async def embedded(url: str, pid: int, turns: int) -> None:
    async with rm_client() as client:
        await turn(client, url, "你好", Times())
        small, work, crowd, long = Times(), Times(), Times(), Times()
        for i in range(200):
            await turn(client, url, SMALL_TALK[i % len(SMALL_TALK)], small)
        for i in range(100):
            await turn(client, url, WORK[i % len(WORK)], work)
        print(small.row("one user, no tool"))
        print(work.row("one user, with a tool"))
        await asyncio.gather(
            *(turn(client, url, WORK[i % len(WORK)], crowd) for i in range(AT_ONCE)),
        )
        print(crowd.row(f"{AT_ONCE} conversations at once"))
        grown = [megabytes(pid)]
        for part in range(4):
            for i in range(turns // 4):
                await turn(client, url, (*WORK, *SMALL_TALK)[(part + i) % 10], long)
            grown.append(megabytes(pid))
        print(long.row(f"{turns} turns one after another"))
        print("memory by quarter, MB: " + " ".join(f"{m:.0f}" for m in grown))


async def user(ask: Callable[[], Awaitable[None]], rounds: int, share: float) -> None:
    """Someone who asks, reads, and asks again; ``share`` spreads the users over the time they think."""
    await asyncio.sleep(THINKING * share)
    for _ in range(rounds):
        await ask()
        await asyncio.sleep(THINKING * (0.5 + share))


async def over_llm(url: str, llm: str) -> None:
    async with rm_client() as client:
        for name, users, rounds in (("1 user", 1, 20), (f"{USERS} users", USERS, 6)):
            through, beside = Times(), Times()
            await turn(client, url, "你好", Times())

            async def through_it(into: Times = through) -> None:
                await turn(client, url, "请说好的", into)

            async def direct_to(into: Times = beside) -> None:
                await direct(client, llm, into)

            for ask in (direct_to, through_it):
                await asyncio.gather(*(user(ask, rounds, i / users) for i in range(users)))
            print(beside.row(f"LLM server itself, {name}"))
            print(through.row(f"through the assistant, {name}"))


def serve_llm() -> None:
    """An OpenAI-compatible server that always gives the same answer at once; prints its address."""
    import socket

    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import StreamingResponse
    from starlette.routing import Route

    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}

    async def pieces() -> AsyncIterator[str]:
        await asyncio.sleep(SECONDS_TO_FIRST)
        for piece in PIECES:
            await asyncio.sleep(SECONDS_BETWEEN)
            choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
            yield f"data: {json.dumps({**head, 'choices': [choice]}, ensure_ascii=False)}\n\n"
        last = {"index": 0, "delta": {}, "finish_reason": "stop"}
        yield f"data: {json.dumps({**head, 'choices': [last]})}\n\ndata: [DONE]\n\n"

    async def complete(_: Request) -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/event-stream")

    bound = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{bound.getsockname()[1]}/v1", flush=True)
    app = Starlette(routes=[Route("/v1/chat/completions", complete, methods=["POST"])])
    uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False)).run(sockets=[bound])


def main(turns: int) -> None:
    print(f"{'':<34}{'first text p50, p95':>16}{'turn p50, p95':>16}{'errors':>8}   (ms)")
    with tempfile.TemporaryDirectory() as folder:
        with served(Path(folder)) as (url, pid):
            asyncio.run(embedded(url, pid, turns))
        llm = subprocess.Popen([sys.executable, __file__, "--llm"], stdout=subprocess.PIPE, text=True)
        assert llm.stdout
        address = llm.stdout.readline().strip()
        try:
            key = {"RM_MODEL": "openai:scripted", "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": address}
            with served(Path(folder), **key) as (url, _):
                asyncio.run(over_llm(url, address))
        finally:
            llm.terminate()


if __name__ == "__main__":
    if "--llm" in sys.argv:
        serve_llm()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
