"""Files to Markdown text with front matter. What cannot be read is reported, never raised."""

import hashlib
import os
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, ValidationError

from knowledge.base import Audience, Kind
from knowledge.chunks import title_of
from knowledge.cleaning import clean
from knowledge.lexicon import fold
from prompts.datafile import Frozen

MAX_BYTES = 50_000_000
_MAX_UNPACKED = 300_000_000
_MAX_RATIO = 200
_OFFICE = {"word/": "docx", "ppt/": "pptx", "xl/": "xlsx"}
_SUFFIXES = {
    ".md": "text", ".markdown": "text", ".txt": "text", ".html": "html", ".htm": "html",
    ".docx": "docx", ".pdf": "pdf", ".pptx": "pptx", ".xlsx": "xlsx",
}  # fmt: skip
_FRONT = re.compile(r"\A---\s*\n(.*?\n)---\s*\n", re.DOTALL)

Severity = Literal["skipped", "doubtful"]


class Problem(Frozen):
    """Why a file was skipped, or what is doubtful about a taken one. ``code`` is a key of the notices."""

    path: str
    severity: Severity
    code: str
    detail: str = ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


Line = Annotated[str, AfterValidator(_one_line)]
# Ids stand in addresses and before the # of chunk ids.
Id = Annotated[str, AfterValidator(lambda id: re.sub(r"[^\w.-]+", "-", id).strip("-"))]


class _Front(Frozen):
    id: Id = ""
    title: Line = ""
    kind: Kind = "playbook"
    owner: Line = ""
    version: Line = ""
    effective_from: date | None = None
    effective_until: date | None = None
    audience: tuple[Audience, ...] = ("rm", "compliance", "admin")
    sample: bool = False


@dataclass(frozen=True)
class Source:
    """One file as read: its front matter and clean text, or nothing where it had to be skipped."""

    path: Path
    front: _Front = field(default_factory=_Front)
    text: str = ""
    problems: tuple[Problem, ...] = ()


def discover(paths: Iterable[Path]) -> tuple[list[Path], list[Problem]]:
    """The files under ``paths`` that have a known suffix, sorted, and the links that lead nowhere.

    A file that is named itself is taken whatever its suffix."""
    files: dict[Path, None] = {}
    problems = []
    for given in paths:
        path = given.absolute()
        if path.is_dir():
            for found in _walk(path):
                if found.exists():
                    files[found] = None
                else:
                    problems.append(Problem(path=str(found), severity="skipped", code="broken_link"))
        elif path.exists():
            files[path] = None
        else:
            code = "broken_link" if path.is_symlink() else "file_missing"
            problems.append(Problem(path=str(path), severity="skipped", code=code))
    return list(files), problems


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in _SUFFIXES:
                yield Path(root) / name


def digest(path: Path) -> str:
    """SHA-256 of the file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path, *, max_bytes: int = MAX_BYTES) -> Source:
    """The file's text and what is doubtful about it."""
    try:
        size = path.stat().st_size
        if size > max_bytes:
            return _skipped(path, "too_large", f"{size:,} > {max_bytes:,}")
        content = path.read_bytes()
    except OSError as error:
        return _skipped(path, "unreadable", error.strerror or "")
    kind = _kind(content)
    if kind is None:
        return _skipped(path, "empty_file" if not content.strip() else "binary_file")
    if kind in _OFFICE.values() and (bomb := _bomb(content)):
        return _skipped(path, "zip_bomb", bomb)
    problems: list[Problem] = []
    declared = _SUFFIXES.get(path.suffix.lower())
    if declared == "html" and kind == "text":
        kind = "html"
    if declared is not None and declared != kind:
        problems.append(_doubt(path, "wrong_extension", kind))
    return _parsed(path, content, kind, problems)


def _parsed(path: Path, content: bytes, kind: str, problems: list[Problem]) -> Source:
    if kind in ("text", "html"):
        text, doubt = decode(content)
        problems += [_doubt(path, "encoding_doubtful", doubt)] if doubt else []
        content = text.encode()
    if kind != "text":
        converted = _convert(content, kind)
        if isinstance(converted, Problem):
            return Source(path, problems=(*problems, converted.model_copy(update={"path": str(path)})))
        text = converted
    front, text, doubts = _front(path, text)
    problems += doubts
    cleaned = clean(text)
    for stretch in cleaned.garbled:
        problems.append(_doubt(path, "garbled", f"{stretch.start}–{stretch.end}: {stretch.excerpt}"))
    if not cleaned.text.strip():
        return Source(path, problems=(*problems, *_skipped(path, "no_text").problems))
    title = front.title or title_of(cleaned.text) or _one_line(path.stem)
    return Source(path, front.model_copy(update={"title": title}), cleaned.text, tuple(problems))


def _kind(content: bytes) -> str | None:
    """What the bytes are, whatever the file is called; None for what holds no text."""
    if content.lstrip()[:5] == b"%PDF-":
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        try:
            names = zipfile.ZipFile(BytesIO(content)).namelist()
        except (zipfile.BadZipFile, OSError, ValueError):
            return None
        return next(
            (kind for start, kind in _OFFICE.items() if any(n.startswith(start) for n in names)), None
        )
    if not content.strip():
        return None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    head = content[:4000]
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        return "html"
    control = sum(byte < 9 or 13 < byte < 32 for byte in head)
    # UTF-16 without a mark has a zero in every second byte of its spaces and line ends.
    return "text" if control <= len(head) // 20 or _utf16(content) else None


def _utf16(content: bytes) -> str | None:
    """The byte order, where the bytes read as UTF-16 text without a mark."""
    if len(content) % 2 or b"\x00" not in content:
        return None
    for codec in ("utf-16-le", "utf-16-be"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if _plain(text) > 0.9:
            return codec
    return None


def _plain(text: str) -> float:
    """The share of characters that everyday Chinese or English writing uses."""
    sample = fold(text[:4000])
    good = sum(
        c in "\n\r\t"
        or " " <= c <= "~"
        or "\u3000" <= c <= "\u303f"
        or "\uff00" <= c <= "\uffef"
        or _common(c)
        for c in sample
    )
    return good / max(1, len(sample))


def _common(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff" and len(character.encode("gb2312", "ignore")) == 2


def decode(content: bytes) -> tuple[str, str]:
    """The text and, where the encoding was guessed without certainty, a word about it."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), ""
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        if order := _utf16(content):
            return content.decode(order), ""
        repaired = content.decode("utf-8-sig", "replace")
        if repaired.count("\ufffd") * 50 < len(repaired):
            return repaired, f"utf-8, byte {error.start}"
    from charset_normalizer import from_bytes

    guesses = from_bytes(content, cp_isolation=["gb18030", "big5", "utf_16_le", "utf_16_be", "cp1252"])
    codecs = {"gb18030", *(guess.encoding for guess in guesses)}
    text, codec = max(
        ((content.decode(c, "replace"), c) for c in sorted(codecs)), key=lambda pair: _plain(pair[0])
    )
    return text, "" if _plain(text) > 0.9 else codec


def _convert(content: bytes, kind: str) -> str | Problem:
    """Markdown of an office document, PDF or web page."""
    import logging

    from markitdown import StreamInfo
    from markitdown import converters as available

    # Only the converter of this kind: MarkItDown itself would take a broken PDF for plain text.
    converters: dict[str, Any] = {
        "docx": available.DocxConverter,
        "html": available.HtmlConverter,
        "pdf": available.PdfConverter,
        "pptx": available.PptxConverter,
        "xlsx": available.XlsxConverter,
    }
    # pdfminer warns about every small flaw of a PDF; what matters is reported here.
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    try:
        result = converters[kind]().convert(
            BytesIO(content), StreamInfo(extension=f".{kind}", charset="utf-8")
        )
    except Exception as error:  # whatever a converter meets in a broken file must not stop the others
        said = f"{type(error).__name__} {error}"
        encrypted = "Password" in said or "ncrypt" in said
        return Problem(
            path="",
            severity="skipped",
            code="encrypted" if encrypted else "conversion_failed",
            detail=said[:200],
        )
    return str(result.markdown or "")


def _bomb(content: bytes) -> str:
    members = zipfile.ZipFile(BytesIO(content)).infolist()
    unpacked = sum(member.file_size for member in members)
    ratio = unpacked / max(1, len(content))
    return (
        f"{unpacked:,} ({ratio:.0f}×)"
        if unpacked > _MAX_UNPACKED or (ratio > _MAX_RATIO and unpacked > 10**7)
        else ""
    )


def _front(path: Path, text: str) -> tuple[_Front, str, list[Problem]]:
    """Front matter, the text after it, and whether the front matter is in order."""
    found = _FRONT.match(text.replace("\r\n", "\n"))
    if not found:
        return _Front(), text, []
    rest = text.replace("\r\n", "\n")[found.end() :]
    try:
        data: Any = yaml.safe_load(found.group(1)) or {}
        return _Front.model_validate(data), rest, []
    except (yaml.YAMLError, ValidationError) as error:
        first = str(error).splitlines()
        return _Front(), rest, [_doubt(path, "front_matter", " ".join(first[:3])[:200])]


def _doubt(path: Path, code: str, detail: str = "") -> Problem:
    return Problem(path=str(path), severity="doubtful", code=code, detail=detail)


def _skipped(path: Path, code: str, detail: str = "") -> Source:
    return Source(path, problems=(Problem(path=str(path), severity="skipped", code=code, detail=detail),))
