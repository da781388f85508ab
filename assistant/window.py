"""The part of a conversation that a model sees: whole turns, newest first, within a token budget.

A tool call is never parted from its result. Results of older turns are dropped, their arguments kept:
what was asked for is needed to follow up, what came back is not.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from assistant.events import ToolCall
from assistant.toolbox import AnySpec
from assistant.transcript import Message, turns_of

RESULTS_KEPT = 2
DROPPED = "（结果已略）"


def window(
    history: Sequence[Message],
    specs: Mapping[str, AnySpec],
    budget: int,
    count: Callable[[str], int],
) -> list[BaseMessage]:
    """Messages of the newest turns that fit ``budget`` tokens, oldest first."""
    chosen: list[list[BaseMessage]] = []
    left = budget
    for age, (question, answer) in enumerate(reversed(turns_of(history))):
        if answer is None:
            continue
        turn = _turn(question, answer, specs, keep_results=age < RESULTS_KEPT)
        left -= sum(count(_weight(message)) for message in turn)
        if left < 0:
            break
        chosen.append(turn)
    return [message for turn in reversed(chosen) for message in turn]


def _turn(
    question: Message, answer: Message, specs: Mapping[str, AnySpec], *, keep_results: bool
) -> list[BaseMessage]:
    calls = answer.reply.tool_calls if answer.reply else ()
    messages: list[BaseMessage] = [HumanMessage(question.text)]
    if calls:
        asked = [{"name": c.name, "args": c.args, "id": c.id, "type": "tool_call"} for c in calls]
        messages.append(AIMessage("", tool_calls=asked))
        messages.extend(_result(call, specs, keep=keep_results) for call in calls)
    messages.append(AIMessage(answer.text))
    return messages


def _result(call: ToolCall, specs: Mapping[str, AnySpec], *, keep: bool) -> ToolMessage:
    content, artifact = DROPPED, call.result
    spec = specs.get(call.name)
    if call.status == "ok" and spec is not None:
        artifact = _revive(spec, call.result)
        if keep and artifact is not None:
            content = spec.render(artifact, "zh")
    return ToolMessage(content, name=call.name, tool_call_id=call.id, status=_status(call), artifact=artifact)


def _revive(spec: AnySpec, stored: Any) -> Any:
    """The answer object again; None where an older version of the house wrote another shape."""
    try:
        return spec.answer.model_validate(stored)
    except ValueError:
        return None


def _status(call: ToolCall) -> Any:
    return "success" if call.status == "ok" else "error"


def _weight(message: BaseMessage) -> str:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    return str(message.content) + (json.dumps(calls, ensure_ascii=False) if calls else "")
