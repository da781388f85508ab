"""No customer-facing draft leaves unchecked: what a model writes by itself passes the compliance engine."""

import re

from assistant.guards.evidence import Evidence, Passed

PROMISES = frozenset({"FIN-GUARANTEE", "FIN-RISK", "FIN-NEVER-LOSE", "FIN-LOSSCOVER", "FIN-SAFE"})
"""Categories of the compliance engine that make a promise of principal or return."""
_QUOTED = re.compile(r"(?m)^\s*(?:>|```)")
_PIECE = re.compile(r"[“”\"：:；;（）()。！!？?-]+")
_SPACE = re.compile(r"[\s>`*_]+")


def checked_drafts_only(block: str, evidence: Evidence) -> Passed:
    """A draft (block quote or fence) that fails is replaced by its revision, or removed; so is a promise in prose.

    What the user pasted, and what a tool result holds, is quoted rather than drafted: the engine has seen
    it, and the answer is about it.
    """
    if not _QUOTED.match(block):
        return Passed("", "draft_replaced") if _promises(block, evidence) else Passed(block)
    draft = _bare(block)
    if not draft or draft in evidence.bare:
        return Passed(block)
    report = evidence.check(_unquoted(block))
    if report.verdict != "block":
        return Passed(block)
    if report.revised_text is None:
        return Passed("", "draft_replaced")
    return Passed("> " + report.revised_text.replace("\n", "\n> ") + "\n", "draft_replaced")


def _promises(block: str, evidence: Evidence) -> bool:
    """Whether a sentence of the answer promises, in words of its own, what no copy may promise."""
    own = [piece for piece in _PIECE.split(_bare(block)) if len(piece) > 3 and piece not in evidence.bare]
    if not own:
        return False
    found = (f for f in evidence.check(block).findings if f.severity == "error" and f.category in PROMISES)
    return any(_bare(f.text) not in evidence.bare for f in found)


def _bare(text: str) -> str:
    return _SPACE.sub("", text)


def _unquoted(block: str) -> str:
    lines = [re.sub(r"^\s*>\s?", "", line) for line in block.splitlines() if not line.startswith("```")]
    return "\n".join(lines).strip()
