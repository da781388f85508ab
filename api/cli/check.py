"""`check`: files or standard input through the compliance engine. Imports nothing heavy."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from api.cli.main import COULD_NOT_RUN, Fault
from api.cli.opening import settings_of
from prompts.texts import load_texts
from tools.compliance.render import render
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.service import ComplianceService


@dataclass(frozen=True)
class Checked:
    """One text with its report."""

    name: str
    text: str
    report: ComplianceReport


def run(given: Namespace) -> int:
    """Check and print. Returns 0 where everything passes, 1 where something does not."""
    service = service_for(given)
    if given.format == "jsonl":
        return _lines(given, service)
    checked = [_check(name, content, given, service) for name, content in _inputs(given.files)]
    print(FORMATS[given.format](checked))
    return int(any(c.report.verdict != "pass" for c in checked))


def service_for(given: Namespace) -> ComplianceService:
    """The rules in force, compiled once into the data folder where that can be written."""
    settings = settings_of(given)
    overlays = (settings.rules_dir,) if settings.rules_dir else ()
    cache: Path | None = settings.data_dir / "rules-cache"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return ComplianceService(date.today, overlays, cache)
    except OSError:
        return ComplianceService(date.today, overlays, None)


def decoded(content: bytes) -> str:
    """Text as banks keep it: UTF-8, UTF-16 with a mark, or GB18030. Raises UnicodeDecodeError."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")


def _inputs(files: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    for name in files or ["-"]:
        try:
            yield name, sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise _unreadable(name, error.strerror or str(error)) from error


def _unreadable(name: str, reason: str) -> Fault:
    return Fault(load_texts().notice("file_unreadable", path=name, reason=reason))


def _check(name: str, content: bytes, given: Namespace, service: ComplianceService) -> Checked:
    try:
        text = decoded(content)
        report = service.check(CheckRequest(text=text, product=given.product, channel=given.channel))
    except UnicodeDecodeError as error:
        raise _unreadable(name, "UTF-8, UTF-16, GB18030?") from error
    except ValidationError as error:
        raise _unreadable(name, error.errors()[0]["msg"]) from error
    return Checked(name, text, report)


def _lines(given: Namespace, service: ComplianceService) -> int:
    """One result a line, in order; a line that cannot be read answers with an error and the rest goes on."""
    worst = 0
    for name, content in _inputs(given.files):
        try:
            lines = decoded(content).split("\n")  # JSON strings may hold U+2028 and its like
        except UnicodeDecodeError as error:
            raise _unreadable(name, "UTF-8, UTF-16, GB18030?") from error
        for line in lines:
            if line.strip():
                code, answer = _line(line, given, service)
                print(json.dumps(answer, ensure_ascii=False), flush=True)
                worst = max(worst, code)
    return worst


def _line(line: str, given: Namespace, service: ComplianceService) -> tuple[int, dict[str, Any]]:
    asked: Any = None
    try:
        asked = json.loads(line)
        named = {"id": asked.pop("id")} if "id" in asked else {}
        defaults = {"product": given.product, "channel": given.channel}
        report = service.check(CheckRequest.model_validate({**defaults, **asked}))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"])
        return COULD_NOT_RUN, named | {"error": f"{field}: {first['msg']}"}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        return COULD_NOT_RUN, {"error": f"not a JSON object: {error}"}
    return int(report.verdict != "pass"), named | report.model_dump(mode="json")


def _text(checked: Sequence[Checked]) -> str:
    several = len(checked) > 1
    return "\n\n".join((f"{c.name}\n" if several else "") + render(c.report, "zh") for c in checked)


def _json(checked: Sequence[Checked]) -> str:
    reports = [c.report.model_dump(mode="json") for c in checked]
    named = [{"file": c.name} | report for c, report in zip(checked, reports, strict=True)]
    return json.dumps(reports[0] if len(checked) == 1 else named, ensure_ascii=False, indent=2)


def _sarif(checked: Sequence[Checked]) -> str:
    from api.cli.sarif import sarif

    return sarif([(c.name, c.text, c.report) for c in checked])


def _html(checked: Sequence[Checked]) -> str:
    from api.cli.report_page import page

    return page([(c.name, c.text, c.report) for c in checked])


FORMATS: dict[str, Callable[[Sequence[Checked]], str]] = {
    "text": _text,
    "json": _json,
    "sarif": _sarif,
    "html": _html,
}
