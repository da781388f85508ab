"""The words of all patterns, kept by the sets that patterns ask for, and where they stand."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.compliance.arrays import Codes, Mask, Numbers, Rows, named, spread, under
from tools.compliance.trie import Trie


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
