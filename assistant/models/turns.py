"""What a turn does about the one before: changes it, asks for more of it, or begins something new. Learned.

Each kind of answer is followed up in its own ways (a gift is excluded, a letter gets a line more), so each has a
model of its own; ordinary requests show all of them what a new topic looks like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from assistant.models.intents import Intent, Utterance, load_examples, masked
from assistant.models.learning import Classifier, kept, key_of
from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import Frozen, load_jsonl

EXAMPLES = FOLDER / "followups.jsonl"
_SOURCES = ("followups.jsonl", "utterances.jsonl", "lexicon.yaml")
_FRESH = 400  # requests that show each model a new topic
Does = Literal[
    "change", "exclude", "prefer", "cheaper", "dearer", "another_batch", "pick_item", "into_invitation",
    "same_for", "correct_customer", "why", "tone", "shorter", "channel", "variants", "language", "add_line",
    "remove_line", "change_event", "recheck", "rewrite_copy", "narrow", "sort", "who_is", "gift_for_them",
    "invite_them", "more", "source", "new_topic",
]  # fmt: skip
TOOL_OF: dict[str, str] = {
    "recommend_gifts": "gift",
    "lookup_segment": "segment",
    "list_customers": "list",
    "check_compliance": "check",
    "draft_invitation": "invite",
    "search_knowledge": "knowledge",
}


class FollowUp(Frozen):
    """One labelled turn: what was done ``before`` it and what it ``does`` about that; ◯ stands for a name."""

    text: str
    before: Intent
    does: Does


@dataclass(frozen=True)
class Turned:
    """The likeliest thing a turn does, how probable it is, and how probable a new topic is."""

    does: str = "new_topic"
    sure: float = 0.0
    fresh: float = 1.0

    @property
    def goes_on(self) -> bool:
        """Whether the turn is about what was done before."""
        return self.fresh < _GOES_ON


_GOES_ON = 0.4
NEW_TOPIC = Turned()


class TurnModel:
    """One classifier for each kind of answer."""

    def __init__(self, models: dict[str, Classifier]) -> None:
        self._models = models

    def does(self, folded: str, before: str) -> Turned:
        """What ``folded``, its names written as ◯, does about an answer of the kind ``before``."""
        if before not in self._models:
            return NEW_TOPIC
        scores = self._models[before].scores(masked(folded))
        fresh = scores["new_topic"]
        does = max((name for name in scores if name != "new_topic"), key=lambda name: scores[name])
        return Turned(does, scores[does], fresh)


def learned(
    followups: Sequence[FollowUp], examples: Sequence[Utterance], lexicon: Lexicon
) -> dict[str, Classifier]:
    """Fitted on labelled turns and on requests that stand by themselves."""
    alone = [e.text for e in examples if not e.followup]
    fresh = alone[:: max(1, len(alone) // _FRESH)]
    found: dict[str, Classifier] = {}
    for kind in get_args(Intent):
        rows = [(f.text, str(f.does)) for f in followups if f.before == kind]
        if rows:
            rows += [(text, "new_topic") for text in fresh]
            texts = [masked(lexicon.fold(text)) for text, _ in rows]
            found[kind] = Classifier.fitted(texts, [does for _, does in rows])
    return found


@lru_cache(2)
def turn_model(lexicon: Lexicon, cache: Path | None = None) -> TurnModel:
    """Learned once a process, and once a data folder where ``cache`` keeps it."""
    key = key_of((FOLDER / name).read_bytes() for name in _SOURCES)

    def fit() -> dict[str, Classifier]:
        return learned(load_jsonl(EXAMPLES, FollowUp), load_examples(), lexicon)

    return TurnModel(kept(cache, "turns", key, fit, Classifier.from_arrays))
