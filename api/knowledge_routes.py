"""The knowledge base over HTTP: everyone searches and reads within their role, administrators change."""

import hashlib
import json
import re
import uuid
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.audited import audited
from api.doors import Admin, DoorsHere, HouseHere, Text, Who, in_thread
from api.errors import WrongMediaType
from api.idempotency import once
from api.problems import documented, is_json, language_of
from knowledge import sources
from knowledge.base import Document, DocumentInfo, Passage
from knowledge.build import IngestReport
from prompts.texts import Texts
from tools.errors import InvalidRequest, NotFound
from tools.values import Language

router = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"], responses=documented(400, 401, 422, 429))
D = TypeVar("D", bound=DocumentInfo)
_UPLOADS = "uploads"
_SAFE = re.compile(r"[^\w.-]+")


class Passages(BaseModel):
    passages: list[Passage]


class Documents(BaseModel):
    documents: list[DocumentInfo]


def _plain_suffix(name: object) -> object:
    """手册.PDF is 手册.pdf."""
    stem, dot, suffix = name.rpartition(".") if isinstance(name, str) else ("", "", "")
    return stem + dot + suffix.lower() if dot else name


Filename = Annotated[
    Text,
    BeforeValidator(_plain_suffix),
    Field(min_length=1, max_length=120, pattern=r"^[^/\\]+\.(md|markdown|txt|html?|docx|pdf|pptx|xlsx)$"),
]


class NewDocument(BaseModel):
    """A text document: Markdown with optional front matter, or plain text."""

    model_config = ConfigDict(extra="forbid")

    filename: Filename
    text: Text = Field(min_length=1, max_length=2_000_000)


class Upload(BaseModel):
    """A file as it came: text, HTML, Word, PDF, PowerPoint or Excel."""

    filename: Filename
    content: bytes


_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary", "description": "One file"}},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewDocument.model_json_schema()},
            "multipart/form-data": {"schema": _FILE},
        },
    }
}


@router.get("/search")
async def search(
    house: HouseHere,
    who: Who,
    q: Annotated[Text, Query(min_length=1, max_length=2000)],
    top_k: Annotated[int, Query(ge=1, le=50)] = 5,
) -> Passages:
    """The passages nearest to the question that the caller may read and that are in force."""

    def work() -> Passages:
        return Passages(passages=list(house.knowledge.search(q, top_k=top_k, role=who.role)))

    return await audited(house, who, "search_knowledge", {"query": q, "top_k": top_k}, work)


@router.get("/documents")
async def documents(house: HouseHere, who: Who) -> Documents:
    """All documents the caller may read."""
    found = await in_thread(lambda: house.knowledge.documents(role=who.role))
    return Documents(documents=[_shown(d) for d in found])


@router.get("/documents/{document_id}", responses=documented(404))
async def document(document_id: Text, house: HouseHere, who: Who) -> Document:
    """One document with its text, exactly as passages point into it."""
    found = await in_thread(lambda: house.knowledge.document(document_id, role=who.role))
    if found is None:
        raise NotFound("document", document_id)
    return _shown(found)


@router.post(
    "/documents",
    status_code=201,
    response_model=IngestReport,
    responses=documented(403, 409, 413),
    openapi_extra=_BODY,
)
async def add(request: Request, doors: DoorsHere, who: Admin) -> Response:
    """Add or replace a document by its file name: text as JSON, or a file as multipart/form-data."""
    upload, house, language = await _upload(request), doors.house, language_of(request.headers)

    def work() -> IngestReport:
        path = _place(house.settings.data_dir, upload.filename)
        path.parent.mkdir(parents=True, exist_ok=True)
        incoming = path.with_name(f".{uuid.uuid4().hex}{path.suffix}")
        try:
            incoming.write_bytes(upload.content)
            _refuse_unreadable(incoming, upload.filename, house.texts, language)
            incoming.replace(path)  # only now: a bad file must not take the place of a good one
        finally:
            incoming.unlink(missing_ok=True)
        report = house.knowledge.add([path])
        entry = {
            "file": upload.filename, "added": report.added, "changed": report.changed,
            "revision": report.revision,
        }  # fmt: skip
        house.audit.append(who.id, [("knowledge_change", entry)])
        own = (p for p in report.problems if p.path == str(path))
        problems = tuple(p.model_copy(update={"path": upload.filename}) for p in own)
        return report.model_copy(update={"problems": problems})

    return await once(request, who, doors.shared, lambda: in_thread(work), status=201)


@router.delete("/documents/{document_id}", status_code=204, responses=documented(403, 404))
async def remove(document_id: Text, house: HouseHere, who: Admin) -> None:
    """Remove a document with its passages, and its file where it was uploaded."""

    def work() -> None:
        found = house.knowledge.document(document_id, role=who.role)
        if not house.knowledge.remove(document_id):
            raise NotFound("document", document_id)
        if found and Path(found.source).parent == house.settings.data_dir.absolute() / _UPLOADS:
            Path(found.source).unlink(missing_ok=True)
        entry = {"removed": [document_id], "revision": house.knowledge.revision}
        house.audit.append(who.id, [("knowledge_change", entry)])

    await in_thread(work)


async def _upload(request: Request) -> Upload:
    """What was sent, of either kind. Raises ValidationError, InvalidRequest."""
    body = await request.body()
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        if body and not is_json(request.headers):
            raise WrongMediaType
        try:
            given = NewDocument.model_validate(json.loads(body))
        except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
            broken = {"type": "json_invalid", "loc": ("body",), "msg": "not JSON", "input": None}
            raise RequestValidationError([broken]) from error
        return Upload(filename=given.filename, content=given.text.encode())
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            missing = {"type": "missing", "loc": ("body", "file"), "msg": "missing", "input": None}
            raise RequestValidationError([missing])
        return Upload(filename=file.filename or "", content=await file.read())


def _refuse_unreadable(path: Path, filename: str, texts: Texts, language: Language) -> None:
    """Raise InvalidRequest, in words, for a file that the knowledge base would skip."""
    for problem in sources.read(path).problems:
        if problem.severity == "skipped":
            words = texts.notice(problem.code, language, path=filename, detail=problem.detail)
            raise InvalidRequest("file", values={"message": words})


def _shown(document: D) -> D:
    """With its file's name in place of where the server keeps it."""
    return document.model_copy(update={"source": Path(document.source).name})


def _place(data_dir: Path, filename: str) -> Path:
    """Where an uploaded file is kept: a name of safe characters, told apart by a digest of the given one."""
    stem, _, suffix = filename.rpartition(".")
    digest = hashlib.sha256(filename.encode("utf-8", "replace")).hexdigest()[:8]
    safe = f"{_SAFE.sub('-', stem).strip('.-')[:60]}-{digest}.{suffix}"
    return data_dir.absolute() / _UPLOADS / safe
