"""All words at all places of a text at once, by a double array: Aoe, "An Efficient Digital Search Algorithm by Using
a Double-Array Structure", IEEE Transactions on Software Engineering, 1989.

The array is walked from every place of the text side by side: one step takes all places where a word may still go on
one letter further.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tools.compliance.arrays import Codes, Numbers, Rows

_CROWDED = 200
"""Vain tries after which room is looked for further behind: the front is nearly full."""
_Node = dict[int, int]
"""The nodes that letters lead to."""


@dataclass(frozen=True)
class Trie:
    """Words are numbered. A letter's number is its rank in ``letters``, from 1; any other character is 0.

    A state is a place in the arrays. After a letter, state s goes to ``base[s]`` + its number, if ``parent`` of that is
    s. ``ends`` says which word ends in a state, or -1. The states of single letters are their numbers; they and the
    places that are no state have the parent -1.
    """

    letters: Numbers
    base: Numbers
    parent: Numbers
    ends: Numbers

    @classmethod
    def of(cls, words: Sequence[str]) -> "Trie":
        """The trie of different words, numbered in their order."""
        letters = sorted(set("".join(words)))
        nodes, word_of = _tree(words, {letter: i for i, letter in enumerate(letters, 1)})
        bases, size = _placed(nodes, len(letters))
        base, parent, ends = np.zeros(size, np.int32), *(np.full(size, -1, np.int32) for _ in range(2))
        waiting = [(0, 0)]
        while waiting:
            node, state = waiting.pop()
            base[state], ends[state] = bases[node], word_of[node]
            for letter, child in nodes[node].items():
                parent[bases[node] + letter] = state or -1
                waiting.append((child, bases[node] + letter))
        return cls(np.array([ord(letter) for letter in letters], np.int32), base, parent, ends)

    @cached_property
    def _number(self) -> Numbers:
        """The number of the letter with each code point; behind the last letter, 0 for all that follow."""
        table = np.zeros(int(self.letters.max(initial=0)) + 2, np.intp)
        table[self.letters] = np.arange(1, len(self.letters) + 1)
        return table

    def find(self, codes: Codes) -> tuple[Numbers, Numbers]:
        """Where words start, and which: every word at every place."""
        letter = np.zeros(len(codes) + 1, np.intp)  # behind the text stands no letter: nothing goes on there
        self._number.take(codes, out=letter[:-1], mode="clip")
        state, step = letter[:-1], letter[1:]
        word = self.ends.take(state)
        place = np.flatnonzero(word >= 0)
        found = [(place, word[place])]
        step = self.base.take(state) + step
        place = np.flatnonzero(self.parent.take(step) == state)
        depth = 1
        while len(place):
            depth += 1
            state = step.take(place) if depth == 2 else step
            word = self.ends.take(state)
            ending = np.flatnonzero(word >= 0)
            found.append((place[ending], word[ending]))
            step = self.base.take(state) + letter.take(place + depth)
            goes_on = np.flatnonzero(self.parent.take(step) == state)
            place, step = place[goes_on], step[goes_on]
        places, words = zip(*found, strict=True)
        return np.concatenate(places).astype(np.int32), np.concatenate(words)

    def words(self) -> list[str]:
        """The words, in the order of their numbers."""
        letters = ["", *map(chr, self.letters.tolist())]
        base, parent = self.base.tolist(), self.parent.tolist()

        def spelt(state: int) -> str:
            word = ""
            while parent[state] >= 0:
                word = letters[state - base[parent[state]]] + word
                state = parent[state]
            return letters[state] + word

        states = np.flatnonzero(self.ends >= 0)
        return [spelt(state) for state in states[np.argsort(self.ends[states])].tolist()]

    def dump(self) -> dict[str, Numbers]:
        """As arrays of whole numbers; ``load`` reads them."""
        return {"letters": self.letters, "base": self.base, "parent": self.parent, "ends": self.ends}

    @classmethod
    def load(cls, rows: Rows) -> "Trie":
        """The inverse of ``dump``."""
        return cls(rows["letters"], rows["base"], rows["parent"], rows["ends"])


def _tree(words: Sequence[str], number: dict[str, int]) -> tuple[list[_Node], list[int]]:
    """Nodes, the root first, and which word ends in each, or -1."""
    nodes: list[_Node] = [{}]
    word_of = [-1]
    for index, word in enumerate(words):
        node = 0
        for letter in map(number.__getitem__, word):
            if letter not in nodes[node]:
                nodes[node][letter] = len(nodes)
                nodes.append({})
                word_of.append(-1)
            node = nodes[node][letter]
        word_of[node] = index
    return nodes, word_of


def _placed(nodes: Sequence[_Node], letters: int) -> tuple[list[int], int]:
    """The base of each node, and how long the arrays must be. Whoever has the most children chooses first."""
    taken = bytearray(b"\1" * (letters + 1))
    bases = [0] * len(nodes)
    front = len(taken)
    inner = (node for node in range(1, len(nodes)) if nodes[node])
    for node in sorted(inner, key=lambda node: -len(nodes[node])):
        first, *others = sorted(nodes[node])
        slot, tries = _free(taken, front, letters), 0
        while any(taken[slot + other - first] for other in others):
            slot, tries = _free(taken, slot + 1, letters), tries + 1
        if tries > _CROWDED or not others:
            front = slot
        bases[node] = slot - first
        for letter in nodes[node]:
            taken[bases[node] + letter] = 1
    return bases, taken.rfind(1) + 1 + letters


def _free(taken: bytearray, start: int, room: int) -> int:
    """The first free place from ``start`` on, with ``room`` made behind it."""
    slot = taken.find(0, start)
    if slot < 0:
        slot = len(taken)
    taken.extend(bytes(max(0, slot + room + 1 - len(taken))))
    return slot
