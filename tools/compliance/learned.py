"""The learned part of the pre-check: what a text reads like, from its character n-grams and what rules say of it.

It sees what no rule's words cover. One judge tells whether a text is a violation; in a text that is, another tells
which of its clauses an officer would strike out. They get findings under an id of their own, and so does a striking
sentence in a text that otherwise reads well: in a long text one guilty sentence weighs little. A text that reads like
honest copy silences the rules that are marked as broad and makes hints of what others find. ``training`` makes the
weights; this module only adds them up.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.compliance.arrays import Numbers, Rows, codes_of, named, tallied, under
from tools.compliance.network import Features, Network
from tools.compliance.trie import Trie

LONGEST_GRAM = 3
SHORTEST_CLAUSE = 6
"""Characters of a sentence that may strike by itself."""
SHORTEST_POINTED_AT = 3
"""Characters of a clause that may be pointed at."""
GUILTY, GUILTY_IN_SHORT_COPY = 0.85, -0.65
"""From these scores on a sentence counts where the copy is guilty anyway. Short copy has few harmless ones."""
LONG_COPY = range(150, 20_001)
"""Characters of copy whose sentences stand for themselves. What is longer is a document of many matters: there only
rules speak."""
MARK = 0.3
"""How much a mark counts beside the n-grams of a text, which together have length 1."""
MarkNames = Sequence[str]
"""What is known of a text besides its words: see ``hits.Marks``."""
_NUMBERS = ("gravity_bias", "striking", "struck")
_SENTENCE = re.compile(r"[^。!?;\n]+")
_CLAUSE = re.compile(r"[^。!?;\n,~:]+")
_SPLIT = "\0"
"""Stands in no normalised text."""


@dataclass(frozen=True)
class Judge:
    """Two voices, of which the mean is taken: a sum of weights, and a network."""

    told: NDArray[np.float64]
    bias: float
    network: Network

    def scores(self, features: Features) -> NDArray[np.float64]:
        """The log-odds of guilt of each text."""
        voices: NDArray[np.float64] = self.bias + features.sums(self.told) + self.network.scores(features)
        return voices / 2


@dataclass(frozen=True)
class Weights:
    """What each n-gram and then each mark weighs. ``rarity``: the inverse document frequency of the n-grams.

    ``text`` judges whether a text is a violation, ``clause`` whether a clause of one is its guilty part; ``grave``
    speaks for a violation that must be blocked.
    """

    grams: Trie
    marks: tuple[str, ...]
    rarity: NDArray[np.float64]
    text: Judge
    clause: Judge
    grave: NDArray[np.float64]


@dataclass(frozen=True)
class Learned:
    """Scores are log-odds, moved so that above 0 a text reads like a violation; a sentence above ``striking`` does,
    whatever stands round it. From ``struck`` on a clause of a violation is one that an officer strikes out."""

    weights: Weights
    gravity_bias: float
    striking: float = 0.0
    struck: float = 0.0

    def scores(self, texts: Sequence[str], marks: Sequence[MarkNames] = ()) -> list[float]:
        """How much each normalised text reads like a violation."""
        scores: list[float] = self.weights.text.scores(self._features(texts, marks)).tolist()
        return scores

    def pointed_at(self, clauses: Sequence[str], marks: Sequence[MarkNames]) -> list[float]:
        """How much each clause of a violation reads like what an officer would strike out."""
        scores: list[float] = self.weights.clause.scores(self._features(clauses, marks)).tolist()
        return scores

    def gravity(self, text: str, marks: MarkNames) -> float:
        """How much a violation reads like those that must be blocked: above 0 it does."""
        return self.gravity_bias + float(self._features([text], [marks]).sums(self.weights.grave)[0])

    def _features(self, texts: Sequence[str], marks: Sequence[MarkNames]) -> Features:
        """Tf-idf with dampened counts, at unit length, and the marks."""
        weights, size = self.weights, len(texts)
        place, gram = weights.grams.find(codes_of(_SPLIT.join(texts)))
        owner = np.repeat(np.arange(size), [len(text) + 1 for text in texts])
        found, count = tallied(owner[place] * len(weights.rarity) + gram, size * len(weights.rarity))
        text, gram = np.divmod(found, len(weights.rarity))
        value = weights.rarity[gram] * (1 + np.log(count))
        square = np.bincount(text, value * value, size)
        value /= np.sqrt(np.where(square > 0, square, 1))[text]
        known = [(t, self._column[m]) for t, of in enumerate(marks) for m in of if m in self._column]
        if known:
            owners, columns = np.array(known).T
            text, gram = np.concatenate((text, owners)), np.concatenate((gram, columns))
            value = np.concatenate((value, np.full(len(known), MARK)))
        return Features(text, gram, value, size)

    @cached_property
    def _column(self) -> dict[str, int]:
        return {mark: i for i, mark in enumerate(self.weights.marks, len(self.weights.rarity))}

    def guilty(
        self, text: str, whole: float, found: bool, marks_in: Callable[[int, int], MarkNames]
    ) -> list[tuple[int, int, bool]]:
        """The stretches of a text with the score ``whole`` that read like violations, and whether they strike.

        ``found``: rules have found a violation in it. Short copy that is guilty is so as a whole; in longer copy its
        sentences stand for themselves. ``marks_in`` tells the marks of a stretch.
        """
        if len(text) >= LONG_COPY.stop:
            return []
        places = list(sentences(text))
        scores = self.scores([text[s:e] for s, e in places], [marks_in(s, e) for s, e in places])
        worst = max(scores, default=0.0)
        suspicious = whole > 0
        if suspicious and len(text) < LONG_COPY.start:
            return [(0, len(text), max(whole, worst) >= self.striking)]
        least = self.striking
        if suspicious or found or worst >= self.striking:
            least = GUILTY if len(text) >= LONG_COPY.start else GUILTY_IN_SHORT_COPY
        least = min(least, worst) if suspicious else least
        return [
            (*place, max(whole, score) >= self.striking)
            for place, score in zip(places, scores, strict=True)
            if score >= least
        ]

    def kept(self) -> tuple[dict[str, Any], Rows]:
        """As plain values and arrays of whole numbers; ``Learned.again`` reads them. Weights are in thousandths, and
        what each feature adds to the hidden units stands four to a number."""
        w = self.weights
        told = {"rarity": w.rarity, "grave": w.grave, **{name: judge.told for name, judge in _judges(w)}}
        rows = {name: np.round(row * 1000).astype(np.int32) for name, row in told.items()}
        units = {f"{name}_units": _packed(judge.network.rows) for name, judge in _judges(w)}
        judges = {
            name: {
                "told_bias": judge.bias,
                "offset": judge.network.offset,
                **{of: getattr(judge.network, of).tolist() for of in ("parts", "bias", "out")},
            }
            for name, judge in _judges(w)
        }
        values = {**{name: getattr(self, name) for name in _NUMBERS}, "marks": w.marks, "judges": judges}
        return values, {**rows, **units, **named("grams", w.grams.dump())}

    @classmethod
    def again(cls, values: Mapping[str, Any], rows: Rows) -> "Learned":
        """The inverse of ``kept``."""

        def judge(name: str) -> Judge:
            head = values["judges"][name]
            parts, bias, out = (np.array(head[of], np.float32) for of in ("parts", "bias", "out"))
            units = np.ascontiguousarray(rows[f"{name}_units"], np.int32).view(np.int8).reshape(len(out), -1)
            network = Network(units, parts, bias, out, head["offset"])
            return Judge(rows[name] / 1000, head["told_bias"], network)

        weights = Weights(
            Trie.load(under("grams", rows)),
            tuple(values["marks"]),
            rows["rarity"] / 1000,
            judge("text"),
            judge("clause"),
            rows["grave"] / 1000,
        )
        return cls(weights, **{name: values[name] for name in _NUMBERS})


def _judges(weights: Weights) -> tuple[tuple[str, Judge], tuple[str, Judge]]:
    return ("text", weights.text), ("clause", weights.clause)


def _packed(units: NDArray[np.int8]) -> Numbers:
    return units.reshape(-1).view(np.int32)


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


def grams(text: str) -> Counter[str]:
    """The character n-grams of a text, with how often each stands in it."""
    sizes = range(1, LONGEST_GRAM + 1)
    return Counter(text[i : i + size] for size in sizes for i in range(len(text) - size + 1))


def load(path: Path) -> Learned:
    """Read what ``dump`` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    grams, marks = content["grams"], content["marks"]
    rows = [*grams.values(), *([0, *row] for row in marks.values())]
    columns = ("rarity", "grave", "text", "clause")
    arrays: dict[str, Numbers] = {
        name: np.array([row[i] for row in rows], np.int32) for i, name in enumerate(columns)
    }
    arrays["rarity"] = arrays["rarity"][: len(grams)]
    for i, name in enumerate(("text_units", "clause_units"), len(columns)):
        units = np.frombuffer(b"".join(base64.b64decode(row[i]) for row in rows), np.int8)
        arrays[name] = _packed(np.ascontiguousarray(units.reshape(len(rows), -1).T))
    arrays |= named("grams", Trie.of(list(grams)).dump())
    return Learned.again({**content["head"], "marks": list(marks)}, arrays)


def dump(learned: Learned, path: Path) -> None:
    """Weights in thousandths and what each adds to the hidden units, one a line: a change is readable."""
    values, rows = learned.kept()
    marks, words = values.pop("marks"), learned.weights.grams.words()
    told = [rows[name].tolist() for name in ("grave", "text", "clause")]
    units = [
        [base64.b64encode(row.tobytes()).decode("ascii") for row in judge.network.rows.T]
        for _, judge in _judges(learned.weights)
    ]

    def lines(names: Sequence[str], first: int) -> str:
        known = rows["rarity"].tolist()
        table = {
            name: [*known[i : i + 1], *(row[i] for row in (*told, *units))]
            for i, name in enumerate(names, first)
        }
        return ",\n".join(
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(row, separators=(',', ':'))}"
            for name, row in sorted(table.items())
        )

    head = json.dumps(values, default=float)
    path.write_text(
        f'{{"head":{head},\n"grams":{{\n{lines(words, 0)}\n}},\n"marks":{{\n{lines(marks, len(words))}\n}}}}\n',
        encoding="utf-8",
    )
