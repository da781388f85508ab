"""The labelled utterances: enough of them, balanced, and learnable."""

from collections import Counter

from assistant.models.intents import IntentModel, load_examples
from assistant.models.words import load_lexicon


def test_the_set_is_large_and_every_intent_is_there() -> None:
    examples = load_examples()
    counted = Counter(e.intent for e in examples)
    assert len(examples) >= 800
    assert len({e.text for e in examples}) == len(examples)
    assert min(counted.values()) >= 40


def test_held_out_examples_are_told_apart() -> None:
    lexicon, examples = load_lexicon(), load_examples()
    held = examples[::5]
    model = IntentModel([e for i, e in enumerate(examples) if i % 5], lexicon)
    right = 0
    for example in held:
        scores = model.scores(lexicon.fold(example.text))
        right += max(scores, key=lambda name: scores[name]) == example.intent
    assert right / len(held) >= 0.8
