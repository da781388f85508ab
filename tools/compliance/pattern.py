"""What the packs write is checked, and the anchor words found without which a pattern cannot match.

Anchors are computed the way literal prefilters are (Cox, "Regular Expression Matching with a Trigram Index", 2012).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, product
from math import fsum
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

from tools.compliance.expanding import CONCEPT, SENTENCE_END, PatternError, expand

MAX_REPEAT = 60
MAX_WIDTH = 400
MAX_LITERALS = 600
MAX_LETTERS = 12


def resolve(phrases: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Concepts, which may use each other, as one group each. Raises PatternError for a circle."""
    done: dict[str, str] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done:
            return
        if name in path:
            raise PatternError(f"concepts in a circle: {' > '.join((*path, name))}")
        for used in CONCEPT.findall("".join(phrases[name])):
            if used not in phrases:
                raise PatternError(f"{name}: unknown concept {{{used}}}")
            visit(used, (*path, name))
        longest_first = sorted(phrases[name], key=len, reverse=True)
        done[name] = "(?:" + "|".join(expand(p, done) for p in longest_first) + ")"

    for name in phrases:
        visit(name, ())
    return done


Bounds = tuple[int, int]
"""At least and at most so many characters."""


@dataclass(frozen=True)
class Near:
    """Words one of which stands so many characters behind an anchor's start; before it, where they are negative."""

    words: frozenset[str]
    distance: Bounds


@dataclass(frozen=True)
class Anchors:
    """Words one of which every match holds: so far behind the match's start, and so far from their start to its end.

    ``near`` are further words that stand about each of them in a match.
    """

    words: frozenset[str]
    lead: Bounds
    tail: Bounds
    near: tuple[Near, ...] = ()

    def within(self, before: Bounds, after: Bounds) -> "Anchors":
        """The same words with something before and behind the part they stand in."""
        return Anchors(self.words, _plus(before, self.lead), _plus(self.tail, after), self.near)


@dataclass(frozen=True)
class Analysis:
    """Of part of a pattern: all strings it can be (None: too many), and the best words it must hold."""

    exact: frozenset[str] | None
    required: Anchors | None


@dataclass(frozen=True)
class Compiled:
    """What the engine keeps of a pattern: its anchors, how far behind a match's start they stand (``low`` to
    ``high``), the width of its longest match, and whether every match lies within one sentence."""

    anchors: frozenset[str]
    low: int
    high: int
    width: int
    near: tuple[Near, ...]
    inside: bool


Rarity = Callable[[str], float]
_GRAM = 4
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip
_NEAR = 3
_NEAR_LETTERS = 4
_WORTH = 15
"""How much more often than the anchors a set of words near them may stand in copy: looking for it must pay."""


def rarity_in(texts: Iterable[str]) -> Rarity:
    """In how many characters of such texts a word stands once, estimated from their character n-grams up to four."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        total += len(text)
        for size in range(1, _GRAM + 1):
            counts.update(text[i : i + size] for i in range(len(text) - size + 1))

    @cache
    def rarity(word: str) -> float:
        grams = [word[i : i + _GRAM] for i in range(max(1, len(word) - _GRAM + 1))]
        return total / (min(counts[g] for g in grams) + 20.0 ** (2 - len(word)))

    return rarity


def compile_pattern(regex: str, rarity: Rarity = len, anchored: bool = True) -> Compiled:
    """Check an expanded pattern and, if it is to be ``anchored``, find its anchors. Raises PatternError.

    ``rarity`` tells in how many characters of copy a word stands once; the rarest words start the fewest matches.
    """
    try:
        tree = sre_parser.parse(regex)
    except re.error as error:
        raise PatternError(str(error)) from error
    _refuse_unbounded(tree, inside=False)
    width = int(tree.getwidth()[1])
    if width > MAX_WIDTH:
        raise PatternError(f"can match {width} characters; the limit is {MAX_WIDTH}")
    if not anchored:
        return Compiled(frozenset(), 0, 0, width, (), inside=False)
    found = _Analyst(rarity).sequence(list(tree)).required
    if found is None:
        raise PatternError("has no word that every match must hold; name one")
    return Compiled(found.words, *found.lead, width, found.near, not _holds(tree, SENTENCE_END))


def _holds(tree: Any, letters: str) -> bool:
    """Whether a match can hold one of ``letters``; a look ahead or behind is not part of the match."""
    for op, value in tree:
        if op in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
            found = any(_takes(op, value, letter) for letter in letters)
        elif op is sre.BRANCH:
            found = any(_holds(branch, letters) for branch in value[1])
        elif op is sre.SUBPATTERN:
            found = _holds(value[3], letters)
        elif op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            found = _holds(value[2], letters)
        else:
            found = op not in (sre.AT, sre.ASSERT, sre.ASSERT_NOT)
        if found:
            return True
    return False


def _takes(op: Any, value: Any, letter: str) -> bool:
    """Whether one node that stands for one character can be this one."""
    if op is sre.IN:
        negated = value[0][0] is sre.NEGATE
        return any(_takes(kind, member, letter) for kind, member in value[negated:]) != bool(negated)
    if op is sre.RANGE:
        return bool(value[0] <= ord(letter) <= value[1])
    if op is sre.CATEGORY:
        return bool(re.match(_CATEGORIES[value], letter))
    return bool(op is sre.ANY or (value == ord(letter)) is (op is sre.LITERAL))


def _refuse_unbounded(tree: Any, inside: bool) -> None:
    for op, value in tree:
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, body = value
            if high > MAX_REPEAT:
                raise PatternError(f"a repeat may not exceed {MAX_REPEAT}")
            varying = high > 1 and low != high
            if inside and varying:
                raise PatternError("a varying repeat inside a varying repeat")
            _refuse_unbounded(body, inside or (varying and body.getwidth()[1] > 1))
        elif op is sre.BRANCH:
            for branch in value[1]:
                _refuse_unbounded(branch, inside)
        elif op is sre.SUBPATTERN:
            _refuse_unbounded(value[3], inside)
        elif op in (sre.ASSERT, sre.ASSERT_NOT):
            _refuse_unbounded(value[1], inside)
        elif op is sre.GROUPREF:
            raise PatternError("back-references are not allowed")


@dataclass(frozen=True)
class _Place:
    """Anchors of some neighbouring nodes of a sequence, ``first`` to before ``behind``."""

    first: int
    behind: int
    anchors: Anchors


class _Analyst:
    """Walks a parsed pattern; ``required`` of what it returns is already the best choice."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity
        self._known: dict[frozenset[str], float] = {}

    def sequence(self, nodes: Sequence[Any]) -> Analysis:
        """Words of a part, or of a run of parts that together can be only so many strings."""
        if nodes and all(op is sre.LITERAL for op, _ in nodes):  # most are just a word
            return self._of(frozenset(["".join(chr(value) for _, value in nodes)]), len(nodes))
        parts = [self._node(node) for node in nodes]
        at = [*accumulate(map(_width, nodes), _plus, initial=(0, 0))]
        places: list[_Place] = []

        def end_run(first: int, behind: int, words: frozenset[str]) -> None:
            anchors = _anchors(words, _minus(at[behind], at[first]))
            if anchors:
                places.append(_Place(first, behind, anchors))

        whole: frozenset[str] | None = _EMPTY
        run, run_start = _EMPTY, 0
        for index, part in enumerate(parts):
            whole = _cross(whole, part.exact)
            if part.required:
                places.append(_Place(index, index + 1, part.required))
            longer = _cross(run, part.exact)
            if longer is None:
                end_run(run_start, index, run)
                longer, run_start = (_EMPTY, index + 1) if part.exact is None else (part.exact, index)
            run = longer
        end_run(run_start, len(parts), run)
        return Analysis(whole, self._best(places, at))

    def _node(self, node: Any) -> Analysis:
        op, value = node
        if op is sre.LITERAL:
            return self._of(frozenset([chr(value)]))
        if op is sre.IN:
            return self._of(_letters(value))
        if op is sre.BRANCH:
            return self._branches([self.sequence(list(b)) for b in value[1]])
        if op is sre.SUBPATTERN:
            return self.sequence(list(value[3]))
        if op in (sre.MAX_REPEAT, sre.MIN_REPEAT):
            low, high, body = value
            inner = self.sequence(list(body))
            if (low, high) == (0, 1) and inner.exact is not None:
                return Analysis(inner.exact | {""}, None)
            again = (low - 1) * _width(body)[0], (high - 1) * _width(body)[1]
            required = inner.required.within((0, 0), again) if low and inner.required else None
            return Analysis(inner.exact if (low, high) == (1, 1) else None, required)
        if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            return Analysis(_EMPTY, None)
        return Analysis(None, None)

    def _of(self, words: frozenset[str] | None, width: int = 1) -> Analysis:
        return Analysis(words, _anchors(words, (width, width)))

    def _branches(self, parts: Sequence[Analysis]) -> Analysis:
        exact: set[str] | None = set()
        for part in parts:
            exact = exact | part.exact if exact is not None and part.exact is not None else None
        needed = [part.required for part in parts if part.required is not None]
        required = None
        if len(needed) == len(parts):
            near = zip(*(n.near for n in needed), strict=False)  # as many as every branch has
            required = Anchors(
                frozenset().union(*(n.words for n in needed)),
                _hull(n.lead for n in needed),
                _hull(n.tail for n in needed),
                tuple(Near(_union(n.words for n in same), _hull(n.distance for n in same)) for same in near),
            )
        return Analysis(
            frozenset(exact) if exact is not None and len(exact) <= MAX_LITERALS else None, required
        )

    def _best(self, places: Sequence[_Place], at: Sequence[Bounds]) -> Anchors | None:
        """The words that start the fewest matches, and the next best ones of other nodes near them."""
        if not places:
            return None
        best, *others = sorted(places, key=self._cost)
        near = list(best.anchors.near)
        taken = [best]
        for other in others:
            if all(other.behind <= t.first or t.behind <= other.first for t in taken):
                taken.append(other)
                near.append(Near(_begun(other.anchors.words), _distance(best, other, at)))
        first, behind = best.first, best.behind
        kept = replace(best.anchors, near=tuple(self._worth_looking_for(best.anchors.words, near)))
        return kept.within(at[first], _minus(at[-1], at[behind]))

    def _worth_looking_for(self, anchors: frozenset[str], near: Iterable[Near]) -> Iterator[Near]:
        """Of the sets near an anchor, the rarest first, those that spare more tries than it takes to look for them."""
        tries = _WORTH * self._vain(anchors)
        for each in sorted(near, key=lambda n: self._vain(n.words)):
            low, high = each.distance
            found = min(1.0, self._vain(each.words) * (high - low + 1))
            if self._vain(each.words) <= tries * (1 - found):
                yield each
                tries *= found

    def _cost(self, place: _Place) -> tuple[float, int]:
        """How often a match is tried in vain; of equals, the words whose place is best known."""
        low, high = place.anchors.lead
        return self._vain(place.anchors.words), high - low

    def _vain(self, words: frozenset[str]) -> float:
        if words not in self._known:
            self._known[words] = fsum(1 / self._rarity(word) for word in words)
        return self._known[words]


_EMPTY = frozenset([""])


def _plus(a: Bounds, b: Bounds) -> Bounds:
    return a[0] + b[0], a[1] + b[1]


def _minus(a: Bounds, b: Bounds) -> Bounds:
    return a[0] - b[0], a[1] - b[1]


def _hull(bounds: Iterable[Bounds]) -> Bounds:
    lows, highs = zip(*bounds, strict=True)
    return min(lows), max(highs)


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _begun(words: Iterable[str]) -> frozenset[str]:
    """Only how words begin: enough to tell that none stands here, and far fewer to look for."""
    return frozenset(word[:_NEAR_LETTERS] for word in words)


def _distance(anchor: _Place, other: _Place, at: Sequence[Bounds]) -> Bounds:
    """How far behind the anchor the other words stand."""
    if anchor.behind <= other.first:
        between = _minus(at[other.first], at[anchor.behind])
        return _plus(_plus(anchor.anchors.tail, between), other.anchors.lead)
    low, high = _distance(other, anchor, at)
    return -high, -low


def _width(part: Any) -> Bounds:
    """Of a node or a parsed part."""
    if isinstance(part, tuple):
        part = sre_parser.SubPattern(sre_parser.State(), [part])
    low, high = part.getwidth()
    return int(low), int(high)


def _letters(members: Sequence[Any]) -> frozenset[str] | None:
    """The characters of a class, where they are few."""
    letters: set[str] = set()
    for op, value in members:
        low, high = (value, value) if op is sre.LITERAL else value if op is sre.RANGE else (0, MAX_LETTERS)
        if high - low >= MAX_LETTERS:
            return None
        letters.update(map(chr, range(low, high + 1)))
    return frozenset(letters) if len(letters) <= MAX_LETTERS else None


def _anchors(words: frozenset[str] | None, width: Bounds) -> Anchors | None:
    return Anchors(words, (0, 0), width) if words and "" not in words else None


def _cross(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None or len(left) * len(right) > MAX_LITERALS:
        return None
    return frozenset(a + b for a, b in product(left, right))
