"""Only the compliance engine says that copy passed: a model that says so without a report is not repeated."""

import re

from assistant.guards.evidence import Evidence, Passed
from tools.compliance.report import ComplianceReport
from tools.invitations.model import InvitationDraft

_CLAIMS = re.compile(
    r"(?:合规|审核|预审|审批|审查|检查)(?:性)?(?:结果)?[:：是]?(?:已经?|都|全部)?(?:通过|合格|没有?问题|无误|ok)"
    r"|(?:已经?|都|全部)?通过了?(?:合规|审核|预审|审批|审查|检查)|(?:完全|绝对|全部)合规"
    r"|可以(?:直接|放心|马上)(?:发|用|群发|发布|投放)|\bpass(?:ed)?\b|\b(?:is|are|fully|looks?) compliant\b"
    r"|\bapproved\b|\bok(?:ay)? to (?:send|post|publish)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[，,；;。！!\n]+")
_QUOTED = re.compile(r"[“「『\"][^”」』\"\n]*[”」』\"]")
_OPEN = re.compile(
    r"[未没不]|是否|能否|需|须|才|后再|之前|如果|吗|\b(?:not|no|if|whether|until|before|must|only)\b", re.I
)


def earned_verdicts_only(block: str, evidence: Evidence) -> Passed:
    """Drop a sentence that declares copy cleared where no check of this turn passed."""
    said = "" if block.lstrip().startswith(">") else _QUOTED.sub("", block)
    claims = any(_CLAIMS.search(clause) and not _OPEN.search(clause) for clause in _CLAUSE.split(said))
    if not claims or any(map(_passed, evidence.artifacts)):
        return Passed(block)
    return Passed("", "verdict_removed")


def _passed(artifact: object) -> bool:
    if isinstance(artifact, ComplianceReport):
        return artifact.verdict == "pass"
    return isinstance(artifact, InvitationDraft) and bool(artifact.variants)
