"""From files to a new revision: read and embed what changed, write all of it beside the old, then flip."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from knowledge import sources
from knowledge.base import Document
from knowledge.chunks import Chunk, cut
from knowledge.embeddings import Embedder, FittedEmbedder
from knowledge.index import VectorStore
from knowledge.lexical import Lexical, terms
from knowledge.lexicon import Lexicon
from knowledge.revisions import FORMAT, FileRecord, Meta, Revisions, State
from knowledge.sources import Problem, Source
from prompts.datafile import DataFileError, Frozen

Progress = Callable[[str, int, int], None]
_BATCH = 256
# The fitted embedder is fitted again when the corpus has become this many times larger or smaller.
_REFIT = 2.0


class IngestReport(Frozen):
    """What a run did. ``problems`` names every skipped and doubtful file, also of files unchanged since."""

    revision: str
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: int = 0
    chunks: int = 0
    embedded: int = 0
    problems: tuple[Problem, ...] = ()


def silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Corpus:
    """Documents and files as they should be after the run, and how they differ from before."""

    documents: dict[str, Document]
    files: dict[str, FileRecord]
    problems: tuple[Problem, ...]


def scan(before: State | None, paths: Sequence[Path], *, bundled: bool, progress: Progress) -> Corpus:
    """The corpus with the files under ``paths`` read where they changed and forgotten where they are gone."""
    old = before.files if before else {}
    found, problems = sources.discover(paths)
    names = {str(path) for path in found}
    gone = {p for p, r in old.items() if p not in names and ((bundled and r.bundled) or _under(p, paths))}
    files = {path: record for path, record in old.items() if path not in gone}
    documents = dict(before.documents) if before else {}
    for name in gone:
        documents.pop(old[name].document_id, None)
    named = {str(path.absolute()) for path in paths}
    for number, path in enumerate(found):
        progress("read", number, len(found))
        record = old.get(str(path))
        if record and record.removed and bundled and str(path) not in named:
            continue
        kept = _unchanged(record, path)
        if kept:
            files[kept.path] = kept
            continue
        if record:
            documents.pop(record.document_id, None)
        files[str(path)], document = _take(path, sources.read(path), documents, bundled)
        if document:
            documents[document.id] = document
    progress("read", len(found), len(found))
    listed = tuple(p for record in files.values() if not record.removed for p in record.problems)
    return Corpus(documents, files, (*problems, *listed))


def _under(path: str, paths: Sequence[Path]) -> bool:
    return any(Path(path).is_relative_to(root.absolute()) for root in paths)


def _unchanged(record: FileRecord | None, path: Path) -> FileRecord | None:
    """The record, brought up to date, where the file is what it was."""
    if record is None or record.removed:
        return None
    try:
        seen = path.stat()
        if (seen.st_size, seen.st_mtime_ns) == (record.size, record.modified_ns):
            return record
        if seen.st_size == record.size and sources.digest(path) == record.digest:
            return record.model_copy(update={"modified_ns": seen.st_mtime_ns})
    except OSError:
        return None
    return None


def _take(
    path: Path, source: Source, documents: dict[str, Document], bundled: bool
) -> tuple[FileRecord, Document | None]:
    problems = list(source.problems)
    try:
        seen, digest = path.stat(), sources.digest(path)
        size, modified = seen.st_size, seen.st_mtime_ns
    except OSError:
        size, modified, digest = 0, 0, ""
    document = None
    if source.text:
        front = source.front
        id = front.id or _slug(path)
        if id in documents:
            fresh = f"{id}-{hashlib.sha256(str(path).encode()).hexdigest()[:6]}"
            problems.append(
                Problem(path=str(path), severity="doubtful", code="same_id", detail=f"{id} → {fresh}")
            )
            id = fresh
        twin = next((d for d in documents.values() if d.title == front.title), None)
        if twin:
            detail = f"{front.title} = {twin.source}"
            problems.append(Problem(path=str(path), severity="doubtful", code="same_title", detail=detail))
        fields = front.model_dump() | {"id": id, "text": source.text, "source": str(path)}
        document = Document.model_validate(fields | {"chunks": len(cut(id, source.text))})
    record = FileRecord(
        path=str(path), size=size, modified_ns=modified, digest=digest, bundled=bundled,
        document_id=document.id if document else "", problems=tuple(problems),
    )  # fmt: skip
    return record, document


def _slug(path: Path) -> str:
    return "".join(c if c.isalnum() else "-" for c in path.stem.lower()).strip("-") or "document"


@dataclass(frozen=True)
class Builder:
    """Writes revisions. ``supplied`` takes the place of the fitted embedder."""

    revisions: Revisions
    vectors: VectorStore
    lexicon: Lexicon
    supplied: Embedder | None

    def build(self, before: State | None, corpus: Corpus, progress: Progress) -> IngestReport:
        """A revision of ``corpus``, current when this returns; written only where it is not so already."""
        documents = dict(sorted(corpus.documents.items()))
        chunks = tuple(chunk for document in documents.values() for chunk in cut(document.id, document.text))
        texts = [embedded_text(documents[chunk.document_id], chunk) for chunk in chunks]
        digests = tuple(hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts)
        embedder = self._embedder(before, texts)
        revision = _revision(documents, embedder.identity, self.lexicon.digest)
        meta = Meta(revision=revision, format=FORMAT, embedder=embedder.identity, lexicon=self.lexicon.digest)
        state = State(meta, documents, chunks, digests, corpus.files)
        embedded = 0
        if not (before and before.meta == meta and self.vectors.size(revision) == len(chunks)):
            embedded = self._write(before, state, texts, embedder, progress)
        elif before.files != corpus.files:
            self.revisions.save_files(state)
        return _report(before, state, corpus, embedded)

    def _embedder(self, before: State | None, texts: Sequence[str]) -> Embedder:
        if self.supplied:
            return self.supplied
        if before and before.meta.lexicon == self.lexicon.digest:
            grown = (len(texts) + 1) / (len(before.chunks) + 1)
            if 1 / _REFIT < grown < _REFIT:
                try:
                    return FittedEmbedder.load(self.revisions.folder(before.meta.revision), self.lexicon)
                except (OSError, ValueError, KeyError):
                    pass  # it was made by another embedder, or is damaged: fit afresh
        return FittedEmbedder.fit(self.lexicon, texts)

    def _write(
        self, before: State | None, state: State, texts: list[str], embedder: Embedder, progress: Progress
    ) -> int:
        known = self._known(before, state)
        missing = [i for i in range(len(texts)) if i not in known]
        ids = [chunk.id for chunk in state.chunks]
        order = [*known, *missing]
        self.vectors.write(
            state.meta.revision,
            [ids[i] for i in order],
            _batches(list(known.values()), [texts[i] for i in missing], embedder, progress),
        )
        folder = self.revisions.save(state)
        _write_side(folder, state, texts, self.lexicon, embedder, progress)
        self._flip(before, state.meta.revision)
        return len(missing)

    def _known(self, before: State | None, state: State) -> dict[int, list[float]]:
        """Vectors of chunks that the same embedder has seen before, by place in the new state."""
        if before is None or before.meta.embedder != state.meta.embedder:
            return {}
        seen = {chunk.id: digest for chunk, digest in zip(before.chunks, before.digests, strict=True)}
        same = {
            c.id: i
            for i, (c, digest) in enumerate(zip(state.chunks, state.digests, strict=True))
            if seen.get(c.id) == digest
        }
        stored = self.vectors.vectors(before.meta.revision, list(same))
        return {same[id]: vector for id, vector in stored.items()}

    def _flip(self, before: State | None, revision: str) -> None:
        self.revisions.flip(revision)
        # The one before stays for readers that are still inside it.
        keep = {revision} | ({before.meta.revision} if before else set())
        self.revisions.prune(keep)
        self.vectors.drop(*(old for old in self.vectors.revisions() if old not in keep))


def embedded_text(document: Document, chunk: Chunk) -> str:
    """What is indexed for a chunk: its title and heading path lead it."""
    return f"{document.title}\n{chunk.section}\n{document.text[chunk.start : chunk.end]}"


def current(revisions: Revisions) -> State | None:
    """The current state; None where there is none or it is damaged or of another format."""
    revision = revisions.current()
    if revision is None:
        return None
    try:
        state = revisions.load(revision)
    except (DataFileError, OSError, ValueError, TypeError):
        return None
    return state if state.meta.format == FORMAT else None


def _write_side(
    folder: Path, state: State, texts: Sequence[str], lexicon: Lexicon, embedder: Embedder, progress: Progress
) -> None:
    def marked() -> Iterator[list[str]]:
        for number, (chunk, text) in enumerate(zip(state.chunks, texts, strict=True)):
            if number % _BATCH == 0:
                progress("index", number, len(texts))
            heading = f"{state.documents[chunk.document_id].title}\n{chunk.section}"
            yield terms(lexicon.words(text)) + terms(lexicon.words(heading))

    Lexical.build(marked()).save(folder)
    if isinstance(embedder, FittedEmbedder):
        embedder.save(folder)
    progress("index", len(texts), len(texts))


def _batches(
    known: list[list[float]], missing: list[str], embedder: Embedder, progress: Progress
) -> Iterator[list[list[float]]]:
    for at in range(0, len(known), _BATCH):
        yield known[at : at + _BATCH]
    for at in range(0, len(missing), _BATCH):
        progress("embed", at, len(missing))
        yield embedder.embed_documents(missing[at : at + _BATCH])
    progress("embed", len(missing), len(missing))


def _revision(documents: dict[str, Document], embedder: str, lexicon: str) -> str:
    content = hashlib.sha256(f"{FORMAT}\n{embedder}\n{lexicon}\n".encode())
    for document in documents.values():
        content.update(document.model_dump_json(exclude={"source"}).encode())
    return content.hexdigest()[:12]


def _report(before: State | None, state: State, corpus: Corpus, embedded: int) -> IngestReport:
    old, new = before.documents if before else {}, state.documents
    changed = tuple(id for id in new if id in old and old[id].text != new[id].text)
    added, removed = tuple(id for id in new if id not in old), tuple(id for id in old if id not in new)
    return IngestReport(
        revision=state.meta.revision, added=added, changed=changed, removed=removed,
        unchanged=len(new) - len(added) - len(changed), chunks=len(state.chunks), embedded=embedded,
        problems=corpus.problems,
    )  # fmt: skip


def without(before: State, document_id: str) -> Corpus | None:
    """The corpus without one document, its file remembered as removed; None where there is no such one."""
    if document_id not in before.documents:
        return None
    documents = {id: document for id, document in before.documents.items() if id != document_id}
    files = {
        path: record.model_copy(update={"removed": True}) if record.document_id == document_id else record
        for path, record in before.files.items()
    }
    return Corpus(documents, files, ())
