"""Gift requests and advice, as the contract has them. Money is CNY in yuan, for one gift."""

from typing import Literal

from pydantic import AliasChoices, Field

from prompts.datafile import Frozen
from tools.base import Basis
from tools.values import LinkedTo, Money, Occasion, Segment


class GiftRequest(Frozen):
    """Whom to give what, and why. A customer, a segment or both; preferences are the user's own words."""

    customer: str | None = Field(
        default=None,
        validation_alias=AliasChoices("customer_id", "customer"),
        description="客户编号或姓名",
    )
    segment: Segment | None = Field(default=None, description="没有具体客户时的客群")
    occasion: Occasion = Field(description="送礼场合")
    budget: Money | None = Field(default=None, gt=0, le=1_000_000, description="单份预算,元")
    quantity: int = Field(default=1, ge=1, le=10_000)
    preferences: tuple[str, ...] = Field(default=(), description="偏好,用户原话")
    exclude: tuple[str, ...] = Field(default=(), description="不要的,用户原话")
    linked_to: LinkedTo | None = Field(default=None, description="礼品是否与某项业务挂钩")
    region: str | None = None
    top_k: int = Field(default=5, ge=1, le=20)


class Reason(Frozen):
    """Why the decision is what it is; ``code`` is stable, ``text`` Chinese."""

    code: str
    text: str
    basis: tuple[Basis, ...] = ()


class Limits(Frozen):
    per_gift: Money | None = None
    remaining_this_year: Money | None = None


class GiftItem(Frozen):
    """One suggestion, with why, how it gets there and what to mind."""

    gift_id: str
    name: str
    category: str
    price: Money
    score: float
    why: tuple[str, ...]
    fulfilment: str
    stock: int
    cautions: tuple[str, ...] = ()


class GiftAdvice(Frozen):
    """``refused`` has no items; ``alternatives`` are lawful ways on."""

    decision: Literal["allowed", "needs_approval", "refused"]
    reasons: tuple[Reason, ...] = ()
    limits: Limits = Limits()
    items: tuple[GiftItem, ...] = ()
    alternatives: tuple[str, ...] = ()
    recipient: str = Field(default="", description="Whom the advice is for, in words")
    occasion: Occasion
    budget: Money | None = None
