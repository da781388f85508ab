"""A citation must exist: marks that stand for no passage of this turn are removed, others made uniform."""

import re

from assistant.citations import MARK
from assistant.guards.evidence import Evidence, Passed


def existing_citations_only(block: str, evidence: Evidence) -> Passed:
    """Write ［1］ and 【1】 as [1]; drop numbers that no tool result offers. Code blocks are left alone."""
    if block.lstrip().startswith("```"):
        return Passed(block)
    dropped = False

    def keep(match: re.Match[str]) -> str:
        nonlocal dropped
        n = int(match[1])
        if n in evidence.citable:
            return f"[{n}]"
        if match[0][0] != "[":
            return match[0]  # 【1】 may be copy, such as a numbered heading; only [n] promises a source
        dropped = True
        return ""

    text = MARK.sub(keep, block)
    return Passed(text, "citation_removed" if dropped else "")
