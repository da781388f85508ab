"""The learned part of the pre-check: one linear model over the character n-grams of a whole text.

It sees what no rule's words cover. A text that reads like the labelled violations gets a finding on its most telling
clauses, under an id of its own and never graver than the pack says. A text that reads like honest copy silences the
rules that are marked as broad, and one that reads like nothing else makes hints of the others' findings.
``training`` makes the weights; this module only adds them up.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log, sqrt
from pathlib import Path

LONGEST_GRAM = 3
SHORTEST_CLAUSE = 6
CLOSE = 4.0
"""How far below the most telling clause another one still counts as telling."""
_NUMBERS = ("bias", "suspicious", "honest", "plain")
_CLAUSE = re.compile(r"[^。!?;\n,~:]+")


@dataclass(frozen=True)
class Learned:
    """Scores are log-odds: above ``suspicious`` a text reads like a violation, below ``honest`` like honest copy,
    below ``plain`` like what hardly any violation reads like.

    ``weights`` holds, for each n-gram, how rare it is (its inverse document frequency) and what it tells.
    """

    bias: float
    suspicious: float
    honest: float
    plain: float
    weights: Mapping[str, tuple[float, float]]

    def score(self, text: str) -> float:
        """How much normalised text reads like a violation: tf-idf with dampened counts, at unit length."""
        square = told = 0.0
        for gram, count in grams(text).items():
            known = self.weights.get(gram)
            if known:
                value = known[0] * (1 + log(count))
                square += value * value
                told += value * known[1]
        return self.bias + told / sqrt(square or 1.0)

    def suspicions(self, text: str) -> Iterator[tuple[int, int]]:
        """The most telling clauses of a text."""
        scored = [(self.score(text[start:end]), start, end) for start, end in clauses(text)]
        top = max((score for score, _, _ in scored), default=0.0)
        yield from ((start, end) for score, start, end in scored if score >= top - CLOSE)


def telling(text: str, boilerplate: re.Pattern[str]) -> str:
    """Normalised text without the statements that good and bad copy carry alike; all of it where nothing is left."""
    return boilerplate.sub("", text).strip(" ,。;!") or text


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Clauses of normalised text, without the marks and spaces round them."""
    for found in _CLAUSE.finditer(text):
        inner = found[0].strip()
        start = found.start() + found[0].find(inner)
        if len(inner) >= SHORTEST_CLAUSE:
            yield start, start + len(inner)


def grams(text: str) -> Counter[str]:
    """The character n-grams of a text, with how often each stands in it."""
    sizes = range(1, LONGEST_GRAM + 1)
    return Counter(text[i : i + size] for size in sizes for i in range(len(text) - size + 1))


def load(path: Path) -> Learned:
    """Read what ``dump`` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    weights = {gram: (idf / 1000, told / 1000) for gram, (idf, told) in content["weights"].items()}
    return Learned(**{name: content[name] for name in _NUMBERS}, weights=weights)


def dump(learned: Learned, path: Path) -> None:
    """Weights in thousandths, in order, one a line: small, and a change is readable."""
    rows = (
        f"{json.dumps(gram, ensure_ascii=False)}:[{round(idf * 1000)},{round(told * 1000)}]"
        for gram, (idf, told) in sorted(learned.weights.items())
    )
    head = ",".join(f'"{name}":{getattr(learned, name):.4f}' for name in _NUMBERS)
    path.write_text("{" + head + ',"weights":{\n' + ",\n".join(rows) + "\n}}\n", encoding="utf-8")
