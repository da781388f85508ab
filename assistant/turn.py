"""One message through the house: window, agent, guards, transcript and audit, as a stream of events.

Every door runs this one generator and maps its events; there is no second, non-streaming path.
"""

import logging
from asyncio import CancelledError
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langgraph.errors import GraphRecursionError

from assistant.agent import Agent
from assistant.audit import AuditLog, Kind, digest_of
from assistant.citations import MARK, citable, tells
from assistant.errors import EmptyMessage, MessageTooLong
from assistant.events import (
    ChatReply,
    Citation,
    CitationAdded,
    Event,
    Notice,
    TextDelta,
    TextWithdrawn,
    ToolCall,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
    Usage,
)
from assistant.guards import Evidence, guarded
from assistant.guards.gate import Gate
from assistant.toolbox import AnySpec, as_json
from assistant.transcript import Message, Transcript
from assistant.window import window
from prompts.texts import Texts
from tools.base import Caller
from tools.compliance.report import ComplianceReport

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TurnParts:
    """What a turn needs; ``versions`` names rule set, knowledge revision and prompts for the audit."""

    agent: Agent
    specs: Mapping[str, AnySpec]
    transcript: Transcript
    audit: AuditLog
    texts: Texts
    check: Callable[[str], ComplianceReport]
    count_tokens: Callable[[str], int]
    versions: Callable[[], dict[str, str]]
    new_id: Callable[[], str]
    model_name: str
    context_tokens: int
    max_message_chars: int


@dataclass
class _Progress:
    """What has happened so far in one turn."""

    said: str
    window_artifacts: tuple[object, ...]
    language: str
    artifacts: list[object] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    pending: dict[str, dict[str, Any]] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    cited: dict[int, Citation] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    refused: str = ""
    gate: Gate = field(default_factory=Gate)
    ids: frozenset[str] = frozenset()  # of the caller's own customers
    evidence: Evidence | None = None  # made once for the artifacts there are


class Turns:
    """Runs turns. Safe for many at once; holds nothing of any of them."""

    def __init__(self, parts: TurnParts) -> None:
        self._parts = parts

    async def run(
        self,
        message: str,
        caller: Caller,
        conversation_id: str | None = None,
        *,
        history: Sequence[Message] | None = None,
    ) -> AsyncIterator[Event]:
        """Answer ``message``. With ``history`` given the turn is audited but not kept as a conversation.

        Raises EmptyMessage, MessageTooLong and NotFound (a foreign conversation) before the first event;
        afterwards every failure becomes an answer that says so. Closed or cancelled under way, the run ends
        with the model and tools it was waiting for, and what had been said by then is recorded.
        """
        parts = self._parts
        _refuse_unusable(message, parts.max_message_chars)
        conversation, before = await anyio.to_thread.run_sync(
            self._begin, conversation_id, caller, message, history
        )
        reply_id = parts.new_id()
        yield TurnStarted(conversation, reply_id)
        past = window(before, parts.specs, parts.context_tokens, parts.count_tokens)
        progress = _progress(message, past)
        try:
            async with aclosing(self._answer(past, message, caller, progress)) as events:
                async for event in events:
                    yield event
        except (CancelledError, GeneratorExit):
            reply = _reply(conversation, reply_id, progress, parts.model_name)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._note, "interrupted", reply, caller, {})
            raise
        reply = _reply(conversation, reply_id, progress, parts.model_name)
        await anyio.to_thread.run_sync(self._record, reply, caller, progress, history is None)
        yield TurnFinished(reply)

    def _begin(
        self, conversation_id: str | None, caller: Caller, message: str, history: Sequence[Message] | None
    ) -> tuple[str, tuple[Message, ...]]:
        """Keep and record the question before anything is done about it. Returns what went before."""
        parts = self._parts
        if history is not None:
            conversation, before = conversation_id or parts.new_id(), tuple(history)
        else:
            conversation = parts.transcript.open(conversation_id, caller, message)
            before = parts.transcript.history(conversation, caller)
            parts.transcript.ask(conversation, message)
        parts.audit.append(caller.id, [("question", {"text": message})], conversation)
        return conversation, before

    async def _answer(
        self, past: list[BaseMessage], message: str, caller: Caller, progress: _Progress
    ) -> AsyncGenerator[Event, None]:
        stream = self._parts.agent.astream(
            {"messages": [*past, HumanMessage(message)]},
            context=caller,
            stream_mode=["messages", "updates", "custom"],
        )
        try:
            async for mode, payload in stream:
                for event in self._events(str(mode), payload, progress):
                    yield event
        except GraphRecursionError:
            for event in self._say("step_limit", progress):
                yield event
        except Exception:
            reference = self._parts.new_id()[:8]
            log.exception("turn failed, reference %s", reference)
            for event in self._say("turn_failed", progress, reference=reference):
                yield event
        for event in self._show(progress.gate.flush(), progress):
            yield event

    def _events(self, mode: str, payload: Any, progress: _Progress) -> list[Event]:
        if mode == "messages":
            chunk, about = payload
            if isinstance(chunk, AIMessageChunk) and about.get("langgraph_node") == "model":
                blocks = progress.gate.feed(chunk.text)
                return [event for block in blocks for event in self._show(block, progress)]
            return []
        if mode == "custom":
            return self._aside(payload, progress)
        return [
            event
            for update in payload.values()
            for message in (update or {}).get("messages", ())
            for event in self._settled(message, progress)
        ]

    def _settled(self, message: BaseMessage, progress: _Progress) -> list[Event]:
        """Events for a message that is complete: tool calls start, tool results arrive."""
        if isinstance(message, AIMessage):
            progress.usage = _plus(progress.usage, message)
            progress.refused = str(message.response_metadata.get("refusal", progress.refused))
            events = self._show(progress.gate.flush(), progress)
            for asked in message.tool_calls:
                progress.pending[asked["id"] or ""] = asked["args"]
                events.append(ToolStarted(asked["id"] or "", asked["name"], asked["args"]))
            return events
        if isinstance(message, ToolMessage):
            failed = message.status == "error"
            call = ToolCall(
                id=message.tool_call_id,
                name=message.name or "",
                args=progress.pending.get(message.tool_call_id, {}),
                status="error" if failed else "ok",
                result=_problem(message) if failed else as_json(message.artifact),
            )
            progress.calls.append(call)
            if tells(message):
                progress.artifacts.append(message.artifact)
            return [ToolFinished(call)]
        return []

    def _aside(self, payload: Mapping[str, Any], progress: _Progress) -> list[Event]:
        """What a middleware says beside the answer: a notice, or that the text so far does not count."""
        events: list[Event] = []
        if payload.get("withdraw"):
            progress.gate.flush()
            if progress.text:
                progress.text.clear()
                events.append(TextWithdrawn())
        progress.ids |= frozenset(payload.get("ids", ()))
        if code := payload.get("notice"):
            events.append(self._notice(str(code), progress, **payload.get("values", {})))
        return events

    def _show(self, block: str, progress: _Progress) -> list[Event]:
        """The block after the guards, its citations announced before it."""
        if not block:
            return []
        evidence = progress.evidence
        known = (*progress.window_artifacts, *progress.artifacts)
        if evidence is None or len(evidence.artifacts) != len(known):
            offered = citable(progress.artifacts)
            check, system = self._parts.check, self._parts.texts.system
            evidence = Evidence(progress.said, known, offered, check, system, progress.ids)
            progress.evidence = evidence
        offered = evidence.citable
        shown, codes = guarded(block, evidence)
        events: list[Event] = [self._notice(code, progress) for code in codes]
        for match in MARK.finditer(shown):
            n = int(match[1])
            if n in offered and n not in progress.cited:
                progress.cited[n] = offered[n]
                events.append(CitationAdded(offered[n]))
        if shown:
            progress.text.append(shown)
            events.append(TextDelta(shown))
        return events

    def _say(self, code: str, progress: _Progress, **values: object) -> list[Event]:
        text = self._parts.texts.notice(code, progress.language, **values)
        progress.text.append(text)
        return [TextDelta(text)]

    def _notice(self, code: str, progress: _Progress, **values: object) -> Notice:
        text = self._parts.texts.notice(code, progress.language, **values)
        if text not in progress.notices:
            progress.notices.append(text)
        return Notice(text)

    def _record(self, reply: ChatReply, caller: Caller, progress: _Progress, kept: bool) -> None:
        """Audit first: what a conversation holds stands in the trail, whenever the process dies."""
        reason = {"reason": progress.refused} if progress.refused else {}
        self._note("refusal" if reason else "answer", reply, caller, reason)
        if kept:
            self._parts.transcript.answer(reply)

    def _note(self, kind: Kind, reply: ChatReply, caller: Caller, reason: dict[str, Any]) -> None:
        entries: list[tuple[Kind, dict[str, Any]]] = [
            ("tool_call", {"name": c.name, "args": c.args, "status": c.status, "digest": digest_of(c.result)})
            for c in reply.tool_calls
        ]
        answer = {
            "message_id": reply.message_id,
            "text": reply.text,
            "model": reply.model,
            "citations": [c.chunk_id for c in reply.citations],
            "notices": list(reply.notices),
            **self._parts.versions(),
        }
        self._parts.audit.append(caller.id, [*entries, (kind, reason | answer)], reply.conversation_id)


def _refuse_unusable(message: str, limit: int) -> None:
    if not message.strip():
        raise EmptyMessage
    if len(message) > limit:
        raise MessageTooLong(len(message), limit)


def _progress(message: str, past: Sequence[BaseMessage]) -> _Progress:
    asked = [str(m.content) for m in past if isinstance(m, HumanMessage)]
    results = tuple(m.artifact for m in past if isinstance(m, ToolMessage) and m.artifact is not None)
    chinese = any("一" <= c <= "鿿" for c in message)
    return _Progress("\n".join([*asked, message]), results, "zh" if chinese else "en")


def _reply(conversation_id: str, reply_id: str, progress: _Progress, model: str) -> ChatReply:
    return ChatReply(
        conversation_id=conversation_id,
        message_id=reply_id,
        text="".join(progress.text).strip(),
        tool_calls=tuple(progress.calls),
        citations=tuple(progress.cited[n] for n in sorted(progress.cited)),
        model=model,
        usage=progress.usage,
        notices=tuple(progress.notices),
    )


def _problem(message: ToolMessage) -> dict[str, Any]:
    return {**(as_json(message.artifact) or {}), "text": str(message.content)}


def _plus(usage: Usage, message: AIMessage) -> Usage:
    used = message.usage_metadata
    if used is None:
        return usage
    return Usage(
        input_tokens=usage.input_tokens + used["input_tokens"],
        output_tokens=usage.output_tokens + used["output_tokens"],
    )
