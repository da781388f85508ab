"""Invitation requests and drafts, as the contract has them."""

from typing import Annotated, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from prompts.datafile import Frozen
from tools.compliance.report import ComplianceReport
from tools.values import Channel, Language, Segment, Tone


class Event(Frozen):
    """What is being invited to. Whatever is not given stays a marked blank; nothing is guessed."""

    title: str = Field(min_length=1, max_length=200, description="活动名称")
    theme: str | None = Field(default=None, max_length=500)
    starts_at: str | None = Field(
        default=None, max_length=100, description="ISO 8601, or the user's words such as 下周三下午三点"
    )
    venue: str | None = Field(default=None, max_length=200)
    host: str | None = Field(default=None, max_length=200)
    highlights: tuple[str, ...] = Field(default=(), max_length=10)
    seats: int | None = Field(default=None, ge=1, le=100_000)
    rsvp_by: str | None = Field(default=None, max_length=100)


def _title_alone(event: object) -> object:
    """A model may give the title alone; it then is the whole event."""
    return {"title": event} if isinstance(event, str) else event


class InvitationRequest(Frozen):
    """One event, one channel; a customer or a segment makes it personal."""

    event: Annotated[Event, BeforeValidator(_title_alone)]
    customer: str | None = Field(
        default=None,
        validation_alias=AliasChoices("customer_id", "customer"),
        description="客户编号或姓名",
    )
    segment: Segment | None = None
    channel: Channel = "wechat"
    tone: Tone | None = None
    variants: int = Field(default=1, ge=1, le=5)
    language: Literal["zh", "zh-Hant", "en"] = "zh"

    @property
    def written_in(self) -> Language:
        """The language of the sentences; Traditional Chinese is written in Simplified first."""
        return "en" if self.language == "en" else "zh"


class Variant(Frozen):
    """One draft that passed the compliance engine. ``sms_segments`` counts by the 70/67 rule."""

    text: str
    channel: Channel
    characters: int
    sms_segments: int | None = None
    compliance: ComplianceReport


class FollowUp(Frozen):
    """What to do when; ``when`` is ISO 8601 where the start is known, else words such as 活动前3天."""

    when: str
    action: str


class InvitationDraft(Frozen):
    """``variants`` is empty where nothing lawful can be written: ``notices`` say why."""

    variants: tuple[Variant, ...]
    missing_details: tuple[str, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    notices: tuple[str, ...] = ()
    recipient: str = ""
