"""The tool table: one line a tool, the same for the agent, HTTP, MCP and the console."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tools.base import Caller, ToolSpec
from tools.compliance.render import render as render_report
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.gifts.model import GiftAdvice, GiftRequest
from tools.gifts.render import render as render_advice
from tools.invitations.model import InvitationDraft, InvitationRequest
from tools.invitations.render import render as render_draft
from tools.playbook import KnowledgeAnswer, Playbook, SearchKnowledge
from tools.playbook import render as render_passages
from tools.segments.model import CustomerList, ListCustomers, LookupSegment, SegmentAnswer
from tools.segments.render import render_list, render_segment


class Segmenting(Protocol):
    """Looks customers up and lists them."""

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer: ...
    def list(self, request: ListCustomers, caller: Caller) -> CustomerList: ...


class Advising(Protocol):
    """Recommends gifts."""

    def recommend(self, request: GiftRequest, caller: Caller) -> GiftAdvice: ...


class Drafting(Protocol):
    """Drafts invitations."""

    def draft(self, request: InvitationRequest, caller: Caller) -> InvitationDraft: ...


@dataclass(frozen=True)
class Services:
    """What the tools run on."""

    segments: Segmenting
    gifts: Advising
    check: Callable[[CheckRequest], ComplianceReport]
    drafter: Drafting
    playbook: Playbook


def tool_table(on: Services) -> dict[str, ToolSpec[Any, Any]]:
    """Every tool by name, in the order in which they are shown."""

    def check(request: CheckRequest, _caller: Caller) -> ComplianceReport:
        return on.check(request)

    specs: tuple[ToolSpec[Any, Any], ...] = (
        ToolSpec("lookup_segment", LookupSegment, SegmentAnswer, on.segments.lookup, render_segment),
        ToolSpec("list_customers", ListCustomers, CustomerList, on.segments.list, render_list),
        ToolSpec("recommend_gifts", GiftRequest, GiftAdvice, on.gifts.recommend, render_advice),
        ToolSpec("check_compliance", CheckRequest, ComplianceReport, check, render_report),
        ToolSpec("draft_invitation", InvitationRequest, InvitationDraft, on.drafter.draft, render_draft),
        ToolSpec("search_knowledge", SearchKnowledge, KnowledgeAnswer, on.playbook.search, render_passages),
    )
    return {spec.name: spec for spec in specs}
