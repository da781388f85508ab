"""The words of all patterns first, all at once; expressions only where their words stand together."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from tools.compliance.arrays import Codes, Numbers, codes_of, spread
from tools.compliance.normal import Joined, Stream
from tools.compliance.pattern import expand
from tools.compliance.words import Index, Places, Trie

Kind = Literal["rule", "allowed", "trigger", "unless", "satisfied", "product", "channel", "boilerplate"]
_LOOKAHEAD = 16
_Candidates = tuple[int, Iterable[tuple[int, int]]]
"""A pattern by its number, and the windows its matches start in."""


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
    """All that one scan found; of boilerplate, its stretches in the plain stream."""

    matches: list[Match] = field(default_factory=list)
    facts: set[Target] = field(default_factory=set)
    boilerplate: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Pattern:
    """A pattern as the packs write it, with what its matches must hold; sets of words go by their numbers.

    A word of ``anchors`` stands ``low`` to ``high`` behind a match's start. About it there are words of each set of
    ``near``: (set, at least, at most so far behind it). ``width`` bounds the longest match; ``inside``: it lies
    within one sentence.
    """

    target: Target
    source: str
    anchors: int
    low: int
    high: int
    width: int
    near: Sequence[tuple[int, int, int]] = ()
    inside: bool = False


class _Sentences:
    """Where the sentence round each place of a text starts and ends."""

    def __init__(self, stream: Stream) -> None:
        ends = np.array(stream.sentence_ends, np.int64)
        here = np.bincount(ends, minlength=len(stream.text))
        self._number = np.cumsum(here) - here
        self._starts = np.concatenate(([0], ends + 1))
        self._ends = np.concatenate((ends, [len(stream.text)]))

    def of(self, places: Numbers) -> tuple[Numbers, Numbers]:
        numbers = self._number[places]
        return self._starts[numbers], self._ends[numbers]


class Matcher:
    """Built once from the patterns of a rule set. Expressions are compiled when first needed."""

    def __init__(
        self,
        patterns: Sequence[Pattern],
        index: Index,
        concepts: Mapping[str, str],
        variants: Mapping[str, str],
    ) -> None:
        self._patterns = patterns
        self._index = index
        self._concepts = concepts
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._spelled = list(variants.items())
        self._variants = Trie.of([written for written, _ in self._spelled])
        self._anchors = np.array([p.anchors for p in patterns], np.int64)
        self._low, self._high = (np.array([getattr(p, k) for p in patterns]) for k in ("low", "high"))
        self._width = np.array([p.width for p in patterns])
        self._inside = np.array([p.inside for p in patterns], np.bool_)
        deepest = max((len(p.near) for p in patterns), default=0)
        padded = [[*p.near, *([(-1, 0, 0)] * (deepest - len(p.near)))] for p in patterns]
        self._near = np.array(padded, np.int64).reshape(len(patterns), deepest, 3).transpose(1, 2, 0)

    @property
    def words(self) -> list[str]:
        """All words that are looked for."""
        return self._index.trie.words()

    def variants(self, text: str) -> list[tuple[int, int, str]]:
        """Stretches that spell a term by its sound or shape, with the term; the longest, none overlapping."""
        return self._edits(text, codes_of(text))

    def hidden_variants(self, joined: Joined) -> list[tuple[int, int, str]]:
        """The same where something but a line break is put between the letters, in places of the stream below."""
        codes = np.where(joined.about_gaps, codes_of(joined.text), 0).astype(np.uint32)
        return [
            (joined.starts[start], joined.starts[end - 1] + 1, meant)
            for start, end, meant in self._edits(joined.text, codes)
            if joined.broken(start, end) and not any(start < at < end for at in joined.breaks)
        ]

    def _edits(self, text: str, codes: Codes) -> list[tuple[int, int, str]]:
        places, words = self._variants.find(codes)
        found = [
            (place, *self._spelled[word]) for place, word in zip(places.tolist(), words.tolist(), strict=True)
        ]
        edits: list[tuple[int, int, str]] = []
        behind = 0
        for start, written, meant in sorted(found, key=lambda f: (f[0], -len(f[1]))):
            end = start + len(written)
            if start >= behind and not _inside_a_word(text, start, end):
                behind = end
                edits.append((start, end, meant))
        return edits

    def scan(self, plain: Stream, joined: Joined | None) -> Found:
        """Every match and fact in the plain stream; from the joined one, what was hidden in the plain."""
        found = Found()
        codes = codes_of(plain.text)
        place, word = self._index.trie.find(codes)
        places = self._index.places(place, word, len(codes))
        self._confirm(plain, self._candidates(places, places, plain), found)
        if joined is not None:
            kept = np.frombuffer(joined.starts, np.uint32).astype(np.int64)
            codes = codes[kept]
            hidden, hidden_word = self._index.trie.find(np.where(joined.about_gaps, codes, 0))
            whole, whole_word = self._moved(place, word, kept, len(plain.text))
            anchors = self._index.places(hidden, hidden_word, len(codes))
            all_places, all_words = np.concatenate((hidden, whole)), np.concatenate((hidden_word, whole_word))
            near = self._index.places(all_places, all_words, len(codes))
            self._confirm(joined, self._candidates(anchors, near, joined), found)
        return found

    def _moved(self, place: Numbers, word: Numbers, kept: Numbers, size: int) -> tuple[Numbers, Numbers]:
        """The words of the plain stream that stand in the joined one as they are, in its places."""
        rank = np.zeros(size + 1, np.int64)
        rank[kept + 1] = 1
        rank.cumsum(out=rank)
        first, length = rank[place], self._index.lengths[word]
        unbroken = rank[place + length] - first == length
        return first[unbroken], word[unbroken]

    def _candidates(self, anchors: Places, near: Places, stream: Stream) -> Iterator[_Candidates]:
        """For each pattern the stretches in which a match can start at all: its words stand there together."""
        first, count = anchors.of(self._anchors)
        row = np.repeat(np.arange(len(self._patterns)), count)
        place = anchors.numbers[spread(first, count)] - self._anchors[row] * anchors.size
        sentences = _Sentences(stream)
        for sets, lows, highs in self._near:
            start, end = sentences.of(place)
            inside, low, high = self._inside[row], place + lows[row], place + highs[row]
            low = np.where(inside, np.maximum(low, start), low)
            high = np.where(inside, np.minimum(high, end - 1), high)
            stands = (sets[row] < 0) | near.any_between(sets[row], low, high)
            row, place = row[stands], place[stands]
        start, end = sentences.of(place)
        inside, low = self._inside[row], place - self._high[row]
        high = place - self._low[row] + self._width[row] + _LOOKAHEAD
        low = np.where(inside, np.maximum(low, start), np.maximum(low, 0))
        high = np.where(inside, np.minimum(high, end + _LOOKAHEAD), high)
        borders = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist(), len(row)]
        for start_row, end_row in pairwise(borders):
            if start_row < end_row:
                rows = slice(start_row, end_row)
                yield int(row[start_row]), zip(low[rows].tolist(), high[rows].tolist(), strict=True)

    def _confirm(self, stream: Stream, candidates: Iterable[_Candidates], found: Found) -> None:
        joined = stream if isinstance(stream, Joined) else None
        for index, windows in candidates:
            target = self._patterns[index].target
            if target in found.facts:
                continue
            for start, end in self._matches(index, stream.text, windows):
                if joined is not None and not joined.broken(start, end):
                    continue
                if target.kind == "boilerplate":
                    if joined is None:
                        found.boilerplate.append((start, end))
                elif target.kind != "rule":
                    found.facts.add(target)
                    break
                else:
                    found.matches.append(Match(target.name, stream, start, end))

    def _matches(
        self, index: int, text: str, windows: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[int, int]]:
        """The matches in windows that are in order; where it is known, a match starts with its window."""
        expression = self._expression(index)
        if self._patterns[index].low == self._patterns[index].high:
            yield from (m.span() for low, _ in windows if (m := expression.match(text, low)))
            return
        for low, high in _united(windows):
            yield from (m.span() for m in expression.finditer(text, low, high))

    def _expression(self, index: int) -> re.Pattern[str]:
        if index not in self._compiled:
            self._compiled[index] = re.compile(expand(self._patterns[index].source, self._concepts))
        return self._compiled[index]


def _united(windows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Windows that touch, as one."""
    low, high = -1, -1
    for first, last in windows:
        if first <= high:
            high = max(high, last)
            continue
        if low >= 0:
            yield low, high
        low, high = first, last
    if low >= 0:
        yield low, high


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """A Latin spelling counts only where it continues no Latin word or number: not ``bao`` in ``baoli``."""
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else ""
    return (_latin(text[start]) and (_latin(before) or before.isdigit())) or (
        _latin(text[end - 1]) and (_latin(after) or after.isdigit())
    )


def _latin(character: str) -> bool:
    return "a" <= character <= "z"
