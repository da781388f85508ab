"""The value lists of the contract, each defined once. Chinese names live in ``prompts/labels.yaml``."""

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import PlainSerializer

Money = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""CNY in yuan: exact inside, a plain number in JSON."""

Occasion = Literal[
    "birthday", "spring_festival", "mid_autumn", "dragon_boat", "new_year", "wedding", "new_baby",
    "new_home", "retirement", "account_anniversary", "tier_upgrade", "referral_thanks",
    "service_apology", "win_back", "event_souvenir", "account_opening", "card_activation", "other",
]  # fmt: skip
Channel = Literal["wechat", "moments", "sms", "phone", "letter", "email", "app_push", "poster", "in_person"]
Product = Literal[
    "deposit", "wealth_management", "fund", "insurance", "loan", "credit_card", "precious_metal",
    "trust", "payment", "none",
]  # fmt: skip
LinkedTo = Literal[
    "none", "deposit", "wealth_management", "fund", "insurance", "loan", "credit_card",
    "digital_activity", "event",
]  # fmt: skip
Tier = Literal["mass", "affluent", "platinum", "private"]
Persona = Literal["high_net_worth", "young_professional", "business_owner", "retiree", "family"]
Segment = Literal[
    "mass", "affluent", "platinum", "private",
    "high_net_worth", "young_professional", "business_owner", "retiree", "family",
]  # fmt: skip
Tone = Literal["formal", "warm", "brief"]
Language = Literal["zh", "en"]
Role = Literal["rm", "compliance", "admin"]
Lifecycle = Literal["new", "active", "mature", "dormant", "at_risk", "lost"]
ValueClass = Literal["high_value", "potential", "long_tail", "churning"]
LifeStage = Literal["single", "newlywed", "parenting", "home_buying", "empty_nest", "retired"]
RiskLevel = Literal["low", "medium", "high"]
Verdict = Literal["pass", "revise", "block"]
Severity = Literal["error", "warning", "info"]

CHANNELS: tuple[Channel, ...] = get_args(Channel)
PRODUCTS: tuple[Product, ...] = get_args(Product)
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)
SEGMENTS: tuple[Segment, ...] = get_args(Segment)
TIERS: tuple[Tier, ...] = get_args(Tier)
PERSONAS: tuple[Persona, ...] = get_args(Persona)
