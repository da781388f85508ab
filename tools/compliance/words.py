"""Finds all words of all patterns in a text at once, and keeps them by the sets that patterns ask for.

The trie (Fredkin, "Trie Memory", 1960) is walked from every place of the text side by side: one step takes all
places where a word may still go on one letter further.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tools.compliance.arrays import Codes, Mask, Numbers, Rows, named, parted, spread, under

_LONG = 10_000
"""Characters from which on tables are worth the time they take to be made."""
_LAST_BITS = (1 << 20) - 1
"""Of a step: most steps that do not exist end in bits that no step ends in, which is asked faster."""


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
        ends = [np.array([-1, *(word_numbers.get(letter, -1) for letter in letters)], np.int32)]
        steps = []
        for depth in range(2, max(map(len, words), default=0) + 1):
            heads = {word[:depth] for word in words if len(word) >= depth}
            step = {head: state[head[:-1]] * base + number[head[-1]] for head in heads}
            ordered = sorted(heads, key=step.__getitem__)
            state = {head: i for i, head in enumerate(ordered)}
            steps.append(np.array([step[head] for head in ordered], np.int32))
            ends.append(np.array([word_numbers.get(head, -1) for head in ordered], np.int32))
        return cls(np.array([ord(letter) for letter in letters], np.int32), steps, ends)

    @cached_property
    def _number(self) -> Numbers:
        """The number of the letter with each code point; behind the last letter, 0 for all that follow."""
        table = np.zeros(int(self.letters.max(initial=0)) + 2, np.intp)
        table[self.letters] = np.arange(1, len(self.letters) + 1)
        return table

    @cached_property
    def _pairs(self) -> Numbers:
        """The state that two letters lead to, or -1."""
        table = np.full((len(self.letters) + 1) ** 2, -1, np.int32)
        table[self.steps[0]] = np.arange(len(self.steps[0]))
        return table

    @cached_property
    def _likely(self) -> Mask:
        """Whether any later step ends in these bits."""
        table = np.zeros(_LAST_BITS + 1, np.bool_)
        for steps in self.steps[1:]:
            table[steps & _LAST_BITS] = True
        return table

    def find(self, codes: Codes) -> tuple[Numbers, Numbers]:
        """Where words start, and which: every word at every place."""
        letter = np.zeros(len(codes) + 1, np.intp)
        self._number.take(codes, out=letter[:-1], mode="clip")
        word = self.ends[0][letter]
        place = np.flatnonzero(word >= 0).astype(np.int32)
        found = [(place, word[place])]
        place, state = self._first_step(letter) if self.steps else (place, letter[place])
        for depth, ends in enumerate(self.ends[1:], 1):
            if depth > 1:
                place, state = self._step(depth, letter, place, state)
            if not len(place):
                break
            word = ends[state]
            ending = word >= 0
            found.append((place[ending], word[ending]))
        places, words = zip(*found, strict=True)
        return np.concatenate(places), np.concatenate(words)

    def _first_step(self, letter: Numbers) -> tuple[Numbers, Numbers]:
        """Where two letters begin words, and the states they lead to."""
        if len(letter) < _LONG:
            place = np.flatnonzero(letter[:-1]).astype(np.int32)
            return self._step(1, letter, place, letter[place])
        state = self._pairs[letter[:-1] * (len(self.letters) + 1) + letter[1:]]
        place = np.flatnonzero(state >= 0).astype(np.int32)
        return place, state[place]

    def _step(self, depth: int, letter: Numbers, place: Numbers, state: Numbers) -> tuple[Numbers, Numbers]:
        """The places where words go on one letter further, and the states they are in then."""
        steps = self.steps[depth - 1]
        step = (state * (len(self.letters) + 1) + letter[place + depth]).astype(np.int32)
        if len(letter) >= _LONG and depth > 1:
            likely = self._likely[step & _LAST_BITS]
            place, step = place[likely], step[likely]
        state = np.searchsorted(steps, step)
        goes_on = steps[np.minimum(state, len(steps) - 1)] == step
        return place[goes_on], state[goes_on]

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

    def dump(self) -> dict[str, Numbers]:
        """As arrays of whole numbers; ``load`` reads them."""
        counts = np.array([len(row) for row in self.steps], np.int32)
        steps = np.concatenate((*self.steps, counts[:0]))
        return {"letters": self.letters, "counts": counts, "steps": steps, "ends": np.concatenate(self.ends)}

    @classmethod
    def load(cls, rows: Rows) -> "Trie":
        """The inverse of ``dump``."""
        letters, counts = rows["letters"], rows["counts"].tolist()
        steps, ends = parted(rows["steps"], counts), parted(rows["ends"], [len(letters) + 1, *counts])
        return cls(letters, steps, ends)


@dataclass(frozen=True)
class Places:
    """Where the words of each set stand: sorted numbers set × ``size`` + place."""

    numbers: Numbers
    size: int

    @classmethod
    def of(cls, sets: Numbers, places: Numbers, size: int) -> "Places":
        """In a text of ``size`` characters."""
        numbers = sets * np.int32(size) + places
        numbers.sort()
        return cls(numbers, size)

    def any_between(self, sets: Numbers, low: Numbers, high: Numbers) -> Mask:
        """Whether a word of each set stands at ``low`` to ``high``."""
        if not len(self.numbers):
            return np.zeros(len(sets), np.bool_)
        first = sets * np.int32(self.size)
        rank = np.searchsorted(self.numbers, first + np.maximum(low, 0))
        inside = self.numbers[np.minimum(rank, len(self.numbers) - 1)]
        return (rank < len(self.numbers)) & (inside <= first + np.minimum(high, self.size - 1))


@dataclass(frozen=True)
class Links:
    """Numbers joined to numbers: ``ends`` holds, one after another, what each is joined to; ``starts`` where that
    starts."""

    starts: Numbers
    ends: Numbers

    @classmethod
    def of(cls, owners: Numbers, ends: Numbers, size: int) -> "Links":
        """What each of ``size`` numbers is joined to, in the order given; ``owners`` says to whom each end belongs."""
        starts = np.concatenate(([0], np.cumsum(np.bincount(owners, minlength=size)))).astype(np.int32)
        return cls(starts, ends[np.argsort(owners, kind="stable")].astype(np.int32))

    def follow(self, numbers: Numbers, beside: Numbers) -> tuple[Numbers, Numbers]:
        """All that numbers are joined to, and what stood ``beside`` each of them."""
        first = self.starts[numbers]
        count = self.starts[numbers + 1] - first
        return self.ends[spread(first, count)], np.repeat(beside, count)

    def then(self, further: "Links") -> "Links":
        """What each is joined to through another."""
        size = len(self.starts) - 1
        owners = np.repeat(np.arange(size, dtype=np.int32), np.diff(self.starts))
        ends, owners = further.follow(self.ends, owners)
        return Links.of(owners, ends, size)


@dataclass(frozen=True)
class Index:
    """Words, and the numbers of the sets to which each belongs."""

    trie: Trie
    sets: Links
    lengths: Numbers

    @classmethod
    def of(cls, sets: Sequence[Collection[str]]) -> "Index":
        """The index of sets of words, numbered in their order."""
        users: dict[str, list[int]] = {}
        for number, words in enumerate(sets):
            for word in sorted(words):
                users.setdefault(word, []).append(number)
        starts = np.cumsum([0, *map(len, users.values())], dtype=np.int32)
        members = np.array([number for numbers in users.values() for number in numbers], np.int32)
        lengths = np.array([len(word) for word in users], np.int32)
        return cls(Trie.of(list(users)), Links(starts, members), lengths)

    def examples(self) -> dict[int, str]:
        """A word of each set."""
        words = np.repeat(np.array(self.trie.words()), np.diff(self.sets.starts))
        return dict(zip(self.sets.ends.tolist(), words.tolist(), strict=True))

    def dump(self) -> dict[str, Numbers]:
        """As arrays of whole numbers; ``load`` reads them."""
        rows = {"starts": self.sets.starts, "members": self.sets.ends, "lengths": self.lengths}
        return {**rows, **named("trie", self.trie.dump())}

    @classmethod
    def load(cls, rows: Rows) -> "Index":
        """The inverse of ``dump``."""
        return cls(Trie.load(under("trie", rows)), Links(rows["starts"], rows["members"]), rows["lengths"])


@dataclass(frozen=True)
class Spellings:
    """Words that are written for other ones: ``meant`` and the length of each, by its number."""

    trie: Trie
    lengths: Numbers
    meant: Sequence[str]

    @classmethod
    def of(cls, meant: Mapping[str, str]) -> "Spellings":
        """What is meant, by what is written."""
        return cls(
            Trie.of(list(meant)), np.array([len(word) for word in meant], np.int32), list(meant.values())
        )

    def dump(self) -> dict[str, Numbers]:
        """As arrays of whole numbers, without ``meant``; ``load`` reads them."""
        return {"lengths": self.lengths, **named("trie", self.trie.dump())}

    @classmethod
    def load(cls, rows: Rows, meant: Sequence[str]) -> "Spellings":
        """The inverse of ``dump``."""
        return cls(Trie.load(under("trie", rows)), rows["lengths"], meant)

    def find(self, codes: Codes) -> list[tuple[int, int, str]]:
        """Where each stands, how long it is, and what it means."""
        places, words = self.trie.find(codes)
        meant = [self.meant[word] for word in words.tolist()]
        return list(zip(places.tolist(), self.lengths[words].tolist(), meant, strict=True))
