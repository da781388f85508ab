"""What was found in a text: hits that stand, and the text as it was read."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tools.compliance.guards import Sentence, sentence_of
from tools.compliance.matching import Found, Match
from tools.compliance.normal import Joined, Stream
from tools.compliance.ruleset import Rule
from tools.values import Severity

_HEADING_REACH = 600


@dataclass(frozen=True)
class Hit:
    """A match that stands after guards and exceptions, in places of the original text."""

    rule: Rule
    start: int
    end: int
    evasive: bool
    calm: bool = False  # sentence and text read like plain honest copy: only a hint to the officer

    @property
    def severity(self) -> Severity:
        return "info" if self.calm else self.rule.severity


@dataclass(frozen=True)
class Read:
    """A text as it was read: both streams, what was found in them, and which stretches were respelled."""

    stream: Stream
    joined: Joined | None
    found: Found
    respelled: "Covered"
    exempt: Callable[[str], Sequence[tuple[int, int]]]
    """``Guards.exempt``, asked once a sentence: many matches share one."""
    headings: dict[int, str] = field(default_factory=dict)
    """By the start of a line, the one above that introduces it, as far as asked."""

    def is_exempt(self, sentence: Sentence) -> bool:
        """Whether the match lies inside an exempt stretch of its sentence."""
        stretches = self.exempt(sentence.text)
        return any(start <= sentence.start and sentence.end <= end for start, end in stretches)

    def sentence(self, match: Match, line: bool = False) -> Sentence:
        """The sentence of a match, or only its ``line``, without what hides words: a gap must not cut a 不得."""
        if self.joined is None:
            return sentence_of(self.stream, match.start, match.end)
        place = (match.start, match.end) if match.evasive else self.joined.placed(match.start, match.end)
        return sentence_of(self.joined, *place, self.joined.breaks if line else ())

    def heading(self, match: Match) -> str:
        """The line above that introduces the list in which the match stands, if there is one."""
        start = match.start
        if match.evasive and self.joined is not None:
            start = self.joined.starts[start]
        line_start = self.stream.text.rfind("\n", 0, start) + 1
        if line_start not in self.headings:
            self.headings[line_start] = _heading_above(self.stream.text, line_start)
        return self.headings[line_start]


class Covered:
    """Stretches of a text, asked whether another one touches them."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._furthest: list[int] = []
        for start, end in sorted(stretches):
            self._starts.append(start)
            self._furthest.append(max(end, self._furthest[-1]) if self._furthest else end)

    def touches(self, start: int, end: int) -> bool:
        """Whether one of them overlaps this one."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._furthest[before - 1] > start


def _heading_above(text: str, line_start: int) -> str:
    for line in reversed(text[max(0, line_start - _HEADING_REACH) : line_start].split("\n")):
        if line.rstrip().endswith((":", "】", "】:")):
            return line
    return ""
