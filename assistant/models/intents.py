"""The learned part: what a message wants, from labelled examples kept as data.

Character n-grams and linear models; what they learned is kept in the data folder between starts.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from assistant.models.learning import Classifier, kept, key_of
from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import Frozen, load_jsonl

Intent = Literal[
    "gift", "segment", "list", "check", "invite", "knowledge", "smalltalk", "out_of_scope", "unsafe"
]
TOOL_INTENTS: tuple[Intent, ...] = ("segment", "list", "gift", "check", "invite", "knowledge")
DATA = ("utterances.jsonl", "lexicon.yaml", "safety.yaml")
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


class IntentModel:
    """Intents, kinds and follow-ups, each learned from the same examples."""

    def __init__(self, learned: Mapping[str, Classifier]) -> None:
        self._intents, self._follows = learned["intents"], learned["follows"]
        self._kinds = {intent: learned[intent] for intent in WITH_KINDS}

    @classmethod
    def fitted(cls, examples: Sequence[Utterance], lexicon: Lexicon) -> "IntentModel":
        """Learn from ``examples``."""
        return cls(_learned(examples, lexicon))

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


def _learned(examples: Sequence[Utterance], lexicon: Lexicon) -> dict[str, Classifier]:
    texts = [masked(lexicon.fold(example.text)) for example in examples]
    rows = list(zip(texts, examples, strict=True))
    columns: dict[str, list[tuple[str, str]]] = {
        "intents": [(text, str(e.intent)) for text, e in rows if not e.followup],
        "follows": [(text, str(e.followup)) for text, e in rows],
        **{str(intent): _of_kinds(rows, intent, lexicon) for intent in WITH_KINDS},
    }
    return {name: Classifier.fitted(*_columns(labelled)) for name, labelled in columns.items()}


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
def intent_model(lexicon: Lexicon, cache: Path | None = None) -> IntentModel:
    """Learned once a process for a lexicon, and once a data folder where ``cache`` keeps it."""
    key = key_of((FOLDER / name).read_bytes() for name in DATA)
    return IntentModel(
        kept(cache, "intents", key, lambda: _learned(load_examples(), lexicon), Classifier.from_arrays)
    )
