"""Shared by all rooms: the whole house over a temporary data folder, and servers over it."""

import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

LEARNED = Path(tempfile.gettempdir()) / f"rm-assistant-learned-{os.getuid()}"
os.environ["RM_LEARNED_DIR"] = str(LEARNED)  # the models of the embedded model are fitted once for all tests

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from assistant.build import House


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def learned_dir() -> Path:
    return LEARNED


@pytest.fixture(scope="session")
def house(data_dir: Path) -> "House":
    from assistant.build import build  # heavy, and most rooms' tests need nothing of it
    from assistant.settings import Settings

    return build(Settings(data_dir=data_dir))


@contextmanager
def serving(app: "ASGIApp", port: int = 0) -> Iterator[str]:
    """Serve ``app`` from a thread, on a free port where none is given."""
    import uvicorn

    bound = socket.create_server(("127.0.0.1", port))
    from api.wire import listening

    config = uvicorn.Config(app, **listening(log_level="critical"))
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def serve() -> Callable[..., AbstractContextManager[str]]:
    return serving


@pytest.fixture(scope="session")
def variant(house: "House") -> Callable[..., "ASGIApp"]:
    """An application over the same house with other settings."""
    from api.app import create_app

    def make(**changes: Any) -> "ASGIApp":
        return create_app(replace(house, settings=house.settings.model_copy(update=changes)))

    return make
