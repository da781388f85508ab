"""The pattern language of the packs, as plain regular expressions.

A pattern is a regular expression with three additions: ``{name}`` is any phrase of that concept, ``…`` a gap of
up to 8 characters (``……`` up to 20) over no 不, 没 or 未 and, like a bare ``.``, within a sentence.
"""

import re
from collections.abc import Mapping

SENTENCE_END = "。!?;\n"
INSIDE = f"[^{SENTENCE_END}]"
GAP = f"[^{SENTENCE_END}不没未]"
CONCEPT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_OPTIONAL_GAP = re.compile(r"\(\?:(…+)\)\?(?![?+])")
"""A gap may be empty anyway: making it optional only lets an expression try the empty one twice."""
_TOKENS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\{[a-z][a-z0-9_]*\}|…+|\.|[^\\\[.{…]+|.", re.S)


class PatternError(ValueError):
    """A pattern that the engine refuses: unbounded, unknown concept, or without an anchor."""


def expand(pattern: str, concepts: Mapping[str, str]) -> str:
    """``pattern`` as a plain regular expression. Raises PatternError for an unknown concept."""
    pieces = []
    for piece in _TOKENS.findall(_OPTIONAL_GAP.sub(r"\1", pattern)):
        named = CONCEPT.fullmatch(piece)
        if named:
            if named[1] not in concepts:
                raise PatternError(f"unknown concept {{{named[1]}}}")
            pieces.append(concepts[named[1]])
        elif piece.startswith("…"):
            pieces.append(f"{GAP}{{0,{8 if len(piece) == 1 else 20}}}?")
        else:
            pieces.append(INSIDE if piece == "." else piece)
    return "".join(pieces)
