"""Markdown cut at its headings into passages of a size in tokens, each with its place in the text."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge.tokens import count

LIMIT = 420
_HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$")
# Headings of Chinese office documents that have no markup.
_NUMBERED = re.compile(r"^(第[一二三四五六七八九十百\d]+[章节編编篇部]|PART\s*\d+)\s*(.{0,40})$")
_FENCE = re.compile(r"^\s*(```|~~~)")
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+|[^。！？；!?;\n]+$")


@dataclass(frozen=True)
class Chunk:
    """A stretch of one document; ``start``/``end`` are code points in its stored text, ``size`` is tokens."""

    id: str
    document_id: str
    section: str
    start: int
    end: int
    size: int


@dataclass(frozen=True)
class _Section:
    path: tuple[str, ...]
    start: int
    end: int


def cut(document_id: str, text: str, *, limit: int = LIMIT) -> tuple[Chunk, ...]:
    """The chunks of ``text`` in order.

    An id depends on the heading path and the place below it, so that an edit elsewhere leaves it as it is."""
    seen: dict[str, int] = {}  # by the short name: two paths that share one never share an id
    chunks = []
    for section in _sections(text):
        for start, end, size in _pieces(text, section.start, section.end, limit):
            name = hashlib.sha256("\n".join(section.path).encode()).hexdigest()[:6]
            number = seen[name] = seen.get(name, -1) + 1
            path = " > ".join(section.path)
            chunks.append(Chunk(f"{document_id}#{name}-{number}", document_id, path, start, end, size))
    return tuple(chunks)


def title_of(text: str) -> str:
    """The first heading, or nothing."""
    for line in text.splitlines():
        if heading := _HEADING.match(line):
            return heading.group(2).strip()
    return ""


def _sections(text: str) -> Iterator[_Section]:
    """Stretches between headings, the heading's own line included; headings without text are left out."""
    path: list[tuple[int, str]] = []
    start, body, at, fenced = 0, False, 0, False
    for line in text.splitlines(keepends=True):
        fenced ^= bool(_FENCE.match(line))
        heading = None if fenced else _heading(line.rstrip("\n"))
        if heading:
            if body:
                yield _Section(tuple(name for _, name in path), start, at)
                start, body = at, False
            level, name = heading
            if not any(lower < level for lower, _ in path):
                start = at
            path = [(above, title) for above, title in path if above < level] + [(level, name)]
        elif line.strip():
            body = True
        at += len(line)
    if body:
        yield _Section(tuple(name for _, name in path), start, at)


def _heading(line: str) -> tuple[int, str] | None:
    if found := _HEADING.match(line):
        return len(found.group(1)), found.group(2).strip()
    if found := _NUMBERED.match(line):
        return 2, line.strip()
    return None


def _pieces(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int, int]]:
    """The section whole where it fits; otherwise cut between paragraphs, then sentences, then anywhere."""
    start, end = _trim(text, start, end)
    size = count(text[start:end])
    if size <= limit:
        if size:
            yield start, end, size
        return
    first, filled = start, 0
    for unit_start, _, unit in _units(text, start, end, limit):
        if filled and filled + unit > limit:
            yield (*_trim(text, first, unit_start), filled)
            first, filled = unit_start, 0
        filled += unit
    if filled:
        yield (*_trim(text, first, end), filled)


def _units(text: str, start: int, end: int, limit: int) -> Iterator[tuple[int, int, int]]:
    at = start
    for paragraph in re.split(r"(?<=\n)", text[start:end]):
        size = count(paragraph)
        if size <= limit:
            yield at, at + len(paragraph), size
        else:
            yield from _sentences(paragraph, at, limit)
        at += len(paragraph)


def _sentences(paragraph: str, offset: int, limit: int) -> Iterator[tuple[int, int, int]]:
    for match in _SENTENCE.finditer(paragraph):
        sentence, at = match.group(), offset + match.start()
        if count(sentence) <= limit:
            yield at, at + len(sentence), count(sentence)
            continue
        # One character is at most three tokens or so: a third of the limit always fits.
        step = max(1, limit // 3)
        for i in range(0, len(sentence), step):
            part = sentence[i : i + step]
            yield at + i, at + i + len(part), count(part)


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))
