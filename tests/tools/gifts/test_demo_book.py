"""Every customer of the demo book, occasions and budgets in turn: no gift that policy, stock or law forbids."""

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from tools.gifts.lexicon import load_lexicon
from tools.gifts.model import GiftRequest
from tools.gifts.policy import load_policy
from tools.values import OCCASIONS

if TYPE_CHECKING:
    from assistant.build import House

BUDGETS = (None, Decimal(60), Decimal(300), Decimal(1200), Decimal(8000))
TWO_YEARS = timedelta(days=730)
EACH = 4


def test_no_gift_breaks_a_rule_for_anybody(house: "House") -> None:
    policy, lexicon, today = load_policy(), load_lexicon(), house.clock().date()
    budgets, occasions = itertools.cycle(BUDGETS), itertools.cycle(OCCASIONS)
    asked = 0
    for manager in (m for m in house.customers.managers() if m.role == "rm"):
        for customer in house.customers.all(manager):
            barred = any(getattr(customer, flag) for flag in policy.excluded_flags)
            recent = {g.gift_id for g in customer.gifts if today - g.given_on < TWO_YEARS}
            for occasion, budget in itertools.islice(zip(occasions, budgets, strict=False), EACH):
                request = GiftRequest(customer=customer.id, occasion=occasion, budget=budget)
                advice = house.gifts.recommend(request, manager)
                asked += 1
                assert not barred or advice.decision == "refused", customer.id
                assert (advice.decision == "refused") <= (not advice.items)
                for item in advice.items:
                    assert budget is None or item.price <= budget
                    assert item.price <= min(advice.limits.per_gift, advice.limits.remaining_this_year)
                    assert item.stock >= 1 and item.gift_id not in recent
                    assert not lexicon.forbidden(item.name)
    assert asked >= 300 * EACH
