"""Makes the weights of ``learned`` from labelled copy: the packs' own examples and the labelled sets.

Run by `rm-assistant rules train` when labels change. Needs scikit-learn, which a check never does.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from prompts.datafile import Frozen, load_yaml
from tools.compliance import network
from tools.compliance.evaluation import Case
from tools.compliance.learned import MARK, Judge, Learned, Weights, grams, sentences, telling
from tools.compliance.loading import Sources
from tools.compliance.normal import plain
from tools.compliance.report import CheckRequest
from tools.compliance.trie import Trie
from tools.values import Product

FOLDER = Path(__file__).parent / "sentences"
FALSE_ALARMS = 0.035
"""The share of clean texts that may read like violations, measured on texts by writers left out of the fit."""
STRIKING = 0.005
"""The share of clean texts in which a sentence alone may read like a violation, measured in the same way."""
LONG = 150
"""Characters. In copy so long the sentences that hold no marked passage are taken to be clean."""
LENIENT = 0.15
"""The share of violations that must be blocked which may read like the others."""
OVERLOOKED = 0.06
"""The share of the clauses to be struck out that may be overlooked in a text that is known to be a violation."""
KEPT = 30_000
"""N-grams that are kept, the most telling ones; the others are fitted and dropped."""
STRANGERS = frozenset({
    "city", "county", "private", "office", "hall", "draw", "family", "pictures", "formal", "quoted", "rare", "coast",
    "north", "hints", "slogans", "voices", "river", "capital", "mountain", "plainly", "second", "third", "harbour",
    "meadow", "bridge", "garden", "valley", "lake", "window", "pine", "recorder", "studio", "ledger", "mirror",
    "market", "riddle", "lantern", "scroll", "kettle", "seal", "twins", "anchor", "rhyme", "doorway", "orchard",
    "compass", "scales", "hinge", "notice", "archive", "shadow",
})  # fmt: skip
"""Labelled sets for which no rule was ever changed. On the others rules do better than on copy to come, so thresholds
set on them would be wrong."""
_STRENGTH = 30.0
_FOLDS = 8


class Sentences(Frozen):
    """Sentences of one category: what an officer would strike out, and lawful neighbours of it."""

    bad: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """One labelled text. One with a ``writer`` comes from that labelled set, not from the examples made for rules and
    statements; where it is ``whole``, not a sentence of one, the thresholds are set on it. ``grave``: whether it must
    be blocked, where the label says so."""

    written: str
    bad: bool
    marks: tuple[str, ...]
    writer: str = ""
    whole: bool = True
    grave: bool | None = None


@dataclass(frozen=True)
class Clause:
    """A clause of a labelled violation; ``bad`` where it holds some of a marked passage."""

    written: str
    bad: bool
    marks: tuple[str, ...]
    writer: str


def load_sentences(folder: Path = FOLDER) -> list[Sentences]:
    """All sentences, file by file. Raises DataFileError."""
    files = [load_yaml(path, dict[str, Sentences]) for path in sorted(folder.glob("*.yaml"))]
    return [sentences for file in files for sentences in file.values()]


def texts_of(
    sources: Sources,
    sets: Mapping[str, Sequence[Case]],
    labelled: Iterable[Sentences],
    clean: Iterable[str],
    marks: Callable[[CheckRequest], tuple[str, ...]],
) -> list[Text]:
    """The training set: labelled sets by name, labelled sentences, the packs' examples, and copy known to be clean.

    ``marks`` are those of ``Engine.marks``.
    """
    boilerplate = re.compile("|".join(sources.reading.boilerplate))

    def _text(text: str, bad: bool, product: Product | None = None) -> Text:
        told = telling(plain(text, {}).text, boilerplate)
        return Text(told, bad, marks(CheckRequest(text=text, product=product)))

    def _case(case: Case, writer: str) -> Iterator[Text]:
        bad = case.kind == "violation"
        grave = case.verdict_in == ("block",) if bad else None
        whole = _text(case.text, bad, case.product)
        yield replace(whole, writer=writer if case.kind != "disclosure" else "", grave=grave)
        for sentence, guilty in _sentences_of(case):
            part = _text(sentence, guilty, case.product)
            yield replace(part, writer=writer, whole=False, grave=grave if guilty else None)

    texts = [text for name, cases in sets.items() for case in cases for text in _case(case, name)]
    for group in labelled:
        texts += [_text(text, True) for text in group.bad]
        texts += [_text(text, False) for text in group.fine]
    for rule in sources.rules.values():
        texts += [_text(text, True) for text in rule.examples.flag]
        texts += [_text(text, False) for text in rule.examples.passes]
    for statement in sources.statements.values():
        texts += [_text(text, False) for text in (*statement.examples.complete, statement.insert)]
    texts += [_text(text, False) for text in clean if text.strip()]
    return [text for text in texts if text.written.strip()]


def clauses_of(
    sets: Mapping[str, Sequence[Case]],
    clauses: Callable[[CheckRequest], Sequence[tuple[int, int, str, tuple[str, ...]]]],
) -> list[Clause]:
    """The clauses of all labelled violations. ``clauses`` are those of ``Engine.clauses``."""
    return [
        Clause(written, any(_overlap(case, p, start, end) for p in _marked(case)), marks, writer)
        for writer, cases in sets.items()
        for case in cases
        if case.kind == "violation"
        for start, end, written, marks in clauses(CheckRequest(text=case.text, product=case.product))
    ]


def _marked(case: Case) -> tuple[str, ...]:
    return *case.must_hit, *case.must_hit_any


def _overlap(case: Case, passage: str, start: int, end: int) -> bool:
    places = (m.span() for m in re.finditer(re.escape(passage), case.text))
    return any(low < end and start < high for low, high in places)


def _sentences_of(case: Case) -> Iterator[tuple[str, bool]]:
    """The sentences of a text of several whose label is known: of a violation its marked passages tell it."""
    text = plain(case.text, {}).text
    places = list(sentences(text))
    if len(places) < 2 or len(text) != len(case.text):
        return
    if case.kind != "violation":
        if len(text) >= LONG:
            yield from ((text[start:end], False) for start, end in places)
        return

    for start, end in places:
        if any(_overlap(case, passage, start, end) for passage in _marked(case)):
            yield text[start:end], True
        elif len(text) >= LONG or any(_overlap(case, p, start, end) for p in case.must_not_hit):
            yield text[start:end], False


@dataclass(frozen=True)
class Told:
    """What a fit that had seen nothing of its writer tells of a text: its score, that of its worst sentence, and how
    grave it reads."""

    text: Text
    score: float
    worst: float
    gravity: float


@dataclass(frozen=True)
class Labelled:
    """All that a fit learns from."""

    texts: Sequence[Text]
    clauses: Sequence[Clause]

    def by(self, writers: Collection[str], them: bool) -> "Labelled":
        """What is by these writers, or by all but ``them``."""
        return Labelled(
            [text for text in self.texts if (text.writer in writers) is them],
            [clause for clause in self.clauses if (clause.writer in writers) is them],
        )


def train(labelled: Labelled) -> Learned:
    """The model, its thresholds from texts by writers of whom a fit had seen nothing: copy comes from strangers."""
    writers = sorted(STRANGERS & {text.writer for text in labelled.texts})
    groups = [set(writers[i::_FOLDS]) for i in range(_FOLDS)]
    told = [left_out(labelled, group) for group in groups if group]
    return with_thresholds(
        fit(labelled),
        [each for texts, _ in told for each in texts],
        [score for _, scores in told for score in scores],
    )


def with_thresholds(learned: Learned, told: Sequence[Told], struck: Sequence[float]) -> Learned:
    """The model with thresholds that hold for these texts and these clauses to be struck out."""
    clean = [t for t in told if t.text.whole and not t.text.bad]
    grave = [t.gravity for t in told if t.text.whole and t.text.grave]
    suspicious = float(np.quantile([t.score for t in clean], 1 - FALSE_ALARMS))
    judge = learned.weights.text
    judge = replace(judge, bias=judge.bias - 2 * suspicious)  # of two voices the mean is taken
    return replace(
        learned,
        weights=replace(learned.weights, text=judge),
        striking=float(np.quantile([t.worst for t in clean], 1 - STRIKING)) - suspicious,
        struck=float(np.quantile(struck, OVERLOOKED)),
        gravity_bias=learned.gravity_bias - float(np.quantile(grave, LENIENT)),
    )


def left_out(labelled: Labelled, writers: Collection[str]) -> tuple[list[Told], list[float]]:
    """What a fit on all others tells of the texts of some writers, and of their clauses to be struck out."""
    learned, theirs = fit(labelled.by(writers, them=False)), labelled.by(writers, them=True)
    scores = learned.scores([text.written for text in theirs.texts], [text.marks for text in theirs.texts])
    told = []
    for text, score in zip(theirs.texts, scores, strict=True):
        parts = [text.written[start:end] for start, end in sentences(text.written)]
        worst = max(learned.scores(parts), default=0.0)
        told.append(Told(text, score, worst, learned.gravity(text.written, text.marks)))
    bad = [clause for clause in theirs.clauses if clause.bad]
    return told, learned.pointed_at([clause.written for clause in bad], [clause.marks for clause in bad])


def fit(labelled: Labelled) -> Learned:
    """The model without thresholds: fitted on all n-grams that stand in two texts or more, then on the most telling."""
    texts, clauses = labelled.texts, labelled.clauses
    found = [grams(text.written) for text in texts]
    spread = Counter(gram for counts in found for gram in counts)
    rare = {gram: log((1 + len(texts)) / (1 + n)) + 1 for gram, n in spread.items() if n > 1}
    names = sorted(
        {mark for marks in (*(t.marks for t in texts), *(c.marks for c in clauses)) for mark in marks}
    )
    labels = np.array([int(text.bad) for text in texts])

    def features(
        chosen: Sequence[str], found: Sequence[Counter[str]], of: Sequence[Text | Clause]
    ) -> csr_matrix:
        columns = {name: i for i, name in enumerate((*chosen, *names))}
        return _matrix(columns, rare, found, [each.marks for each in of])

    ordered = sorted(rare)
    first, _ = _linear(features(ordered, found, texts), labels)
    strongest = np.argsort(-np.abs(first[: len(ordered)]), kind="stable")[:KEPT]
    chosen = sorted(ordered[i] for i in strongest)
    known = features(chosen, found, texts)
    labelled_grave = np.array([text.grave is not None for text in texts])
    grave, gravity_bias = _linear(
        known[labelled_grave], np.array([int(t.grave) for t in texts if t.grave is not None])
    )
    parts = features(chosen, [grams(clause.written) for clause in clauses], clauses)
    weights = Weights(
        Trie.of(chosen),
        tuple(names),
        np.array([rare[gram] for gram in chosen]),
        _judge(known, labels),
        _judge(parts, np.array([int(clause.bad) for clause in clauses])),
        grave,
    )
    return Learned(weights, gravity_bias)


def _judge(features: csr_matrix, labels: NDArray[np.int64]) -> Judge:
    told, bias = _linear(features, labels)
    return Judge(told, bias, network.fit(features, labels))


def _matrix(
    columns: Mapping[str, int],
    rare: Mapping[str, float],
    found: Sequence[Counter[str]],
    marks: Sequence[Sequence[str]],
) -> csr_matrix:
    """Each text as ``Learned`` sees it: n-grams at unit length, then marks."""
    rows, cols, values = [], [], []
    for row, (counts, of) in enumerate(zip(found, marks, strict=True)):
        known = {gram: rare[gram] * (1 + log(n)) for gram, n in counts.items() if gram in columns}
        length = sqrt(sum(value * value for value in known.values())) or 1.0
        rows += [row] * (len(known) + len(of))
        cols += [columns[name] for name in (*known, *of)]
        values += [*(value / length for value in known.values()), *([MARK] * len(of))]
    return csr_matrix((values, (rows, cols)), shape=(len(found), len(columns)))


def _linear(features: csr_matrix, labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced", solver="liblinear")
    model.fit(features, labels)
    return model.coef_[0], float(model.intercept_[0])
