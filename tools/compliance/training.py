"""Makes the weights of ``learned`` from labelled copy: the packs' own examples and the labelled sets.

Run by `rm-assistant rules train` when labels change. Needs scikit-learn, which a check never does.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from prompts.datafile import Frozen, load_yaml
from tools.compliance.evaluation import Case
from tools.compliance.learned import Learned, Weights, grams, sentences, telling
from tools.compliance.loading import Sources
from tools.compliance.normal import plain

FOLDER = Path(__file__).parent / "sentences"
FALSE_ALARMS = 0.03
"""The share of clean texts that may read like violations, measured on texts by writers left out of the fit."""
STRIKING = 0.003
"""The share of clean texts in which a sentence alone may read like a violation, measured in the same way."""
LONG = 150
"""Characters. In a violation so long the sentences that hold no marked passage are taken to be clean."""
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
    """One labelled text. One with a ``writer`` comes from that labelled set, not from the examples made for rules and
    statements; where it is ``whole``, not a sentence of one, the thresholds are set on it."""

    written: str
    bad: bool
    writer: str = ""
    whole: bool = True


def load_sentences(folder: Path = FOLDER) -> list[Sentences]:
    """All sentences, file by file. Raises DataFileError."""
    files = [load_yaml(path, dict[str, Sentences]) for path in sorted(folder.glob("*.yaml"))]
    return [sentences for file in files for sentences in file.values()]


def texts_of(
    sources: Sources, sets: Mapping[str, Sequence[Case]], labelled: Iterable[Sentences], clean: Iterable[str]
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
    texts += [
        replace(_text(sentence, bad), writer=name, whole=False)
        for name, cases in sets.items()
        for case in cases
        for sentence, bad in _sentences_of(case)
    ]
    for group in labelled:
        texts += [_text(text, True) for text in group.bad]
        texts += [_text(text, False) for text in group.fine]
    for rule in sources.rules.values():
        texts += [_text(text, True) for text in rule.examples.flag]
        texts += [_text(text, False) for text in rule.examples.passes]
    for statement in sources.statements.values():
        texts += [_text(text, False) for text in (*statement.examples.complete, statement.insert)]
    texts += [_text(text, False) for text in clean]
    return [text for text in texts if text.written.strip()]


def _sentences_of(case: Case) -> Iterator[tuple[str, bool]]:
    """The sentences of a violation of several whose label its marked passages tell."""
    text = plain(case.text, {}).text
    places = list(sentences(text))
    if case.kind != "violation" or len(places) < 2 or len(text) != len(case.text):
        return

    def holds(passages: Iterable[str], start: int, end: int) -> bool:
        found = (m for p in passages for m in re.finditer(re.escape(p), case.text))
        return any(m.start() < end and start < m.end() for m in found)

    for start, end in places:
        if holds((*case.must_hit, *case.must_hit_any), start, end):
            yield text[start:end], True
        elif len(text) >= LONG or holds(case.must_not_hit, start, end):
            yield text[start:end], False


def train(texts: Sequence[Text]) -> Learned:
    """The model, its thresholds from texts by writers of whom a fit had seen nothing: copy comes from strangers."""
    writers = sorted({text.writer for text in texts if text.writer})
    scored = [case for writer in writers for case in _left_out(texts, writer)]
    clean = [(whole, striking) for whole, striking, bad in scored if not bad]
    guilty = [whole for whole, _, bad in scored if bad]
    weights, bias = _fit(texts)
    return Learned.of(
        weights,
        bias,
        suspicious=float(np.quantile([whole for whole, _ in clean], 1 - FALSE_ALARMS)),
        striking=float(np.quantile([striking for _, striking in clean], 1 - STRIKING)),
        honest=float(np.quantile(guilty, UNHEARD)),
        plain=float(np.quantile(guilty, UNLIKE)),
    )


def _left_out(texts: Sequence[Text], writer: str) -> list[tuple[float, float, bool]]:
    """The scores of each whole text of a writer and of its worst sentence, by a fit on all others, and its label."""
    learned = Learned.of(*_fit([text for text in texts if text.writer != writer]))
    cases = [text for text in texts if text.writer == writer and text.whole]

    def worst(text: str) -> float:
        return max(learned.scores([text[start:end] for start, end in sentences(text)]), default=0.0)

    scores = learned.scores([case.written for case in cases])
    return [(score, worst(case.written), case.bad) for score, case in zip(scores, cases, strict=True)]


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
