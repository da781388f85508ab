"""A figure in an answer must stand in a tool result or in the user's words; else its sentence is dropped."""

import re

from assistant.guards.evidence import Evidence, Passed
from assistant.guards.figures import figures

_SENTENCE = re.compile(r"[^。！？!?\n]*[。！？!?\n]*")
_ORDINAL = re.compile(r"(?m)^\s*(?:#+\s*)?\d{1,2}[.、)）]\s*|\[\d{1,3}\]|第\s*\d{1,3}")
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\d")
# Counting what stands on the screen needs no source: "前 5 份", "共 3 位".
SMALL = 12


def grounded_figures_only(block: str, evidence: Evidence) -> Passed:
    """Drop the sentences whose figures stand nowhere in the evidence."""
    if not any(c.isdigit() for c in block):
        return Passed(block)
    kept = [s for s in _SENTENCE.findall(block) if _grounded(s, evidence)]
    text = "".join(kept)
    return Passed(text, "" if text == block else "ungrounded_removed")


def _grounded(sentence: str, evidence: Evidence) -> bool:
    bare = _ID.sub(lambda m: " " if m[0] in evidence.ids else m[0], _ORDINAL.sub(" ", sentence))
    risky = [f for f in figures(bare) if f > SMALL or f != int(f) or re.search(r"\d\s*[%％]", bare)]
    return all(_near(figure, evidence.figures) for figure in risky)


def _near(figure: float, known: frozenset[float]) -> bool:
    """Equal, or the same figure rounded or in another unit (万)."""
    if figure in known:
        return True
    return any(
        abs(k - figure) <= 0.006 * abs(figure) or abs(k / 1e4 - figure) <= 0.006 * abs(figure) for k in known
    )
