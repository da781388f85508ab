"""Opens settings and house for the verbs, with progress where a person is watching."""

import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from api.cli.main import Fault
from assistant.settings import Settings
from prompts.texts import load_texts
from tools.base import Caller

if TYPE_CHECKING:
    from rich.progress import TaskID

    from assistant.build import House
    from assistant.build import Progress as Report


def settings_of(given: Namespace) -> Settings:
    """Settings from the environment with the console's data folder over them. Raises Fault."""
    chosen = {"data_dir": given.data_dir} if hasattr(given, "data_dir") else {}
    try:
        return Settings(**chosen)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(step) for step in first["loc"])
        raise Fault(f"RM_{name.upper()}: {first['msg']}") from error


def open_house(settings: Settings) -> "House":
    """The whole house, made ready with a progress display on standard error. Raises Fault."""
    from assistant.build import build

    try:
        with progress() as report:
            return build(settings, report)
    except OSError as error:
        raise _unusable(settings, error.strerror or str(error)) from error
    except Exception as error:
        if type(error).__name__ != "OperationalError":
            raise
        reason = " ".join(str(getattr(error, "orig", error)).split())
        if settings.database_url:
            raise Fault(f"RM_DATABASE_URL: {reason}") from error
        raise _unusable(settings, reason) from error


def _unusable(settings: Settings, reason: str) -> Fault:
    return Fault(load_texts().notice("data_dir_unusable", path=settings.data_dir, reason=reason))


@contextmanager
def progress() -> Iterator["Report"]:
    """A report function drawn as bars; nothing is drawn until something is reported."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as bars:

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield report


def caller_of(given: Namespace, house: "House") -> Caller:
    """Who the console speaks for. Raises Fault for an unknown id."""
    from api.errors import Unauthenticated
    from api.identity import demo_caller

    try:
        return demo_caller(given.who, house.customers)
    except Unauthenticated as error:
        raise Fault(load_texts().notice("not_found", kind="RM", reference=given.who)) from error
