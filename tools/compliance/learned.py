"""The learned part of the pre-check: linear models over character n-grams, one of clauses and one of whole texts.

The first sees what no rule's words cover: a clause that reads like the labelled violations becomes a finding under an
id of its own, never graver than the pack says. The second knows honest copy when it reads it: there rules that are
marked as broad, and the first model, are not heard. ``training`` makes the weights; this module only adds them up.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

LONGEST_GRAM = 3
SHORTEST_CLAUSE = 6
_CLAUSE = re.compile(r"[^。!?;\n,~:]+")


@dataclass(frozen=True)
class Learned:
    """``score`` above ``threshold`` is suspicious. Scores are log-odds."""

    bias: float
    threshold: float
    weights: Mapping[str, float]

    def score(self, clause: str) -> float:
        """How much a clause of normalised text reads like a violation."""
        found = grams(clause)
        return self.bias + sum(self.weights.get(gram, 0.0) for gram in found) / sqrt(max(1, len(found)))

    def suspicions(self, text: str) -> Iterator[tuple[int, int]]:
        """The stretches of suspicious clauses."""
        for start, end in clauses(text):
            if self.score(text[start:end]) > self.threshold:
                yield start, end


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """Clauses of normalised text, without the marks and spaces round them."""
    for found in _CLAUSE.finditer(text):
        inner = found[0].strip()
        start = found.start() + found[0].find(inner)
        if len(inner) >= SHORTEST_CLAUSE:
            yield start, start + len(inner)


def grams(clause: str) -> set[str]:
    """The character n-grams of a clause, each once."""
    sizes = range(1, LONGEST_GRAM + 1)
    return {clause[i : i + size] for size in sizes for i in range(len(clause) - size + 1)}


def load(path: Path) -> Learned:
    """Read what ``dump`` wrote."""
    content = json.loads(path.read_text(encoding="utf-8"))
    weights = {gram: value / 1000 for gram, value in content["weights"].items()}
    return Learned(content["bias"], content["threshold"], weights)


def dump(learned: Learned, path: Path) -> None:
    """Weights in thousandths, in order, one a line: small, and a change is readable."""
    whole = {gram: round(value * 1000) for gram, value in sorted(learned.weights.items())}
    rows = ",\n".join(json.dumps(f"{g}", ensure_ascii=False) + f":{v}" for g, v in whole.items() if v)
    head = f'"bias":{learned.bias:.4f},"threshold":{learned.threshold:.4f}'
    path.write_text("{" + head + ',"weights":{\n' + rows + "\n}}\n", encoding="utf-8")
