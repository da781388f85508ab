"""The bank's gift policy as data: limits, exclusions, links, quiet periods, weights, reasons and bases.

Source of the rules and figures: ``policy.yaml``. This module knows no customer and no gift.
"""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import Field, model_validator

from prompts.datafile import Frozen, load_yaml
from tools.base import Basis
from tools.gifts.model import Reason
from tools.values import Lifecycle, LifeStage, LinkedTo, Occasion, Persona, RiskLevel, Tier

SHIPPED = Path(__file__).with_name("policy.yaml")
POLICY_FILE = Path("gifts") / "policy.yaml"
"""Where the bank's own policy stands inside the data directory."""

Way = Literal["app", "branch", "courier", "in_person"]
Season = Literal["spring", "summer", "autumn", "winter"]
Flag = Literal["blacklisted", "abnormal_account", "public_official", "state_enterprise_staff"]
Share = Field(gt=0, le=1)


class TierLimit(Frozen):
    per_gift: Decimal = Field(gt=0)
    per_year: Decimal = Field(gt=0)


class OccasionRule(Frozen):
    share: Decimal = Share
    times_per_year: int = Field(ge=1)
    season: Season | None = None
    life_stage: LifeStage | None = None
    joyful: bool = False
    special: bool = True
    conditions: tuple[str, ...] = ()


class RiskRule(Frozen):
    share: Decimal = Share
    approval: bool = False
    paused_occasions: tuple[Occasion, ...] = ()


class Approval(Frozen):
    """Who signs above a price of one gift or a sum of the whole request."""

    above: Decimal = Field(gt=0)
    total_above: Decimal = Field(gt=0)
    by: str


class LifecycleRule(Frozen):
    except_occasions: tuple[Occasion, ...] = ()


class Reserve(Frozen):
    """The programme's rule is 15 % to 20 % of the budget."""

    share: Decimal = Field(ge=Decimal("0.15"), le=Decimal("0.20"))
    from_quantity: int = Field(ge=2)


class AddressAlert(Frozen):
    from_changes: int = Field(ge=1)
    avoid: tuple[Way, ...]


class Window(Frozen):
    """Month and day, both ends included."""

    start: str = Field(alias="from", pattern=r"^\d\d-\d\d$")
    end: str = Field(alias="to", pattern=r"^\d\d-\d\d$")


class Quiet(Frozen):
    days_between_gifts: int = Field(ge=0)
    always_open: tuple[Occasion, ...]
    windows: tuple[Window, ...]
    window_occasions: tuple[Occasion, ...]

    def reporting_date(self, occasion: Occasion, today: date) -> bool:
        """Whether ``today`` lies in a window that is closed to ``occasion``."""
        day = f"{today:%m-%d}"
        return occasion in self.window_occasions and any(w.start <= day <= w.end for w in self.windows)


class Taboo(Frozen):
    """A thing with a meaning, and for whom it must not be chosen."""

    thing: str
    why: str
    always: bool = False
    occasions: tuple[Occasion, ...] = ()
    life_stages: tuple[LifeStage, ...] = ()
    personas: tuple[Persona, ...] = ()
    regions: tuple[str, ...] = ()


class Elders(Frozen):
    from_age: int = Field(ge=40)
    personas: tuple[Persona, ...]
    interests: frozenset[str]


class Weights(Frozen):
    preference: float = Field(ge=0)
    occasion: float = Field(ge=0)
    price: float = Field(gt=0)
    persona: float = Field(ge=0)
    interest: float = Field(ge=0)
    life_stage: float = Field(ge=0)
    region: float = Field(ge=0)
    season: float = Field(ge=0)
    brand: float = Field(ge=0)
    outcome: float = Field(ge=0)
    diversity: float = Field(ge=0)


class PriceBand(Frozen):
    """Shares of the cap: start of the upper band, usual price without a budget, cap for a thrifty wish."""

    upper_from: float = Field(gt=0, lt=1)
    typical: float = Field(gt=0, lt=1)
    frugal: Decimal = Share


class ReasonText(Frozen):
    text: str
    basis: tuple[Basis, ...]
    alternatives: tuple[str, ...] = ()


class Policy(Frozen):
    """``policy.yaml``, complete and consistent."""

    tiers: dict[Tier, TierLimit]
    persona_tiers: dict[Persona, Tier]
    persona_life_stages: dict[Persona, LifeStage]
    occasions: dict[Occasion, OccasionRule]
    risk: dict[RiskLevel, RiskRule]
    approvals: tuple[Approval, ...]
    excluded_flags: tuple[Flag, ...]
    excluded_lifecycles: dict[Lifecycle, LifecycleRule]
    links: dict[LinkedTo, Literal["forbidden", "approval", "conditions"]]
    reserve: Reserve
    address_alert: AddressAlert
    quiet: Quiet
    repeat_months: int = Field(ge=0)
    elders: Elders
    only_when_asked: frozenset[str]
    ways: dict[Tier, tuple[Way, ...]]
    categories: tuple[str, ...]
    taboos: tuple[Taboo, ...]
    allergens: frozenset[str]
    alcohol: str
    sex_traits: dict[Literal["male", "female"], str]
    weights: Weights
    price_band: PriceBand
    outcome_target: float = Field(gt=0)
    reasons: dict[str, ReasonText]

    @model_validator(mode="after")
    def _complete(self) -> "Policy":
        _cover("tiers", self.tiers, Tier)
        _cover("persona_tiers", self.persona_tiers, Persona)
        _cover("occasions", self.occasions, Occasion)
        _cover("risk", self.risk, RiskLevel)
        _cover("ways", self.ways, Tier)
        return self

    @model_validator(mode="after")
    def _consistent(self) -> "Policy":
        limits = [self.tiers[tier] for tier in get_args(Tier)]
        if any(limit.per_year < limit.per_gift for limit in limits):
            raise ValueError("tiers: per_year is below per_gift")
        if any(a.per_gift > b.per_gift for a, b in pairwise(limits)):
            raise ValueError("tiers: a higher tier has a lower limit")
        steps = [(step.above, step.total_above) for step in self.approvals]
        if steps != sorted(steps):
            raise ValueError("approvals: amounts must rise")
        for link in ("deposit", "wealth_management", "fund", "insurance"):
            if self.links.get(link) != "forbidden":
                raise ValueError(f"links.{link}: the law forbids this link")
        missing = self.lacking(self._codes())
        if missing:
            raise ValueError(f"reasons: no text for {', '.join(missing)}")
        return self

    def _codes(self) -> set[str]:
        codes = {code for rule in self.occasions.values() for code in rule.conditions}
        return (
            codes
            | set(self.excluded_flags)
            | set(self.excluded_lifecycles)
            | {f"link_{x}" for x in self.links}
        )

    def lacking(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Codes that have no text here."""
        return tuple(sorted(set(codes) - set(self.reasons)))

    def reason(self, code: str, **values: object) -> Reason:
        """The reason ``code`` with its values filled in."""
        known = self.reasons[code]
        return Reason(code=code, text=known.text.format(**values), basis=known.basis)

    def ways_on(self, code: str, **values: object) -> tuple[str, ...]:
        """The lawful alternatives that belong to ``code``."""
        return tuple(text.format(**values) for text in self.reasons[code].alternatives)

    def approval_for(self, price: Decimal, quantity: int) -> Approval | None:
        """The highest step that this price or the sum of the request exceeds."""
        due = [s for s in self.approvals if price > s.above or price * quantity > s.total_above]
        return due[-1] if due else None


def load_policy(data_dir: Path | None = None) -> Policy:
    """The bank's own policy in ``data_dir``, else the shipped one, cross-checked. Raises DataFileError."""
    own = data_dir / POLICY_FILE if data_dir else SHIPPED
    return load_yaml(own if own.exists() else SHIPPED, Policy)


def _cover(field: str, given: Collection[str], values: Any) -> None:
    missing = [value for value in get_args(values) if value not in given]
    if missing:
        raise ValueError(f"{field}: missing {', '.join(missing)}")
