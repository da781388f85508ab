"""The values of the knowledge base, and the interface that tools and doors use."""

from datetime import date
from typing import Literal, Protocol

from pydantic import Field

from prompts.datafile import Frozen

Kind = Literal["policy", "playbook", "regulation", "faq"]
Audience = Literal["rm", "compliance", "admin"]


class Passage(Frozen):
    """One found passage. ``start``/``end`` are code points in the document's stored text."""

    document_id: str
    chunk_id: str
    title: str
    section: str
    text: str
    score: float
    confident: bool = Field(description="False where the passage is near the question but may not answer it")
    effective_from: date | None = None
    start: int
    end: int


class DocumentInfo(Frozen):
    """A document as the list shows it."""

    id: str
    title: str
    kind: Kind
    owner: str = ""
    version: str = ""
    effective_from: date | None = None
    effective_until: date | None = None
    audience: tuple[Audience, ...] = ("rm", "compliance", "admin")
    sample: bool = False
    chunks: int = 0
    source: str = ""


class Document(DocumentInfo):
    """A document with its text, exactly as passages point into it."""

    text: str


class Knowledge(Protocol):
    """What others may ask of the knowledge base. Implementations are safe to call from several threads."""

    @property
    def revision(self) -> str:
        """Identifies the indexed state; the audit records it."""
        ...

    def search(
        self, query: str, *, top_k: int = 5, role: Audience = "rm", on: date | None = None
    ) -> tuple[Passage, ...]:
        """The best passages for ``query`` that ``role`` may read and that are in force on that day."""
        ...

    def documents(self, *, role: Audience = "rm") -> tuple[DocumentInfo, ...]: ...

    def document(self, document_id: str, *, role: Audience = "rm") -> Document | None: ...
