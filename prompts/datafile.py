"""The one loader of data files (YAML, JSONL, CSV): validated on load, errors name file, line and field.

Source of the error style: vale's ``internal/core/error.go`` prints path, position and the lines around it.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")


class Frozen(BaseModel):
    """A value that crosses a room: immutable, and refusing keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(eq=False)  # not frozen: contextlib sets the traceback of an exception that passes
class DataFileError(Exception):
    """A data file does not hold what it must. ``line`` counts from 1; ``field`` is a dotted path."""

    path: str
    line: int
    field: str
    message: str
    context: str = ""

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" + (f": {self.field}" if self.field else "")
        return f"{where}: {self.message}" + (f"\n{self.context}" if self.context else "")


def load_yaml(path: Path, model: type[T]) -> T:
    """The file as ``model`` (any type pydantic validates). Raises DataFileError."""
    import yaml  # late: the values above are needed where no YAML is read, by programs that must start fast

    text = read_text(path)
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe loader)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line + 1) if error.problem_mark else 1
        raise DataFileError(str(path), line, "", error.problem or "not YAML", _around(text, line)) from error
    return validate_yaml(path, text, data, model)


def validate_yaml(path: Path, text: str, data: object, model: type[T]) -> T:
    """``data``, parsed from ``text``, as ``model``; a failure is located in the text's node tree."""
    try:
        return TypeAdapter(model).validate_python(data, context={"path": str(path)})
    except ValidationError as error:
        first = error.errors()[0]
        line = _line_of(text, first["loc"])
        raise DataFileError(
            str(path), line, ".".join(map(str, first["loc"])), _say(first), _around(text, line)
        ) from error


def located(path: Path, loc: Iterable[int | str], message: str) -> DataFileError:
    """An error at ``loc`` (keys and indices) of a YAML file that parsed but does not mean anything sensible."""
    steps = tuple(loc)
    text = read_text(path)
    line = _line_of(text, steps)
    return DataFileError(str(path), line, ".".join(map(str, steps)), message, _around(text, line))


def load_jsonl(path: Path, model: type[T]) -> list[T]:
    """One record a line; blank lines are skipped. Raises DataFileError."""
    adapter = TypeAdapter(model)
    records: list[T] = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            records.append(adapter.validate_python(json.loads(line)))
        except json.JSONDecodeError as error:
            raise DataFileError(str(path), number, "", f"not JSON: {error.msg}", line[:200]) from error
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise DataFileError(str(path), number, field, _say(first), line[:200]) from error
    return records


def load_csv(path: Path, model: type[T]) -> list[T]:
    """One record a row under a header; every bad row fails the load. Raises DataFileError."""
    import csv

    adapter = TypeAdapter(model)
    rows = csv.DictReader(read_text(path).splitlines())
    records: list[T] = []
    for row in rows:
        try:
            records.append(adapter.validate_python({k: v for k, v in row.items() if v not in ("", None)}))
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"]))
            raise DataFileError(str(path), rows.line_num, field, _say(first)) from error
    return records


def read_text(path: Path) -> str:
    """UTF-8 text of the file. Raises DataFileError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataFileError(str(path), 1, "", f"cannot be read: {error}") from error


def _say(error: Mapping[str, Any]) -> str:
    given = error.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
    return f"{error['msg']}{shown}"


def _around(text: str, line: int) -> str:
    lines = text.splitlines()
    first = max(0, line - 2)
    return "\n".join(f"{n:>5} | {lines[n - 1]}" for n in range(first + 1, min(len(lines), line + 1) + 1))


def _line_of(text: str, loc: Iterable[int | str]) -> int:
    """The line of the deepest node that the pydantic location names."""
    import yaml

    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    line = 1
    for step in loc:
        if node is None:
            break
        line = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(step)), None)
            if found is None:
                continue  # a union tag or validator name in the location, or a missing key
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
    return line
