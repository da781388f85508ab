"""What comes before there is a request: endless or slow heads, and bytes that are no HTTP."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from api.wire import HEAD_BYTES, BoundedHead

POST = b"POST /api/v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
PLAIN = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        yield client


def answered(client: socket.socket) -> tuple[int, dict[str, Any]]:
    """Status and problem of an answer after which the server hangs up."""
    received = b""
    while True:
        try:
            piece = client.recv(65_536)
        except ConnectionResetError:
            break
        if not piece:
            break
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head, received
    return int(head.split()[1]), json.loads(body)


def assert_serves(url: str) -> None:
    assert httpx.get(f"{url}/healthz").status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (PLAIN + b"X-Big: " + b"a" * (HEAD_BYTES + 1) + b"\r\n\r\n", 431),
        (PLAIN + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 400) for i in range(100)) + b"\r\n", 431),
        (b"GET /" + b"a" * (HEAD_BYTES + 1) + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        (PLAIN + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (PLAIN + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ],
    ids=[
        "no HTTP",
        "TLS",
        "one long header",
        "many headers",
        "long address",
        "two lengths",
        "length and chunks",
    ],
)
def test_what_cannot_be_read_is_a_problem(base_url: str, sent: bytes, status: int) -> None:
    with connected(base_url) as client:
        client.sendall(sent)
        found, problem = answered(client)
    assert found == problem["status"] == status
    assert problem["title"] and problem["detail"]
    assert_serves(base_url)


def test_a_head_without_end_is_cut_off(base_url: str) -> None:
    with connected(base_url) as client:
        client.sendall(PLAIN + b"X-Endless: ")
        with pytest.raises((ConnectionError, TimeoutError)):
            for _ in range(1000):
                client.sendall(b"a" * 16_384)
                time.sleep(0.001)
    assert_serves(base_url)


def test_a_head_that_dribbles_in_is_given_up(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.wire.HEAD_SECONDS", 0.3)
    for sent in (b"", PLAIN):
        with connected(base_url) as client:
            client.sendall(sent)
            assert answered(client)[0] == 408
    assert_serves(base_url)


def test_a_body_that_dribbles_in_is_given_up(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.middleware._BODY_SECONDS", 0.3)
    with connected(base_url) as client:
        client.sendall(POST + b"Content-Length: 100\r\nConnection: close\r\n\r\n{")
        assert answered(client)[0] == 408
    assert_serves(base_url)


def test_a_body_of_unknown_length_is_bounded_too(base_url: str) -> None:
    piece = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    with connected(base_url) as client:
        client.sendall(POST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        with pytest.raises(OSError):
            for _ in range(1000):
                client.sendall(piece)
    assert_serves(base_url)


def test_a_long_request_is_not_mistaken_for_a_long_head(base_url: str) -> None:
    with httpx.Client(base_url=base_url) as client:
        for _ in range(3):  # on one connection: every request counts for itself
            body = {"text": "欢迎咨询" * 20_000}
            assert client.post("/api/v1/compliance/checks", json=body, timeout=30).status_code == 200


def test_the_bound_is_that_of_the_served_process() -> None:
    from api.wire import listening

    assert listening()["http"] is BoundedHead
