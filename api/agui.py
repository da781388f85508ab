"""A turn's events as AG-UI events, the open Agent-User Interaction protocol."""

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass, field
from time import monotonic

from ag_ui.core import (
    BaseEvent,
    CustomEvent,
    RunErrorEvent,
    RunFinishedEvent,
    RunStartedEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
)
from ag_ui.encoder import EventEncoder

from api.rendered import html_of
from assistant.events import (
    CitationAdded,
    Event,
    Notice,
    TextDelta,
    TextWithdrawn,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)

log = logging.getLogger(__name__)


_RENDERED_EVERY = 0.03
"""Seconds between renderings while text streams: every one is of the whole text."""


@dataclass
class AgUi:
    """Maps one run, under the client's run and thread ids where it gave some.

    Citations, notices, tool results and rendered HTML travel as CUSTOM events.
    """

    run_id: str | None = None
    thread_id: str = ""
    message_id: str = ""
    open: bool = False
    text: list[str] = field(default_factory=list)
    rendered: str = ""
    rendered_at: float = float("-inf")

    def map(self, event: Event) -> Iterator[BaseEvent]:
        """The AG-UI events for ``event``, in order."""
        if isinstance(event, TurnStarted):
            self.message_id = event.message_id
            self.thread_id = self.thread_id or event.conversation_id
            self.run_id = self.run_id or event.message_id
            yield RunStartedEvent(thread_id=self.thread_id, run_id=self.run_id)
        elif isinstance(event, ToolStarted):
            arguments = json.dumps(event.args, ensure_ascii=False, default=str)
            yield ToolCallStartEvent(
                tool_call_id=event.id, tool_call_name=event.name, parent_message_id=self.message_id
            )
            yield ToolCallArgsEvent(tool_call_id=event.id, delta=arguments)
            yield ToolCallEndEvent(tool_call_id=event.id)
        elif isinstance(event, ToolFinished):
            yield from self._result(event)
        elif isinstance(event, CitationAdded):
            yield CustomEvent(name="citation", value=event.citation.model_dump(mode="json"))
        elif isinstance(event, Notice):
            yield CustomEvent(name="notice", value={"text": event.text})
        elif isinstance(event, TextDelta):
            yield from self._delta(event.text)
        elif isinstance(event, TextWithdrawn):
            self.text.clear()
            self.rendered = ""
            yield CustomEvent(name="text_withdrawn", value={"message_id": self.message_id})
        else:
            yield from self._finish(event)

    def failed(self, message: str, code: str) -> Iterator[BaseEvent]:
        """The run ended without an answer."""
        if self.open:
            yield from self._html()
            yield TextMessageEndEvent(message_id=self.message_id)
        yield RunErrorEvent(message=message, code=code)

    def _result(self, event: ToolFinished) -> Iterator[BaseEvent]:
        call = event.call.model_dump(mode="json")
        yield ToolCallResultEvent(
            message_id=f"{self.message_id}-{event.call.id}",
            tool_call_id=event.call.id,
            content=json.dumps(call["result"], ensure_ascii=False),
            role="tool",
        )
        yield CustomEvent(name="tool_result", value=call)

    def _delta(self, text: str) -> Iterator[BaseEvent]:
        if not self.open:
            self.open = True
            yield TextMessageStartEvent(message_id=self.message_id, role="assistant")
        self.text.append(text)
        yield TextMessageContentEvent(message_id=self.message_id, delta=text)
        if monotonic() - self.rendered_at >= _RENDERED_EVERY:
            yield from self._html()

    def _html(self) -> Iterator[BaseEvent]:
        """The whole text so far as HTML, where it is not what was rendered last."""
        text = "".join(self.text)
        if text != self.rendered:
            self.rendered, self.rendered_at = text, monotonic()
            yield CustomEvent(name="html", value={"html": html_of(text)})

    def _finish(self, event: TurnFinished) -> Iterator[BaseEvent]:
        if self.open:
            yield from self._html()
            yield TextMessageEndEvent(message_id=self.message_id)
        yield RunFinishedEvent(
            thread_id=self.thread_id,
            run_id=self.run_id or self.message_id,
            result=event.reply.model_dump(mode="json"),
        )


async def encoded(events: AsyncIterator[Event], mapping: AgUi, apology: str) -> AsyncGenerator[str, None]:
    """The turn as server-sent events. What breaks under way ends the run with RUN_ERROR and ``apology``."""
    encoder = EventEncoder()
    try:
        async for event in events:
            yield "".join(map(encoder.encode, mapping.map(event)))  # one write for what comes together
    except Exception:
        log.exception("a stream broke")
        yield "".join(map(encoder.encode, mapping.failed(apology, "internal")))
