"""The knowledge base as the rest of the house sees it: open, fill, search."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from knowledge import build, ranking
from knowledge.base import Audience, Document, DocumentInfo, Passage
from knowledge.build import Builder, IngestReport, Progress, silent
from knowledge.embeddings import Embedder, FittedEmbedder
from knowledge.index import VectorStore
from knowledge.lexical import Lexical, weighted
from knowledge.lexicon import Lexicon, fold, load_lexicon
from knowledge.revisions import Revisions, State
from prompts.datafile import Frozen

BUNDLED = Path(__file__).parent / "documents"
_NEAR = 64
_NEAR_MOST = 1_000
_log = logging.getLogger(__name__)


class Health(Frozen):
    """Whether the knowledge base can answer. Without vectors it still does, by words alone."""

    revision: str
    documents: int
    chunks: int
    embedder: str
    vectors: bool


@dataclass(frozen=True)
class _Open:
    """One revision held in memory, whole: a search that began on it ends on it."""

    state: State
    lexical: Lexical
    embedder: Embedder

    @cached_property
    def place(self) -> dict[str, int]:
        return {chunk.id: row for row, chunk in enumerate(self.state.chunks)}

    @cached_property
    def owner(self) -> NDArray[np.int32]:
        """For every chunk, the number of its document."""
        number = {id: n for n, id in enumerate(self.state.documents)}
        return np.array([number[chunk.document_id] for chunk in self.state.chunks], np.int32)

    def allowed(self, role: Audience, on: date) -> NDArray[np.bool_]:
        """Chunks that ``role`` may read and whose document is in force ``on`` that day."""
        good = [role in d.audience and _in_force(d, on) for d in self.state.documents.values()]
        return np.array(good, np.bool_)[self.owner]


def _in_force(document: DocumentInfo, on: date) -> bool:
    return (document.effective_from is None or document.effective_from <= on) and (
        document.effective_until is None or on <= document.effective_until
    )


class Library:
    """Implements ``Knowledge``. Safe to call from several threads; several processes may share one folder."""

    def __init__(
        self,
        folder: Path,
        lexicon: Lexicon,
        *,
        embedder: Embedder | None,
        chroma_url: str | None,
        documents: Path,
        today: Callable[[], date],
        calibration: ranking.Calibration,
    ) -> None:
        self._revisions = Revisions(folder)
        self._vectors = VectorStore(folder / "chroma", chroma_url)
        self._lexicon, self._supplied, self._bundled, self._today = lexicon, embedder, documents, today
        self._calibration = calibration
        self._builder = Builder(self._revisions, self._vectors, lexicon, embedder)
        self._lock = RLock()
        self._opened: tuple[object, _Open] | None = None

    @property
    def revision(self) -> str:
        return self._open().state.meta.revision

    def search(
        self, query: str, *, top_k: int = 5, role: Audience = "rm", on: date | None = None
    ) -> tuple[Passage, ...]:
        """The best passages; with ``on`` left out, those in force today. Lost vectors cost no answer."""
        opened = self._open()
        allowed = opened.allowed(role, on or self._today())
        if not query.strip() or not allowed.any():
            return ()
        signals = self._signals(opened, query, allowed)
        hits = ranking.best(signals, allowed, opened.state.chunks, top_k, self._calibration)
        return tuple(_passage(opened.state, hit) for hit in hits)

    def documents(self, *, role: Audience = "rm") -> tuple[DocumentInfo, ...]:
        """All documents that ``role`` may read, expired ones too: the list says until when they held."""
        found = self._open().state.documents.values()
        return tuple(DocumentInfo(**d.model_dump(exclude={"text"})) for d in found if role in d.audience)

    def document(self, document_id: str, *, role: Audience = "rm") -> Document | None:
        found = self._open().state.documents.get(document_id)
        return found if found and role in found.audience else None

    def ensure_built(self, progress: Progress = silent) -> IngestReport:
        """The bundled documents indexed as they now are. Costs next to nothing where nothing changed."""
        return self._run([self._bundled], bundled=True, progress=progress)

    def ingest(self, paths: Iterable[Path], progress: Progress = silent) -> IngestReport:
        """Files and folders taken in. Of a folder named before, files that are gone lose their chunks."""
        return self._run(list(paths), bundled=False, progress=progress)

    def add(self, paths: Iterable[Path]) -> IngestReport:
        """``ingest`` with nobody watching."""
        return self.ingest(paths)

    def remove(self, document_id: str) -> bool:
        """The document and its chunks are gone until its file is added again; False where there is none."""
        with self._lock, self._revisions.locked():
            before = build.current(self._revisions)
            corpus = build.without(before, document_id) if before else None
            if before is None or corpus is None:
                return False
            self._builder.build(before, corpus, silent)
            return True

    def health(self) -> Health:
        opened = self._open()
        meta = opened.state.meta
        try:
            complete = self._vectors.size(meta.revision) == len(opened.state.chunks)
        except Exception:  # whatever a store that is down raises, the answer is the same
            complete = False
        return Health(
            revision=meta.revision, documents=len(opened.state.documents), chunks=len(opened.state.chunks),
            embedder=meta.embedder, vectors=complete,
        )  # fmt: skip

    def _run(self, paths: list[Path], *, bundled: bool, progress: Progress) -> IngestReport:
        with self._lock, self._revisions.locked():
            before = build.current(self._revisions)
            corpus = build.scan(before, paths, bundled=bundled, progress=progress)
            if bundled and before and self._current(before) and before.files == corpus.files:
                return IngestReport(
                    revision=before.meta.revision, unchanged=len(before.documents), chunks=len(before.chunks),
                    problems=corpus.problems,
                )  # fmt: skip
            return self._builder.build(before, corpus, progress)

    def _current(self, state: State) -> bool:
        """Made by the lexicon and embedder of today."""
        made_here = state.meta.embedder.startswith("fitted-") if self._supplied is None else False
        same = made_here or (self._supplied is not None and state.meta.embedder == self._supplied.identity)
        return same and state.meta.lexicon == self._lexicon.digest

    def _open(self) -> _Open:
        stamp = self._revisions.stamp()
        opened = self._opened
        if opened and stamp and opened[0] == stamp:
            return opened[1]
        with self._lock:
            state = build.current(self._revisions)
            if state is None or not self._current(state):
                self.ensure_built()
                state = build.current(self._revisions)
            if state is None:
                raise RuntimeError("the knowledge base has no readable revision after a build")
            folder = self._revisions.folder(state.meta.revision)
            embedder = self._supplied or FittedEmbedder.load(folder, self._lexicon)
            fresh = _Open(state, Lexical.load(folder), embedder)
            self._opened = (self._revisions.stamp(), fresh)
            return fresh

    def _signals(self, opened: _Open, query: str, allowed: NDArray[np.bool_]) -> ranking.Signals:
        words = self._lexicon.question(query)
        folded = fold(query)
        repaired = opened.lexical.repair(folded)
        other = self._lexicon.question(repaired) if repaired != folded else None
        bm25, coverage = opened.lexical.score(weighted(words, other))
        readings = [words, other] if other else [words]
        return ranking.Signals(
            bm25=bm25,
            cosine=self._cosines(opened, repaired if other else query, allowed),
            coverage=coverage,
            explained=lambda row: max(opened.lexical.explained(reading, row) for reading in readings),
        )

    def _cosines(self, opened: _Open, query: str, allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Similarity of the nearest chunks, else 0. More are fetched where many may not be shown."""
        cosines = np.zeros(len(opened.state.chunks), np.float32)
        wanted = min(len(cosines), _NEAR_MOST, int(_NEAR / float(allowed.mean())))
        try:
            near = self._vectors.nearest(
                opened.state.meta.revision, opened.embedder.embed_query(query), wanted
            )
        except Exception:  # the store or a remote embedder is down: words alone still find most
            _log.warning("vector search failed; searching by words alone", exc_info=True)
            return cosines
        for id, similarity in near:
            cosines[opened.place[id]] = similarity
        return cosines


def _passage(state: State, hit: ranking.Hit) -> Passage:
    chunk = state.chunks[hit.row]
    document = state.documents[chunk.document_id]
    start, end = state.chunks[hit.first].start, state.chunks[hit.last].end
    return Passage(
        document_id=document.id, chunk_id=chunk.id, title=document.title, section=_below(document.title, chunk.section),
        text=document.text[start:end], score=round(hit.score, 4), confident=hit.confident,
        effective_from=document.effective_from, start=start, end=end,
    )  # fmt: skip


def _below(title: str, section: str) -> str:
    """The section path without the document's own title, which stands beside it."""
    return section.removeprefix(title).removeprefix(" > ") or section


def open_library(
    data_dir: Path,
    *,
    embedder: Embedder | None = None,
    chroma_url: str | None = None,
    documents: Path = BUNDLED,
    lexicon: Lexicon | None = None,
    today: Callable[[], date] = date.today,
    calibration: ranking.Calibration | None = None,
) -> Library:
    """The knowledge base of ``data_dir``. Nothing is read or built until it is asked.

    ``embedder`` takes the place of the fitted one; an index made by another is rebuilt. ``chroma_url`` names
    a Chroma server; without it Chroma stands in ``data_dir``."""
    return Library(
        data_dir / "knowledge", lexicon or load_lexicon(), embedder=embedder, chroma_url=chroma_url,
        documents=documents, today=today, calibration=calibration or ranking.calibration(),
    )  # fmt: skip
