"""Labelled conversations through the real agent loop and tools: what a manager would notice."""

from pathlib import Path

import pytest

from assistant.evaluation import Dialogue, load_dialogues, run_dialogue
from prompts.datafile import DataFileError

from .conftest import NAMES, Conversations

CUSTOMERS = [(f"C{i:04}", name) for i, name in enumerate(NAMES[:3], 1)]
DIALOGUES = load_dialogues()
KINDS = sorted({d.id.rsplit("-", 1)[0] for d in DIALOGUES})


@pytest.mark.parametrize("kind", KINDS)
def test_labelled_dialogues_pass_in_every_turn(kind: str, chat: Conversations) -> None:
    chosen = [d for d in DIALOGUES if d.id.rsplit("-", 1)[0] == kind]
    outcomes = [run_dialogue(d, chat.send, CUSTOMERS) for d in chosen]
    failed = {o.dialogue.id: o.faults for o in outcomes if not o.passed}
    assert len(failed) <= 0.05 * len(chosen), failed


def test_the_set_is_large_enough_to_mean_something() -> None:
    assert len(DIALOGUES) >= 120
    assert len({d.id for d in DIALOGUES}) == len(DIALOGUES)


def test_a_wrong_expectation_is_noticed(chat: Conversations) -> None:
    wrong = Dialogue.model_validate(
        {
            "id": "w",
            "turns": [{"user": "你好", "expect": {"tools": ["recommend_gifts"], "reply": ["礼券九折"]}}],
        }
    )
    assert len(run_dialogue(wrong, chat.send, CUSTOMERS).faults) == 2


def test_a_broken_file_names_its_line(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    file.write_text('{"id": "a", "turns": []}\n{"id": "b", "turns": [{"usr": "x"}]}\n', encoding="utf-8")
    with pytest.raises(DataFileError, match=r"d\.jsonl:2"):
        load_dialogues(file)
