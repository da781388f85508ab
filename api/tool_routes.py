"""The tools over HTTP: the same functions that the agent calls, one route each."""

import sys
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.audited import audited
from api.doors import HouseHere, Text, Who
from api.exports import attachment
from api.problems import documented
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.gifts.model import GiftAdvice, GiftRequest
from tools.invitations.followups import to_ics
from tools.invitations.model import InvitationDraft, InvitationRequest
from tools.segments.model import CustomerFilter, CustomerRow, ListCustomers, LookupSegment, SegmentAnswer
from tools.values import Segment

router = APIRouter(prefix="/api/v1", tags=["tools"], responses=documented(400, 401, 422, 429))
MAX_BATCH = 1000
_PERSONAL = documented(404, 409)


class CustomerPage(BaseModel):
    """Customers the caller may see. ``next_cursor`` is null on the last page."""

    customers: list[CustomerRow]
    total: int
    next_cursor: str | None = None


class Batch(BaseModel):
    """Texts to check, in order."""

    model_config = ConfigDict(extra="forbid")

    items: list[CheckRequest] = Field(min_length=1, max_length=MAX_BATCH)


class BatchResult(BaseModel):
    results: list[ComplianceReport]


@router.get("/customers")
async def customers(
    house: HouseHere,
    who: Who,
    q: Annotated[Text | None, Query(max_length=100, description="Part of a name or id")] = None,
    segment: Segment | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[Text | None, Query(max_length=100)] = None,
) -> CustomerPage:
    """The customers the caller may see, by id."""
    wanted = CustomerFilter(q=q or None, segment=segment, sort="id")
    # The tool's own limit keeps a list readable for a model; pages go through the whole of it.
    whole = ListCustomers(filter=wanted.model_copy(update={"limit": sys.maxsize}))
    asked = {"q": q, "segment": segment, "limit": limit, "cursor": cursor}

    def page() -> CustomerPage:
        found = house.segments.list(whole, who)
        rows = [row for row in found.customers if row.id > (cursor or "")]
        more = rows[limit - 1].id if len(rows) > limit else None
        return CustomerPage(customers=rows[:limit], total=found.total, next_cursor=more)

    return await audited(house, who, "list_customers", asked, page)


@router.get("/customers/{customer_id}/segment", responses=_PERSONAL)
async def segment(customer_id: Text, house: HouseHere, who: Who) -> SegmentAnswer:
    """Which segments a customer belongs to, on what evidence, and what may be done next."""
    wanted = LookupSegment(customer=customer_id)
    return await audited(house, who, "lookup_segment", wanted, lambda: house.segments.lookup(wanted, who))


@router.post("/gifts/recommendations", responses=_PERSONAL)
async def gifts(body: GiftRequest, house: HouseHere, who: Who) -> GiftAdvice:
    """Whether a gift may be given, within which limits, and which ones fit."""
    return await audited(house, who, "recommend_gifts", body, lambda: house.gifts.recommend(body, who))


@router.post("/compliance/checks")
async def check(body: CheckRequest, house: HouseHere, who: Who) -> ComplianceReport:
    """Pre-check promotional copy. A pass is not an approval."""
    return await audited(house, who, "check_compliance", body, lambda: house.compliance.check(body))


@router.post("/compliance/checks/batch")
async def check_batch(body: Batch, house: HouseHere, who: Who) -> BatchResult:
    """Pre-check up to 1,000 texts; results come in the order of the items."""

    def work() -> BatchResult:
        return BatchResult(results=[house.compliance.check(item) for item in body.items])

    return await audited(house, who, "check_compliance", body, work)


@router.post("/invitations/drafts", responses=_PERSONAL)
async def invitations(body: InvitationRequest, house: HouseHere, who: Who) -> InvitationDraft:
    """Invitation texts that passed the compliance check."""
    return await audited(house, who, "draft_invitation", body, lambda: house.drafter.draft(body, who))


@router.post(
    "/invitations/calendar",
    response_class=Response,
    responses=_PERSONAL | {200: {"content": {"text/calendar": {}}, "description": "RFC 5545"}},
)
async def calendar(body: InvitationRequest, house: HouseHere, who: Who) -> Response:
    """The follow-ups of such a draft as an iCalendar file."""
    draft = await audited(house, who, "draft_invitation", body, lambda: house.drafter.draft(body, who))
    content = to_ics(body.event.title, draft.follow_ups, house.clock())
    return attachment(content, f"{body.event.title}.ics", "text/calendar; charset=utf-8")
