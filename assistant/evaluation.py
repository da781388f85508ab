"""Labelled dialogues run against an assistant: the cases, the matchers, and the score.

A dialogue passes when all its turns pass. ``send`` is any door: the turn generator, HTTP, a model in a loop.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from assistant.events import ChatReply, ToolCall
from prompts.datafile import Frozen, load_jsonl

DIALOGUES = Path(__file__).parent / "evals" / "dialogues.jsonl"
Send = Callable[[str, str], ChatReply]
_NAMED = re.compile(r"\{(c\d)(?:\.(name|id))?\}")
_ASKS = re.compile(r"[?？]|请问|请告诉|请提供|哪[位个一些种]|which|what|could you|please", re.IGNORECASE)
_REFUSES = re.compile(
    r"不能|无法|不可以|不便|抱歉|不支持|帮不了|"
    r"没有.{0,8}(?:内容|答案)|不在.{0,8}范围|sorry|can't|cannot|unable|not allowed",
    re.IGNORECASE,
)


class Expectation(Frozen):
    """What must hold of one answer. Regular expressions unless said otherwise."""

    tools: tuple[str, ...] = ()
    tools_any: tuple[str, ...] = ()
    tools_none: tuple[str, ...] = ()
    no_tools: bool = False
    args: dict[str, Any] = Field(default_factory=dict)
    reply: tuple[str, ...] = ()
    reply_not: tuple[str, ...] = ()
    citations_min: int = 0
    clarify: bool = False
    refuse: bool = False
    verdict: tuple[str, ...] = ()
    draft_not: tuple[str, ...] = ()
    items_max_price: float | None = None
    reply_item: int | None = None


class Exchange(Frozen):
    user: str
    expect: Expectation = Expectation()


class Dialogue(Frozen):
    """One labelled conversation; ``{c1.name}`` and ``{c1.id}`` stand for customers of the manager."""

    id: str
    tags: tuple[str, ...] = ()
    lang: str = "zh"
    turns: tuple[Exchange, ...]


@dataclass(frozen=True)
class Outcome:
    """How one dialogue went; ``faults`` is empty where it passed."""

    dialogue: Dialogue
    faults: tuple[str, ...]
    replies: tuple[ChatReply, ...]

    @property
    def passed(self) -> bool:
        return not self.faults


def load_dialogues(path: Path = DIALOGUES) -> list[Dialogue]:
    """The labelled set. Raises DataFileError."""
    return load_jsonl(path, Dialogue)


def run_dialogue(dialogue: Dialogue, send: Send, customers: Sequence[tuple[str, str]]) -> Outcome:
    """Run every turn; ``customers`` are (id, name) for c1, c2 …"""
    people = {f"c{i}": pair for i, pair in enumerate(customers, 1)}
    faults: list[str] = []
    replies: list[ChatReply] = []
    for number, turn in enumerate(dialogue.turns, 1):
        reply = send(dialogue.id, _filled(turn.user, people))
        found = _faults(turn.expect, reply, replies, people)
        faults += [f"turn {number}: {fault}" for fault in found]
        replies.append(reply)
    return Outcome(dialogue, tuple(faults), tuple(replies))


def _filled(text: str, people: Mapping[str, tuple[str, str]]) -> str:
    return _NAMED.sub(lambda m: people[m[1]][0 if m[2] == "id" else 1], text)


def _faults(
    expect: Expectation, reply: ChatReply, before: Sequence[ChatReply], people: Mapping[str, tuple[str, str]]
) -> list[str]:
    done = {c.name for c in reply.tool_calls if c.status == "ok"}
    called = {c.name for c in reply.tool_calls}
    faults = [f"{tool} was not called" for tool in expect.tools if tool not in done]
    if expect.tools_any and not done & set(expect.tools_any):
        faults.append(f"none of {expect.tools_any} was called")
    faults += [f"{tool} was called" for tool in expect.tools_none if tool in called]
    if expect.no_tools and called:
        faults.append(f"tools were called: {sorted(called)}")
    for tool, wanted in expect.args.items():
        calls = [c.args for c in reply.tool_calls if c.name == tool]
        for one in wanted if isinstance(wanted, list) else [wanted]:
            if not any(_args_match(one, args, people) for args in calls):
                faults.append(f"{tool}: no call matches {one}; called with {calls}")
    return faults + _text_faults(expect, reply, before, people)


def _text_faults(
    expect: Expectation, reply: ChatReply, before: Sequence[ChatReply], people: Mapping[str, tuple[str, str]]
) -> list[str]:
    text = reply.text
    faults = [f"reply lacks {p}" for p in expect.reply if not re.search(_filled(p, people), text)]
    faults += [f"reply holds {p}" for p in expect.reply_not if re.search(_filled(p, people), text)]
    if len(reply.citations) < expect.citations_min:
        faults.append(f"{len(reply.citations)} citations")
    if expect.clarify and not _ASKS.search(text):
        faults.append("nothing is asked")
    if expect.refuse and not _REFUSES.search(text):
        faults.append("not refused")
    verdicts = [
        c.result.get("verdict") for c in reply.tool_calls if c.name == "check_compliance" and c.result
    ]
    if expect.verdict and not set(verdicts) & set(expect.verdict):
        faults.append(f"verdict {verdicts}")
    drafts = "\n".join(_drafts(reply.tool_calls))
    faults += [f"draft holds {p}" for p in expect.draft_not if re.search(_filled(p, people), drafts)]
    items = _items(reply.tool_calls)
    if expect.items_max_price is not None and any(float(i["price"]) > expect.items_max_price for i in items):
        faults.append("an item is too dear")
    if expect.reply_item is not None:
        shown = [item["name"] for earlier in before for item in _items(earlier.tool_calls)]
        if len(shown) < expect.reply_item or shown[expect.reply_item - 1] not in text:
            faults.append(f"item {expect.reply_item} is not named")
    return faults


def _drafts(calls: Sequence[ToolCall]) -> list[str]:
    done = [c.result for c in calls if c.name == "draft_invitation" and c.status == "ok"]
    return [variant["text"] for result in done for variant in result["variants"]]


def _items(calls: Sequence[ToolCall]) -> list[dict[str, Any]]:
    done = [c.result for c in calls if c.name == "recommend_gifts" and c.status == "ok"]
    return [item for result in done for item in result["items"]]


def _args_match(
    wanted: Mapping[str, Any], args: Mapping[str, Any], people: Mapping[str, tuple[str, str]]
) -> bool:
    if "*" in wanted:
        return bool(args) and any(_matches(wanted["*"], value, people) for value in args.values())
    return all(_matches(value, args.get(name), people) for name, value in wanted.items())


def _matches(wanted: Any, given: Any, people: Mapping[str, tuple[str, str]]) -> bool:
    """One matcher: a value, a list of accepted values, or contains, approx, re, present."""
    if isinstance(wanted, list):
        return any(_matches(one, given, people) for one in wanted)
    if isinstance(wanted, Mapping):
        if "present" in wanted:
            return (given not in (None, "", [])) == bool(wanted["present"])
        if given is None:
            return False
        if "approx" in wanted:
            return abs(float(given) - float(wanted["approx"])) <= 0.05 * abs(float(wanted["approx"]))
        said = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        if "contains" in wanted:
            return _filled(wanted["contains"], people) in said
        return re.search(_filled(wanted["re"], people), said) is not None
    if isinstance(wanted, str) and (named := _NAMED.fullmatch(wanted)):
        return given in people[named[1]]
    return bool(given == wanted)
