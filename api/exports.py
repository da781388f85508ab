"""A conversation as a file to keep: Markdown, Word, JSON. Ratings and sources travel with it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Literal
from urllib.parse import quote

from starlette.responses import Response

from assistant.transcript import Conversation, Message
from prompts.texts import Texts
from tools.values import Language

Format = Literal["md", "docx", "json"]
Ratings = Mapping[str, tuple[str, str | None]]
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|(\d+)[.、)])\s+(.*)")


@dataclass(frozen=True)
class Export:
    """One file kind: its media type and its writer."""

    media_type: str
    write: Callable[[Conversation, Ratings, Texts, Language], bytes]


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """A download; the name survives any characters (RFC 6266)."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})


def _markdown(whole: Conversation, ratings: Ratings, texts: Texts, language: Language) -> bytes:
    return "\n".join(_lines(whole, ratings, texts, language)).encode()


def _json(whole: Conversation, ratings: Ratings, _texts: Texts, _language: Language) -> bytes:
    content = whole.model_dump(mode="json")
    content["feedback"] = [{"message_id": m, "rating": r, "comment": c} for m, (r, c) in ratings.items()]
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _docx(whole: Conversation, ratings: Ratings, texts: Texts, language: Language) -> bytes:
    from docx import Document  # only this export needs it

    document = Document()
    for line in "\n".join(_lines(whole, ratings, texts, language)).split("\n"):
        clean = _NOT_XML.sub("", line).replace("**", "")
        heading, item = _HEADING.match(clean), _ITEM.match(clean)
        if heading:
            document.add_heading(heading[2], min(len(heading[1]), 4))
        elif item:
            document.add_paragraph(item[2], style="List Number" if item[1] else "List Bullet")
        elif clean.startswith(">"):
            document.add_paragraph(clean.lstrip("> "), style="Quote")
        elif clean.strip():
            document.add_paragraph(clean)
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _lines(whole: Conversation, ratings: Ratings, texts: Texts, language: Language) -> Iterator[str]:
    yield f"# {whole.title}\n"
    for message in whole.messages:
        speaker = texts.notice(f"speaker_{message.role}", language)
        yield f"## {speaker} · {message.created_at.isoformat(timespec='minutes')}\n"
        yield f"{message.text}\n"
        yield from _beside(message, texts, language)
        if message.id in ratings:
            rating, comment = ratings[message.id]
            yield f"> {texts.notice(f'rated_{rating}', language)} {comment or ''}".rstrip() + "\n"


def _beside(message: Message, texts: Texts, language: Language) -> Iterator[str]:
    if message.reply is None:
        return
    for notice in message.reply.notices:
        yield f"> {notice}\n"
    if message.reply.citations:
        yield texts.notice("sources", language)
        for c in message.reply.citations:
            yield f"- [{c.n}] 《{c.title}》{c.section}：{' '.join(c.quote.split())}"
        yield ""


EXPORTS: Mapping[Format, Export] = {
    "md": Export("text/markdown; charset=utf-8", _markdown),
    "docx": Export("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    "json": Export("application/json", _json),
}
