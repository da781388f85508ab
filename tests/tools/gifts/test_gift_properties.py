"""Whatever is asked: never over budget, limit or stock, never a forbidden kind, link or recipient."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from tools.base import Caller
from tools.errors import NotFound
from tools.gifts.advisor import open_advisor
from tools.gifts.lexicon import load_lexicon
from tools.gifts.model import GiftRequest
from tools.gifts.policy import load_policy
from tools.values import OCCASIONS, SEGMENTS, TIERS

POLICY = load_policy()
LEXICON = load_lexicon()
SAID = ["茶", "给小孩的", "现金", "不要酒", "实用", "存款满10万就送", "🎁", ""]
FORBIDDEN_LINKS = {link for link, rule in POLICY.links.items() if rule == "forbidden"}


def check(advice, quantity=1, budget=None, remaining=None):
    assert (advice.decision == "refused") <= (not advice.items)
    for item in advice.items:
        assert budget is None or item.price <= budget
        assert item.price <= advice.limits.per_gift
        assert item.price <= advice.limits.remaining_this_year
        assert remaining is None or item.price * quantity <= remaining
        assert item.stock >= quantity
        assert not LEXICON.forbidden(item.name)
        step = POLICY.approval_for(item.price, quantity)
        assert not step or advice.decision == "needs_approval"
    assert len({item.gift_id for item in advice.items}) == len(advice.items)
    assert advice.items or advice.alternatives
    assert all(reason.text and "{" not in reason.text for reason in advice.reasons)


PEOPLE = {
    "plain": {},
    "rich": {"tier": "private", "personas": ("high_net_worth",), "tags": ("高尔夫", "爱喝茶")},
    "risky": {"risk_level": "high"},
    "medium": {"risk_level": "medium", "tier": "platinum"},
    "allergic": {"allergies": ("坚果", "海鲜"), "taboos": ("清真",)},
    "official": {"public_official": True, "tier": "private"},
    "state": {"state_enterprise_staff": True},
    "black": {"blacklisted": True},
    "broken": {"abnormal_account": True},
    "asleep": {"lifecycle": "dormant"},
    "gone": {"lifecycle": "lost"},
    "moving": {"address_changes_12m": 5},
}
NEVER = {"official", "state", "black", "broken", "asleep"}


@pytest.mark.parametrize("person", PEOPLE)
def test_customers_by_occasions_by_budgets(desk, given, person):
    for spent in (0, 700):
        gifts = (given("Z", date(2026, 3, 3), spent),) if spent else ()
        who = desk.book.add(**PEOPLE[person], gifts=gifts)
        year = POLICY.tiers[PEOPLE[person].get("tier", "affluent")].per_year
        for occasion in OCCASIONS:
            for budget in (1, 30, 99, 300, 800, 5000, None):
                advice = desk.ask(customer=who, occasion=occasion, budget=budget)
                check(advice, budget=budget, remaining=year - spent)
                assert (person in NEVER) <= (advice.decision == "refused")


def test_every_segment_and_occasion_finds_gifts(desk):
    for segment in (*SEGMENTS, None):
        for occasion in OCCASIONS:
            for budget in (50, 200, None):
                advice = desk.ask(segment=segment, occasion=occasion, budget=budget)
                check(advice, budget=budget)
                assert advice.items, (segment, occasion, budget)


@pytest.fixture(scope="module")
def ask():
    """Requests without a customer; one adviser for all examples."""
    advisor = open_advisor(None, Nobody(), Nobody(), lambda: date(2026, 11, 10))
    caller = Caller("rm", "经理")
    return lambda **fields: advisor.recommend(GiftRequest.model_validate(fields), caller)


class Nobody:
    """A bank without customers."""

    def resolve(self, reference, caller):
        raise NotFound("customer", reference + caller.id)

    def lookup(self, request, caller):
        raise NotFound("customer", request.customer + caller.id)


@settings(max_examples=150, deadline=None)
@for_all(
    segment=st.sampled_from((*TIERS, "retiree", "family", None)),
    occasion=st.sampled_from(OCCASIONS),
    budget=st.none() | st.decimals(1, 6000, places=2),
    quantity=st.integers(1, 1500),
    preferences=st.lists(st.sampled_from(SAID), max_size=3),
    exclude=st.lists(st.sampled_from(["吃的", "不要茶", "酒", "(", "*"]), max_size=2),
    linked_to=st.sampled_from((*POLICY.links, "none", None)),
    top_k=st.integers(1, 20),
)
def test_any_request_keeps_every_bound(ask, **asked):
    advice = ask(**asked)
    check(advice, asked["quantity"], asked["budget"])
    assert (asked["linked_to"] in FORBIDDEN_LINKS) <= (advice.decision == "refused")
    assert len(advice.items) <= asked["top_k"]
    if asked["budget"] and asked["quantity"] >= POLICY.reserve.from_quantity:
        spent = max((item.price for item in advice.items), default=Decimal(0))
        assert spent <= asked["budget"] * (1 - POLICY.reserve.share)
