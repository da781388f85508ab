"""The pattern language of the packs, and the anchor words without which a pattern cannot match.

A pattern is a regular expression with three additions: ``{name}`` is any phrase of that concept, ``…`` a gap of
up to 8 characters (``……`` up to 20) over no 不, 没 or 未 and, like a bare ``.``, within a sentence. Anchors are
computed the way literal prefilters are (Cox, "Regular Expression Matching with a Trigram Index", 2012).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from re import _constants as sre  # type: ignore[attr-defined]
from re import _parser as sre_parser  # type: ignore[attr-defined]
from typing import Any

MAX_REPEAT = 60
MAX_WIDTH = 400
MAX_LITERALS = 600
MAX_LETTERS = 12
INSIDE = r"[^。!?;\n]"
GAP = r"[^。!?;\n不没未]"
CONCEPT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_TOKENS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{[a-z][a-z0-9_]*\}|…+|\.|[^\\\[.{…]+|.", re.S)


class PatternError(ValueError):
    """A pattern that the engine refuses: unbounded, unknown concept, or without an anchor."""


def expand(pattern: str, concepts: Mapping[str, str]) -> str:
    """``pattern`` as a plain regular expression. Raises PatternError for an unknown concept."""
    pieces = []
    for piece in _TOKENS.findall(pattern):
        named = CONCEPT.fullmatch(piece)
        if named:
            if named[1] not in concepts:
                raise PatternError(f"unknown concept {{{named[1]}}}")
            pieces.append(concepts[named[1]])
        elif piece.startswith("…"):
            pieces.append(f"{GAP}{{0,{8 if len(piece) == 1 else 20}}}?")
        else:
            pieces.append(INSIDE if piece == "." else piece)
    return "".join(pieces)


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


@dataclass(frozen=True)
class Anchors:
    """Words one of which every match holds, and how far from the match's start: at least ``low``, at most ``high``."""

    words: frozenset[str]
    low: int = 0
    high: int = 0

    def moved(self, low: int, high: int) -> "Anchors":
        """The same words behind something of ``low`` to ``high`` characters."""
        return Anchors(self.words, self.low + low, self.high + high)


@dataclass(frozen=True)
class Analysis:
    """Of part of a pattern: all strings it can be (None: too many), and the best words it must hold."""

    exact: frozenset[str] | None
    required: Anchors | None


@dataclass(frozen=True)
class Compiled:
    """What the engine keeps of a pattern: its anchors, where they stand, and the width of its longest match."""

    anchors: tuple[str, ...]
    low: int
    high: int
    width: int


Rarity = Callable[[str], float]
_GRAM = 4


def rarity_in(texts: Iterable[str]) -> Rarity:
    """How seldom a word stands in such texts, estimated from their character n-grams up to four."""
    counts: Counter[str] = Counter()
    for text in texts:
        for size in range(1, _GRAM + 1):
            counts.update(text[i : i + size] for i in range(len(text) - size + 1))

    def rarity(word: str) -> float:
        grams = [word[i : i + _GRAM] for i in range(max(1, len(word) - _GRAM + 1))]
        return 1 / (min(counts[g] for g in grams) + 20.0 ** (2 - len(word)))

    return rarity


def compile_pattern(regex: str, rarity: Rarity = len, anchored: bool = True) -> Compiled:
    """Check an expanded pattern and, if it is to be ``anchored``, find its anchors. Raises PatternError.

    ``rarity`` tells how seldom a word stands in copy; the rarest set of words starts the fewest matches.
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
        return Compiled((), 0, 0, width)
    found = _Analyst(rarity).sequence(list(tree))
    if found.required is None:
        raise PatternError("has no word that every match must hold; name one")
    return Compiled(tuple(sorted(found.required.words)), found.required.low, found.required.high, width)


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


class _Analyst:
    """Walks a parsed pattern; ``required`` of what it returns is already the best choice."""

    def __init__(self, rarity: Rarity) -> None:
        self._rarity = rarity

    def sequence(self, nodes: Sequence[Any]) -> Analysis:
        """Words of a part, or of a run of parts that together can be only so many strings."""
        run: frozenset[str] | None = frozenset([""])
        run_at = at = (0, 0)
        whole: frozenset[str] | None = run
        candidates: list[Anchors | None] = []
        for node in nodes:
            part = self._node(node)
            whole = _cross(whole, part.exact)
            candidates.append(part.required and part.required.moved(*at))
            longer = _cross(run, part.exact)
            if longer is None:
                candidates.append(_anchors(run, run_at))
                longer, run_at = part.exact, at
            at = _behind(at, node)
            if longer is None:
                longer, run_at = frozenset([""]), at
            run = longer
        return Analysis(whole, self._best([*candidates, _anchors(run, run_at)]))

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
            return Analysis(inner.exact if (low, high) == (1, 1) else None, inner.required if low else None)
        if op in (sre.AT, sre.ASSERT, sre.ASSERT_NOT):
            return Analysis(frozenset([""]), None)
        return Analysis(None, None)

    def _of(self, words: frozenset[str] | None) -> Analysis:
        return Analysis(words, _anchors(words, (0, 0)))

    def _branches(self, parts: Sequence[Analysis]) -> Analysis:
        exact: set[str] | None = set()
        for part in parts:
            exact = exact | part.exact if exact is not None and part.exact is not None else None
        needed = [part.required for part in parts if part.required is not None]
        required = None
        if len(needed) == len(parts):
            words = frozenset().union(*(n.words for n in needed))
            required = Anchors(words, min(n.low for n in needed), max(n.high for n in needed))
        return Analysis(
            frozenset(exact) if exact is not None and len(exact) <= MAX_LITERALS else None, required
        )

    def _best(self, candidates: Iterable[Anchors | None]) -> Anchors | None:
        usable = [c for c in candidates if c is not None]
        return min(usable, key=self._cost, default=None)

    def _cost(self, anchors: Anchors) -> tuple[float, int]:
        """How often a match is tried in vain; of equals, the words whose place is best known."""
        return sum(1 / self._rarity(w) for w in anchors.words), anchors.high - anchors.low


def _letters(members: Sequence[Any]) -> frozenset[str] | None:
    """The characters of a class, where they are few."""
    letters: set[str] = set()
    for op, value in members:
        low, high = (value, value) if op is sre.LITERAL else value if op is sre.RANGE else (0, MAX_LETTERS)
        if high - low >= MAX_LETTERS:
            return None
        letters.update(map(chr, range(low, high + 1)))
    return frozenset(letters) if len(letters) <= MAX_LETTERS else None


def _anchors(words: frozenset[str] | None, at: tuple[int, int]) -> Anchors | None:
    return Anchors(words, *at) if words and "" not in words else None


def _behind(at: tuple[int, int], node: Any) -> tuple[int, int]:
    low, high = sre_parser.SubPattern(sre_parser.State(), [node]).getwidth()
    return at[0] + int(low), at[1] + int(high)


def _cross(left: frozenset[str] | None, right: frozenset[str] | None) -> frozenset[str] | None:
    if left is None or right is None or len(left) * len(right) > MAX_LITERALS:
        return None
    return frozenset(a + b for a, b in product(left, right))
