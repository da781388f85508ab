"""What a segment look-up takes and gives. Every statement carries its evidence and the day it holds for."""

from datetime import date
from typing import Literal

from pydantic import Field

from prompts.datafile import Frozen
from tools.base import Basis
from tools.values import Channel, Lifecycle, LifeStage, Money, Persona, RiskLevel, Segment, Tier, ValueClass


class LookupSegment(Frozen):
    """Which segments a customer, or a described person, belongs to. One of the two fields is needed."""

    customer: str | None = Field(default=None, description="客户编号或姓名")
    profile: str | None = Field(
        default=None, description="没有具体客户时的画像描述,例如 45岁企业主,资产800万,爱打高尔夫"
    )


class Evidence(Frozen):
    """One observed fact behind a segment."""

    label: str
    value: str
    as_of: date | None = None


class Rfm(Frozen):
    """Quintile scores 1–5 and what they were computed from."""

    recency: int
    frequency: int
    monetary: int
    recency_days: int
    transactions_12m: int
    amount_12m: Money
    segment: str = Field(description="The usual name, for example 重要价值客户")


class MonthActivity(Frozen):
    """Transactions of one calendar month, ``month`` as YYYY-MM."""

    month: str
    count: int
    amount: Money


class AssetSlice(Frozen):
    product: str
    label: str
    balance: Money


class NextAction(Frozen):
    """What to do next, with the playbook passage it comes from (an index into ``sources``)."""

    text: str
    source: int | None = None


class Source(Frozen):
    """A passage that the answer quotes."""

    document_id: str
    chunk_id: str
    title: str
    section: str
    quote: str


class Restriction(Frozen):
    """What must not be done with this customer, and why."""

    code: str
    text: str
    basis: tuple[Basis, ...] = ()


class SegmentAnswer(Frozen):
    """Who this is, on what evidence, what may be done next and what may not."""

    customer_id: str | None = None
    name: str
    manager_id: str | None = None
    age: int | None = None
    tier: Tier | None = None
    tier_label: str = ""
    personas: tuple[Persona, ...] = ()
    persona_labels: tuple[str, ...] = ()
    value_class: ValueClass | None = None
    lifecycle: Lifecycle | None = None
    life_stage: LifeStage | None = None
    labels: tuple[str, ...] = Field(default=(), description="All segments in Chinese, most telling first")
    tags: tuple[str, ...] = ()
    risk_level: RiskLevel | None = None
    assets: Money | None = None
    rfm: Rfm | None = None
    activity: tuple[MonthActivity, ...] = ()
    asset_mix: tuple[AssetSlice, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    churn_signals: tuple[str, ...] = ()
    next_actions: tuple[NextAction, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    unknown: tuple[str, ...] = Field(
        default=(), description="What could not be told, so that it can be asked"
    )
    allowed_channels: tuple[Channel, ...] = ()
    contact: dict[str, str] = Field(
        default_factory=dict, description="Personal data, masked unless the policy lets the role see it"
    )
    sources: tuple[Source, ...] = ()
    as_of: date | None = None


class CustomerFilter(Frozen):
    """Which of the caller's customers to list. Empty means all, those who need attention first."""

    segment: Segment | None = Field(default=None, description="A tier or a persona")
    lifecycle: Lifecycle | None = None
    value_class: ValueClass | None = None
    birthday_month: int | None = Field(default=None, ge=1, le=12)
    birthday_within_days: int | None = Field(default=None, ge=0, le=366)
    anniversary_month: int | None = Field(
        default=None, ge=1, le=12, description="The account was opened in this month"
    )
    churn_risk: bool | None = Field(default=None, description="Leaving: at risk, dormant or lost")
    tag: str | None = Field(default=None, description="A behaviour, an interest or an occupation")
    city: str | None = None
    consent: Channel | None = Field(default=None, description="Agreed to marketing in this channel")
    product: str | None = Field(default=None, description="Holds this product; with matures_*, it ends then")
    matures_within_days: int | None = Field(default=None, ge=0, le=366)
    matures_month: int | None = Field(
        default=None, ge=1, le=12, description="Ends in this month, the next one of that name"
    )
    min_assets: Money | None = None
    max_assets: Money | None = None
    min_age: int | None = None
    max_age: int | None = None
    surname: str | None = Field(default=None, description="The name begins with it")
    q: str | None = Field(default=None, description="Part of a name or id")
    sort: Literal["attention", "assets", "name", "birthday", "id"] = "attention"
    limit: int = Field(default=20, ge=1, le=200)


class ListCustomers(Frozen):
    """The caller's customers that match ``filter``, with the reason each deserves attention."""

    filter: CustomerFilter = CustomerFilter()


class CustomerRow(Frozen):
    id: str
    name: str
    tier: Tier
    tier_label: str
    personas: tuple[Persona, ...] = ()
    lifecycle: Lifecycle | None = Field(default=None, description="Null until the next snapshot is built")
    lifecycle_label: str = ""
    city: str
    age: int
    assets: Money
    reason: str


class CustomerList(Frozen):
    """``total`` counts all matches; ``customers`` holds the first of them."""

    total: int
    customers: tuple[CustomerRow, ...]
    described: str = Field(default="", description="The filter in Chinese words")
