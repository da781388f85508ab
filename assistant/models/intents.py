"""The learned part: what a message wants, from labelled examples kept as data.

Character n-grams and a linear model: it fits in well under a second on every start, so nothing is stored
and nothing is unpickled.
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
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*|[零一二两三四五六七八九十百千万]{2,}")


class Utterance(Frozen):
    """One labelled example; ◯ stands for a customer's name."""

    text: str
    intent: Intent


class IntentModel:
    """Probabilities over intents. Deterministic for given examples."""

    def __init__(self, examples: Sequence[Utterance], lexicon: Lexicon) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        self._vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2)
        texts = [masked(lexicon.fold(example.text)) for example in examples]
        features = self._vectors.fit_transform(texts)
        self._model: Any = LogisticRegression(C=20.0, max_iter=300, tol=1e-3, class_weight="balanced")
        self._model.fit(features, [example.intent for example in examples])
        self._scored = lru_cache(1024)(self._score)  # a message is scored whole, and again by its clauses

    def scores(self, folded: str) -> dict[str, float]:
        """Intent → probability, for a folded text in which names are ◯."""
        return dict(self._scored(masked(folded)))

    def _score(self, text: str) -> dict[str, float]:
        row = self._model.predict_proba(self._vectors.transform([text]))[0]
        return dict(zip(self._model.classes_.tolist(), map(float, row), strict=True))


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
