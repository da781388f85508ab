"""The log: lines a machine reads, in which nobody is named."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from api.logs import JsonLines


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What a server in this process writes from here on."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_a_failure_is_logged_without_what_was_said(variant: Any, serve: Any, written: io.StringIO) -> None:
    app = variant()

    @app.get("/breaks")
    def breaks() -> None:
        raise RuntimeError("王小明 19900001234")

    with serve(app) as url:
        answer = httpx.get(f"{url}/breaks", headers={"X-Request-Id": "r-1"})
    assert answer.status_code == 500
    line = next(line for line in map(json.loads, written.getvalue().splitlines()) if "error" in line)
    assert line["error"] == "RuntimeError" and line["request_id"] == "r-1"
    assert line["frames"][-1].endswith(" breaks")
    assert "王小明" not in written.getvalue() and "19900001234" not in written.getvalue()


def test_a_database_that_fails_is_not_logged_with_its_parameters(house: Any, written: io.StringIO) -> None:
    from sqlalchemy import text

    try:
        with house.engine.connect() as db:
            db.execute(text("SELECT * FROM nowhere WHERE name = :name"), {"name": "王小明"})
    except Exception:
        logging.getLogger("test").exception("failed")
    assert json.loads(written.getvalue())["error"] == "OperationalError"
    assert "王小明" not in written.getvalue()
