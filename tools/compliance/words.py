"""Finds all words of all patterns in a text at once, and keeps them by the sets that patterns ask for.

The trie (Fredkin, "Trie Memory", 1960) is walked from every place of the text side by side: one step takes all
places where a word may still go on one letter further.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.compliance.arrays import Codes, Mask, Numbers, packed, spread, unpacked

_CODES = 0x110000
_LONG = 10_000


@dataclass(frozen=True)
class Trie:
    """Words are numbered. A letter's number is its rank in ``letters``, from 1; any other character is 0.

    ``steps[d]`` holds state × (letters + 1) + letter for each step from depth d, in order; its rank is the state it
    leads to. ``ends[d]`` says which word ends in each state of depth d, or -1. At depth 1 a state is a letter.
    """

    letters: Numbers
    steps: Sequence[Numbers]
    ends: Sequence[Numbers]

    @classmethod
    def of(cls, words: Sequence[str]) -> "Trie":
        """The trie of different words, numbered in their order."""
        letters = sorted(set("".join(words)))
        number = {letter: i for i, letter in enumerate(letters, 1)}
        base = len(letters) + 1
        word_numbers = {word: i for i, word in enumerate(words)}
        state: dict[str, int] = dict(number)
        ends = [np.array([-1, *(word_numbers.get(letter, -1) for letter in letters)])]
        steps = []
        for depth in range(2, max(map(len, words), default=0) + 1):
            heads = {word[:depth] for word in words if len(word) >= depth}
            step = {head: state[head[:-1]] * base + number[head[-1]] for head in heads}
            ordered = sorted(heads, key=step.__getitem__)
            state = {head: i for i, head in enumerate(ordered)}
            steps.append(np.array([step[head] for head in ordered]))
            ends.append(np.array([word_numbers.get(head, -1) for head in ordered]))
        return cls(np.array([ord(letter) for letter in letters], np.int64), steps, ends)

    @cached_property
    def _number(self) -> NDArray[np.int32]:
        """The number of the letter with each code point."""
        table = np.zeros(_CODES, np.int32)
        table[self.letters] = np.arange(1, len(self.letters) + 1)
        return table

    @cached_property
    def _begins(self) -> Mask:
        """Whether a word begins with two letters; only a long text is worth the table."""
        table = np.zeros((len(self.letters) + 1) ** 2, np.bool_)
        table[self.steps[0]] = True
        return table

    def find(self, codes: Codes) -> tuple[Numbers, Numbers]:
        """Where words start, and which: every word at every place."""
        base = len(self.letters) + 1
        letter = np.zeros(len(codes) + 1, np.int32)
        letter[: len(codes)] = self._number[codes]
        word = self.ends[0][letter]
        place = np.flatnonzero(word >= 0)
        found = [(place, word[place])]
        pairs = letter[:-1] * base + letter[1:]
        place = np.flatnonzero(self._begins[pairs] if self.steps and len(codes) >= _LONG else letter[:-1])
        state = letter[place].astype(np.int64)
        for depth, (steps, ends) in enumerate(zip(self.steps, self.ends[1:], strict=True), 1):
            step = state * base + letter[place + depth]
            state = np.searchsorted(steps, step)
            goes_on = steps[np.minimum(state, len(steps) - 1)] == step
            place, state = place[goes_on], state[goes_on]
            word = ends[state]
            ending = word >= 0
            found.append((place[ending], word[ending]))
            if not len(place):
                break
        places, words = zip(*found, strict=True)
        return np.concatenate(places), np.concatenate(words)

    def words(self) -> list[str]:
        """The words, in the order of their numbers."""
        base = len(self.letters) + 1
        heads = ["", *map(chr, self.letters.tolist())]
        named = dict(zip(self.ends[0].tolist(), heads, strict=True))
        for steps, ends in zip(self.steps, self.ends[1:], strict=True):
            letters = self.letters[steps % base - 1].tolist()
            heads = [heads[s] + chr(c) for s, c in zip((steps // base).tolist(), letters, strict=True)]
            named |= zip(ends.tolist(), heads, strict=True)
        return [named[i] for i in range(len(named) - (-1 in named))]

    def dump(self) -> dict[str, Any]:
        """As plain values for JSON; ``load`` reads them."""
        steps, ends = ([packed(row) for row in rows] for rows in (self.steps, self.ends))
        return {"letters": packed(self.letters), "steps": steps, "ends": ends}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "Trie":
        """The inverse of ``dump``."""
        steps, ends = ([unpacked(row) for row in content[name]] for name in ("steps", "ends"))
        return cls(unpacked(content["letters"]), steps, ends)


@dataclass(frozen=True)
class Places:
    """Where the words of each set stand: sorted numbers set × ``size`` + place."""

    numbers: Numbers
    size: int

    def of(self, sets: Numbers) -> tuple[Numbers, Numbers]:
        """The rank of the first place of each set, and how many it has."""
        first = np.searchsorted(self.numbers, sets * self.size)
        return first, np.searchsorted(self.numbers, (sets + 1) * self.size) - first

    def any_between(self, sets: Numbers, low: Numbers, high: Numbers) -> Mask:
        """Whether a word of each set stands at ``low`` to ``high``."""
        if not len(self.numbers):
            return np.zeros(len(sets), np.bool_)
        rank = np.searchsorted(self.numbers, sets * self.size + np.maximum(low, 0))
        inside = self.numbers[np.minimum(rank, len(self.numbers) - 1)]
        return (rank < len(self.numbers)) & (inside <= sets * self.size + np.minimum(high, self.size - 1))


@dataclass(frozen=True)
class Index:
    """Sets of words, numbered: ``members`` holds, word after word, the sets of each; ``starts`` where they start."""

    trie: Trie
    starts: Numbers
    members: Numbers
    lengths: Numbers

    @classmethod
    def of(cls, sets: Sequence[Collection[str]]) -> "Index":
        """The index of sets of words, numbered in their order."""
        users: dict[str, list[int]] = {}
        for number, words in enumerate(sets):
            for word in sorted(words):
                users.setdefault(word, []).append(number)
        starts = np.cumsum([0, *map(len, users.values())])
        members = np.array([number for numbers in users.values() for number in numbers], np.int64)
        return cls(Trie.of(list(users)), starts, members, np.array([len(word) for word in users], np.int64))

    def examples(self) -> dict[int, str]:
        """A word of each set."""
        users = np.repeat(np.arange(len(self.lengths)), np.diff(self.starts))
        words = self.trie.words()
        return {number: words[i] for number, i in zip(self.members.tolist(), users.tolist(), strict=True)}

    def places(self, place: Numbers, word: Numbers, size: int) -> Places:
        """Found words by the sets they belong to, in a text of ``size`` characters."""
        first = self.starts[word]
        count = self.starts[word + 1] - first
        numbers = self.members[spread(first, count)] * size + np.repeat(place, count)
        numbers.sort()
        return Places(numbers, size)

    def dump(self) -> dict[str, Any]:
        """As plain values for JSON; ``load`` reads them."""
        kept = {name: packed(getattr(self, name)) for name in ("starts", "members", "lengths")}
        return {"trie": self.trie.dump(), **kept}

    @classmethod
    def load(cls, content: Mapping[str, Any]) -> "Index":
        """The inverse of ``dump``."""
        kept = {name: unpacked(content[name]) for name in ("starts", "members", "lengths")}
        return cls(Trie.load(content["trie"]), **kept)
