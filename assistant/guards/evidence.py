"""What the guards hold an answer against: the question, the tool results, and the compliance engine."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from assistant.events import Citation
from assistant.guards.figures import figures
from assistant.toolbox import as_json
from tools.compliance.report import ComplianceReport

_LAYOUT = re.compile(r"[\s>`*_]+")
_POINTS = re.compile(r"[，,。.；;：:！!？?、“”\"‘’'「」『』（）()…—-]+")


class Passed(NamedTuple):
    """A block as it may be shown, and the code of a notice where it is not as the model wrote it."""

    text: str
    notice: str = ""


@dataclass(frozen=True)
class Evidence:
    """One turn's evidence. ``said`` is everything the user wrote in the window, ``instructions`` our own prompt,
    ``ids`` those of the customers in the caller's book."""

    said: str
    artifacts: tuple[object, ...]
    citable: dict[int, Citation]
    check: Callable[[str], ComplianceReport] = field(repr=False)
    instructions: str = field(default="", repr=False)
    ids: frozenset[str] = field(default=frozenset(), repr=False)

    @cached_property
    def text(self) -> str:
        """All tool results and the user's words as one text to look things up in."""
        results = [json.dumps(as_json(a), ensure_ascii=False, default=str) for a in self.artifacts]
        return "\n".join([self.said, *results])

    @cached_property
    def bare(self) -> str:
        """The same without spaces and marks of emphasis, in which breaks and layout do not matter."""
        return _LAYOUT.sub("", self.text.replace("\\n", ""))

    def holds(self, words: str) -> bool:
        """Whether these words stand in the evidence, whatever their layout and punctuation."""
        return _POINTS.sub("", _LAYOUT.sub("", words)) in self._pointless

    @cached_property
    def _pointless(self) -> str:
        return _POINTS.sub("", self.bare)

    @cached_property
    def figures(self) -> frozenset[float]:
        """Every figure that stands in the evidence."""
        return frozenset(figures(self.text))
