"""From scores to passages: fusion, confidence, and neighbours."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.chunks import Chunk
from prompts.datafile import Frozen, load_yaml

Floats = NDArray[np.float32]
_CALIBRATION = Path(__file__).parent / "ranking.yaml"


class Fusion(Frozen):
    """Weights of the three signals in a passage's score, each signal between 0 and 1."""

    bm25: float
    cosine: float
    coverage: float


class Confidence(Frozen):
    """Logistic weights of what speaks for a passage, and the probability from which it counts as an answer.

    ``strength`` weighs the BM25 score, up to ``strongest``."""

    constant: float
    explained: float
    strength: float
    strongest: float
    threshold: float


class Calibration(Frozen):
    fusion: Fusion
    confidence: Confidence
    passage_tokens: int


@cache
def calibration() -> Calibration:
    """As measured on the shipped question set by ``knowledge.evaluation``."""
    return load_yaml(_CALIBRATION, Calibration)


@dataclass(frozen=True)
class Signals:
    """What is known about every chunk for one question; ``explained`` is asked only of those shown."""

    bm25: Floats
    cosine: Floats
    coverage: Floats
    explained: Callable[[int], float]


@dataclass(frozen=True)
class Hit:
    """A stretch of chunks ``first``..``last`` around the one that was found."""

    row: int
    first: int
    last: int
    score: float
    confident: bool


def best(
    signals: Signals, allowed: NDArray[np.bool_], chunks: Sequence[Chunk], top_k: int, how: Calibration
) -> list[Hit]:
    """The ``top_k`` best chunks with their neighbours, no two overlapping."""
    fused = how.fusion.bm25 * _share(signals.bm25, allowed) + how.fusion.cosine * np.clip(
        signals.cosine, 0, 1
    )
    fused += how.fusion.coverage * signals.coverage
    rows = np.flatnonzero(allowed & (fused > 0))
    # Equal scores keep the order of the documents, so that an answer does not change from run to run.
    ranked = rows[np.argsort(-fused[rows], kind="stable")]
    hits: list[Hit] = []
    taken: set[int] = set()
    for row in map(int, ranked[: top_k * 20]):
        if len(hits) == top_k:
            break
        if row in taken:
            continue
        first, last = _neighbourhood(chunks, row, how.passage_tokens, taken)
        taken.update(range(first, last + 1))
        chance = probability(signals.explained(row), float(signals.bm25[row]), how.confidence)
        sure = chance >= how.confidence.threshold
        hits.append(Hit(row, first, last, float(fused[row]), sure))
    return hits


def _share(scores: Floats, allowed: NDArray[np.bool_]) -> Floats:
    highest = float(scores[allowed].max(initial=0.0))
    return scores / highest if highest else scores


def probability(explained: float, strength: float, how: Confidence) -> float:
    """That a passage which explains so much of the question, with such a BM25 score, answers it."""
    logit = how.constant + how.explained * explained + how.strength * min(strength, how.strongest)
    return 1 / (1 + math.exp(-logit))


def _neighbourhood(chunks: Sequence[Chunk], row: int, room: int, taken: set[int]) -> tuple[int, int]:
    """The stretch of the document around ``row`` that fits into ``room`` tokens; what follows comes first."""
    first = last = row
    left = room - chunks[row].size
    for step in _outwards(chunks, row):
        adjacent = step == last + 1 or step == first - 1
        if adjacent and step not in taken and chunks[step].size <= left:
            left -= chunks[step].size
            first, last = min(first, step), max(last, step)
    return first, last


def _outwards(chunks: Sequence[Chunk], row: int) -> Iterator[int]:
    for distance in range(1, 6):
        for step in (row + distance, row - distance):
            if 0 <= step < len(chunks) and chunks[step].document_id == chunks[row].document_id:
                yield step
