"""CSV and Parquet read and written row by row, so that a file of any size takes the memory of one batch.

Encodings are told line by line: a file that was pasted together from UTF-8 and GB18030 parts is read
right, and a line that is neither is named instead of ending the import.
"""

import codecs
import csv
import io
import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from prompts.datafile import DataFileError
from tools.customers.words import words

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE = 256 * 1024
MAX_LINE = 1 << 20
MAX_SPAN = 20
"""Lines one quoted record may span; a quote that was never closed loses one row, not the rest of the file."""
BATCH = 5_000
FORMULA = tuple("=+-@\t\r＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Flaw:
    """Why a row could not be read at all."""

    code: str
    value: str = ""
    expected: int = 0


@dataclass
class Table:
    """An open table: its titles, and rows as (number, cells by title or the flaw).

    Rows of text are numbered by their line, the header being line 1; rows of Parquet from 1.
    """

    titles: tuple[str, ...]
    rows: Iterator[tuple[int, dict[str, Any] | Flaw]]
    encoding: str
    total: int
    done: list[int] = field(default_factory=lambda: [0])


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Raises DataFileError where the file is missing, of another kind, damaged or empty."""
    suffix = path.suffix.lower()
    if suffix not in (*TEXT_SUFFIXES, ".parquet"):
        raise unusable(path, "kind")
    try:
        with path.open("rb") as file:
            yield _parquet(path, file) if suffix == ".parquet" else _csv(path, file)
    except OSError as error:
        raise unusable(path, "unreadable", reason=error.strerror or str(error)) from error


def unusable(path: Path, code: str, **values: object) -> DataFileError:
    """The file as a whole cannot be used."""
    return DataFileError(str(path), 1, "", words().files[code].format(**values))


def _csv(path: Path, file: BinaryIO) -> Table:
    sample = file.read(SAMPLE)
    file.seek(0)
    encoding = _encoding(sample)
    done = [0]
    records = _records(_lines(file, encoding, done))
    _, header = next(records, (1, ""))
    if not isinstance(header, str) or not header.strip():
        raise unusable(path, "empty")
    if "\0" in header:
        raise unusable(path, "unreadable", reason="NUL")
    delimiter = max(",\t;|", key=header.count)
    titles = tuple(title.strip() for title in next(csv.reader([header], delimiter=delimiter)))
    repeated = sorted({t for t in titles if t and titles.count(t) > 1})
    if repeated:
        raise unusable(path, "repeated", titles="、".join(repeated))
    rows = _cells(records, titles, delimiter)
    return Table(titles, rows, encoding, os.fstat(file.fileno()).st_size, done)


def _encoding(sample: bytes) -> str:
    """UTF-8 or UTF-16 where the bytes say so, else what most lines outside ASCII look like."""
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if sample[:200].count(0) > 20:
        return "utf-16-le" if sample[1:200:2].count(0) > sample[0:200:2].count(0) else "utf-16-be"
    lines = [line for line in sample.splitlines()[:-1] or [sample] if not line.isascii()]
    others = [line for line in lines if _decoded(line, "utf-8") is None]
    if len(others) * 2 <= len(lines):
        return "utf-8"
    from charset_normalizer import from_bytes

    best = from_bytes(b"\n".join(others[:400]), cp_isolation=["gb18030", "big5"]).best()
    return best.encoding if best and best.encoding == "big5" else "gb18030"


def _lines(file: BinaryIO, encoding: str, done: list[int]) -> Iterator[tuple[int, str | None]]:
    """Lines with their number; None for one that no encoding explains. ``done`` counts the bytes."""
    if encoding.startswith("utf-16"):
        for number, line in enumerate(io.TextIOWrapper(file, encoding, "replace", newline=""), 1):
            done[0] += 2 * len(line)
            yield number, None if "\ufffd" in line else line.removeprefix("\ufeff")
        return
    number, whole = 0, True
    while data := file.readline(MAX_LINE):
        done[0] += len(data)
        begins, whole = whole, data.endswith(b"\n") or len(data) < MAX_LINE
        if not begins:
            continue
        number += 1
        text = _text(data, encoding) if whole else None
        yield number, text.removeprefix("\ufeff") if text and number == 1 else text


def _text(line: bytes, encoding: str) -> str | None:
    if line.isascii():
        return line.decode("ascii")
    text = _decoded(line, "utf-8")
    # Two Chinese characters of GB18030 can pass for Latin letters of UTF-8; three bytes in a row hardly do.
    if text is not None and (encoding == "utf-8" or max(text) >= "\u0800"):
        return text
    return _decoded(line, "gb18030" if encoding == "utf-8" else encoding)


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None


def _records(lines: Iterator[tuple[int, str | None]]) -> Iterator[tuple[int, str | Flaw]]:
    """Lines joined where a quote spans them."""
    waiting: deque[tuple[int, str | None]] = deque()
    while (head := waiting.popleft() if waiting else next(lines, None)) is not None:
        number, text = head
        if text is None:
            yield number, Flaw("encoding")
            continue
        held: list[tuple[int, str | None]] = []
        while text.count('"') % 2 and len(held) < MAX_SPAN:
            more = waiting.popleft() if waiting else next(lines, None)
            if more is None:
                break
            held.append(more)
            text += more[1] or ""
        if text.count('"') % 2:
            waiting.extendleft(reversed(held))
            yield number, Flaw("malformed")
        else:
            yield number, text


def _cells(
    records: Iterable[tuple[int, str | Flaw]], titles: Sequence[str], delimiter: str
) -> Iterator[tuple[int, dict[str, Any] | Flaw]]:
    for number, record in records:
        if isinstance(record, Flaw):
            yield number, record
            continue
        try:
            cells = next(csv.reader([record], delimiter=delimiter, strict=True), [])
        except csv.Error:
            yield number, Flaw("malformed")
            continue
        while len(cells) > len(titles) and not cells[-1].strip():
            cells.pop()
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != len(titles):
            yield number, Flaw("cells", str(len(cells)), len(titles))
        else:
            yield number, dict(zip(titles, map(_revived, cells), strict=True))


def _parquet(path: Path, file: BinaryIO) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file)
    except pa.ArrowException as error:
        raise unusable(path, "unreadable", reason=str(error).splitlines()[0]) from error
    done = [0]

    def rows() -> Iterator[tuple[int, dict[str, Any] | Flaw]]:
        for batch in opened.iter_batches(batch_size=BATCH):
            for record in batch.to_pylist():
                done[0] += 1
                yield done[0], record

    return Table(tuple(opened.schema_arrow.names), rows(), "parquet", opened.metadata.num_rows, done)


def _revived(cell: str) -> str:
    """A cell as it was before ``neutral`` made it harmless."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith((*FORMULA, "'")) else cell


def neutral(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return "'" + cell if cell.startswith((*FORMULA, "'")) else cell


def write_table(path: Path, schema: "pa.Schema", rows: Iterable[dict[str, Any]]) -> int:
    """Write beside ``path`` and rename over it; readable by the owner alone. Returns the number of rows.

    Raises DataFileError for another kind of file or a folder that cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".parquet"):
        raise unusable(path, "kind")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=suffix)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                count = (_write_csv if suffix == ".csv" else _write_parquet)(file, schema, rows)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unusable(path, "unreadable", reason=error.strerror or str(error)) from error
    return count


def _write_csv(file: BinaryIO, schema: "pa.Schema", rows: Iterable[dict[str, Any]]) -> int:
    # The mark at the beginning is what makes spreadsheets read UTF-8.
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(schema.names)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007  (the count is the answer)
        writer.writerow([neutral(_cell(row[name])) for name in schema.names])
    text.flush()
    text.detach()
    return count


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ";".join(value)
    return "" if value is None else str(value)


def _write_parquet(file: BinaryIO, schema: "pa.Schema", rows: Iterable[dict[str, Any]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, batch = 0, []
    with pq.ParquetWriter(file, schema) as writer:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
                count, batch = count + len(batch), []
        writer.write_batch(pa.RecordBatch.from_pylist(batch, schema))
    return count + len(batch)
