"""Indexed states on disk. Each stands in a folder of its own; one small file points at the current one."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from knowledge.base import Document
from knowledge.chunks import Chunk
from knowledge.sources import Problem
from prompts.datafile import Frozen, load_jsonl, load_yaml

FORMAT = 1


class FileRecord(Frozen):
    """A source file as it was last read. ``document_id`` is empty where it gave no document."""

    path: str
    size: int
    modified_ns: int
    digest: str
    document_id: str = ""
    bundled: bool = False
    removed: bool = False
    problems: tuple[Problem, ...] = ()


class Meta(Frozen):
    """What made the revision: a difference in any of these asks for a rebuild."""

    revision: str
    format: int
    embedder: str
    lexicon: str


@dataclass(frozen=True)
class State:
    """One revision: documents, chunks in order, a digest of what was embedded for each, source files."""

    meta: Meta
    documents: dict[str, Document]
    chunks: tuple[Chunk, ...]
    digests: tuple[str, ...]
    files: dict[str, FileRecord]


class Revisions:
    """The folder of revisions and the pointer."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pointer = folder / "current.json"

    def current(self) -> str | None:
        try:
            return str(json.loads(self.pointer.read_text("utf-8"))["revision"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever the pointer is written; cheap enough to ask before every search."""
        try:
            seen = self.pointer.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_ino

    def folder(self, revision: str) -> Path:
        return self._folder / "revisions" / revision

    def save(self, state: State) -> Path:
        """The state in its own folder, which is returned; the pointer stays where it was."""
        folder = self.folder(state.meta.revision)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "meta.json").write_text(state.meta.model_dump_json(), "utf-8")
        _write_lines(folder / "documents.jsonl", (d.model_dump_json() for d in state.documents.values()))
        self.save_files(state)
        rows = (
            (*asdict(chunk).values(), digest)
            for chunk, digest in zip(state.chunks, state.digests, strict=True)
        )
        _write_lines(folder / "chunks.jsonl", (json.dumps(row, ensure_ascii=False) for row in rows))
        return folder

    def save_files(self, state: State) -> None:
        """The records of the source files anew, put in place at once."""
        path = self.folder(state.meta.revision) / "files.jsonl"
        _write_lines(path.with_suffix(".tmp"), (f.model_dump_json() for f in state.files.values()))
        path.with_suffix(".tmp").replace(path)

    def load(self, revision: str) -> State:
        """Raises DataFileError or OSError where the folder is damaged."""
        folder = self.folder(revision)
        lines = (folder / "chunks.jsonl").read_text("utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        return State(
            load_yaml(folder / "meta.json", Meta),
            {d.id: d for d in load_jsonl(folder / "documents.jsonl", Document)},
            tuple(Chunk(*row[:-1]) for row in rows),
            tuple(row[-1] for row in rows),
            {f.path: f for f in load_jsonl(folder / "files.jsonl", FileRecord)},
        )

    def flip(self, revision: str) -> None:
        """The pointer now names ``revision``; a reader sees the old one or the new one, never neither."""
        fresh = self.pointer.with_suffix(".tmp")
        with fresh.open("w", encoding="utf-8") as file:
            json.dump({"revision": revision}, file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.pointer)

    def prune(self, keep: set[str]) -> None:
        folder = self._folder / "revisions"
        for old in folder.iterdir() if folder.exists() else ():
            if old.name not in keep:
                shutil.rmtree(old, ignore_errors=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One writer at a time, over processes; a writer that dies lets go by itself."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with closing(
            sqlite3.connect(self._folder / "writer.lock", timeout=600, isolation_level=None)
        ) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            yield


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
