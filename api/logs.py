"""What the server writes to standard error: one JSON object a line. It names routes, error types and places in
code, and never a person: an exception's own words may quote what somebody said or whom a query was for.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

FRAMES = 12
ACCESS = "rm_assistant.access"


def start(level: int = logging.WARNING) -> None:
    """Write every record of this process so, and one line a request."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger(ACCESS).setLevel(logging.INFO)


class JsonLines(logging.Formatter):
    """A record with the fields of its ``about``, and of an exception only what it is and where it arose."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "about", {}),
        }
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line |= {"error": type(error).__name__, "frames": _frames(error.__traceback__)}
        return json.dumps(line, ensure_ascii=False, default=str)


def _frames(trace: TracebackType | None) -> list[str]:
    found = traceback.extract_tb(trace)[-FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in found]
