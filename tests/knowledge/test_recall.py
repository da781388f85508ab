"""The shipped documents answer the shipped questions, better than either half of the search alone."""

import statistics
import time
from pathlib import Path

import pytest

from knowledge.evaluation import QUESTIONS, UNANSWERABLE, Evaluation, Question, evaluate
from knowledge.library import open_library
from prompts.datafile import load_jsonl


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("recall")


@pytest.fixture(scope="module")
def measured(data: Path) -> Evaluation:
    return evaluate(data)


def test_the_question_set_is_large_and_mixed() -> None:
    asked = load_jsonl(QUESTIONS, Question)
    assert len({question.q for question in asked}) == len(asked) >= 250
    assert sum(question.kind in ("paraphrase", "colloquial") for question in asked) * 2 >= len(asked)
    assert sum(question.lang == "en" for question in asked) >= 40
    unanswerable = [question for question in asked if question.kind == UNANSWERABLE]
    assert len(unanswerable) >= 30
    assert all(bool(question.facts) != (question.kind == UNANSWERABLE) for question in asked)


@pytest.mark.parametrize("kind", ["lexical", "paraphrase", "colloquial", "typo", "english"])
def test_recall_at_five(measured: Evaluation, kind: str) -> None:
    row = next(row for row in measured.recalls if (row.system, row.kind) == ("hybrid", kind))
    assert row.found / row.questions >= 0.95, measured.missed


def test_the_whole_search_beats_each_half_alone(measured: Evaluation) -> None:
    assert measured.recall("hybrid") > measured.recall("bm25")
    assert measured.recall("hybrid") > measured.recall("vectors")


def test_confidence_tells_answers_from_near_misses(measured: Evaluation) -> None:
    assert measured.answered_unsure <= 0.05
    assert measured.unanswerable_sure <= 0.2


@pytest.mark.usefixtures("measured")
def test_a_built_library_opens_and_answers_fast(data: Path) -> None:
    started = time.perf_counter()
    opened = open_library(data / "hybrid")
    opened.ensure_built()
    assert opened.revision
    assert time.perf_counter() - started < 8
    opened.search("热身")
    taken = []
    for question in load_jsonl(QUESTIONS, Question)[:60]:
        started = time.perf_counter()
        opened.search(question.q)
        taken.append(time.perf_counter() - started)
    assert statistics.median(taken) < 0.2
