"""The policy file: what a bank may change, and what the loader will not let through."""

from pathlib import Path

import pytest

from prompts.datafile import DataFileError
from tools.gifts.lexicon import load_lexicon
from tools.gifts.policy import POLICY_FILE, SHIPPED, load_policy
from tools.gifts.words import load_words
from tools.values import OCCASIONS, TIERS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  deposit: forbidden", "  deposit: conditions", "deposit"),
        ("  fund: forbidden\n", "", "fund"),
        ("{share: 0.15,", "{share: 0.05,", "reserve"),
        ("mass: {per_gift: 300, per_year: 900}", "mass: {per_gift: 300, per_year: 90}", "per_year"),
        ("mass: {per_gift: 300, per_year: 900}", "mass: {per_gift: 3000, per_year: 9000}", "lower limit"),
        ("  birthday: {share: 1.0, times_per_year: 1, joyful: true}\n", "", "birthday"),
        ("  birthday: {share: 1.0", "  birthday: {share: 1.5", "share"),
        ("conditions: [referral_terms]", "conditions: [no_such_reason]", "no_such_reason"),
        ("{above: 1500,", "{above: 100,", "rise"),
        ("repeat_months: 24", "repeat_month: 24", "repeat_month"),
        ("  low: {share: 1.0}\n", "", "low"),
    ],
)
def test_an_inconsistent_policy_is_refused_with_its_field(tmp_path, old, new, said):
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / POLICY_FILE
    path.parent.mkdir()
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        load_policy(tmp_path)
    assert said in str(caught.value)


def test_policy_lexicon_and_words_belong_together():
    policy, lexicon, words = load_policy(), load_lexicon(), load_words()
    assert policy.lacking(lexicon.codes) == ()
    assert all(category in lexicon.concepts(category) for category in policy.categories)
    assert set(OCCASIONS) == set(words.labels["occasion"])
    assert set(TIERS) == set(words.labels["tier"])
    assert {way for ways in policy.ways.values() for way in ways} == set(words.labels["way"])
    assert set(words.render["zh"]) == set(words.render["en"])


@pytest.mark.parametrize(
    ("said", "wanted", "unwanted"),
    [
        ("要茶，不要酒", {"茶"}, {"酒"}),
        ("特别实用的", {"实用"}, set()),
        ("别送吃的", set(), {"食品"}),
        ("不锈钢餐具", {"家居"}, set()),
        ("茶叶但不要食品", {"茶"}, {"食品"}),
        ("酒水不要", set(), {"酒"}),
        ("给女老板", {"女士"}, set()),
        ("对坚果过敏", set(), {"坚果"}),
        ("个别定制", {"定制"}, set()),
        ("酒店用品", set(), set()),
        ("no alcohol, tea", {"茶"}, {"酒"}),
    ],
)
def test_wishes_are_told_from_exclusions(said, wanted, unwanted):
    wishes = load_lexicon().wishes([said], [])
    assert {c for w in wishes.wanted for c in w.concepts} >= wanted
    assert not ({c for w in wishes.wanted for c in w.concepts} - wanted) & {"酒", "食品", "坚果"}
    assert {c for w in wishes.unwanted for c in w.concepts} >= unwanted


@pytest.mark.parametrize(
    ("said", "frugal"),
    [("不要太贵", True), ("性价比高一点", True), ("体面一些", False), ("不贵但实用", True)],
)
def test_thrift_is_heard(said, frugal):
    assert load_lexicon().wishes([said], []).frugal is frugal


def test_a_policy_without_a_reason_that_the_words_need_is_refused(tmp_path, make_desk):
    path = tmp_path / POLICY_FILE
    path.parent.mkdir()
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace("  forbidden_cash:", "  forbidden_coins:"), encoding="utf-8")
    with pytest.raises(DataFileError, match="forbidden_cash"):
        make_desk(tmp_path)


def test_the_gift_policy_in_the_knowledge_base_states_these_figures():
    policy = load_policy()
    written = (ROOT / "knowledge/documents/policy/gift-policy.md").read_text(encoding="utf-8")
    for limit in policy.tiers.values():
        assert f"单件{limit.per_gift}元、全年{limit.per_year}元" in written
    for step in policy.approvals:
        assert f"单件超过{step.above}元或整批超过{step.total_above}元，由{step.by}审批" in written


def test_the_banks_own_limits_are_used(tmp_path, make_desk):
    path = tmp_path / POLICY_FILE
    path.parent.mkdir()
    text = SHIPPED.read_text(encoding="utf-8")
    path.write_text(text.replace("mass: {per_gift: 300,", "mass: {per_gift: 100,"), encoding="utf-8")
    advice = make_desk(tmp_path).ask(segment="mass")
    assert advice.limits.per_gift == 100
    assert max(item.price for item in advice.items) <= 100


@pytest.mark.parametrize("said", ["生日", "预算500元以内", "送给客户"])
def test_occasion_and_budget_are_no_wishes(said, make_desk):
    codes = {r.code for r in make_desk().ask(segment="affluent", budget=500, preferences=[said]).reasons}
    assert "preference_unmatched" not in codes
