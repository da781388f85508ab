"""No customer-facing draft leaves unchecked: quoted blocks of an answer pass the compliance engine."""

import re

from assistant.guards.evidence import Evidence, Passed

_QUOTED = re.compile(r"(?m)^\s*(?:>|```)")
_SPACE = re.compile(r"[\s>`*_]+")


def checked_drafts_only(block: str, evidence: Evidence) -> Passed:
    """A draft (block quote or fence) that fails is replaced by its revision, or removed.

    What the user pasted, and what a tool result holds, is quoted rather than drafted: the engine has seen
    it, and the answer is about it.
    """
    if not _QUOTED.match(block):
        return Passed(block)
    draft = _bare(block)
    if not draft or draft in _bare(evidence.text.replace("\\n", "\n")):
        return Passed(block)
    report = evidence.check(_unquoted(block))
    if report.verdict != "block":
        return Passed(block)
    if report.revised_text is None:
        return Passed("", "draft_replaced")
    return Passed("> " + report.revised_text.replace("\n", "\n> ") + "\n", "draft_replaced")


def _bare(text: str) -> str:
    return _SPACE.sub("", text)


def _unquoted(block: str) -> str:
    lines = [re.sub(r"^\s*>\s?", "", line) for line in block.splitlines() if not line.startswith("```")]
    return "\n".join(lines).strip()
