"""A network with one hidden layer over what stands in a text, the second voice of ``learned``.

The linear model adds up what each n-gram tells by itself; the hidden units hear what several tell together (本金
beside 不少 and beside 可能亏损). The two err on different texts, so their mean errs less than either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
HIDDEN = 16
_EPOCHS = 8
_BATCH = 64
_STEP = 0.002
_MEAN, _SPREAD = 0.9, 0.999
_HEARD = 0.5
"""The share of a text's n-grams that a step of the fit sees (Srivastava et al., "Dropout", 2014): none may be
relied on alone."""
_LOUDER = 3.0
"""By how much texts of unit length are stretched: so short a vector would hardly move a hidden unit."""
_SEED = 20260923


class Features(NamedTuple):
    """What stands in ``size`` texts: of which text, which feature, its value."""

    text: NDArray[np.int64]
    column: NDArray[np.int64]
    value: NDArray[np.float64]
    size: int

    def sums(self, weights: NDArray[Any]) -> NDArray[np.float64]:
        """What the features of each text weigh together."""
        return np.bincount(self.text, self.value * weights[self.column], self.size).astype(np.float64)


@dataclass(frozen=True)
class Network:
    """Scores are log-odds. ``rows``: for each hidden unit, in so many ``parts``, what each feature adds to it."""

    rows: NDArray[np.int8]
    parts: Floats
    bias: Floats
    out: Floats
    offset: float

    def scores(self, features: Features) -> NDArray[np.float64]:
        """The score of each text."""
        told = np.full(features.size, self.offset)
        for row, part, bias, out in zip(self.rows, self.parts, self.bias, self.out, strict=True):
            told += out * np.maximum(features.sums(row) * part + bias, 0)
        return told


def fit(texts: "csr_matrix", labels: NDArray[np.int64]) -> Network:
    """The network for tf-idf vectors of unit length and their labels; both labels weigh the same.

    Steps are those of Adam (Kingma and Ba, 2015), for the rows of the n-grams that a batch holds. The same texts give
    the same network.
    """
    chance = np.random.default_rng(_SEED)
    units = 1 / np.sqrt(HIDDEN)
    rows = _Moving(chance.normal(0, units / 2, (texts.shape[1], HIDDEN)))
    head = _Moving(np.concatenate([np.zeros(HIDDEN), chance.normal(0, units, HIDDEN), [0]]))
    share = labels.mean()
    weight = np.where(labels == 1, 0.5 / share, 0.5 / (1 - share)).astype(np.float32)
    steps = _EPOCHS * -(-texts.shape[0] // _BATCH)
    for step, chosen in enumerate(_batches(texts.shape[0], chance)):
        batch = texts[chosen]
        heard = chance.random(batch.nnz) < _HEARD
        used, columns = np.unique(batch.indices, return_inverse=True)
        data = np.where(heard, batch.data * (_LOUDER / _HEARD), 0).astype(np.float32)
        batch = batch.__class__((data, columns, batch.indptr), (len(chosen), len(used)))
        bias, out, offset = head.at[:HIDDEN], head.at[HIDDEN:-1], head.at[-1]
        hidden = batch @ rows.at[used] + bias
        told = np.maximum(hidden, 0)
        error = (1 / (1 + np.exp(-(told @ out + offset))) - labels[chosen]) * weight[chosen] / len(chosen)
        back = (np.outer(error, out) * (hidden > 0)).astype(np.float32)
        rate = _STEP * (1 - step / steps)
        rows.move(used, batch.T @ back, rate)
        head.move(slice(None), np.concatenate([back.sum(0), told.T @ error, [error.sum()]]), rate)
    parts = np.maximum(np.abs(rows.at).max(0), 1e-6) / 127
    return Network(
        np.ascontiguousarray(np.round(rows.at / parts).astype(np.int8).T),
        parts * np.float32(_LOUDER),
        head.at[:HIDDEN],
        head.at[HIDDEN:-1],
        float(head.at[-1]),
    )


class _Moving:
    """Parameters, and how they were moved so far."""

    def __init__(self, start: NDArray[np.float64]) -> None:
        self.at: Floats = start.astype(np.float32)
        self._mean, self._spread = np.zeros_like(self.at), np.zeros_like(self.at)

    def move(self, which: Any, slope: NDArray[Any], rate: float) -> None:
        self._mean[which] = _MEAN * self._mean[which] + (1 - _MEAN) * slope
        self._spread[which] = _SPREAD * self._spread[which] + (1 - _SPREAD) * slope**2
        self.at[which] -= rate * self._mean[which] / (np.sqrt(self._spread[which]) + 1e-6)


def _batches(size: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    for _ in range(_EPOCHS):
        order = chance.permutation(size)
        for start in range(0, size, _BATCH):
            yield order[start : start + _BATCH]
