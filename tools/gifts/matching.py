"""Which gifts may come into question, and which of them are offered: filters, rank, variety.

Arrays over the whole catalogue keep 5,000 gifts within a few milliseconds.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from tools.gifts.catalogue import Catalogue, Gift, Mask
from tools.gifts.policy import Policy
from tools.gifts.scoring import Need, Scale, Scores, meets
from tools.gifts.words import Words

LOOK_AHEAD = 60
"""How many of the best are considered for variety."""

RELAXABLE = ("budget", "exclude", "season", "stock")
"""Filters whose nearest miss may be named; the others are law, safety or policy."""

Filters = dict[str, Mask]


@dataclass(frozen=True)
class Match:
    """A chosen gift, its score 0–100 and the telling parts in words."""

    gift: Gift
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """The choice; where it is empty ``cause`` says which filter emptied it and ``nearest`` what is close.

    ``short`` is a better gift that only lacks stock. ``unmatched`` are wishes nothing in reach meets.
    """

    matches: tuple[Match, ...]
    cause: str | None = None
    nearest: Gift | None = None
    short: Gift | None = None
    unmatched: tuple[str, ...] = ()


class Matcher:
    """Chooses under one policy."""

    def __init__(self, policy: Policy, words: Words) -> None:
        self._policy = policy
        self._scale = Scale(policy, words)

    def choose(self, catalogue: Catalogue, need: Need) -> Outcome:
        """The best gifts in order; ties go to the lower id, so the same request gives the same answer."""
        filters = self._filters(catalogue, need)
        fit = _all(catalogue, filters)
        if not fit.any():
            return _nothing(catalogue, need, filters)
        points = self._scale.points(self._scale.parts(catalogue, need))
        score = np.sum(list(points.values()), axis=0)
        chosen = self._varied(catalogue, _best(score, fit), score, need.request.top_k)
        matches = (
            Match(gift, round(float(score[i]), 1), self._scale.why(gift, i, points, need))
            for i, gift in ((i, catalogue.gifts[i]) for i in chosen)
        )
        missed = (wish for wish in need.wishes.wanted if not meets(catalogue, wish)[fit].any())
        return Outcome(
            matches=tuple(matches),
            short=_short(catalogue, filters, score, chosen[0]),
            unmatched=tuple(wish.label for wish in missed),
        )

    def _filters(self, catalogue: Catalogue, need: Need) -> Filters:
        """Hard filters in the order in which they would be explained."""
        having, suits = catalogue.having, catalogue.suiting_all
        after = catalogue.stock - need.request.quantity
        customer = need.recipient.customer
        sex = customer.sex if customer else "unknown"
        other_sex = {trait for own, trait in self._policy.sex_traits.items() if own != sex}
        return {
            "taboo": ~having("traits", need.recipient.avoid | self._taboos(need)),
            "occasion": suits("occasions") | having("occasions", [need.request.occasion]),
            "season": suits("seasons") | having("seasons", [need.season]),
            "sex": ~having("traits", other_sex - need.wishes.concepts),
            "unasked": ~having("traits", self._policy.only_when_asked - need.asked),
            "history": self._not_given(catalogue, need),
            "exclude": _not_excluded(catalogue, need),
            "stock": (after >= catalogue.warn_at) & (after >= 0),
            "limit": catalogue.prices <= float(need.limit),
            "budget": catalogue.prices <= float(need.cap),
        }

    def _taboos(self, need: Need) -> set[str]:
        who = need.recipient
        return {
            rule.thing
            for rule in self._policy.taboos
            if rule.always
            or need.request.occasion in rule.occasions
            or need.life_stage in rule.life_stages
            or set(who.personas) & set(rule.personas)
            or who.places & set(rule.regions)
        }

    def _not_given(self, catalogue: Catalogue, need: Need) -> Mask:
        customer = need.recipient.customer
        since = _months_before(need.today, self._policy.repeat_months)
        recent = [gift for gift in (customer.gifts if customer else ()) if gift.given_on > since]
        known = {gift.gift_id for gift in recent} | {gift.name for gift in recent}
        fresh = (not known & {gift.gift_id, gift.name} for gift in catalogue.gifts)
        return np.fromiter(fresh, bool, len(catalogue)) if known else np.ones(len(catalogue), dtype=bool)

    def _varied(self, catalogue: Catalogue, ranked: list[int], score: Scores, top_k: int) -> list[int]:
        """Greedy choice; every gift of a category already taken costs a later one some points."""
        pool, chosen, taken = ranked[: max(LOOK_AHEAD, top_k)], list[int](), dict[str, int]()
        cost = self._policy.weights.diversity
        while pool and len(chosen) < top_k:
            best = max(pool, key=lambda i: score[i] - cost * taken.get(catalogue.gifts[i].category, 0))
            pool.remove(best)
            chosen.append(best)
            category = catalogue.gifts[best].category
            taken[category] = taken.get(category, 0) + 1
        return chosen


def _not_excluded(catalogue: Catalogue, need: Need) -> Mask:
    mask = np.ones(len(catalogue), dtype=bool)
    for wish in (*need.wishes.unwanted, *need.recipient.dislikes):
        mask &= ~catalogue.having("traits", wish.concepts)
        if wish.text:
            mask &= ~catalogue.named(wish.text)
    return mask


def _all(catalogue: Catalogue, filters: Filters, but: str = "") -> Mask:
    mask = np.ones(len(catalogue), dtype=bool)
    for name, passing in filters.items():
        if name != but:
            mask &= passing
    return mask


def _short(catalogue: Catalogue, filters: Filters, score: Scores, first: int) -> Gift | None:
    """The best gift that only lacks stock, where it is at least as good as the first one offered."""
    ranked = _best(score, _all(catalogue, filters, but="stock") & ~filters["stock"])
    return catalogue.gifts[ranked[0]] if ranked and score[ranked[0]] >= score[first] else None


def _nothing(catalogue: Catalogue, need: Need, filters: Filters) -> Outcome:
    """Which filter left nothing, and what comes nearest in price without it."""
    left, cause = np.ones(len(catalogue), dtype=bool), "budget"
    for name, mask in filters.items():
        left = left & mask
        if not left.any():
            cause = name
            break
    others = np.flatnonzero(_all(catalogue, filters, but=cause)) if cause in RELAXABLE else np.array([], int)
    gaps = np.abs(catalogue.prices[others] - float(need.cap))
    nearest = catalogue.gifts[int(others[np.argmin(gaps)])] if len(others) else None
    return Outcome(matches=(), cause=cause, nearest=nearest)


def _best(score: Scores, fit: Mask) -> list[int]:
    """Indices that fit, best first, ties by position."""
    indices = np.flatnonzero(fit)
    return [int(i) for i in indices[np.argsort(-score[indices], kind="stable")]]


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
