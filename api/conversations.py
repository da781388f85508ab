"""A caller's own conversations: list, read, rename, delete, export, rate."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.doors import DoorsHere, HouseHere, Text, Who, in_thread
from api.exports import EXPORTS, Format, attachment
from api.idempotency import once
from api.problems import documented, language_of
from api.rendered import html_of
from assistant.transcript import ConversationInfo, ConversationPage, Message

router = APIRouter(prefix="/api/v1", tags=["conversation"])


class Shown(Message):
    """A message as pages show it; ``html`` is the answer's sanitised rendering."""

    html: str | None = None


class ShownConversation(ConversationInfo):
    messages: tuple[Shown, ...]


class NewTitle(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: Text = Field(min_length=1, max_length=200)


class FeedbackRequest(BaseModel):
    """A rating of an answer, with the reason where there is one."""

    model_config = ConfigDict(extra="forbid")

    message_id: Text = Field(max_length=64)
    rating: Literal["up", "down"]
    comment: Text | None = Field(default=None, max_length=4000)


class FeedbackTaken(BaseModel):
    message_id: str
    rating: Literal["up", "down"]


@router.get("/conversations", responses=documented(401, 422, 429))
async def conversations(
    house: HouseHere,
    who: Who,
    q: Annotated[Text | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 20,
    cursor: Annotated[str | None, Query(max_length=400)] = None,
) -> ConversationPage:
    """The caller's own conversations, newest first; ``q`` searches titles and messages."""
    return await in_thread(lambda: house.transcript.conversations(who, q, limit, cursor))


@router.get("/conversations/{conversation_id}", responses=documented(401, 404, 429))
async def conversation(conversation_id: Text, house: HouseHere, who: Who) -> ShownConversation:
    """One conversation with all its messages."""
    return await in_thread(lambda: _shown(house, conversation_id, who))


@router.patch("/conversations/{conversation_id}", responses=documented(401, 404, 422, 429))
async def rename(conversation_id: Text, body: NewTitle, house: HouseHere, who: Who) -> ConversationInfo:
    """Give it another title."""

    def work() -> ConversationInfo:
        info = house.transcript.rename(conversation_id, who, body.title)
        house.audit.append(who.id, [("rename", {"title": info.title})], conversation_id)
        return info

    return await in_thread(work)


@router.delete("/conversations/{conversation_id}", status_code=204, responses=documented(401, 404, 429))
async def delete(conversation_id: Text, house: HouseHere, who: Who) -> None:
    """Remove it with its messages; the audit trail keeps its own record."""

    def work() -> None:
        house.transcript.delete(conversation_id, who)
        house.audit.append(who.id, [("delete", {})], conversation_id)

    await in_thread(work)


@router.get(
    "/conversations/{conversation_id}/export",
    response_class=Response,
    responses=documented(401, 404, 422, 429),
)
async def export(
    conversation_id: Text, request: Request, house: HouseHere, who: Who, format: Format = "md"
) -> Response:
    """The conversation with citations and ratings as Markdown, Word or JSON."""

    def work() -> tuple[str, bytes]:
        whole = house.transcript.conversation(conversation_id, who)
        ratings = house.transcript.ratings(conversation_id, who)
        language = language_of(request.headers)
        return whole.title, EXPORTS[format].write(whole, ratings, house.texts, language)

    title, content = await in_thread(work)
    return attachment(content, f"{title}.{format}", EXPORTS[format].media_type)


@router.post("/feedback", response_model=FeedbackTaken, responses=documented(401, 404, 409, 422, 429))
async def feedback(body: FeedbackRequest, request: Request, doors: DoorsHere, who: Who) -> Response:
    """Rate an answer; a later rating replaces the earlier. Kept in the audit with what was cited."""
    house = doors.house

    def work() -> FeedbackTaken:
        rated = house.transcript.feedback(body.message_id, who, body.rating, body.comment)
        entry: dict[str, Any] = body.model_dump() | {"citations": [c.chunk_id for c in rated.citations]}
        house.audit.append(who.id, [("feedback", entry)], rated.conversation_id)
        return FeedbackTaken(message_id=body.message_id, rating=body.rating)

    return await once(request, who, doors.shared, lambda: in_thread(work))


def _shown(house: HouseHere, conversation_id: str, who: Who) -> ShownConversation:
    whole = house.transcript.conversation(conversation_id, who)
    messages = tuple(
        Shown(**dict(m), html=html_of(m.text) if m.role == "assistant" else None) for m in whole.messages
    )
    return ShownConversation(**{**dict(whole), "messages": messages})
