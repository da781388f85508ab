"""What is learned of requests, events and turns, on sentences that teach nothing."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.models.asked import Request, request_model
from assistant.models.eventparts import EventExample, event_model, merged
from assistant.models.eventwords import moved
from assistant.models.tagging import Tagger, stretches
from assistant.models.turns import FollowUp, turn_model
from assistant.models.wording import Words
from assistant.models.words import Lexicon, load_lexicon
from prompts.datafile import load_jsonl
from tools.compliance.report import CheckRequest
from tools.compliance.service import ComplianceService

from .conftest import LEARNED

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 10, 0)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return load_lexicon()


def test_requests_of_unheard_messages_are_told_apart(lexicon: Lexicon) -> None:
    model = request_model(lexicon, LEARNED)
    held = load_jsonl(HERE / "unheard_requests.jsonl", Request)
    right = {True: 0, False: 0}
    for request in held:
        found = model.asked(lexicon.fold(request.text))
        wanted = {part.intent for part in request.parts}
        told = {part.intent for part in found.parts} if found.several_by > 20 else {found.alone}
        right[len(wanted) > 1] += told == wanted
    several = sum(len({p.intent for p in r.parts}) > 1 for r in held)
    assert right[True] / several >= 0.62
    assert right[False] / (len(held) - several) >= 0.72


def test_names_and_places_of_unheard_events_are_found(lexicon: Lexicon) -> None:
    model = event_model(lexicon, LEARNED)
    held = load_jsonl(HERE / "unheard_events.jsonl", EventExample)
    for field, least in (("event", 0.75), ("venue", 0.7)):
        said = [e for e in held if getattr(e, field)]
        near = 0
        for example in said:
            folded, words = lexicon.fold(example.text), lexicon.fold(getattr(example, field))
            spans = model.parts(folded).get({"event": "title"}.get(field, field), ())
            near += any(folded[a:b] in words or words in folded[a:b] for a, b in spans)
        assert near / len(said) >= least, field


def test_unheard_turns_are_known_to_go_on(lexicon: Lexicon) -> None:
    model = turn_model(lexicon, LEARNED)
    held = load_jsonl(HERE / "unheard_turns.jsonl", FollowUp)
    read = [(f, model.does(lexicon.fold(f.text), f.before)) for f in held]
    going = [t.goes_on for f, t in read if f.does != "new_topic"]
    fresh = [t.goes_on for f, t in read if f.does == "new_topic"]
    sure = [t.does == f.does for f, t in read if t.goes_on and t.sure > 0.4 and f.does != "new_topic"]
    assert sum(going) / len(going) >= 0.6
    assert sum(fresh) / len(fresh) <= 0.25
    assert sum(sure) / len(sure) >= 0.75


LABELS = ["O", "B-a", "I-a", "B-b", "I-b"]


def toy() -> Tagger:
    rows = [
        ([["x"], ["y"], ["y"], ["z"]], ["O", "B-a", "I-a", "B-b"]),
        ([["y"], ["x"], ["z"], ["z"]], ["B-a", "O", "B-b", "I-b"]),
    ]
    return Tagger.fitted(rows * 2)


@given(st.lists(st.lists(st.sampled_from("xyzw"), max_size=3), max_size=12))
@settings(max_examples=200, deadline=None)
def test_a_field_goes_on_only_where_it_began(features: list[list[str]]) -> None:
    tags = toy().tags(features)
    assert len(tags) == len(features)
    for before, now in zip(["O", *tags], tags, strict=False):
        assert not now.startswith("I-") or before[2:] == now[2:]
    assert all(0 <= first < end <= len(tags) for _, first, end in stretches(tags))


def test_a_tagger_is_the_same_after_it_was_kept() -> None:
    features = [["y"], ["y"], ["x"], ["z"]]
    tagger = toy()
    again = Tagger.from_arrays(tagger.arrays())
    assert again.tags(features) == tagger.tags(features) == ["B-a", "I-a", "O", "B-b"]
    best, other = again.scores(features, [again.tags(features), ["O"] * 4])
    assert best > other


@pytest.mark.parametrize(
    ("text", "told", "found", "wanted"),
    [
        ("成关支行不对 城关支行", {}, {"venue": [(0, 4), (7, 11)]}, {"venue": "城关支行"}),
        ("滨江公园 健步走 东门", {}, {"venue": [(0, 4), (9, 11)]}, {"venue": "滨江公园东门"}),
        ("插花下午茶", {"title": "插花"}, {"title": [(1, 5)]}, {"title": "插花下午茶"}),
        ("参加活动", {"title": "活动"}, {}, {}),
        ("地点不变", {"venue": "不变"}, {}, {}),
    ],
)
def test_what_is_learned_is_merged_with_what_is_written(
    text: str, told: dict[str, Any], found: dict[str, Any], wanted: dict[str, Any]
) -> None:
    assert merged(told, found, text, text, NOW) == wanted


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("12月18日下午3点", "三点钟", "12月18日下午三点"),
        ("12月18日下午3点", "26号", "12月26号下午3点"),
        ("周六下午两点", "十点", "周六下午十点"),
    ],
)
def test_a_moment_is_moved_as_far_as_it_is_said(old: str, new: str, wanted: str) -> None:
    assert moved(old, new) == wanted


@pytest.mark.parametrize("language", ["zh", "en"])
def test_copy_is_started_again_with_words_that_pass(language: str) -> None:
    service = ComplianceService(lambda: NOW.date())
    words = Words().speaking(language, "")
    starts = [key for key in words.words if key.startswith("start_")]
    assert len(starts) >= 9
    for key in starts:
        text = words.say(key)
        assert service.check(CheckRequest(text=text)).verdict == "pass", text
