"""Holds a streaming answer back until a block is whole, so that nothing shown is taken back by a guard.

A block is a sentence or line of prose; a block quote or code fence counts as one block.
"""

import re

_END = re.compile(r"[。！？!?…][”’」』）)\]]*(?:\s*\[\d{1,3}\])*|\n")


class Gate:
    """Feed deltas, get whole blocks. Knows nothing of what the guards do with them."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> list[str]:
        """The blocks that became whole with this delta."""
        self._held += delta
        blocks: list[str] = []
        while (cut := self._cut()) > 0:
            blocks.append(self._held[:cut])
            self._held = self._held[cut:]
        return blocks

    def flush(self) -> str:
        """What is left at the end."""
        rest, self._held = self._held, ""
        return rest

    def _cut(self) -> int:
        """Where the first whole block ends; 0 while none does."""
        text = self._held
        if text.startswith("```"):
            close = text.find("\n```", 3)
            end = text.find("\n", close + 4) if close >= 0 else -1
            return end + 1 if end >= 0 else 0
        if text.startswith(">"):
            leave = re.search(r"\n(?!>)(?=.)|\n\n", text, re.S)
            return leave.end() if leave else 0
        match = _END.search(text)
        # A mark at the very end may still be followed by its closing quote or citation.
        return match.end() if match and (match.end() < len(text) or match[0].endswith("\n")) else 0
