"""What one turn comes to: the calls to make, the one question to ask, or a reply that needs no tool."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.models.dialogue import Args, Pending
from assistant.models.understanding import Reading

_HERE_IT_IS = re.compile(
    r"^(?:就是?|是|喏|给|来了)?(?:这[个段句条]|下面这?[段句条]?|原文|内容)?(?:是)?[：:]\s*"
)


@dataclass(frozen=True)
class Plan:
    """``calls`` first; ``question`` names what is missing; ``reply`` names a text that needs no tool."""

    calls: tuple[tuple[str, Args], ...] = ()
    question: str = ""
    reply: str = ""
    pending: Pending | None = None
    values: dict[str, Any] = field(default_factory=dict)


def joined(plans: Sequence[Plan]) -> Plan:
    """All calls, the first question, and the first word about what cannot be done."""
    calls = tuple(call for plan in plans for call in plan.calls)
    asking = next((plan for plan in plans if plan.question), None)
    declined = next((plan.reply for plan in plans if plan.reply), "")
    if asking and asking.question == "check_text" and any(name == "draft_invitation" for name, _ in calls):
        asking = None  # 写完再审一遍: a draft is always checked
    if asking is None:
        return Plan(calls, reply=declined) if calls else plans[0]
    return replace(asking, calls=calls)


def copy_told(reading: Reading) -> str:
    """What answers our question for the copy: all that was said, unless most of it is set off as copy."""
    said = _HERE_IT_IS.sub("", reading.text.strip())
    return reading.copy if reading.copy and 2 * len(reading.copy) > len(said) else said


def pieces(text: str) -> list[str]:
    """The words of a hint that tells customers of one name apart."""
    return [p for p in re.split(r"[\s，,。的那个位是]+", text) if len(p) >= 2]
