"""The embedded chat model: LangChain's interface over our own understanding, planning and wording.

It needs no network and keeps nothing between calls: the messages hold the whole conversation, and what the
model may know besides them (the names in the caller's book) travels with the last question.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from assistant.models.asked import request_model
from assistant.models.composing import composed, item_answer, variant_answer
from assistant.models.copyparts import copy_model
from assistant.models.dialogue import State, Turn, turns_of
from assistant.models.eventparts import event_model
from assistant.models.intents import intent_model
from assistant.models.plan import Plan
from assistant.models.planning import Planner
from assistant.models.turns import TOOL_OF, turn_model
from assistant.models.understanding import Reader, Reading
from assistant.models.wording import Wording, Words
from assistant.models.words import load_lexicon
from knowledge.tokens import count
from tools.base import Caller

Names = Callable[[Caller], Sequence[tuple[str, str]]]
READINGS_KEPT = 1024
REMEMBERED = 12  # turns that a follow-up can reach back over
_PIECE = re.compile(r"[^\n]*\n+|[^\n]+")  # a line: the guards let nothing smaller pass


class EmbeddedChatModel(BaseChatModel):
    """Decides from the messages alone what to say or call next. Deterministic."""

    clock: Callable[[], datetime]
    learned_in: Path | None = None  # where what is learned is kept between starts
    _mind: "_Mind" = PrivateAttr()

    def model_post_init(self, context: Any, /) -> None:
        """Fit the intent model and read the words, so that the first turn is as quick as any."""
        super().model_post_init(context)
        self._mind = _Mind(self.clock, self.learned_in)

    def reading(self, messages: Sequence[BaseMessage]) -> Reading:
        """How the last question is understood."""
        return self._mind.reading(turns_of(messages)[-1])

    @property
    def _llm_type(self) -> str:
        return "embedded"

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Only the bound tools are called."""
        names = [
            t.name if isinstance(t, BaseTool) else convert_to_openai_tool(t)["function"]["name"]
            for t in tools
        ]
        return self.bind(tool_names=names)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self._mind.next_message(messages, kwargs.get("tool_names"))
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(self._mind.next_message(messages, kwargs.get("tool_names"))):
            if run_manager:
                run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in _chunks(self._mind.next_message(messages, kwargs.get("tool_names"))):
            if run_manager:
                await run_manager.on_llm_new_token(str(chunk.text), chunk=chunk)
            yield chunk


class _Mind:
    """Reads, plans and composes."""

    def __init__(self, clock: Callable[[], datetime], cache: Path | None) -> None:
        lexicon = load_lexicon()
        self._clock = clock
        self._lexicon = lexicon
        reader = Reader(
            lexicon,
            intent_model(lexicon, cache),
            copy_model(lexicon, cache),
            request_model(lexicon, cache),
            event_model(lexicon, cache),
            turn_model(lexicon, cache),
        )
        self._read = lru_cache(READINGS_KEPT)(reader.read)  # earlier turns are read again on every turn
        self._planner = Planner(lexicon)
        self._words = Words()

    def reading(self, turn: Turn) -> Reading:
        """How the question of ``turn`` is understood."""
        return self._read(turn.said, turn.known, self._clock().date())

    def next_message(self, messages: Sequence[BaseMessage], tools: Sequence[str] | None) -> AIMessage:
        """Tool calls where the plan has some that were not made yet, else the answer."""
        *before, now = turns_of(messages) or [Turn("")]
        state = State()
        for turn in before[-REMEMBERED:]:
            self._pass(turn, state, now.known)
        reading = self._read(now.said, now.known, self._clock().date(), TOOL_OF.get(state.latest, ""))
        plan = self._planner.plan(reading, state)
        calls = [(n, a) for n, a in plan.calls if tools is None or n in tools]
        if calls and not now.calls:
            return _asking(calls, messages)
        words = self._words.speaking(reading.language, now.said)
        text = self._answer(plan, now, reading, words)
        declined = plan.reply.startswith("refuse_") and not plan.calls
        refusal = plan.reply.removeprefix("refuse_") if declined else ""
        return _said(text, messages, refusal)

    def _pass(self, turn: Turn, state: State, known: Sequence[tuple[str, str]]) -> None:
        """Bring ``state`` past a turn that is over; our own question, if it was one, waits for its answer."""
        before = TOOL_OF.get(state.latest, "")
        reading = self._read(turn.said, tuple(known), self._clock().date(), before)
        plan = self._planner.plan(reading, state)
        state.pending = None
        state.after(turn.calls, reading.people.references)
        if plan.question:
            state.pending = plan.pending
        declined = plan.reply.startswith("refuse_") and (reading.unsafe or bool(state.refused))
        state.refused = plan.reply.removeprefix("refuse_") if declined else ""

    def _answer(self, plan: Plan, turn: Turn, reading: Reading, words: Wording) -> str:
        parts = (
            [composed(turn.calls, turn.said, words, unlawful=self._unlawful(reading))] if turn.calls else []
        )
        if plan.question:
            values = dict(plan.values)
            if found := values.pop("candidates", ()):
                values["candidates"] = words.say("separator").join(
                    name if [n for _, n in found].count(name) == 1 else f"{name}（{id_}）"
                    for id_, name in found[:8]
                )
            values.pop("shown", None)
            asked = words.say(f"ask_{plan.question}", **values)
            parts.append(words.say("after_question", question=asked) if parts else asked)
        elif plan.reply == "item":
            item = plan.values.get("item")
            parts.append(item_answer(item, words) if item else variant_answer(plan.values["variant"], words))
        elif plan.reply:
            parts.append(words.say(plan.reply))
            if not turn.calls and plan.reply.startswith("refuse_"):
                parts.append(words.say("refuse_tail"))
        return "\n\n".join(parts) or words.say("unclear")

    def _unlawful(self, reading: Reading) -> bool:
        """Whether leave is asked for what the rules forbid."""
        folded = self._lexicon.fold(reading.text)
        return self._lexicon.has("unlawful", folded) and self._lexicon.has("asks_leave", folded)


@dataclass
class KnownNames(AgentMiddleware[Any, Caller, Any]):
    """Sends the names in the caller's book along with the last question, for recognising them in it.

    They ride in ``additional_kwargs``, which other models' clients do not transmit.
    """

    names: Names

    def wrap_model_call(
        self, request: ModelRequest[Caller], handler: Callable[[ModelRequest[Caller]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return handler(self._named(request, self.names(request.runtime.context)))

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Any) -> ModelResponse[Any]:
        known = await asyncio.to_thread(self.names, request.runtime.context)
        request.runtime.stream_writer(
            {"ids": [id_ for id_, _ in known]}
        )  # an answer may tell them apart by id
        response: ModelResponse[Any] = await handler(self._named(request, known))
        return response

    def _named(self, request: ModelRequest[Caller], known: Sequence[tuple[str, str]]) -> ModelRequest[Caller]:
        return request.override(messages=with_names(request.messages, known))


def with_names(messages: Sequence[AnyMessage], known: Sequence[tuple[str, str]]) -> list[AnyMessage]:
    """The messages with ``known`` (id, name) attached to the last question."""
    named = list(messages)
    last = max((i for i, m in enumerate(named) if isinstance(m, HumanMessage)), default=-1)
    if last >= 0:
        extra = {**named[last].additional_kwargs, "known_names": [tuple(pair) for pair in known]}
        named[last] = named[last].model_copy(update={"additional_kwargs": extra})
    return named


def _asking(calls: Sequence[tuple[str, dict[str, Any]]], messages: Sequence[BaseMessage]) -> AIMessage:
    seed = f"{len(messages)}|{messages[-1].text}"
    made = [
        {"name": name, "args": args, "id": f"call_{_digest(f'{seed}|{i}')}", "type": "tool_call"}
        for i, (name, args) in enumerate(calls)
    ]
    return AIMessage("", tool_calls=made, usage_metadata=_usage(messages, str(made)))


def _said(text: str, messages: Sequence[BaseMessage], refusal: str) -> AIMessage:
    about = {"finish_reason": "stop", **({"refusal": refusal} if refusal else {})}
    return AIMessage(text, response_metadata=about, usage_metadata=_usage(messages, text))


def _usage(messages: Sequence[BaseMessage], answer: str) -> UsageMetadata:
    read, written = sum(count(str(m.text)) for m in messages), count(answer)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)


def _chunks(message: AIMessage) -> Iterator[ChatGenerationChunk]:
    """The message line by line; usage and metadata come with the last."""
    for piece in _PIECE.findall(str(message.text)):
        yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
    calls = [
        tool_call_chunk(name=c["name"], args=_json(c["args"]), id=c["id"], index=i)
        for i, c in enumerate(message.tool_calls)
    ]
    last = AIMessageChunk(
        content="",
        tool_call_chunks=calls,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        chunk_position="last",
    )
    yield ChatGenerationChunk(message=last)


def _json(args: dict[str, Any]) -> str:
    return json.dumps(args, ensure_ascii=False)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
