"""What the guards hold an answer against: the question, the tool results, and the compliance engine."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from assistant.events import Citation
from assistant.guards.figures import figures
from assistant.toolbox import as_json
from tools.compliance.report import ComplianceReport


class Passed(NamedTuple):
    """A block as it may be shown, and the code of a notice where it is not as the model wrote it."""

    text: str
    notice: str = ""


@dataclass(frozen=True)
class Evidence:
    """One turn's evidence. ``said`` is everything the user wrote in the window."""

    said: str
    artifacts: tuple[object, ...]
    citable: Mapping[int, Citation]
    check: Callable[[str], ComplianceReport] = field(repr=False)

    @cached_property
    def text(self) -> str:
        """All tool results and the user's words as one text to look things up in."""
        results = [json.dumps(as_json(a), ensure_ascii=False, default=str) for a in self.artifacts]
        return "\n".join([self.said, *results])

    @cached_property
    def figures(self) -> frozenset[float]:
        """Every figure that stands in the evidence."""
        return frozenset(figures(self.text))
