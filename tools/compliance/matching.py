"""The words of all patterns first, all at once; expressions only where their words stand together."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np

from tools.compliance.arrays import Codes, Mask, Numbers, spread
from tools.compliance.expanding import expand
from tools.compliance.normal import Joined, Stream
from tools.compliance.words import Index, Links, Places, Spellings

Kind = Literal["rule", "allowed", "trigger", "unless", "satisfied", "product", "channel", "boilerplate"]
_LOOKAHEAD = 16
_BLOCK = 1 << 16
"""Characters looked through at once: what is found out about them stays in the processor's cache."""
_ABOUT = 40
"""Characters from a gap within which words are looked for that must be near."""
_LIMIT = 2**31 - 1
_NOWHERE = np.empty(0, np.int64), np.empty(0, np.int64)
_Candidates = tuple[int, Iterable[tuple[int, int]]]
"""A pattern by its number, and the windows its matches start in."""


class Target(NamedTuple):
    """What a pattern is for: a rule (all its matches are wanted) or a fact about the text (one is enough)."""

    kind: Kind
    name: str


class Match(NamedTuple):
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


class Pattern(NamedTuple):
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
        ends = np.array([*stream.sentence_ends, len(stream.text)], np.int32)
        starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int32)
        lengths = ends - starts + 1
        self.starts, self.ends = np.repeat(starts, lengths), np.repeat(ends, lengths)


class Matcher:
    """Built once from the patterns of a rule set. Expressions are compiled when first needed."""

    def __init__(
        self,
        patterns: Sequence[Pattern],
        index: Index,
        concepts: Mapping[str, str],
        variants: Spellings,
    ) -> None:
        self._patterns = patterns
        self._index = index
        self._concepts = concepts
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._variants = variants
        anchors, self._low, self._high, self._width = (
            np.array([getattr(p, k) for p in patterns], np.int32) for k in ("anchors", "low", "high", "width")
        )
        self._fixed = self._low == self._high
        self._inside = np.array([p.inside for p in patterns], np.bool_)
        deepest = max((len(p.near) for p in patterns), default=0)
        self._near = np.full((deepest, 3, len(patterns)), [[-1], [0], [0]], np.int32)
        for row, pattern in enumerate(patterns):
            for rank, near in enumerate(pattern.near):
                self._near[rank, :, row] = near
        size = int(index.sets.ends.max(initial=0)) + 1
        self._anchored = index.sets.then(Links.of(anchors, np.arange(len(patterns)), size))
        wanted = np.zeros(size + 1, np.bool_)
        wanted[self._near[:, 0]] = True  # -1, which is none, is the last
        near_sets = np.flatnonzero(wanted[:-1])
        self._about = index.sets.then(Links.of(near_sets, near_sets, size))
        self._reach = int(np.abs(self._near[:, 1:]).max(initial=0)) + int(index.lengths.max(initial=0))
        self._block = min(_BLOCK, _LIMIT // max(size, len(patterns)) - 2 * self._reach)

    @property
    def words(self) -> list[str]:
        """All words that are looked for."""
        return self._index.trie.words()

    def variants(self, stream: Stream) -> list[tuple[int, int, str]]:
        """Stretches that spell a term by its sound or shape, with the term; the longest, none overlapping."""
        return self._edits(stream.text, stream.codes)

    def hidden_variants(self, joined: Joined) -> list[tuple[int, int, str]]:
        """The same where something but a line break is put between the letters, in places of the stream below."""
        codes = np.where(joined.about_gaps(), joined.codes, np.uint32(0))
        return [
            (joined.starts[start], joined.starts[end - 1] + 1, meant)
            for start, end, meant in self._edits(joined.text, codes)
            if joined.broken(start, end) and not any(start < at < end for at in joined.breaks)
        ]

    def _edits(self, text: str, codes: Codes) -> list[tuple[int, int, str]]:
        edits: list[tuple[int, int, str]] = []
        behind = 0
        for start, length, meant in sorted(
            self._variants.find(codes), key=lambda found: (found[0], -found[1])
        ):
            end = start + length
            if start >= behind and not _inside_a_word(text, start, end):
                behind = end
                edits.append((start, end, meant))
        return edits

    def scan(self, plain: Stream, joined: Joined | None) -> Found:
        """Every match and fact in the plain stream; from the joined one, what was hidden in the plain."""
        found = Found()
        self._confirm(plain, found)
        if joined is not None:
            self._confirm(joined, found)
        return found

    def _candidates(self, stream: Stream) -> Iterator[_Candidates]:
        """For each pattern the windows in which its matches start: its words stand there together."""
        row, place = self._anchors(stream, sentences := _Sentences(stream))
        inside, low = self._inside[row], place - self._high[row]
        high = place - self._low[row] + self._width[row] + _LOOKAHEAD
        low = np.where(inside, np.maximum(low, sentences.starts[place]), np.maximum(low, 0))
        high = np.where(inside, np.minimum(high, sentences.ends[place] + _LOOKAHEAD), high)
        row, low, high = _united(row, low, high, self._fixed[row])
        borders = [0, *(np.flatnonzero(row[1:] != row[:-1]) + 1).tolist(), len(row)]
        for start_row, end_row in pairwise(borders):
            if start_row < end_row:
                rows = slice(start_row, end_row)
                yield int(row[start_row]), zip(low[rows].tolist(), high[rows].tolist(), strict=True)

    def _anchors(self, stream: Stream, sentences: _Sentences) -> tuple[Numbers, Numbers]:
        """Patterns, in order, and where their anchors stand, in order, with the words that must be near them."""
        size = len(stream.codes)
        if isinstance(stream, Joined):
            found = [self._anchors_about_gaps(stream)]
        else:
            blocks = range(0, size, self._block)
            found = [
                self._anchors_between(at, min(at + self._block, size), stream, sentences) for at in blocks
            ]
        numbers = np.sort(
            np.concatenate([row * np.int64(size) + place for row, place in found or [_NOWHERE]])
        )
        first = np.ones(len(numbers), np.bool_)
        np.not_equal(numbers[1:], numbers[:-1], out=first[1:])
        row, place = np.divmod(numbers[first], max(size, 1))
        return row, place

    def _anchors_about_gaps(self, stream: Joined) -> tuple[Numbers, Numbers]:
        """The same, in no order, where something was put between letters that may belong to the match.

        Only what stands about the gaps is looked through; what is near counts as found where it may stand elsewhere.
        """
        about = np.flatnonzero(stream.about_gaps(_ABOUT))
        borders = np.flatnonzero(np.diff(about, prepend=-2, append=-2) != 1)
        counts = np.diff(borders)
        starts = borders[:-1] + np.arange(len(counts))  # between two stretches stands what is no letter
        here = spread(starts, counts)
        codes = np.zeros(len(about) + len(counts), np.uint32)
        first, last, origin = (np.zeros(len(codes), np.int32) for _ in range(3))
        codes[here], origin[here] = stream.codes[about], about
        first[here], last[here] = np.repeat(starts, counts), np.repeat(starts + counts - 1, counts)

        place, word = self._index.trie.find(codes)
        row, anchor = self._anchored.follow(word, place)
        before = np.concatenate(([0], np.cumsum(stream.gaps)))
        start = np.maximum(origin[anchor] - self._high[row] + 1, 0)
        behind = np.minimum(origin[anchor] - self._low[row] + self._width[row], len(stream.codes))
        broken = (before[behind] > before[start]) & stream.about_gaps()[origin[anchor]]
        near = Places.of(*self._about.follow(word, place), len(codes))
        row, anchor = self._with_near(row[broken], anchor[broken], near, first, last, elsewhere=True)
        return row, origin[anchor]

    def _anchors_between(
        self, start: int, behind: int, stream: Stream, sentences: _Sentences
    ) -> tuple[Numbers, Numbers]:
        """The same for anchors that start in ``start`` to ``behind``; what is near may stand outside."""
        base = max(0, start - self._reach)
        codes = stream.codes[base : behind + self._reach]
        place, word = self._index.trie.find(codes)
        starting = (place >= start - base) & (place < behind - base)
        row, anchor = self._anchored.follow(word[starting], place[starting])
        near = Places.of(*self._about.follow(word, place), len(codes))
        inside = slice(base, base + len(codes))
        first, last = sentences.starts[inside] - base, sentences.ends[inside] - base - 1
        row, anchor = self._with_near(row, anchor, near, first, last)
        return row, base + anchor

    def _with_near(
        self,
        row: Numbers,
        anchor: Numbers,
        near: Places,
        first: Numbers,
        last: Numbers,
        elsewhere: bool = False,
    ) -> tuple[Numbers, Numbers]:
        """Those anchors about which the words stand that must be near, of patterns that lie within one sentence in the
        stretch of text, ``first`` to ``last``, of the anchor.

        ``elsewhere``: what may stand outside that stretch counts as found.
        """
        size = np.int32(near.size)
        numbers = row * size + anchor
        numbers.sort()  # in order they are looked up the fastest
        row, anchor = np.divmod(numbers, size)
        for sets, lows, highs in self._near:
            asked = np.flatnonzero(sets[row] >= 0)
            asked_row, at = row[asked], anchor[asked]
            low, high = at + lows[asked_row], at + highs[asked_row]
            beyond = (low < first[at]) | (high > last[at]) if elsewhere else False
            inside = self._inside[asked_row] | elsewhere
            low = np.where(inside, np.maximum(low, first[at]), low)
            high = np.where(inside, np.minimum(high, last[at]), high)
            stands = np.ones(len(row), np.bool_)
            stands[asked] = near.any_between(sets[asked_row], low, high) | beyond
            row, anchor = row[stands], anchor[stands]
        return row, anchor

    def _confirm(self, stream: Stream, found: Found) -> None:
        joined = stream if isinstance(stream, Joined) else None
        for index, windows in self._candidates(stream):
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
        if self._fixed[index]:
            yield from (m.span() for low, _ in windows if (m := expression.match(text, low)))
            return
        search = expression.search
        for low, high in windows:
            while found := search(text, low, high):  # most often there is none: nothing is built for it
                yield found.span()
                low = max(found.end(), low + 1)

    def _expression(self, index: int) -> re.Pattern[str]:
        if index not in self._compiled:
            self._compiled[index] = re.compile(expand(self._patterns[index].source, self._concepts))
        return self._compiled[index]


def _united(row: Numbers, low: Numbers, high: Numbers, alone: Mask) -> tuple[Numbers, Numbers, Numbers]:
    """Windows in order, those of one row that touch as one, unless they stand ``alone``."""
    first = row * int(high.max(initial=0) + 1)
    furthest = np.maximum.accumulate(first + high)
    opens = alone.copy()
    opens[:1] = True
    opens[1:] |= (first + low)[1:] > furthest[:-1]
    start = np.flatnonzero(opens)
    behind = np.append(start, len(row))[1:]
    return row[start], low[start], np.where(alone[start], high[start], furthest[behind - 1] - first[start])


def _inside_a_word(text: str, start: int, end: int) -> bool:
    """A Latin spelling counts only where it continues no Latin word or number: not ``bao`` in ``baoli``."""
    before = text[start - 1] if start else ""
    after = text[end] if end < len(text) else ""
    return (_latin(text[start]) and (_latin(before) or before.isdigit())) or (
        _latin(text[end - 1]) and (_latin(after) or after.isdigit())
    )


def _latin(character: str) -> bool:
    return "a" <= character <= "z"
