"""Makes the weights of ``learned`` from labelled copy: the packs' own examples and the labelled sets.

Run by `rm-assistant rules train` when labels change. Needs scikit-learn, which a check never does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from prompts.datafile import Frozen, load_yaml
from tools.compliance.evaluation import Case
from tools.compliance.learned import Learned, clauses, grams
from tools.compliance.loading import Sources
from tools.compliance.normal import plain

FOLDER = Path(__file__).parent / "sentences"
FOLDS = 5
FALSE_ALARMS = 0.02
"""The share of clean texts that the threshold lets be pointed at, measured on texts left out of the fit."""
UNHEARD = 0.06
"""The share of violations whose text as a whole may read like honest copy: there broad rules are not heard."""
Labelled = tuple[str, int]
_ALIKE = 0.7
_STRENGTH = 10.0


class Sentences(Frozen):
    """Sentences of one category: what an officer would strike out, and lawful neighbours of it."""

    bad: tuple[str, ...] = ()
    fine: tuple[str, ...] = ()


@dataclass(frozen=True)
class Text:
    """One labelled text whole and as clauses: the guilty ones, and the others (of a violation they are not used).

    A ``case`` is copy as people write it, not an example made for a rule: the threshold is set on cases.
    """

    whole: str
    bad: bool
    guilty: tuple[str, ...]
    innocent: tuple[str, ...]
    case: bool = False


def load_sentences(folder: Path = FOLDER) -> list[Sentences]:
    """All sentences, file by file. Raises DataFileError."""
    files = [load_yaml(path, dict[str, Sentences]) for path in sorted(folder.glob("*.yaml"))]
    return [sentences for file in files for sentences in file.values()]


def texts_of(
    sources: Sources, cases: Iterable[Case], sentences: Iterable[Sentences], clean: Iterable[str]
) -> list[Text]:
    """The training set: labelled cases, labelled sentences, the packs' examples, and copy known to be clean."""
    texts = [replace(_text(c.text, (*c.must_hit, *c.must_hit_any)), case=True) for c in cases]
    for group in sentences:
        texts += [_text(text, (text,)) for text in group.bad]
        texts += [_text(text, ()) for text in group.fine]
    for rule in sources.rules.values():
        texts += [_text(text, (text,)) for text in rule.examples.flag]
        texts += [_text(text, ()) for text in rule.examples.passes]
    for statement in sources.statements.values():
        texts += [_text(text, ()) for text in (*statement.examples.complete, statement.insert)]
    return texts + [_text(text, ()) for text in clean]


def train(texts: Sequence[Text]) -> tuple[Learned, Learned]:
    """The model of clauses and that of whole texts, their thresholds from texts that a fit had not seen."""
    left_out = np.concatenate([_scores_left_out(texts, fold) for fold in range(FOLDS)])
    clause = replace(_fit(_clauses_of(texts)), threshold=float(np.quantile(left_out, 1 - FALSE_ALARMS)))
    doubts = np.concatenate([_doubts_left_out(texts, fold) for fold in range(FOLDS)])
    return clause, replace(_fit(_wholes_of(texts)), threshold=float(np.quantile(doubts, UNHEARD)))


def _scores_left_out(texts: Sequence[Text], fold: int) -> np.ndarray[Any, Any]:
    """The highest score of each clean text of a fold, by a fit on the other folds."""
    learned = _fit(_clauses_of([text for i, text in enumerate(texts) if i % FOLDS != fold]))
    clean = [t for t in texts[fold::FOLDS] if t.case and t.innocent and not t.guilty]
    return np.array([max(map(learned.score, text.innocent)) for text in clean])


def _doubts_left_out(texts: Sequence[Text], fold: int) -> np.ndarray[Any, Any]:
    """The score of each whole violation of a fold, by a fit on the other folds."""
    learned = _fit(_wholes_of([text for i, text in enumerate(texts) if i % FOLDS != fold]))
    return np.array([learned.score(t.whole) for t in texts[fold::FOLDS] if t.case and t.bad])


def _clauses_of(texts: Iterable[Text]) -> list[Labelled]:
    texts = list(texts)
    labelled = [(c, 1) for t in texts for c in t.guilty]
    return labelled + [(c, 0) for t in texts if not t.guilty for c in t.innocent]


def _wholes_of(texts: Iterable[Text]) -> list[Labelled]:
    return [(t.whole, int(t.bad)) for t in texts if t.whole.strip()]


def _fit(labelled: Sequence[Labelled]) -> Learned:
    from sklearn.linear_model import LogisticRegression

    found = [grams(text) for text, _ in labelled]
    columns = {gram: i for i, gram in enumerate(sorted(_seen_twice(found)))}
    rows, cols, values = [], [], []
    for row, clause_grams in enumerate(found):
        known = [columns[gram] for gram in sorted(clause_grams) if gram in columns]
        rows += [row] * len(known)
        cols += known
        values += [1 / sqrt(len(clause_grams))] * len(known)
    features = csr_matrix((values, (rows, cols)), shape=(len(labelled), len(columns)))
    model = LogisticRegression(C=_STRENGTH, max_iter=500, class_weight="balanced")
    model.fit(features, [label for _, label in labelled])
    weights = dict(zip(columns, map(float, model.coef_[0]), strict=True))
    return Learned(float(model.intercept_[0]), 0.0, weights)


def _seen_twice(found: Iterable[set[str]]) -> set[str]:
    once: set[str] = set()
    twice: set[str] = set()
    for clause_grams in found:
        twice |= once & clause_grams
        once |= clause_grams
    return twice


def _text(text: str, marked: Sequence[str]) -> Text:
    written = plain(text, {}).text
    passages = [plain(passage, {}).text for passage in marked]
    guilty: list[str] = []
    innocent: list[str] = []
    for start, end in clauses(written):
        clause = written[start:end]
        (guilty if any(_same(clause, passage) for passage in passages) else innocent).append(clause)
    return Text(written, bool(marked), tuple(guilty), tuple(innocent))


def _same(clause: str, passage: str) -> bool:
    """A marked passage may be part of a clause, or go over several; slips of punctuation do not matter."""
    alike = len(set(clause) & set(passage)) / len(set(clause))
    return clause in passage or passage in clause or alike > _ALIKE
