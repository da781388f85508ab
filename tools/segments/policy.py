"""The bank's segmentation policy: thresholds, words and labels, all data."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field

from prompts.datafile import Frozen, load_yaml
from tools.base import Basis
from tools.values import Lifecycle, LifeStage, Persona, Role, Tier

Drop = Literal["frequency", "credit"]


class TierRule(Frozen):
    tier: Tier
    label: str
    at_least: Decimal


class LifecycleRule(Frozen):
    """Days, and the share of a usual quarter below which the last one counts as a warning.

    ``drop_minimum`` is transactions, ``credit_minimum`` yuan of credit used in a usual quarter: who had
    less gives no warning. ``credit_kinds`` are the kinds of transaction that use a credit line.
    """

    new_days: int
    mature_days: int
    dormant_days: int
    lost_days: int
    drop_ratio: Decimal
    drop_minimum: int
    credit_minimum: int
    credit_kinds: tuple[str, ...] = Field(min_length=1)


class PersonaRule(Frozen):
    """Holds where a word stands in the description, or where a bound alone decides and is met."""

    persona: Persona
    label: str
    words: tuple[str, ...]
    min_assets: Decimal | None = None
    min_age: int | None = None
    max_age: int | None = None


class StageRule(Frozen):
    stage: LifeStage
    label: str
    words: tuple[str, ...]
    min_age: int | None = None
    max_age: int | None = None


class BehaviourRule(Frozen):
    """A tag for whoever made ``at_least`` transactions of these kinds in these channels within a year.

    Empty ``kinds`` or ``channels`` mean any.
    """

    tag: str
    kinds: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    at_least: int = Field(ge=1)


class ActionRule(Frozen):
    """``when`` is a lifecycle or a persona; ``query`` finds the playbook passage behind the action."""

    when: str
    text: str
    query: str


class RestrictionText(Frozen):
    text: str
    basis: tuple[Basis, ...]


class Policy(Frozen):
    tiers: tuple[TierRule, ...]
    lifecycle: LifecycleRule
    personas: tuple[PersonaRule, ...]
    life_stages: tuple[StageRule, ...]
    behaviours: tuple[BehaviourRule, ...]
    interests: tuple[str, ...]
    risk_words: dict[str, tuple[str, ...]]
    labels: dict[str, dict[str, str]]
    rfm: dict[str, str]
    unknown: dict[str, str]
    actions: tuple[ActionRule, ...]
    restrictions: dict[str, RestrictionText]
    unmasked_for: frozenset[Role] = Field(description="Roles that see mobile and identity numbers in full")
    reasons: dict[str, str]
    signals: dict[Drop, str]
    behaviour: str
    given: str
    moves: dict[str, str]
    causes: dict[str, tuple[str, ...]] = Field(description="Which figures explain a move of which segment")
    figures: dict[str, str]
    evidence: dict[str, str]
    described: dict[str, str]

    def tier(self, assets: Decimal) -> TierRule:
        """The highest tier that ``assets`` reach."""
        return next(rule for rule in self.tiers if assets >= rule.at_least)

    def tier_label(self, tier: Tier) -> str:
        return next(rule.label for rule in self.tiers if rule.tier == tier)

    def lifecycle_label(self, lifecycle: Lifecycle) -> str:
        return self.labels["lifecycle"][lifecycle]


def load_policy(path: Path = Path(__file__).parent / "policy.yaml") -> Policy:
    """Raises DataFileError."""
    return load_yaml(path, Policy)
