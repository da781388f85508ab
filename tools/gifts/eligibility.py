"""May this recipient get a gift now, up to what price, on whose signature, and on what basis.

Pure: recipient, request and policy in, a ruling out. No gift is looked at here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import cast

from tools.customers.model import Customer
from tools.gifts.lexicon import Lexicon, Wishes
from tools.gifts.model import GiftRequest, Limits, Reason
from tools.gifts.policy import Policy
from tools.gifts.recipient import Recipient
from tools.gifts.words import Words, money
from tools.values import LinkedTo

CENT = Decimal("0.01")
ADULT = 18


@dataclass
class Ruling:
    """``cap`` is the highest price of one gift after limit, year, budget and reserve."""

    policy: Policy
    refused: bool = False
    approval: bool = False
    reasons: list[Reason] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    cap: Decimal = Decimal(0)
    avoid_ways: tuple[str, ...] = ()
    offer_gifts: bool = False
    """Refused for what was asked, not for whom: lawful gifts may be named as alternatives."""

    def note(self, code: str, **values: object) -> None:
        """A reason with its values, and the lawful ways that belong to it."""
        self.reasons.append(self.policy.reason(code, **values))
        self.alternatives.extend(self.policy.ways_on(code, **values))

    def sign(self, code: str, **values: object) -> None:
        """A reason for which somebody has to sign."""
        self.note(code, **values)
        self.approval = True

    def refuse(self, code: str, **values: object) -> None:
        """A reason that ends it."""
        self.note(code, **values)
        self.refused = True


@dataclass(frozen=True)
class Case:
    """One request under judgement."""

    request: GiftRequest
    recipient: Recipient
    wishes: Wishes
    policy: Policy
    lexicon: Lexicon
    words: Words
    today: date

    @property
    def links(self) -> tuple[LinkedTo, ...]:
        """What the gift hangs on: the field, or else what the words give away."""
        said = cast(tuple[LinkedTo, ...], self.lexicon.links(self.wishes.said))
        field_value = self.request.linked_to
        own = (field_value,) if field_value and field_value != "none" else ()
        return tuple(dict.fromkeys((*own, *said)))

    @property
    def occasion_label(self) -> str:
        return self.words.label("occasion", self.request.occasion)


def judge(case: Case) -> Ruling:
    """Exclusions first, then what was asked for, then limits and conditions."""
    ruling = Ruling(case.policy)
    for code, values in _exclusions(case):
        ruling.refuse(code, **values)
    if ruling.refused:
        ruling.limits = Limits(per_gift=Decimal(0), remaining_this_year=Decimal(0))
        return ruling
    _set_limits(ruling, case)
    for code in _unlawful(case):
        ruling.refuse(code)
        ruling.offer_gifts = True
    if ruling.refused:
        return ruling
    if _year_is_used_up(case, ruling):
        left = money(ruling.limits.remaining_this_year or Decimal(0))
        ruling.refuse("year_limit_reached", remaining=left)
        return ruling
    for code in _forbidden_kinds(case):
        ruling.note(code)
    _conditions(ruling, case)
    return ruling


def _exclusions(case: Case) -> Iterator[tuple[str, dict[str, object]]]:
    """Recipients who must not get anything."""
    recipient, request, policy = case.recipient, case.request, case.policy
    found = {kind for kind in (case.lexicon.official(text) for text in _descriptions(case)) if kind}
    if recipient.customer:
        found |= {flag for flag in policy.excluded_flags if getattr(recipient.customer, flag)}
    yield from ((flag, {}) for flag in policy.excluded_flags if flag in found)
    if recipient.age is not None and recipient.age < ADULT:
        yield "minor_recipient", {}
    rule = policy.excluded_lifecycles.get(recipient.lifecycle) if recipient.lifecycle else None
    if rule and recipient.lifecycle and request.occasion not in rule.except_occasions:
        yield recipient.lifecycle, {}
    if request.occasion in policy.risk[recipient.risk].paused_occasions:
        yield "risk_paused", {"occasion": case.occasion_label}
    if policy.occasions[request.occasion].joyful and _in_mourning(case):
        yield "quiet_mourning", {}


def _descriptions(case: Case) -> Iterator[str]:
    yield case.wishes.said
    if case.recipient.customer:
        yield case.recipient.customer.occupation
        yield case.recipient.customer.employer


def _in_mourning(case: Case) -> bool:
    customer = case.recipient.customer
    return customer is not None and case.lexicon.mourns("，".join((*customer.notes, *customer.tags)))


def _unlawful(case: Case) -> Iterator[str]:
    """What must not be done whoever the recipient is."""
    yield from (f"link_{link}" for link in case.links if case.policy.links.get(link) == "forbidden")
    if case.lexicon.asks_rebate(case.wishes.said):
        yield "private_rebate"
    kinds = list(_forbidden_kinds(case))
    if kinds and not case.lexicon.asks_more(case.wishes.said):
        yield from kinds


def _forbidden_kinds(case: Case) -> Iterator[str]:
    return (f"forbidden_{kind}" for kind in case.lexicon.forbidden(case.wishes.said))


def _set_limits(ruling: Ruling, case: Case) -> None:
    policy, recipient, request = case.policy, case.recipient, case.request
    tier = policy.tiers[recipient.tier]
    share = policy.occasions[request.occasion].share * policy.risk[recipient.risk].share
    per_gift = (tier.per_gift * share).quantize(CENT, ROUND_DOWN)
    remaining = tier.per_year
    if recipient.customer:
        remaining = max(Decimal(0), tier.per_year - _spent(recipient.customer, case.today.year))
        per_gift_left = (remaining / request.quantity).quantize(CENT, ROUND_DOWN)
    else:
        per_gift_left = remaining
    ruling.limits = Limits(per_gift=per_gift, remaining_this_year=remaining)
    ruling.cap = min(per_gift, per_gift_left)
    if request.budget is not None and _keeps_reserve(case):
        ruling.cap = min(ruling.cap, _after_reserve(case))
    elif request.budget is not None:
        ruling.cap = min(ruling.cap, request.budget)
    elif case.wishes.frugal:
        ruling.cap = (ruling.cap * policy.price_band.frugal).quantize(CENT, ROUND_DOWN)


def _year_is_used_up(case: Case, ruling: Ruling) -> bool:
    """Less is left of the year than a tenth of what one gift may cost."""
    left, limit = ruling.limits.remaining_this_year or Decimal(0), ruling.limits.per_gift or Decimal(0)
    return case.recipient.customer is not None and left < limit / 10


def _spent(customer: Customer, year: int) -> Decimal:
    return sum((gift.price for gift in customer.gifts if gift.given_on.year == year), Decimal(0))


def _keeps_reserve(case: Case) -> bool:
    return case.request.quantity >= case.policy.reserve.from_quantity


def _after_reserve(case: Case) -> Decimal:
    budget = case.request.budget or Decimal(0)
    return (budget * (1 - case.policy.reserve.share)).quantize(CENT, ROUND_DOWN)


def _conditions(ruling: Ruling, case: Case) -> None:
    """Everything that goes with a permitted gift."""
    policy, recipient, request = case.policy, case.recipient, case.request
    limits, rule = ruling.limits, policy.occasions[request.occasion]
    per_gift, remaining = limits.per_gift or Decimal(0), limits.remaining_this_year or Decimal(0)
    if not recipient.known:
        ruling.note("general_public")
    ruling.note(
        "within_limits",
        tier=case.words.label("tier", recipient.tier),
        limit=money(per_gift),
        remaining=money(remaining),
    )
    ceiling = min(per_gift, remaining)
    if request.budget is not None and request.budget > ceiling:
        ruling.note("budget_over_limit", budget=money(request.budget), limit=money(ceiling))
    if request.budget is not None and _keeps_reserve(case):
        ruling.note(
            "reserve_kept",
            total=money(request.budget * request.quantity),
            share=f"{policy.reserve.share:.0%}",
            cap=money(ruling.cap),
        )
    for code in rule.conditions:
        ruling.note(code)
    for link in case.links:
        ruling.note(f"link_{link}")
        ruling.approval |= policy.links[link] == "approval"
    _risk(ruling, case)
    if recipient.customer:
        _history(ruling, case, recipient.customer)
    if policy.quiet.reporting_date(request.occasion, case.today):
        ruling.sign("quiet_reporting_date")


def _risk(ruling: Ruling, case: Case) -> None:
    rule, recipient = case.policy.risk[case.recipient.risk], case.recipient
    if rule.share < 1:
        ruling.note("risk_lowered", risk=case.words.label("risk", recipient.risk), share=f"{rule.share:.0%}")
        ruling.approval |= rule.approval
    if recipient.lifecycle == "lost":
        ruling.sign("lost_exception")


def _history(ruling: Ruling, case: Case, customer: Customer) -> None:
    policy, occasion = case.policy, case.request.occasion
    count = sum(g.occasion == occasion and g.given_on.year == case.today.year for g in customer.gifts)
    if count >= policy.occasions[occasion].times_per_year:
        ruling.sign("occasion_used", occasion=case.occasion_label, count=count)
    past = [gift.given_on for gift in customer.gifts if gift.given_on <= case.today]
    days = (case.today - max(past)).days if past else policy.quiet.days_between_gifts
    if days < policy.quiet.days_between_gifts and occasion not in policy.quiet.always_open:
        ruling.sign("quiet_recent_gift", days=days, least=policy.quiet.days_between_gifts)
    if customer.address_changes_12m >= policy.address_alert.from_changes:
        ruling.note("address_changes", count=customer.address_changes_12m)
        ruling.avoid_ways = policy.address_alert.avoid
    if not customer.consents:
        ruling.note("consent_missing")
