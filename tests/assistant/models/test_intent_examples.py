"""The labelled utterances: enough of them, balanced, and learnable."""

from collections import Counter
from pathlib import Path

import pytest

from assistant.models.amounts import count, money, per_gift
from assistant.models.intents import IntentModel, intent_model, load_examples
from assistant.models.learning import Classifier, kept, key_of
from assistant.models.wording import Words
from assistant.models.words import Lexicon, load_lexicon

from .conftest import LEARNED


def test_the_set_is_large_and_every_intent_is_there() -> None:
    examples = load_examples()
    counted = Counter(e.intent for e in examples)
    assert len(examples) >= 800
    assert len({e.text for e in examples}) == len(examples)
    assert min(counted.values()) >= 40


def test_held_out_examples_are_told_apart() -> None:
    lexicon, examples = load_lexicon(), load_examples()
    held = [e for e in examples[::5] if not e.followup]
    model = IntentModel.fitted([e for i, e in enumerate(examples) if i % 5], lexicon)
    right = 0
    for example in held:
        scores = model.scores(lexicon.fold(example.text))
        right += max(scores, key=lambda name: scores[name]) == example.intent
    assert right / len(held) >= 0.8


UNHEARD = load_examples(Path(__file__).with_name("unheard.jsonl"))
"""Sentences of other writers that teach nothing: neither the models nor the lexicon were made from them."""


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def test_unheard_sentences_are_told_apart(lexicon: Lexicon) -> None:
    model = intent_model(lexicon, LEARNED)
    told = [e for e in UNHEARD if not e.followup]
    scores = [model.scores(lexicon.fold(e.text)) for e in told]
    right = sum(max(s, key=lambda n: s[n]) == e.intent for s, e in zip(scores, told, strict=True))
    assert right / len(told) >= 0.82


def test_money_and_numbers_of_unheard_sentences_are_read(lexicon: Lexicon) -> None:
    gifts = [e for e in UNHEARD if e.budget and not e.followup]
    read = {e.text: lexicon.fold(e.text) for e in gifts}
    budgets = {t: per_gift(money(f, bare=True), count(f)) for t, f in read.items()}
    right = [e for e in gifts if float(budgets[e.text] or 0) == e.budget]
    assert len(right) / len(gifts) >= 0.93, [e.text for e in gifts if e not in right]


def test_occasions_of_unheard_sentences_are_read(lexicon: Lexicon) -> None:
    gifts = [e for e in UNHEARD if e.intent == "gift" and e.occasion and not e.followup]
    right = [e for e in gifts if (lexicon.first("occasions", lexicon.fold(e.text)) or "none") == e.occasion]
    assert len(right) / len(gifts) >= 0.85, [e.text for e in gifts if e not in right]


def test_every_kind_of_refusal_and_small_talk_has_words(lexicon: Lexicon) -> None:
    for language in ("zh", "en"):
        words = Words().speaking(language, "")
        for example in (*load_examples(), *UNHEARD):
            if example.kind:
                prefix = "small" if example.intent == "smalltalk" else "refuse"
                assert words.say(f"{prefix}_{example.kind}")


def test_what_was_learned_is_read_again_and_says_the_same(tmp_path: Path) -> None:
    texts, labels = (
        ["送点什么好", "送礼", "送份礼", "写条短信", "写封信", "写短信"],
        ["gift"] * 3 + ["invite"] * 3,
    )
    fits: list[str] = []

    def fit() -> dict[str, Classifier]:
        fits.append("fitted")
        return {"a": Classifier.fitted(texts, labels)}

    first = kept(tmp_path, "talk", key_of([b"1"]), fit, Classifier.from_arrays)["a"]
    again = kept(tmp_path, "talk", key_of([b"1"]), fit, Classifier.from_arrays)["a"]
    assert fits == ["fitted"]
    assert again.scores("送短信") == first.scores("送短信")
    kept(tmp_path, "talk", key_of([b"2"]), fit, Classifier.from_arrays)
    assert len(fits) == 2, "other data is learned anew"
    next(tmp_path.glob("*.npz")).write_bytes(b"broken")
    assert kept(tmp_path, "talk", key_of([b"2"]), fit, Classifier.from_arrays)["a"].scores(
        "送短信"
    ) == first.scores("送短信")
