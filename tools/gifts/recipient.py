"""Whom a gift is for: one view of a customer, a segment, or the public, made before any rule is asked."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast, get_args

from tools.base import Caller
from tools.customers.model import Customer
from tools.gifts.lexicon import Lexicon, Wish, Wishes
from tools.gifts.model import GiftRequest
from tools.gifts.policy import Policy
from tools.gifts.words import Words
from tools.segments.model import LookupSegment, SegmentAnswer
from tools.values import Lifecycle, LifeStage, Persona, RiskLevel, Segment, Tier


class Customers(Protocol):
    """What gift advice needs of the customer store. Raises NotFound or Ambiguous."""

    def resolve(self, reference: str, caller: Caller) -> Customer: ...


class Segments(Protocol):
    """What gift advice needs of segmentation."""

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer: ...


@dataclass(frozen=True)
class Recipient:
    """Everything the rules and the matching look at. ``avoid`` are contents that must not be in the gift."""

    label: str
    tier: Tier
    known: bool = True
    customer: Customer | None = None
    personas: tuple[Persona, ...] = ()
    life_stage: LifeStage | None = None
    lifecycle: Lifecycle | None = None
    risk: RiskLevel = "low"
    age: int | None = None
    places: frozenset[str] = frozenset()
    interests: frozenset[str] = frozenset()
    avoid: frozenset[str] = frozenset()
    dislikes: tuple[Wish, ...] = ()


@dataclass(frozen=True)
class Directory:
    """Finds the recipient of a request."""

    customers: Customers
    segments: Segments
    policy: Policy
    lexicon: Lexicon
    words: Words

    def recipient(self, request: GiftRequest, wishes: Wishes, caller: Caller, today: date) -> Recipient:
        """The customer where one is named, else the segment, else the public. Raises NotFound, Ambiguous."""
        avoid = self._closed_off(wishes) | self.lexicon.diets("，".join(request.preferences))
        if request.customer:
            return self._customer(request, avoid, caller, today)
        places = self.lexicon.places(request.region or "")
        if request.segment is None:
            return Recipient(self.words.recipient["public"], "mass", known=False, places=places, avoid=avoid)
        return self._segment(request.segment, places, avoid)

    def _segment(self, segment: Segment, places: frozenset[str], avoid: frozenset[str]) -> Recipient:
        if segment in get_args(Tier):
            tier = cast(Tier, segment)
            return Recipient(self.words.label("tier", tier), tier, places=places, avoid=avoid)
        persona = cast(Persona, segment)
        tier = self.policy.persona_tiers[persona]
        label = self.words.recipient["segment"].format(
            label=self.words.label("persona", persona), tier=self.words.label("tier", tier)
        )
        return Recipient(
            label,
            tier,
            personas=(persona,),
            life_stage=self.policy.persona_life_stages.get(persona),
            places=places,
            interests=self._elder_interests((persona,), None),
            avoid=avoid,
        )

    def _customer(
        self, request: GiftRequest, avoid: frozenset[str], caller: Caller, today: date
    ) -> Recipient:
        customer = self.customers.resolve(request.customer or "", caller)
        segment = self.segments.lookup(LookupSegment(customer=customer.id), caller)
        tier = segment.tier or "mass"
        remarks = self.lexicon.likes((*customer.tags, *segment.tags, *customer.notes))
        age = _age(customer.birthday, today)
        record = "，".join((*customer.allergies, *customer.taboos))
        return Recipient(
            label=self.words.recipient["customer"].format(
                name=customer.name, tier=self.words.label("tier", tier)
            ),
            tier=tier,
            customer=customer,
            personas=segment.personas,
            life_stage=segment.life_stage,
            lifecycle=segment.lifecycle,
            risk=customer.risk_level,
            age=age,
            places=self.lexicon.places(request.region or customer.region + customer.city),
            interests=frozenset(c for wish in remarks.wanted for c in wish.concepts)
            | self._elder_interests(segment.personas, age),
            avoid=avoid
            | self.lexicon.contents(record)
            | self._closed_off(remarks)
            | self.lexicon.diets("，".join(customer.notes + customer.tags)),
            dislikes=remarks.unwanted,
        )

    def _closed_off(self, wishes: Wishes) -> frozenset[str]:
        """Contents refused; one that is wanted as well (茶, 但不要绿茶) stays open, allergens not."""
        return self.lexicon.contents(wishes.refused_words) - (wishes.concepts - self.policy.allergens)

    def _elder_interests(self, personas: tuple[Persona, ...], age: int | None) -> frozenset[str]:
        rule = self.policy.elders
        is_elder = age >= rule.from_age if age is not None else bool(set(personas) & set(rule.personas))
        return rule.interests if is_elder else frozenset()


def _age(birthday: date, today: date) -> int:
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))
