"""What was found in a text: hits that stand, and the text as it was read."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tools.compliance.guards import Sentence, sentences_of
from tools.compliance.matching import Found, Match
from tools.compliance.normal import Joined, Stream
from tools.compliance.ruleset import Rule
from tools.values import Product, Severity

_HEADING_REACH = 600
_OPENING = 70
_HEADING_END = re.compile(r"[:】][^\S\n]*\n")


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


class Marks:
    """What is known of a text besides its words: the product that it is said to be about, what rules object to, and
    how gravely. In the places of the original text."""

    def __init__(self, hits: Iterable[Hit], about: Product | None) -> None:
        self._hits = sorted(hits, key=lambda hit: hit.start)
        self._starts = [hit.start for hit in self._hits]
        self.about = about

    def all(self) -> tuple[str, ...]:
        """The marks of the whole text."""
        return self._of(self._hits)

    def within(self, start: int, end: int) -> tuple[str, ...]:
        """The marks of a stretch: of what rules object to, what starts in it."""
        return self._of(self._hits[bisect_left(self._starts, start) : bisect_left(self._starts, end)])

    def of_clauses(self, places: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
        """The marks of the clauses of one text, in order: their own, and what they stand beside."""
        own = [self.within(start, end) for start, end in places]
        objected = [
            bisect_left(self._starts, start) < bisect_left(self._starts, end) for start, end in places
        ]
        total = sum(objected)
        beside = [False, *objected, False]
        last = len(places) - 1
        return [
            (
                *own[i],
                *(("clause:first",) if i == 0 else ()),
                *(("clause:last",) if i == last else ()),
                *(("clause:after",) if beside[i] else ()),
                *(("clause:before",) if beside[i + 2] else ()),
                "clause:none" if total == 0 else "clause:other" if total > objected[i] else "clause:this",
            )
            for i in range(len(places))
        ]

    def _of(self, hits: Iterable[Hit]) -> tuple[str, ...]:
        rules = {hit.rule.id: hit.rule for hit in hits}.values()
        categories = {f"category:{rule.category}" for rule in rules}
        weights = {f"rule:{'broad' if rule.broad else rule.severity}" for rule in rules}
        said = () if self.about is None else (f"about:{self.about}",)
        return (*said, *sorted(categories | weights))


@dataclass(frozen=True)
class Read:
    """A text as it was read: both streams, what was found in them, and which stretches were respelled."""

    stream: Stream
    joined: Joined | None
    found: Found
    respelled: "Covered"
    exempt: Callable[[str], Sequence[tuple[int, int]]]
    """``Guards.exempt``, asked once a sentence: many matches share one."""

    def is_exempt(self, sentence: Sentence) -> bool:
        """Whether the match lies inside an exempt stretch of its sentence."""
        stretches = self.exempt(sentence.text)
        return any(start <= sentence.start and sentence.end <= end for start, end in stretches)

    def sentences(self, matches: Sequence[Match]) -> list[tuple[Sentence, Sentence]]:
        """The sentence of each match and its line of it, without what hides words: a gap must not cut a 不得."""
        starts, ends = np.array([(match.start, match.end) for match in matches], np.int64).reshape(-1, 2).T
        joined = self.joined
        if joined is None:
            return sentences_of(self.stream, starts, ends)
        hidden = np.array([match.evasive for match in matches], np.bool_)
        kept = np.asarray(joined.starts)
        starts = np.where(hidden, starts, np.searchsorted(kept, starts))
        ends = np.where(hidden, ends, np.searchsorted(kept, ends))
        return sentences_of(joined, starts, ends, joined.breaks)

    def heading(self, match: Match) -> str:
        """The line above that introduces the list in which the match stands, if there is one."""
        start = match.start
        if match.evasive and self.joined is not None:
            start = self.joined.starts[start]
        text = self.stream.text
        line_start = text.rfind("\n", 0, start) + 1
        above, furthest = bisect_left(self._headings, line_start), max(0, line_start - _HEADING_REACH)
        if not above or self._headings[above - 1] < furthest:
            return ""
        mark = self._headings[above - 1]
        return text[max(text.rfind("\n", 0, mark) + 1, furthest) : text.index("\n", mark)]

    @cached_property
    def opening(self) -> str:
        """How the text begins: its title, its address, what it is about."""
        return self.stream.text[:_OPENING]

    @cached_property
    def _headings(self) -> list[int]:
        """Where the marks stand that end headings."""
        return [m.start() for m in _HEADING_END.finditer(self.stream.text)]


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
