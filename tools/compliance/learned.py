"""The learned part of the pre-check: one linear model over the character n-grams of a whole text.

It sees what no rule's words cover. A text that reads like the labelled violations gets findings on its telling
clauses, under an id of its own and never graver than the pack says, and so does a striking sentence in a text that
otherwise reads well: in a long text one guilty sentence weighs little. A text that reads like honest copy silences the
rules that are marked as broad, and one that reads like nothing else makes hints of the others' findings.
``training`` makes the weights; this module only adds them up.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.compliance.arrays import Rows, codes_of, named, tallied, under
from tools.compliance.words import Trie

LONGEST_GRAM = 3
SHORTEST_CLAUSE = 6
CLOSE = 8.0
"""How far below the most telling clause of its sentence another one still counts as telling."""
GUILTY = 1.0
"""From this score on a sentence of long copy counts where the copy is guilty anyway: one in sixteen harmless ones
reaches it. Short copy has few of those: there 0 is enough."""
LONG_COPY = range(150, 20_001)
"""Characters of copy whose sentences stand for themselves. What is longer is a document of many matters, of which
only the worst sentences are pointed at."""
Weights = Mapping[str, tuple[float, float]]
"""For each n-gram, how rare it is (its inverse document frequency) and what it tells."""
_NUMBERS = ("bias", "suspicious", "striking", "honest", "plain")
_SENTENCE = re.compile(r"[^。!?;\n]+")
_CLAUSE = re.compile(r"[^。!?;\n,~:]+")
_SPLIT = "\0"
"""Stands in no normalised text."""


@dataclass(frozen=True)
class Learned:
    """Scores are log-odds: above ``suspicious`` a text reads like a violation, below ``honest`` like honest copy,
    below ``plain`` like what hardly any violation reads like. A sentence above ``striking`` reads like a violation
    whatever stands round it."""

    bias: float
    suspicious: float
    striking: float
    honest: float
    plain: float
    grams: Trie
    rarity: NDArray[np.float64]
    told: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        weights: Weights,
        bias: float,
        suspicious: float = 0.0,
        striking: float = 0.0,
        honest: float = 0.0,
        plain: float = 0.0,
    ) -> "Learned":
        """The model of these weights."""
        rarity, told = np.array([*weights.values()], np.float64).reshape(-1, 2).T
        return cls(bias, suspicious, striking, honest, plain, Trie.of(list(weights)), rarity, told)

    def weights(self) -> Weights:
        """What each n-gram weighs."""
        return dict(
            zip(self.grams.words(), zip(self.rarity.tolist(), self.told.tolist(), strict=True), strict=True)
        )

    def scores(self, texts: Sequence[str]) -> list[float]:
        """How much each normalised text reads like a violation: tf-idf with dampened counts, at unit length."""
        place, gram = self.grams.find(codes_of(_SPLIT.join(texts)))
        owner = np.repeat(np.arange(len(texts)), [len(text) + 1 for text in texts])
        found, count = tallied(owner[place] * len(self.told) + gram, len(texts) * len(self.told))
        text, gram = np.divmod(found, len(self.told))
        value = self.rarity[gram] * (1 + np.log(count))
        square = np.bincount(text, value * value, len(texts))
        told = np.bincount(text, value * self.told[gram], len(texts))
        scores: list[float] = (self.bias + told / np.sqrt(np.where(square > 0, square, 1))).tolist()
        return scores

    def suspicions(
        self, text: str, whole: float, guilty: bool
    ) -> Iterator[tuple[Sequence[tuple[int, int]], bool]]:
        """The telling clauses, sentence by sentence, of a text whose score is ``whole``, and whether they strike.

        ``guilty``: rules have found a violation in it. There are none where it reads well and nothing strikes.
        """
        suspicious = whole > self.suspicious
        if not suspicious and len(text) >= LONG_COPY.stop:
            return
        places = list(sentences(text))
        scores = self.scores([text[start:end] for start, end in places])
        worst = max(scores, default=0.0)
        least = self.striking
        if len(text) >= LONG_COPY.stop:
            least = worst - CLOSE / 2
        elif suspicious or guilty or worst >= self.striking:
            least = GUILTY if len(text) >= LONG_COPY.start else 0.0
        least = min(least, worst) if suspicious else least
        chosen = [(place, score) for place, score in zip(places, scores, strict=True) if score >= least]
        parts = [[(s + low, s + high) for low, high in clauses(text[s:e])] for (s, e), _ in chosen]
        tells = iter(self.scores([text[low:high] for part in parts for low, high in part]))
        for part, (_, score) in zip(parts, chosen, strict=True):
            yield _run(part, list(islice(tells, len(part)))), max(whole, score) >= self.striking

    def kept(self) -> tuple[dict[str, float], Rows]:
        """As plain numbers and arrays of whole ones, weights in thousandths; ``Learned.again`` reads them."""
        weights = {"rarity": self.rarity, "told": self.told}
        rows = {name: np.round(row * 1000).astype(np.int32) for name, row in weights.items()}
        return {name: getattr(self, name) for name in _NUMBERS}, {**rows, **named("grams", self.grams.dump())}

    @classmethod
    def again(cls, numbers: Mapping[str, float], rows: Rows) -> "Learned":
        """The inverse of ``kept``."""
        rarity, told = (rows[name] / 1000 for name in ("rarity", "told"))
        return cls(grams=Trie.load(under("grams", rows)), rarity=rarity, told=told, **numbers)


def telling(text: str, boilerplate: re.Pattern[str]) -> str:
    """Normalised text without the statements that good and bad copy carry alike; all of it where nothing is left."""
    return stripped(boilerplate.sub("", text)) or text


def stripped(text: str) -> str:
    """Without what stands loose at the ends when something was cut out."""
    return text.strip(" ,。;!")


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences of normalised text that are long enough to tell something."""
    return ((low, high) for low, high in _stretches(_SENTENCE, text) if high - low >= SHORTEST_CLAUSE)


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Clauses of normalised text, without the marks and spaces round them."""
    return _stretches(_CLAUSE, text)


def _stretches(kind: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for found in kind.finditer(text):
        inner = found[0].strip()
        start = found.start() + found[0].find(inner)
        if inner:
            yield start, start + len(inner)


def _run(places: Sequence[tuple[int, int]], scores: Sequence[float]) -> Sequence[tuple[int, int]]:
    """The clauses of a sentence from the first telling one to the last: what stands between them belongs to them."""
    long = [i for i, (start, end) in enumerate(places) if end - start >= SHORTEST_CLAUSE]
    top = max((scores[i] for i in long), default=0.0)
    telling = [i for i in long if scores[i] >= top - CLOSE]
    return places[telling[0] : telling[-1] + 1] if telling else ()


def grams(text: str) -> Counter[str]:
    """The character n-grams of a text, with how often each stands in it."""
    sizes = range(1, LONGEST_GRAM + 1)
    return Counter(text[i : i + size] for size in sizes for i in range(len(text) - size + 1))


def load(path: Path) -> Learned:
    """Read what ``dump`` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    weights = {gram: (idf / 1000, told / 1000) for gram, (idf, told) in content["weights"].items()}
    return Learned.of(weights, **{name: content[name] for name in _NUMBERS})


def dump(learned: Learned, path: Path) -> None:
    """Weights in thousandths, in order, one a line: small, and a change is readable."""
    rows = (
        f"{json.dumps(gram, ensure_ascii=False)}:[{round(idf * 1000)},{round(told * 1000)}]"
        for gram, (idf, told) in sorted(learned.weights().items())
    )
    head = ",".join(f'"{name}":{getattr(learned, name):.4f}' for name in _NUMBERS)
    path.write_text("{" + head + ',"weights":{\n' + ",\n".join(rows) + "\n}}\n", encoding="utf-8")
