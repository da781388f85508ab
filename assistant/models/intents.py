"""The learned part: what a message wants, from labelled examples kept as data.

Character n-grams and linear models: they fit in a few seconds on every start, so nothing is stored and
nothing is unpickled.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import Frozen, load_jsonl

Intent = Literal[
    "gift", "segment", "list", "check", "invite", "knowledge", "smalltalk", "out_of_scope", "unsafe"
]
TOOL_INTENTS: tuple[Intent, ...] = ("segment", "list", "gift", "check", "invite", "knowledge")
WITH_KINDS: tuple[Intent, ...] = ("smalltalk", "out_of_scope", "unsafe")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[零一二两三四五六七八九十百千万]{2,}")


class Utterance(Frozen):
    """One labelled example; ◯ stands for a customer's name.

    ``kind`` says what sort of small talk, of other business or of unsafe request it is. ``followup`` marks what
    only changes or continues something asked before; its intent is the one it changes. The other fields are what
    is to be read from it: they test the readers and teach nothing.
    """

    text: str
    intent: Intent
    kind: str = ""
    followup: bool = False
    occasion: str = ""
    budget: float | None = None
    quantity: int | None = None
    copy_text: str = ""
    event: str = ""
    venue: str = ""
    when: str = ""


class Classifier:
    """Probabilities over labels. Deterministic for given examples."""

    def __init__(self, texts: Sequence[str], labels: Sequence[str], longest: int = 4) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self._vectors = TfidfVectorizer(
            analyzer="char", ngram_range=(1, longest), sublinear_tf=True, min_df=2
        )
        self._model: Any = LogisticRegression(C=20.0, max_iter=300, tol=1e-3, class_weight="balanced")
        self._model.fit(self._vectors.fit_transform(texts), labels)
        self._scored = lru_cache(1024)(self._score)  # a message is scored whole, and again by its clauses

    def scores(self, text: str) -> dict[str, float]:
        """Label → probability."""
        return dict(self._scored(text))

    def _score(self, text: str) -> dict[str, float]:
        row = self._model.predict_proba(self._vectors.transform([text]))[0]
        return dict(zip(self._model.classes_.tolist(), map(float, row), strict=True))


class IntentModel:
    """Intents, kinds and follow-ups, each learned from the same examples."""

    def __init__(self, examples: Sequence[Utterance], lexicon: Lexicon) -> None:
        texts = [masked(lexicon.fold(example.text)) for example in examples]
        rows = list(zip(texts, examples, strict=True))
        alone = [(text, e.intent) for text, e in rows if not e.followup]
        self._intents = Classifier(*_columns(alone))
        self._follows = Classifier(*_columns([(text, str(e.followup)) for text, e in rows]))
        self._kinds = {
            intent: Classifier(*_columns(_of_kinds(rows, intent, lexicon))) for intent in WITH_KINDS
        }

    def scores(self, folded: str) -> dict[str, float]:
        """Intent → probability, for a folded text in which names are ◯."""
        return self._intents.scores(masked(folded))

    def follows(self, folded: str) -> float:
        """How probable it is that the text only changes or continues what was asked before."""
        return self._follows.scores(masked(folded))["True"]

    def kind(self, intent: Intent, folded: str) -> str:
        """The likeliest sort of small talk, of other business or of unsafe request."""
        scores = self._kinds[intent].scores(masked(folded))
        return max(scores, key=lambda name: scores[name])


def _of_kinds(
    rows: Sequence[tuple[str, Utterance]], intent: Intent, lexicon: Lexicon
) -> list[tuple[str, str]]:
    """Texts with their kinds; where none is labelled, the lexicon's word for it."""
    named = [
        (text, e.kind or lexicon.declined(intent, text.strip())) for text, e in rows if e.intent == intent
    ]
    return [(text, kind) for text, kind in named if kind]


def _columns(rows: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [text for text, _ in rows], [label for _, label in rows]


def masked(folded: str) -> str:
    """Figures become 0: how much money it is says nothing about what is wanted."""
    return " " + _NUMBER.sub("0", folded).strip() + " "


def load_examples(path: Path = FOLDER / "utterances.jsonl") -> list[Utterance]:
    """The labelled set. Raises DataFileError."""
    return load_jsonl(path, Utterance)


@lru_cache(2)
def intent_model(lexicon: Lexicon) -> IntentModel:
    """Fitted once a process for a lexicon."""
    return IntentModel(load_examples(), lexicon)
