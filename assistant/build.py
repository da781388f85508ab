"""The composition root: settings in, the whole object graph out. Clock, ids and time zone enter here."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from langchain.agents.middleware import AgentMiddleware
from langchain_core.language_models import BaseChatModel
from sqlalchemy import Engine

from assistant.agent import Agent, AgentParts, build_agent
from assistant.audit import AuditLog
from assistant.database import open_engine
from assistant.migrations import migrate
from assistant.models.embedded import EmbeddedChatModel, KnownNames
from assistant.models.house_rules import HouseRules
from assistant.models.masking import MaskedForTheModel
from assistant.models.opinion import Check, SecondOpinion
from assistant.models.remote import Breaker, remote_embedder, remote_model
from assistant.models.resilience import FallbackToEmbedded
from assistant.models.writing import LetterWriter
from assistant.settings import Settings
from assistant.toolbox import AnySpec, langchain_tools
from assistant.transcript import Transcript
from assistant.turn import TurnParts, Turns
from knowledge.library import Library, open_library
from knowledge.tokens import count
from prompts.texts import Texts, load_texts
from tools.base import Caller
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.service import ComplianceService
from tools.customers.demo import build_demo
from tools.customers.store import CustomerStore
from tools.gifts.advisor import GiftAdvisor, open_advisor
from tools.invitations.drafter import Drafter, open_drafter
from tools.playbook import Playbook
from tools.segments.service import SegmentService, open_segments
from tools.table import Services, tool_table

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


@dataclass(frozen=True)
class House:
    """Everything a door needs."""

    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    texts: Texts
    tools: Mapping[str, AnySpec]
    turns: Turns
    transcript: Transcript
    audit: AuditLog
    knowledge: Library
    customers: CustomerStore
    segments: SegmentService
    gifts: GiftAdvisor
    compliance: ComplianceService
    drafter: Drafter


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def build(settings: Settings, progress: Progress = silent) -> House:
    """The whole house over ``settings.data_dir``; makes demo data and index where there are none.

    Raises SettingsError, DataFileError, OSError (a folder that cannot be written).
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    zone = ZoneInfo(settings.timezone)

    def clock() -> datetime:
        return datetime.now(zone)

    def today() -> date:
        return clock().date()

    engine = open_engine(settings.sqlalchemy_url)
    migrate(engine)
    customers = CustomerStore(engine)
    if not customers.managers():
        build_demo(engine, today(), progress)
    knowledge = open_library(
        settings.data_dir, embedder=_embedder(settings), chroma_url=settings.chroma_url, today=today
    )
    knowledge.ensure_built(progress)
    compliance = open_compliance(settings, today)
    segments = open_segments(customers, engine, knowledge, today)
    gifts = open_advisor(settings.data_dir, customers, segments, today)
    drafter = open_drafter(
        customers, segments, compliance.check, clock, settings.bank_name, writer=_letter_writer(settings)
    )
    texts = load_texts()
    reviewed = _reviewed(settings, compliance, texts)
    tools = tool_table(Services(segments, gifts, reviewed, drafter, Playbook(knowledge)))
    transcript = Transcript(engine, _utc, _new_id)
    audit = AuditLog(engine, _utc)
    agent = _agent(settings, tools, texts, clock, customers)

    def versions() -> dict[str, str]:
        rules = compliance.ruleset
        return {
            "rules": f"{rules.version}+{rules.hash}",
            "knowledge": knowledge.revision,
            "prompts": texts.digest,
        }

    turns = Turns(
        TurnParts(
            agent=agent,
            specs=tools,
            transcript=transcript,
            audit=audit,
            texts=texts,
            check=_checked(compliance, today),
            count_tokens=count,
            versions=versions,
            new_id=_new_id,
            model_name=settings.model,
            context_tokens=settings.context_tokens,
            max_message_chars=settings.max_message_chars,
        )
    )
    return House(
        settings=settings,
        engine=engine,
        clock=clock,
        texts=texts,
        tools=tools,
        turns=turns,
        transcript=transcript,
        audit=audit,
        knowledge=knowledge,
        customers=customers,
        segments=segments,
        gifts=gifts,
        compliance=compliance,
        drafter=drafter,
    )


def open_compliance(settings: Settings, today: Callable[[], date]) -> ComplianceService:
    """The rule set alone, for doors that need nothing else."""
    overlays: tuple[Path, ...] = (settings.rules_dir,) if settings.rules_dir else ()
    return ComplianceService(today, overlays, cache=settings.data_dir / "rules-cache")


def _checked(compliance: ComplianceService, today: Callable[[], date]) -> Callable[[str], ComplianceReport]:
    """The guards' check: they meet the same sentences of our templates in turn after turn."""

    @lru_cache(1024)
    def checked(text: str, _rules: str, day: date) -> ComplianceReport:
        return compliance.check(CheckRequest(text=text), day)

    return lambda text: checked(text, compliance.ruleset.hash, today())


def _agent(
    settings: Settings,
    tools: Mapping[str, AnySpec],
    texts: Texts,
    clock: Callable[[], datetime],
    customers: CustomerStore,
) -> Agent:
    embedded = EmbeddedChatModel(
        clock=clock, learned_in=settings.learned_dir or settings.data_dir / "learned"
    )
    model: BaseChatModel = embedded
    middleware: list[AgentMiddleware[Any, Caller, Any]] = [KnownNames(customers.names)]
    if settings.model != "embedded":
        model = remote_model(settings)
        breaker = Breaker(time.monotonic)
        middleware += [HouseRules(embedded), FallbackToEmbedded(embedded, breaker), MaskedForTheModel()]
    parts = AgentParts(
        model=model,
        tools=langchain_tools(tools.values(), texts),
        system=texts.system,
        max_steps=settings.max_steps,
        middleware=tuple(middleware),
    )
    return build_agent(parts)


def _reviewed(settings: Settings, compliance: ComplianceService, texts: Texts) -> Check:
    """The check that people call: with a second opinion where an LLM is configured and one is wanted."""
    if settings.model == "embedded" or not settings.second_opinion:
        return compliance.check
    return SecondOpinion(compliance.check, remote_model(settings), Breaker(time.monotonic), texts)


def _letter_writer(settings: Settings) -> LetterWriter | None:
    return (
        None
        if settings.model == "embedded"
        else LetterWriter(remote_model(settings), Breaker(time.monotonic))
    )


def _embedder(settings: Settings) -> Any:
    return None if settings.embeddings == "embedded" else remote_embedder(settings)


def _utc() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex
