"""How well questions find their passage: recall at 5 by kind of question, beside each half of the search."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from knowledge.base import Knowledge, Passage
from knowledge.lexicon import Lexicon
from knowledge.library import BUNDLED, open_library
from knowledge.ranking import Fusion, calibration
from prompts.datafile import Frozen, load_jsonl

QUESTIONS = Path(__file__).parent / "evals" / "questions.jsonl"
UNANSWERABLE = "unanswerable"


class Question(Frozen):
    """A question, and expressions that must all match inside one passage; without any it has no answer."""

    q: str
    facts: tuple[str, ...] = ()
    kind: str
    lang: str = "zh"


class Recall(Frozen):
    """Of ``questions`` questions of a kind, ``found`` had their passage among the first five."""

    system: str
    kind: str
    questions: int
    found: int


class Evaluation(Frozen):
    """``answered_unsure``: share of answerable questions without a confident passage.

    ``unanswerable_sure``: share of the others with one. ``missed``: what the whole search did not find."""

    recalls: tuple[Recall, ...]
    answered_unsure: float
    unanswerable_sure: float
    missed: tuple[str, ...]

    def recall(self, system: str = "hybrid") -> float:
        rows = [row for row in self.recalls if row.system == system]
        return sum(row.found for row in rows) / max(1, sum(row.questions for row in rows))


def answers(question: Question, passages: Iterable[Passage]) -> bool:
    """The text of one passage holds every fact."""
    patterns = [re.compile(fact, re.IGNORECASE) for fact in question.facts]
    texts = (passage.text for passage in passages)
    return any(all(pattern.search(text) for pattern in patterns) for text in texts)


def evaluate(data_dir: Path, questions: Path = QUESTIONS, documents: Path = BUNDLED) -> Evaluation:
    """The whole search, then BM25 and vectors alone, without the lexicon. Builds indexes in ``data_dir``."""
    asked = load_jsonl(questions, Question)
    hybrid = open_library(data_dir / "hybrid", documents=documents)
    plain = Lexicon([], [], [])
    how = calibration()
    baselines = {
        name: open_library(
            data_dir / "plain",
            documents=documents,
            lexicon=plain,
            calibration=how.model_copy(update={"fusion": fusion}),
        )
        for name, fusion in (
            ("bm25", Fusion(bm25=1, cosine=0, coverage=0)),
            ("vectors", Fusion(bm25=0, cosine=1, coverage=0)),
        )
    }
    answerable = [question for question in asked if question.facts]
    others = [question for question in asked if not question.facts]
    recalls, missed = _recalls("hybrid", hybrid, answerable)
    rows = [*recalls]
    for name, library in baselines.items():
        rows += _recalls(name, library, answerable)[0]
    return Evaluation(
        recalls=tuple(rows),
        answered_unsure=1 - _sure(hybrid, answerable),
        unanswerable_sure=_sure(hybrid, others),
        missed=missed,
    )


def _recalls(
    system: str, library: Knowledge, questions: Sequence[Question]
) -> tuple[list[Recall], tuple[str, ...]]:
    good = {question.q for question in questions if answers(question, library.search(question.q, top_k=5))}
    kinds = dict.fromkeys(question.kind for question in questions)
    rows = [
        Recall(
            system=system,
            kind=kind,
            questions=sum(question.kind == kind for question in questions),
            found=sum(question.kind == kind and question.q in good for question in questions),
        )
        for kind in kinds
    ]
    return rows, tuple(question.q for question in questions if question.q not in good)


def _sure(library: Knowledge, questions: Sequence[Question]) -> float:
    sure = sum(any(p.confident for p in library.search(question.q, top_k=5)) for question in questions)
    return sure / max(1, len(questions))
