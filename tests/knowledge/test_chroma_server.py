"""A real Chroma server gives the answers that the embedded store gives."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowledge.library import BUNDLED, open_library

pytestmark = pytest.mark.services
ASKED = (
    "老人家送啥好",
    "活动提前几天确认",
    "How are family points pooled?",
    "应急资今留多少",
    "足球比赛几点开始",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    folder = tmp_path_factory.mktemp("chroma")
    process = subprocess.Popen(
        [*command, "--path", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{url}/api/v2/heartbeat", timeout=1)  # noqa: S310  (a local address)
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def test_the_server_answers_as_the_embedded_store_does(tmp_path: Path, server: str) -> None:
    documents = BUNDLED / "playbook"
    embedded = open_library(tmp_path / "embedded", documents=documents)
    served = open_library(tmp_path / "served", documents=documents, chroma_url=server)
    assert served.revision == embedded.revision
    assert served.health().vectors
    for question in ASKED:
        assert served.search(question) == embedded.search(question)


def test_a_server_that_is_down_costs_vectors_not_answers(tmp_path: Path) -> None:
    documents = BUNDLED / "faq"
    open_library(tmp_path, documents=documents).ensure_built()
    cut_off = open_library(tmp_path, documents=documents, chroma_url="http://127.0.0.1:9")
    assert not cut_off.health().vectors
    assert cut_off.search("老人家送啥好")
    with pytest.raises(ConnectionError, match=r"127\.0\.0\.1:9"):
        open_library(tmp_path / "new", documents=documents, chroma_url="http://127.0.0.1:9").ensure_built()
