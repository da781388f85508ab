"""Marks stretches of a sequence: an averaged structured perceptron over sparse features, decoded by Viterbi.

Labels are O, B-field and I-field; a field goes on only where it has begun. Collins, "Discriminative Training
Methods for Hidden Markov Models" (EMNLP 2002), with averaged weights. Deterministic for given examples.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import numpy as np

Features = Sequence[Sequence[str]]  # of each position, the names of what is seen there
_ROUNDS = 6
_REVISED = 3  # what was labelled rightly the last time is looked at in one round of so many
_RAREST = 2  # a feature seen once teaches nothing but its example


class Tagger:
    """Weights of features and of moves from one label to the next."""

    def __init__(self, terms: Sequence[str], labels: Sequence[str], weights: Any, moves: Any) -> None:
        self._terms = {term: i for i, term in enumerate(terms)}
        self._labels = list(labels)
        self._weights, self._moves = weights, moves + _forbidden(labels)
        self._begins = np.array([-1e6 if label.startswith("I-") else 0.0 for label in labels])
        self._bare = moves

    @classmethod
    def fitted(cls, rows: Iterable[tuple[Features, Sequence[str]]]) -> "Tagger":
        """Learn from sequences whose positions are labelled."""
        terms, labels, sequences = _numbered(rows)
        size = len(terms), len(labels)
        made = cls(terms, labels, np.zeros(size, np.float32), np.zeros((size[1], size[1]), np.float32))
        sums = np.zeros_like(made._weights), np.zeros_like(made._bare)
        seen, order = 1, np.random.default_rng(0)
        wrong = np.ones(len(sequences), bool)
        for turn in range(_ROUNDS):
            again = wrong | (np.arange(len(sequences)) % _REVISED == turn % _REVISED) | (turn < _REVISED - 1)
            for row in order.permutation(np.flatnonzero(again)):
                seen += 1
                places, given = sequences[row]
                wrong[row] = made._learn(places, given, seen, sums)
        averaged = made._weights - sums[0] / seen, made._bare - sums[1] / seen
        return cls(terms, labels, *averaged)

    def tags(self, features: Features, favour: Mapping[str, float] = MappingProxyType({})) -> list[str]:
        """The likeliest labels; ``favour`` adds to the score of some."""
        if not features:
            return []
        more = np.array([favour.get(label, 0.0) for label in self._labels])
        return [self._labels[i] for i in self._best(self._numbers(features), more)]

    def scores(self, features: Features, labellings: Sequence[Sequence[str]]) -> list[float]:
        """How much speaks for each of some labellings of one sequence; the likeliest has the most."""
        weights = np.stack([self._weights[position].sum(axis=0) for position in self._numbers(features)])
        found: list[float] = []
        for labels in labellings:
            path = [self._labels.index(label) for label in labels]
            moves = sum(float(self._moves[move]) for move in pairwise(path))
            found.append(float(weights[range(len(path)), path].sum()) + moves)
        return found

    def arrays(self) -> dict[str, Any]:
        """All that ``from_arrays`` needs."""
        return {
            "terms": np.array("\x1f".join(self._terms)),
            "labels": np.array("\x1f".join(self._labels)),
            "weights": self._weights.astype(np.float32),
            "moves": self._bare.astype(np.float32),
        }

    @classmethod
    def from_arrays(cls, held: Mapping[str, Any]) -> "Tagger":
        """The tagger that ``arrays`` described."""
        return cls(
            str(held["terms"]).split("\x1f"),
            str(held["labels"]).split("\x1f"),
            held["weights"],
            held["moves"],
        )

    def _numbers(self, features: Features) -> list[Any]:
        known = self._terms
        return [
            np.array(sorted({known[name] for name in position if name in known}), np.intp)
            for position in features
        ]

    def _best(self, numbered: Sequence[Any], more: Any = 0.0) -> list[int]:
        score = self._weights.take(numbered[0], 0).sum(0) + self._begins + more
        came: list[Any] = []
        for position in numbered[1:]:
            paths = score[:, None] + self._moves
            came.append(paths.argmax(axis=0))
            score = paths.max(axis=0) + self._weights.take(position, 0).sum(0) + more
        path = [int(score.argmax())]
        for back in reversed(came):
            path.append(int(back[path[-1]]))
        return path[::-1]

    def _learn(self, numbered: Sequence[Any], wanted: Any, seen: int, sums: tuple[Any, Any]) -> bool:
        """Correct the weights where a sequence is not yet labelled rightly. Returns whether it was not."""
        found = self._best(numbered)
        if found == wanted.tolist():
            return False
        for i, (right, wrong) in enumerate(zip(wanted.tolist(), found, strict=True)):
            if right != wrong:
                for label, step in ((right, 1.0), (wrong, -1.0)):
                    self._weights[numbered[i], label] += step
                    sums[0][numbered[i], label] += step * seen
            if i and (wanted[i - 1], right) != (found[i - 1], wrong):
                for move, step in (((int(wanted[i - 1]), right), 1.0), ((found[i - 1], wrong), -1.0)):
                    self._bare[move] += step
                    self._moves[move] += step
                    sums[1][move] += step * seen
        return True


Sequenced = tuple[list[Any], Any]  # of each position the numbers of its features; the numbers of the labels


def _numbered(
    rows: Iterable[tuple[Features, Sequence[str]]],
) -> tuple[list[str], list[str], list[Sequenced]]:
    """Features and labels as numbers, row by row: the names of all features at once would fill gigabytes."""
    numbers: dict[str, int] = {}
    kept: list[tuple[list[Any], Sequence[str]]] = []
    for features, given in rows:
        if given:
            places = [[numbers.setdefault(name, len(numbers)) for name in sorted(set(p))] for p in features]
            kept.append(([np.array(place, np.int32) for place in places], given))
    counts = np.bincount(np.concatenate([place for places, _ in kept for place in places]))
    often = np.flatnonzero(counts >= _RAREST)
    renumbered = np.full(len(numbers), -1, np.intp)
    renumbered[often] = np.arange(len(often))
    names = [name for name, number in numbers.items() if renumbered[number] >= 0]
    labels = sorted({label for _, given in kept for label in given})
    place_of = {label: i for i, label in enumerate(labels)}

    def common(place: Any) -> Any:
        new = renumbered[place]
        return new[new >= 0]

    sequences = [
        ([common(place) for place in places], np.array([place_of[label] for label in given]))
        for places, given in kept
    ]
    return names, labels, sequences


def _forbidden(labels: Sequence[str]) -> Any:
    """Where a field cannot go on: it has not begun, or another has."""
    return np.array(
        [[-1e6 if to.startswith("I-") and was[2:] != to[2:] else 0.0 for to in labels] for was in labels],
        np.float32,
    )


def stretches(tags: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """(field, first, end) of every stretch that ``tags`` mark."""
    start = 0
    for i, tag in enumerate([*tags, "O"]):
        if i and tags[i - 1] != "O" and not tag.startswith("I-"):
            yield tags[i - 1][2:], start, i
        if tag.startswith("B-"):
            start = i
