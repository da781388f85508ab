"""Gifts and quotations in an answer must be those of a tool result or of the user's words; our prompt stays ours."""

import re

from assistant.guards.evidence import Evidence, Passed
from tools.gifts.model import GiftAdvice

_TELLING = 12
_SENTENCE = re.compile(r"[。！!？?；;\n]+")
_LISTED = re.compile(r"^\s*(?:\d{1,2}[.、)）]|[-*•])\s*\*\*([^*\n]{2,30})\*\*")
_CITED = re.compile(r"\[\d{1,3}\]|原文|规定|写道|写着|指出|条文|手册|制度")
_QUOTE = re.compile(r"[“「『\"]([^”」』\"]{8,})[”」』\"]")


def own_instructions_kept(block: str, evidence: Evidence) -> Passed:
    """Drop what repeats a sentence of the instructions that the model was given."""
    told = (piece.strip(" -*#>") for piece in _SENTENCE.split(block))
    if any(len(piece) >= _TELLING and piece in evidence.instructions for piece in told):
        return Passed("", "instructions_removed")
    return Passed(block)


def known_names_only(block: str, evidence: Evidence) -> Passed:
    """Drop a listed gift that no advice of this turn names, and a sentence that quotes what no source says."""
    advised = any(isinstance(artifact, GiftAdvice) for artifact in evidence.artifacts)
    if advised and (listed := _LISTED.match(block)) and not evidence.holds(listed[1]):
        return Passed("", "ungrounded_removed")
    quotes = _QUOTE.findall(block) if _CITED.search(block) else []
    if all(map(evidence.holds, quotes)):
        return Passed(block)
    return Passed("", "ungrounded_removed")
