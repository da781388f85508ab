"""One pass over the text for the words of all patterns; expressions only round their own words."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import ahocorasick

from tools.compliance.normal import Joined, Stream
from tools.compliance.pattern import expand

Kind = Literal["rule", "allowed", "trigger", "unless", "satisfied", "product", "channel"]
_LOOKAHEAD = 16


@dataclass(frozen=True)
class Target:
    """What a pattern is for: a rule (all its matches are wanted) or a fact about the text (one is enough)."""

    kind: Kind
    name: str


@dataclass(frozen=True)
class Match:
    """A rule's pattern found in a stream."""

    rule: str
    stream: Stream
    start: int
    end: int

    @property
    def evasive(self) -> bool:
        """Whether it was hidden by what stood between its characters."""
        return isinstance(self.stream, Joined)


@dataclass
class Found:
    """All that one scan found."""

    matches: list[Match] = field(default_factory=list)
    facts: set[Target] = field(default_factory=set)


@dataclass(frozen=True)
class Pattern:
    """A pattern as the packs write it. An anchor stands ``low`` to ``high`` behind a match's start; ``width``
    bounds the longest match."""

    target: Target
    source: str
    anchors: Sequence[str]
    low: int
    high: int
    width: int


class Matcher:
    """Built once from the patterns of a rule set. Expressions are compiled when first needed."""

    def __init__(
        self, patterns: Sequence[Pattern], concepts: Mapping[str, str], variants: Mapping[str, str]
    ) -> None:
        self._patterns = patterns
        self._concepts = concepts
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._users: dict[str, list[int]] = defaultdict(list)
        for index, pattern in enumerate(patterns):
            for word in pattern.anchors:
                self._users[word].append(index)
        self._words = ahocorasick.Automaton()
        for word in self._users:
            self._words.add_word(word, word)
        self._words.make_automaton()
        self._variants = ahocorasick.Automaton()
        for written, meant in variants.items():
            self._variants.add_word(written, (len(written), meant))
        self._variants.make_automaton()

    @property
    def words(self) -> tuple[str, ...]:
        """All anchors."""
        return tuple(self._users)

    def variants(self, text: str) -> list[tuple[int, int, str]]:
        """Stretches that spell a term by its sound or shape, with the term; the longest, none overlapping."""
        if not len(self._variants):
            return []
        edits: list[tuple[int, int, str]] = []
        for last, (length, meant) in self._variants.iter_long(text):
            start = last - length + 1
            if not _inside_a_word(text, start, last + 1):
                edits.append((start, last + 1, meant))
        return edits

    def scan(self, plain: Stream, joined: Joined | None) -> Found:
        """Every match and fact in the plain stream; from the joined one, what was hidden in the plain."""
        found = Found()
        self._confirm(plain, [(0, len(plain.text))], found)
        if joined is not None:
            self._confirm(joined, joined.windows, found)
        return found

    def _candidates(self, text: str, windows: Iterable[tuple[int, int]]) -> dict[int, list[tuple[int, int]]]:
        """Pattern → where its words stand. Grouped by word first: a word starts many patterns."""
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for low, high in windows:
            for last, word in self._words.iter(text, low, high):
                places[word].append((last - len(word) + 1, last + 1))
        hits: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for word, stretches in places.items():
            for index in self._users[word]:
                hits[index] += stretches
        return hits

    def _confirm(self, stream: Stream, windows: Iterable[tuple[int, int]], found: Found) -> None:
        joined = stream if isinstance(stream, Joined) else None
        for index, words in self._candidates(stream.text, windows).items():
            target = self._patterns[index].target
            if target in found.facts:
                continue
            for start, end in self._matches(index, stream.text, sorted(words)):
                if joined is not None and not joined.broken(start, end):
                    continue
                if target.kind != "rule":
                    found.facts.add(target)
                    break
                found.matches.append(Match(target.name, stream, start, end))

    def _matches(self, index: int, text: str, words: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        pattern, expression = self._patterns[index], self._expression(index)
        if pattern.low == pattern.high:
            starts = (start - pattern.low for start, _ in words)
            yield from (m.span() for at in starts if at >= 0 and (m := expression.match(text, at)))
            return
        low, high = 0, -1
        for start, _ in words:
            first, last = max(0, start - pattern.high), start - pattern.low + pattern.width + _LOOKAHEAD
            if first > high >= 0:
                yield from (m.span() for m in expression.finditer(text, low, high))
                low = first
            low, high = (first if high < 0 else low), last
        yield from (m.span() for m in expression.finditer(text, low, high))

    def _expression(self, index: int) -> re.Pattern[str]:
        if index not in self._compiled:
            self._compiled[index] = re.compile(expand(self._patterns[index].source, self._concepts))
        return self._compiled[index]


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """A Latin spelling counts only where it does not continue a Latin word: ``bao`` in ``baoli`` is none."""
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else ""
    return (_latin(text[start]) and _latin(before)) or (_latin(text[end - 1]) and _latin(after))


def _latin(character: str) -> bool:
    return "a" <= character <= "z"
