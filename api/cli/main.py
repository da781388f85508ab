"""`rm-assistant`: reads the arguments, hands over to the verb's module, and says errors in one line."""

import argparse
import gc
import importlib
import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from api.cli.arguments import VERBS, Verb

COULD_NOT_RUN = 2


@dataclass
class Fault(Exception):
    """The verb cannot go on; ``words`` say why and how to help it, in one line."""

    words: str


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(COULD_NOT_RUN, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """All verbs with their arguments."""
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where databases and index live (RM_DATA_DIR, .data)"
    )
    top = _Parser(
        prog="rm-assistant",
        description="A conversational assistant for bank relationship managers.",
        epilog="example: rm-assistant serve --port 8000",
        parents=[common],
    )
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb in VERBS:
        _add(verbs, verb, common)
    return top


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one verb and exit with its code: 0 well, 1 findings, 2 could not run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    given = parser().parse_args(arguments)
    brief = given.verb == "check" and arguments is None
    if brief:
        gc.disable()  # over in a moment: looking for garbage costs more than it would free
    else:
        _log_to_stderr()
    try:
        module = importlib.import_module(f"api.cli.{given.module}")
        code: int = module.run(given) or 0
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read us has gone; without this the interpreter would complain while it closes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = COULD_NOT_RUN
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        print(f"rm-assistant: {_said(error)}", file=sys.stderr)
        code = COULD_NOT_RUN
    if brief:
        gc.freeze()  # nor need the interpreter look for it before it ends
    sys.exit(code)


def _log_to_stderr() -> None:
    import logging  # late: a check logs nothing and must start fast

    logging.basicConfig(
        level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )


def _said(error: Exception) -> str:
    """The error in one line. What nobody foresaw keeps its traceback out of sight but not its name."""
    from assistant.errors import SettingsError
    from prompts.datafile import DataFileError
    from tools.errors import ToolError

    if isinstance(error, Fault):
        return error.words
    if isinstance(error, ToolError):
        from api.cli.wording import explained

        return explained(error)
    if isinstance(error, DataFileError | SettingsError):
        return str(error).splitlines()[0]
    if isinstance(error, OSError):
        return f"{error.filename or ''} {error.strerror or error}".strip()
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _add(verbs: "argparse._SubParsersAction[_Parser]", verb: Verb, common: _Parser) -> None:
    made = verbs.add_parser(
        verb.name,
        help=verb.help,
        description=verb.help,
        epilog=f"example: {verb.example}",
        parents=[common],
        argument_default=None,
    )
    made.set_defaults(module=verb.module)
    for flags, options in verb.arguments:
        made.add_argument(*flags, **options)
    if verb.actions:
        actions = made.add_subparsers(dest="action", required=not verb.arguments, metavar="ACTION")
        for action in verb.actions:
            _add(actions, action, common)
