"""Vectors in Chroma, embedded or on a server. One collection a revision, complete or read by nobody."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

if TYPE_CHECKING:
    from chromadb.api import ClientAPI

_PAGE = 2_000
_PREFIX = "kb_"
# Wide enough that the graph finds what an exact search would, at the sizes of a bank's handbook.
_GRAPH: Any = {"hnsw": {"space": "cosine", "ef_construction": 100, "ef_search": 128, "max_neighbors": 24}}


class VectorStore:
    """The collections of one knowledge base. Opened at first use: importing Chroma takes a second or two."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self._folder, self._url = folder, url
        self._client: ClientAPI | None = None
        self._lock = Lock()

    def write(self, revision: str, ids: Sequence[str], vectors: Iterable[Sequence[list[float]]]) -> None:
        """A new collection of ``ids`` and ``vectors``, in batches; one left unfinished is dropped."""
        self.drop(revision)
        collection = self._open().create_collection(
            _PREFIX + revision, configuration=_GRAPH, embedding_function=None
        )
        at = 0
        for batch in vectors:
            collection.add(ids=list(ids[at : at + len(batch)]), embeddings=np.asarray(batch, np.float32))
            at += len(batch)

    def size(self, revision: str) -> int | None:
        """How many vectors the revision has; None where it has no collection."""
        collection = self._find(revision)
        return None if collection is None else int(collection.count())

    def vectors(self, revision: str, ids: Sequence[str]) -> dict[str, list[float]]:
        """The stored vectors of those ``ids`` that the revision has."""
        collection = self._find(revision)
        found: dict[str, list[float]] = {}
        if collection is None:
            return found
        for at in range(0, len(ids), _PAGE):
            page = collection.get(ids=list(ids[at : at + _PAGE]), include=["embeddings"])
            found.update(zip(page["ids"], np.asarray(page["embeddings"]).tolist(), strict=True))
        return found

    def nearest(self, revision: str, vector: Sequence[float], n: int) -> list[tuple[str, float]]:
        """The ``n`` nearest ids with their cosine similarity."""
        collection = self._find(revision)
        if collection is None:
            raise LookupError(revision)
        answer = collection.query(query_embeddings=[list(vector)], n_results=n, include=["distances"])
        return [
            (id, 1 - distance) for id, distance in zip(answer["ids"][0], answer["distances"][0], strict=True)
        ]

    def drop(self, *revisions: str) -> None:
        for revision in revisions:
            if self._find(revision) is not None:
                self._open().delete_collection(_PREFIX + revision)

    def revisions(self) -> list[str]:
        """All revisions that have a collection, complete or not."""
        names = [collection.name for collection in self._open().list_collections()]
        return [name.removeprefix(_PREFIX) for name in names if name.startswith(_PREFIX)]

    def _find(self, revision: str) -> Any:
        from chromadb.errors import NotFoundError

        try:
            return self._open().get_collection(_PREFIX + revision, embedding_function=None)
        except NotFoundError:
            return None

    def _open(self) -> "ClientAPI":
        with self._lock:
            if self._client is None:
                from chromadb.config import Settings

                settings = Settings(anonymized_telemetry=False)
                self._client = self._served(settings) if self._url else self._embedded(settings)
            return self._client

    def _embedded(self, settings: Any) -> "ClientAPI":
        import chromadb

        self._folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=str(self._folder), settings=settings)

    def _served(self, settings: Any) -> "ClientAPI":
        """Raises ConnectionError where no server answers."""
        import chromadb

        parts = urlsplit(self._url or "")
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 8000)
        try:
            return chromadb.HttpClient(
                host=parts.hostname or "localhost", port=port, ssl=secure, settings=settings
            )
        except ValueError as error:
            raise ConnectionError(f"no Chroma server answers at {parts.hostname}:{port}") from error
