"""What goes into a check and comes out. Offsets are Unicode code points of the submitted text, half-open."""

from pydantic import Field

from prompts.datafile import Frozen
from tools.base import Basis
from tools.values import Channel, Product, Severity, Verdict

MAX_CHARACTERS = 1_000_000


class CheckRequest(Frozen):
    """Copy to pre-check. Product and channel are recognised from the text where they are not given."""

    text: str = Field(description="待检查的文案原文,一字不改", min_length=1, max_length=MAX_CHARACTERS)
    product: Product | None = Field(default=None, description="文案推介的产品;不确定时不填")
    channel: Channel | None = Field(default=None, description="发布渠道;不确定时不填")


class Finding(Frozen):
    """One stretch of the text that a rule objects to."""

    rule_id: str
    category: str
    severity: Severity
    start: int
    end: int
    text: str
    reason: str
    basis: tuple[Basis, ...]
    suggestion: str


class Missing(Frozen):
    """A statement that the law wants in such copy and that is not there."""

    rule_id: str
    severity: Severity
    reason: str
    basis: tuple[Basis, ...]
    suggestion: str


class ComplianceReport(Frozen):
    """``block`` = at least one error, ``revise`` = warnings or a missing statement, ``pass`` = neither.

    A pass is not an approval: a person approves. ``revised_text`` checks to ``pass`` or is None.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    missing: tuple[Missing, ...] = ()
    revised_text: str | None = None
    revision_note: str | None = Field(default=None, description="Why there is no revised text")
    ruleset_version: str = ""
    ruleset_hash: str = ""
    products: tuple[Product, ...] = Field(default=(), description="Products given or recognised")
    channel: Channel | None = None
