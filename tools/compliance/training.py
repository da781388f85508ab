"""Makes the weights of ``learned`` from labelled copy: the packs' own examples and the labelled sets.

Run by `rm-assistant rules train` when labels change. Needs scikit-learn, which a check never does.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from prompts.datafile import Frozen, load_yaml
from tools.compliance.evaluation import Case
from tools.compliance.learned import Learned, Weights, grams, telling
from tools.compliance.loading import Sources
from tools.compliance.normal import plain

FOLDER = Path(__file__).parent / "sentences"
FALSE_ALARMS = 0.03
"""The share of clean texts that may read like violations, measured on texts by writers left out of the fit."""
UNHEARD = 0.05
"""The share of violations that may read like honest copy: there broad rules are not heard."""
UNLIKE = 0.015
"""The share of violations that may read like nothing but honest copy: there other rules only hint."""
KEPT = 30_000
"""N-grams that are kept, the most telling ones; the others are fitted and dropped."""
_STRENGTH = 30.0


class Sentences(Frozen):
    """Sentences of one category: what an officer would strike out, and lawful neighbours of it."""

    bad: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """One labelled text. One with a ``writer`` is a violation or clean copy from that labelled set, not an example
    made for a rule or a statement: the thresholds are set on these."""

    written: str
    bad: bool
    writer: str = ""


def load_sentences(folder: Path = FOLDER) -> list[Sentences]:
    """All sentences, file by file. Raises DataFileError."""
    files = [load_yaml(path, dict[str, Sentences]) for path in sorted(folder.glob("*.yaml"))]
    return [sentences for file in files for sentences in file.values()]


def texts_of(
    sources: Sources, sets: Mapping[str, Iterable[Case]], sentences: Iterable[Sentences], clean: Iterable[str]
) -> list[Text]:
    """The training set: labelled sets by name, labelled sentences, the packs' examples, and copy known to be clean."""
    boilerplate = re.compile("|".join(sources.reading.boilerplate))

    def _text(text: str, bad: bool) -> Text:
        return Text(telling(plain(text, {}).text, boilerplate), bad)

    texts = [
        replace(_text(c.text, c.kind == "violation"), writer=name if c.kind != "disclosure" else "")
        for name, cases in sets.items()
        for c in cases
    ]
    for group in sentences:
        texts += [_text(text, True) for text in group.bad]
        texts += [_text(text, False) for text in group.fine]
    for rule in sources.rules.values():
        texts += [_text(text, True) for text in rule.examples.flag]
        texts += [_text(text, False) for text in rule.examples.passes]
    for statement in sources.statements.values():
        texts += [_text(text, False) for text in (*statement.examples.complete, statement.insert)]
    texts += [_text(text, False) for text in clean]
    return [text for text in texts if text.written.strip()]


def train(texts: Sequence[Text]) -> Learned:
    """The model, its thresholds from texts by writers of whom a fit had seen nothing: copy comes from strangers."""
    writers = sorted({text.writer for text in texts if text.writer})
    scored = [pair for writer in writers for pair in _left_out(texts, writer)]
    clean = [score for score, bad in scored if not bad]
    guilty = [score for score, bad in scored if bad]
    weights, bias = _fit(texts)
    return Learned.of(
        weights,
        bias,
        suspicious=float(np.quantile(clean, 1 - FALSE_ALARMS)),
        honest=float(np.quantile(guilty, UNHEARD)),
        plain=float(np.quantile(guilty, UNLIKE)),
    )


def _left_out(texts: Sequence[Text], writer: str) -> list[tuple[float, bool]]:
    """The score of each case of a writer, by a fit on all other texts, with its label."""
    learned = Learned.of(*_fit([text for text in texts if text.writer != writer]))
    cases = [text for text in texts if text.writer == writer]
    scores = learned.scores([case.written for case in cases])
    return [(score, case.bad) for score, case in zip(scores, cases, strict=True)]


def _fit(texts: Sequence[Text]) -> tuple[Weights, float]:
    """Fit on all n-grams that stand in two texts or more, then again on the most telling ones."""
    found = [grams(text.written) for text in texts]
    spread = Counter(gram for counts in found for gram in counts)
    rare = {gram: log((1 + len(texts)) / (1 + n)) + 1 for gram, n in spread.items() if n > 1}
    labels = [int(text.bad) for text in texts]
    first, _ = _fit_on(sorted(rare), rare, found, labels)
    strongest = sorted(first, key=lambda gram: (-abs(first[gram][1]), gram))[:KEPT]
    return _fit_on(sorted(strongest), rare, found, labels)


def _fit_on(
    chosen: Sequence[str], rare: dict[str, float], found: Sequence[Counter[str]], labels: Sequence[int]
) -> tuple[Weights, float]:
    from sklearn.linear_model import LogisticRegression

    columns = {gram: i for i, gram in enumerate(chosen)}
    rows, cols, values = [], [], []
    for row, counts in enumerate(found):
        known = {gram: rare[gram] * (1 + log(n)) for gram, n in counts.items() if gram in columns}
        length = sqrt(sum(value * value for value in known.values())) or 1.0
        rows += [row] * len(known)
        cols += [columns[gram] for gram in known]
        values += [value / length for value in known.values()]
    features: Any = csr_matrix((values, (rows, cols)), shape=(len(found), len(columns)))
    model = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced").fit(features, labels)
    told = map(float, model.coef_[0])
    weights = {gram: (rare[gram], value) for gram, value in zip(chosen, told, strict=True)}
    return weights, float(model.intercept_[0])
