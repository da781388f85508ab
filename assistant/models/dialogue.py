"""What the conversation holds before the present message, rebuilt from the messages alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, ValidationError

from tools.compliance.report import ComplianceReport
from tools.errors import Ambiguous, Candidate
from tools.gifts.model import GiftAdvice
from tools.invitations.model import InvitationDraft
from tools.playbook import KnowledgeAnswer
from tools.segments.model import CustomerList, SegmentAnswer

ANSWERS: dict[str, type[BaseModel]] = {
    "lookup_segment": SegmentAnswer,
    "list_customers": CustomerList,
    "recommend_gifts": GiftAdvice,
    "check_compliance": ComplianceReport,
    "draft_invitation": InvitationDraft,
    "search_knowledge": KnowledgeAnswer,
}
A = TypeVar("A", bound=BaseModel)
Args = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call of the conversation with what came back: an answer, an error, or nothing."""

    name: str
    args: Args
    result: object = None
    failed: bool = False
    words: str = ""


def event_in(args: Args) -> Args:
    """The event of a draft that was asked for; a title alone is the whole event."""
    event = args.get("event") or {}
    return {"title": event} if isinstance(event, str) else dict(event)


def with_lines(args: Args, *lines: str) -> Args:
    """The same draft with more to say of the event."""
    event = event_in(args)
    return {**args, "event": {**event, "highlights": [*event.get("highlights", []), *lines]}}


def lines_of(words: str) -> list[str]:
    """What is added, a line each, so that each can be taken out again."""
    return [line.strip() for line in re.split("[，,；;]", words) if line.strip()]


@dataclass(frozen=True)
class Pending:
    """A question of ours that waits for its answer: for which intent, and what is known already.

    ``candidates`` are the ids shown where the question was which customer is meant.
    """

    intent: str
    missing: str
    args: Args = field(default_factory=dict)
    customers: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """One question and the calls made for it."""

    said: str
    calls: tuple[Call, ...] = ()
    known: tuple[tuple[str, str], ...] = ()


@dataclass
class State:
    """The latest of everything a follow-up can point at."""

    last: dict[str, Call] = field(default_factory=dict)
    recent: tuple[Call, ...] = ()
    focus: tuple[str, ...] = ()
    met: tuple[str, ...] = ()  # everyone spoken of, the latest first
    pending: Pending | None = None
    refused: str = ""  # what the message before was declined for

    def args(self, tool: str) -> Args | None:
        """Arguments of the last call of ``tool``."""
        return dict(self.last[tool].args) if tool in self.last else None

    def answer(self, tool: str, kind: type[A]) -> A | None:
        """Its answer, where it came back and is still kept."""
        call = self.last.get(tool)
        return call.result if call and isinstance(call.result, kind) else None

    @property
    def latest(self) -> str:
        """The tool used last in the last turn that used one."""
        return self.recent[-1].name if self.recent else ""

    @property
    def ambiguous(self) -> tuple[Call, Ambiguous] | None:
        """The call that failed because a name fits several customers."""
        for call in self.recent:
            if isinstance(call.result, Ambiguous):
                return call, call.result
        return None

    def after(self, calls: Sequence[Call], said: Sequence[str]) -> None:
        """Take in a turn that is over."""
        if calls:
            self.recent = tuple(calls)
            self.pending = None
        for call in calls:
            self.last[call.name] = call
        named = [str(c.args["customer"]) for c in calls if c.args.get("customer")]
        if named or said:
            self.focus = tuple(dict.fromkeys(named or said))
            self.met = tuple(dict.fromkeys((*reversed(self.focus), *self.met)))


def turns_of(messages: Sequence[BaseMessage]) -> list[Turn]:
    """The turns in order; the last is the one being answered."""
    turns: list[Turn] = []
    said: HumanMessage | None = None
    since: list[BaseMessage] = []
    for message in [*messages, HumanMessage("")]:
        if isinstance(message, HumanMessage):
            if said is not None:
                known = tuple((str(i), str(n)) for i, n in said.additional_kwargs.get("known_names", ()))
                turns.append(Turn(str(said.text), _calls(since), known))
            said, since = message, []
        else:
            since.append(message)
    return turns


def _calls(messages: Sequence[BaseMessage]) -> tuple[Call, ...]:
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    asked = [c for m in messages if isinstance(m, AIMessage) for c in m.tool_calls]
    return tuple(_call(c["name"], c["args"], results.get(c["id"] or "")) for c in asked)


def _call(name: str, args: Args, result: ToolMessage | None) -> Call:
    if result is None:
        return Call(name, args)
    failed = result.status == "error"
    artifact = result.artifact
    if isinstance(artifact, dict) and artifact.get("code") == Ambiguous.code:
        candidates = tuple(Candidate(**c) for c in artifact["candidates"])
        artifact = Ambiguous("customer", str(args.get("customer", "")), candidates)
    if isinstance(artifact, dict) and not failed and name in ANSWERS:
        try:
            artifact = ANSWERS[name].model_validate(artifact)
        except ValidationError:
            artifact = None
    return Call(name, args, artifact, failed, str(result.text))
