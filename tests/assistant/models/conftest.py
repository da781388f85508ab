"""The embedded model in the real agent loop, over the real tools and a small invented book of customers."""

import asyncio
import os
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from assistant.agent import Agent, AgentParts, build_agent
from assistant.citations import MARK, artifacts_of_turn, citable
from assistant.events import ChatReply, ToolCall
from assistant.models.embedded import EmbeddedChatModel, KnownNames
from assistant.toolbox import as_json, langchain_tools
from knowledge.library import open_library
from prompts.texts import load_texts
from tools.base import Caller, ToolSpec
from tools.compliance.render import render as render_report
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.service import ComplianceService
from tools.customers.model import Customer
from tools.errors import Ambiguous, Candidate, NotFound
from tools.gifts.advisor import open_advisor
from tools.gifts.model import GiftAdvice, GiftRequest
from tools.gifts.render import render as render_advice
from tools.invitations.drafter import open_drafter
from tools.invitations.model import InvitationDraft, InvitationRequest
from tools.invitations.render import render as render_draft
from tools.playbook import KnowledgeAnswer, Playbook, SearchKnowledge
from tools.playbook import render as render_passages
from tools.segments.model import CustomerList, CustomerRow, ListCustomers, LookupSegment, SegmentAnswer
from tools.values import CHANNELS

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
LEARNED = Path(os.environ["RM_LEARNED_DIR"])
RM = Caller("RM01", "梁知秋")
NAMES = ("程雅茹", "向北川", "谷雨晴", "欧阳静好", "陶然之", "陶然之")


def _customer(number: int, name: str) -> Customer:
    return Customer(
        id=f"C{number:04}",
        manager_id=RM.id,
        name=name,
        sex="female" if number % 2 else "male",
        birthday=date(1960 + number * 5, 12, number),
        opened_on=date(2016, 3, 1),
        region="华东",
        city="杭州" if number % 2 else "苏州",
        consents=frozenset(CHANNELS),
    )


@dataclass
class Book:
    """Customers by id or name, as the tools see them."""

    people: list[Customer] = field(default_factory=lambda: [_customer(i, n) for i, n in enumerate(NAMES, 1)])

    def names(self, caller: Caller) -> list[tuple[str, str]]:
        return [(c.id, c.name) for c in self.people if c.manager_id == caller.id]

    def resolve(self, reference: str, caller: Caller) -> Customer:
        found = [c for c in self.people if reference in (c.id, c.name)]
        if len(found) > 1:
            candidates = tuple(Candidate(c.id, c.name, c.city) for c in found)
            raise Ambiguous("customer", reference, candidates)
        if not found:
            raise NotFound("customer", reference)
        return found[0]

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer:
        if request.profile:
            return SegmentAnswer(name="描述的客户", tier="affluent", tier_label="财富客户")
        found = self.resolve(request.customer or "", caller)
        return SegmentAnswer(name=found.name, customer_id=found.id, tier="platinum", tier_label="白金客户")

    def list(self, request: ListCustomers, caller: Caller) -> CustomerList:
        rows = [
            CustomerRow(
                id=c.id,
                name=c.name,
                tier="platinum",
                tier_label="白金客户",
                lifecycle="active",
                lifecycle_label="活跃",
                city=c.city,
                age=50,
                assets=1_200_000,
                reason="近期有理财到期",
            )
            for c in self.people
        ]
        return CustomerList(total=len(rows), customers=tuple(rows), described="")


@lru_cache(1)
def agent() -> Agent:
    book, compliance = Book(), ComplianceService(lambda: NOW.date())
    knowledge = open_library(_knowledge_dir(), today=NOW.date)
    knowledge.ensure_built()
    advisor = open_advisor(None, book, book, NOW.date)
    drafter = open_drafter(book, book, compliance.check, lambda: NOW, "本行")
    specs: list[ToolSpec[Any, Any]] = [
        ToolSpec("lookup_segment", LookupSegment, SegmentAnswer, book.lookup, lambda a, _: a.name),
        ToolSpec("list_customers", ListCustomers, CustomerList, book.list, lambda a, _: str(a.total)),
        ToolSpec("recommend_gifts", GiftRequest, GiftAdvice, advisor.recommend, render_advice),
        ToolSpec(
            "check_compliance",
            CheckRequest,
            ComplianceReport,
            lambda r, _: compliance.check(r),
            render_report,
        ),
        ToolSpec("draft_invitation", InvitationRequest, InvitationDraft, drafter.draft, render_draft),
        ToolSpec(
            "search_knowledge", SearchKnowledge, KnowledgeAnswer, Playbook(knowledge).search, render_passages
        ),
    ]
    texts = load_texts()
    model = EmbeddedChatModel(clock=lambda: NOW, learned_in=LEARNED)
    return build_agent(
        AgentParts(model, langchain_tools(specs, texts), texts.system, 6, (KnownNames(book.names),))
    )


_DIRECTORY: list[Path] = []


def _knowledge_dir() -> Path:
    return _DIRECTORY[0]


@dataclass
class Conversations:
    """Sends messages through the agent and keeps the messages of each conversation."""

    past: dict[str, list[BaseMessage]] = field(default_factory=dict)

    def send(self, conversation: str, text: str) -> ChatReply:
        before = [*self.past.get(conversation, []), HumanMessage(text)]
        state = asyncio.run(agent().ainvoke({"messages": before}, context=RM))
        self.past[conversation] = state["messages"]
        return _reply(conversation, state["messages"])

    def calls(self, conversation: str, text: str) -> list[tuple[str, dict[str, Any]]]:
        return [(c.name, c.args) for c in self.send(conversation, text).tool_calls]


def _reply(conversation: str, messages: list[BaseMessage]) -> ChatReply:
    start = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
    turn = messages[start:]
    results = {m.tool_call_id: m for m in turn if isinstance(m, ToolMessage)}
    asked = [c for m in turn if isinstance(m, AIMessage) for c in m.tool_calls]
    calls = tuple(
        ToolCall(
            id=c["id"] or "",
            name=c["name"],
            args=c["args"],
            status="error" if results[c["id"] or ""].status == "error" else "ok",
            result=as_json(results[c["id"] or ""].artifact),
        )
        for c in asked
    )
    text = str(messages[-1].text)
    offered = citable(artifacts_of_turn(messages))
    marks = sorted({int(m[1]) for m in MARK.finditer(text)} & set(offered))
    cited = tuple(offered[n] for n in marks)
    return ChatReply(
        conversation_id=conversation,
        message_id="m",
        text=text,
        tool_calls=calls,
        citations=cited,
        model="embedded",
    )


@pytest.fixture(scope="session")
def knowledge_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not _DIRECTORY:
        _DIRECTORY.append(tmp_path_factory.mktemp("knowledge"))
    return _DIRECTORY[0]


@pytest.fixture
def chat(knowledge_dir: Path) -> Conversations:
    return Conversations()
