"""The bank's own catalogue from CSV or XLSX: rows checked, bad ones reported, the file swapped at once.

A running server sees the new file at its next request (``CatalogueSource``).
"""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from prompts.datafile import Frozen
from tools.errors import InvalidRequest
from tools.gifts.catalogue import CATALOGUE_FILE, Catalogue, Gift, RowError, RowRules, row_rules
from tools.gifts.lexicon import load_lexicon
from tools.gifts.policy import load_policy
from tools.gifts.words import Words, load_words

MAX_BYTES = 20_000_000
FIELDS = tuple(Gift.model_fields)
LISTS = {"occasions": "occasion", "seasons": "season", "personas": "persona", "life_stages": "life_stage"}
Row = tuple[int, dict[str, Any]]


class ImportReport(Frozen):
    """What an import did. ``swapped`` is False where no row was good: then the old catalogue stays."""

    path: str
    accepted: int
    rejected: tuple[RowError, ...]
    swapped: bool


def import_file(source: Path, data_dir: Path) -> ImportReport:
    """Import into the catalogue of ``data_dir`` under its policy. Raises as ``import_catalogue``."""
    words = load_words()
    rules = row_rules(load_policy(data_dir), load_lexicon(), words)
    return import_catalogue(source, data_dir / CATALOGUE_FILE, rules, words)


def import_catalogue(source: Path, target: Path, rules: RowRules, words: Words) -> ImportReport:
    """Check ``source`` row by row and put the good rows in place of ``target``.

    Raises InvalidRequest where the file is missing, too large, of another kind, or lacks columns.
    """
    rows = _named(_cells(source), words, source)
    catalogue = rules.check(rows)
    if len(catalogue):
        _swap(catalogue, target)
    return ImportReport(
        path=str(target),
        accepted=len(catalogue),
        rejected=catalogue.rejected,
        swapped=len(catalogue) > 0,
    )


def _cells(source: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    readers = {".csv": _csv_cells, ".xlsx": _xlsx_cells}
    reader = readers.get(source.suffix.lower())
    if reader is None:
        raise _unusable(source, "gift_file_kind")
    if not source.is_file() or source.stat().st_size > MAX_BYTES:
        raise _unusable(source, "gift_file_unreadable")
    return reader(source)


def _csv_cells(source: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    reader = csv.reader(io.StringIO(_text(source), newline=""))
    for cells in reader:
        yield reader.line_num, tuple(cells)


def _text(source: Path) -> str:
    """UTF-8, or what Chinese spreadsheets save instead."""
    data = source.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unusable(source, "gift_file_unreadable")


def _xlsx_cells(source: Path) -> Iterator[tuple[int, tuple[Any, ...]]]:
    from openpyxl import load_workbook  # heavy; only imports of spreadsheets pay for it

    try:
        book = load_workbook(source, read_only=True, data_only=False)
    except Exception as error:  # openpyxl has no common base of what a broken file raises
        raise _unusable(source, "gift_file_unreadable") from error
    try:
        sheet = book.worksheets[0]
        yield from enumerate(sheet.iter_rows(values_only=True), 1)
    finally:
        book.close()


def _named(cells: Iterable[tuple[int, tuple[Any, ...]]], words: Words, source: Path) -> Iterator[Row]:
    """Rows by field name; the first row is the header, in the catalogue's own names or in Chinese."""
    names = {title: field for field, titles in words.columns.items() for title in (field, *titles)}
    rows = iter(cells)
    _, header = next(rows, (1, ()))
    fields = [names.get(str(title or "").strip()) for title in header]
    lacking = [name for name, info in Gift.model_fields.items() if info.is_required() and name not in fields]
    if lacking:
        raise _unusable(source, "gift_file_columns", columns="、".join(lacking))
    values = _values(words)
    for number, row in rows:
        given = {f: _plain(v) for f, v in zip(fields, row, strict=False) if f}
        if any(value != "" for value in given.values()):
            yield number, {f: _translated(f, v, values) for f, v in given.items()}


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _values(words: Words) -> dict[str, dict[str, str]]:
    """By list field: the Chinese label → the value."""
    known = {field: {v: k for k, v in words.labels[kind].items()} for field, kind in LISTS.items()}
    return known | {"ways": words.way_names}


def _translated(field: str, value: str, values: Mapping[str, Mapping[str, str]]) -> str:
    if field not in values:
        return value
    parts = value.replace("；", ";").replace("、", ";").split(";")
    return ";".join(values[field].get(part.strip(), part.strip()) for part in parts)


def _swap(catalogue: Catalogue, target: Path) -> None:
    """Write beside the target and rename over it, so that a reader sees one file or the other, whole."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".catalogue-", suffix=".csv")
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(_row(gift) for gift in catalogue.gifts)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _row(gift: Gift) -> dict[str, object]:
    values = {field: getattr(gift, field) for field in FIELDS}
    return {k: ";".join(v) if isinstance(v, tuple) else "" if v is None else v for k, v in values.items()}


def _unusable(source: Path, code: str, **values: object) -> InvalidRequest:
    return InvalidRequest("file", code, {"file": source.name, **values})
