"""The learned part of the pre-check: what a text reads like, from its character n-grams and what rules say of it.

It sees what no rule's words cover. A text that reads like the labelled violations gets findings on its telling
clauses, under an id of its own, and so does a striking sentence in a text that otherwise reads well: in a long text
one guilty sentence weighs little. A text that reads like honest copy silences the rules that are marked as broad and
makes hints of what others find. ``training`` makes the weights; this module only adds them up.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.compliance.arrays import Numbers, Rows, codes_of, named, tallied, under
from tools.compliance.network import Features, Network
from tools.compliance.trie import Trie

LONGEST_GRAM = 3
SHORTEST_CLAUSE = 6
CLOSE = 8.0
"""How far below the most telling clause of its sentence another one still counts as telling."""
GUILTY = 1.5
"""From this score on a sentence of long copy counts where the copy is guilty anyway. Short copy has few harmless ones
that come so far: there 0 is enough."""
LONG_COPY = range(150, 20_001)
"""Characters of copy whose sentences stand for themselves. What is longer is a document of many matters: there only
rules speak."""
MARK = 0.3
"""How much a mark counts beside the n-grams of a text, which together have length 1."""
MarkNames = Sequence[str]
"""What is known of a text besides its words: see ``hits.Marks``."""
_NUMBERS = ("bias", "gravity_bias", "suspicious", "striking")
_SENTENCE = re.compile(r"[^。!?;\n]+")
_CLAUSE = re.compile(r"[^。!?;\n,~:]+")
_SPLIT = "\0"
"""Stands in no normalised text."""


@dataclass(frozen=True)
class Weights:
    """What each n-gram and then each mark weighs. ``rarity``: the inverse document frequency of the n-grams; ``told``
    speaks for a violation, ``grave`` for one that must be blocked."""

    grams: Trie
    marks: tuple[str, ...]
    rarity: NDArray[np.float64]
    told: NDArray[np.float64]
    grave: NDArray[np.float64]
    network: Network


@dataclass(frozen=True)
class Learned:
    """Scores are log-odds: above ``suspicious`` a text reads like a violation, and a sentence above ``striking``
    does, whatever stands round it."""

    weights: Weights
    bias: float
    gravity_bias: float
    suspicious: float = 0.0
    striking: float = 0.0

    def scores(self, texts: Sequence[str], marks: Sequence[MarkNames] = ()) -> list[float]:
        """How much each normalised text reads like a violation: the mean of two voices."""
        features = self._features(texts, marks)
        linear = self.bias + features.sums(self.weights.told)
        scores: list[float] = ((linear + self.weights.network.scores(features)) / 2).tolist()
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

    def suspicions(
        self,
        text: str,
        whole: float,
        guilty: bool,
        marks_in: Callable[[int, int], MarkNames],
        explained: Callable[[int, int], bool],
        names: re.Pattern[str],
    ) -> Iterator[tuple[Sequence[tuple[int, int]], bool]]:
        """The telling clauses, sentence by sentence, of a text whose score is ``whole``, and whether they strike.

        ``guilty``: rules have found a violation in it. There are none where it reads well and nothing strikes.
        ``marks_in`` tells the marks of a stretch of it. In a sentence whose guilt is ``explained`` by what rules found,
        a clause must be guilty by itself. What is nothing but one of ``names`` tells nothing.
        """
        suspicious = whole > self.suspicious
        if len(text) >= LONG_COPY.stop:
            return
        places = [(s, e) for s, e in sentences(text) if not names.fullmatch(text, s, e)]
        scores = self.scores([text[s:e] for s, e in places], [marks_in(s, e) for s, e in places])
        worst = max(scores, default=0.0)
        least = self.striking
        if suspicious or guilty or worst >= self.striking:
            least = GUILTY if len(text) >= LONG_COPY.start else 0.0
        least = min(least, worst) if suspicious else least
        chosen = [(place, score) for place, score in zip(places, scores, strict=True) if score >= least]
        parts = [
            [
                (s + low, s + high)
                for low, high in clauses(text[s:e])
                if not names.fullmatch(text, s + low, s + high)
            ]
            for (s, e), _ in chosen
        ]
        tells = iter(self.scores([text[low:high] for part in parts for low, high in part]))
        for part, (_, score) in zip(parts, chosen, strict=True):
            floor = GUILTY if part and explained(part[0][0], part[-1][1]) else -inf
            yield _run(part, list(islice(tells, len(part))), floor), max(whole, score) >= self.striking

    def kept(self) -> tuple[dict[str, Any], Rows]:
        """As plain values and arrays of whole numbers; ``Learned.again`` reads them. Weights are in thousandths, and
        what each feature adds to the hidden units stands four to a number."""
        w, network = self.weights, self.weights.network
        rows = {
            name: np.round(getattr(w, name) * 1000).astype(np.int32) for name in ("rarity", "told", "grave")
        }
        head = {name: getattr(network, name).tolist() for name in ("parts", "bias", "out")}
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            "marks": w.marks,
            "network": {**head, "offset": network.offset},
        }, {**rows, "rows": network.rows.reshape(-1).view(np.int32), **named("grams", w.grams.dump())}

    @classmethod
    def again(cls, values: Mapping[str, Any], rows: Rows) -> "Learned":
        """The inverse of ``kept``."""
        head = values["network"]
        parts, bias, out = (np.array(head[name], np.float32) for name in ("parts", "bias", "out"))
        units = np.ascontiguousarray(rows["rows"], np.int32).view(np.int8).reshape(len(out), -1)
        network = Network(units, parts, bias, out, head["offset"])
        rarity, told, grave = (rows[name] / 1000 for name in ("rarity", "told", "grave"))
        grams = Trie.load(under("grams", rows))
        weights = Weights(grams, tuple(values["marks"]), rarity, told, grave, network)
        return cls(weights, **{name: values[name] for name in _NUMBERS})


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


def _run(
    places: Sequence[tuple[int, int]], scores: Sequence[float], floor: float
) -> Sequence[tuple[int, int]]:
    """The clauses of a sentence from the first telling one to the last: what stands between them belongs to them. What
    scores below ``floor`` tells nothing."""
    long = [i for i, (start, end) in enumerate(places) if end - start >= SHORTEST_CLAUSE]
    top = max((scores[i] for i in long), default=0.0)
    telling = [i for i in long if scores[i] >= max(top - CLOSE, floor)]
    return places[telling[0] : telling[-1] + 1] if telling else ()


def grams(text: str) -> Counter[str]:
    """The character n-grams of a text, with how often each stands in it."""
    sizes = range(1, LONGEST_GRAM + 1)
    return Counter(text[i : i + size] for size in sizes for i in range(len(text) - size + 1))


def load(path: Path) -> Learned:
    """Read what ``dump`` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    grams, marks = content["grams"], content["marks"]
    rows = [*grams.values(), *([0, *row] for row in marks.values())]
    rarity, told, grave = (np.array([row[i] for row in rows], np.int32) for i in range(3))
    units = np.frombuffer(b"".join(base64.b64decode(row[3]) for row in rows), np.int8).reshape(len(rows), -1)
    arrays: dict[str, Numbers] = {
        "rarity": rarity[: len(grams)],
        "told": told,
        "grave": grave,
        "rows": np.ascontiguousarray(units.T).reshape(-1).view(np.int32),
        **named("grams", Trie.of(list(grams)).dump()),
    }
    return Learned.again({**content["head"], "marks": list(marks)}, arrays)


def dump(learned: Learned, path: Path) -> None:
    """Weights in thousandths and what each adds to the hidden units, one a line: a change is readable."""
    values, rows = learned.kept()
    marks, words = values.pop("marks"), learned.weights.grams.words()
    units = [base64.b64encode(row.tobytes()).decode("ascii") for row in learned.weights.network.rows.T]
    told, grave = rows["told"].tolist(), rows["grave"].tolist()

    def lines(names: Sequence[str], first: int) -> str:
        known = rows["rarity"].tolist()
        table = {
            name: [*known[i : i + 1], told[i], grave[i], units[i]] for i, name in enumerate(names, first)
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
