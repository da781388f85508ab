"""How well every gift fits, in parts between 0 and 1, and each telling part in words.

The parts are arrays over the whole catalogue; the words are made for the few gifts that are chosen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from tools.gifts.catalogue import Catalogue, Gift
from tools.gifts.lexicon import Wish, Wishes
from tools.gifts.model import GiftRequest
from tools.gifts.policy import OccasionRule, Policy, Season
from tools.gifts.recipient import Recipient
from tools.gifts.words import Words, money
from tools.values import LifeStage

Scores = NDArray[np.float64]
QUARTERS: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")
"""December to February is winter, and so on."""

NEUTRAL = 0.5
FACETS = {"persona": "personas", "life_stage": "life_stages", "region": "regions", "season": "seasons"}
"""Part of the score → column of the catalogue."""


@dataclass(frozen=True)
class Need:
    """What a gift has to suit. ``cap`` is the highest price; ``limit`` the policy's part of it."""

    request: GiftRequest
    recipient: Recipient
    wishes: Wishes
    cap: Decimal
    limit: Decimal
    today: date
    rule: OccasionRule

    @property
    def asked(self) -> frozenset[str]:
        """Concepts named in the request or known as interests."""
        return self.wishes.concepts | self.recipient.interests

    @property
    def season(self) -> Season:
        """The feast's season where it has one, else today's."""
        return self.rule.season or QUARTERS[self.today.month % 12 // 3]

    @property
    def life_stage(self) -> LifeStage | None:
        """What the occasion says of the recipient's life, else what is known."""
        return self.rule.life_stage or self.recipient.life_stage

    @property
    def facets(self) -> dict[str, tuple[str, ...]]:
        """What is known of the recipient and the day, by part of the score."""
        return {
            "persona": self.recipient.personas,
            "life_stage": (self.life_stage or "",),
            "region": tuple(sorted(self.recipient.places)) or ("",),
            "season": (self.season,),
        }


@dataclass(frozen=True)
class Scale:
    """The weights in force and the words for the parts."""

    policy: Policy
    words: Words

    def parts(self, catalogue: Catalogue, need: Need) -> dict[str, Scores]:
        """Every part that this request says something about, most telling first."""
        target = self.policy.outcome_target
        special = 1.0 if need.rule.special else NEUTRAL
        parts: dict[str, Scores] = {}
        if need.wishes.wanted:
            parts["preference"] = np.mean([meets(catalogue, wish) for wish in need.wishes.wanted], axis=0)
        parts["occasion"] = np.where(catalogue.suiting_all("occasions"), NEUTRAL, special)
        parts["price"] = self._price(catalogue, need)
        interests = sorted(need.recipient.interests)
        if interests:
            hits = np.sum([catalogue.having("traits", [interest]) for interest in interests], axis=0)
            parts["interest"] = np.minimum(hits / 2, 1.0)
        for name, values in need.facets.items():
            if values:
                parts[name] = np.where(catalogue.suiting_all(FACETS[name]), NEUTRAL, 0.0)
                parts[name][catalogue.having(FACETS[name], values)] = 1.0
        known = ~np.isnan(catalogue.outcome)
        parts["outcome"] = np.where(known, np.clip(catalogue.outcome / target, 0, 1), NEUTRAL)
        parts["brand"] = catalogue.brand
        return parts

    def points(self, parts: dict[str, Scores]) -> dict[str, Scores]:
        """The parts weighed so that a gift perfect in all of them has 100."""
        weights = {name: getattr(self.policy.weights, name) for name in parts}
        total = sum(weights.values())
        return {name: values * (100 * weights[name] / total) for name, values in parts.items()}

    def why(self, gift: Gift, index: int, points: dict[str, Scores], need: Need) -> tuple[str, ...]:
        """The parts that speak for this gift, each with its points."""
        told = dict(self._reasons(gift, need))
        return tuple(
            self.words.points.format(text=told[name], points=f"{values[index]:.1f}")
            for name, values in points.items()
            if name in told and values[index] > 0
        )

    def _price(self, catalogue: Catalogue, need: Need) -> Scores:
        band, share = self.policy.price_band, catalogue.prices / max(float(need.cap), 0.01)
        if need.wishes.frugal:
            return np.clip(1.25 - 0.75 * share, 0, 1)
        if need.request.budget is not None:
            return np.clip(share / band.upper_from, 0, 1) ** 2
        return np.clip(1 - np.abs(share - band.typical) / (1 - band.typical), 0, 1)

    def _reasons(self, gift: Gift, need: Need) -> Iterator[tuple[str, str]]:
        why, label = self.words.why, self.words.label
        met = dict.fromkeys(words for wish in need.wishes.wanted for words in _shared(wish, gift))
        if met:
            yield "preference", why["preference"].format(words="、".join(met))
        occasion = label("occasion", need.request.occasion)
        yield "occasion", why["occasion" if gift.occasions else "occasion_open"].format(occasion=occasion)
        yield "price", why["price"].format(price=money(gift.price), cap=money(need.cap))
        shared = sorted(need.recipient.interests & gift.traits)
        if shared:
            yield "interest", why["interest"].format(values="、".join(shared))
        for name, values in need.facets.items():
            shared = [label(name, value) for value in values if value in getattr(gift, FACETS[name])]
            if shared:
                yield name, why[name].format(values="、".join(shared))
        if gift.outcome_ratio and gift.outcome_ratio >= self.policy.outcome_target:
            yield "outcome", why["outcome"].format(ratio=gift.outcome_ratio)
        if gift.brand_fit == 5:
            yield "brand", why["brand"]


def meets(catalogue: Catalogue, wish: Wish) -> Scores:
    """How far every gift meets a wish: 1 by name, less by the head noun or by the share of its concepts."""
    by_concept = [catalogue.having("traits", [concept]) for concept in sorted(wish.concepts)]
    scores = 0.8 * np.mean(by_concept, axis=0) if by_concept else np.zeros(len(catalogue))
    for words, worth in ((wish.head, 0.85), (wish.text, 1.0)):
        if len(words) > 1:
            scores = np.where(catalogue.named(words), worth, scores)
    return np.asarray(scores, dtype=np.float64)


def _shared(wish: Wish, gift: Gift) -> tuple[str, ...]:
    """What of the wish this gift meets, in words."""
    named = next((words for words in (wish.text, wish.head) if len(words) > 1 and words in gift.name), "")
    return (named,) if named else tuple(sorted(wish.concepts & gift.traits))
