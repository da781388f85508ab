"""From facts to text: frames are filled with facts and phrases, the same way for the same seed.

Knows nothing of customers, compliance or dates; a phrase that needs an unknown fact is not eligible.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from tools.invitations.letters import Bank, Words, fields
from tools.values import Channel, Persona, Product, Tone

OBJECTIONS = 3
RECALLED = frozenset({"topic", "aside"})
OPTIONAL = frozenset({"manager"})  # 客户经理{manager} reads well without the name


@dataclass(frozen=True)
class Brief:
    """What one text is written from. ``facts`` holds "" for what is unknown.

    ``recalled_products`` need their statements only where the recalled topic is said.
    """

    channel: Channel
    tone: Tone
    persona: Persona | None
    facts: Mapping[str, str]
    products: tuple[Product, ...]
    recalled_products: tuple[Product, ...]
    seed: str


def compose(words: Words, brief: Brief, turn: int) -> str:
    """The ``turn``-th text for ``brief``: turns differ in every bank that holds more than one phrase."""
    writer = _Writer(words, brief, turn)
    frame = writer.choose("frame", words.frames[brief.channel])
    lines = (re.sub(" {2,}", " ", writer.fill(line)).strip() for line in frame.strip().splitlines())
    return "\n".join(line for line in lines if line)


class _Writer:
    def __init__(self, words: Words, brief: Brief, turn: int) -> None:
        self._words, self._brief, self._turn = words, brief, turn
        self._recalled = False

    def fill(self, template: str) -> str:
        """``template`` with every name replaced; facts are inserted as they are, never read as templates."""
        parts: list[str] = []
        for literal, name, _, _ in Formatter().parse(template):
            parts.append(literal)
            if name:
                parts.append(self._value(name))
        return "".join(parts)

    def choose(self, slot: str, bank: Bank) -> str:
        """A phrase by persona and tone, tone, persona, or for anyone; "" where none is eligible."""
        tone, persona = self._brief.tone, self._brief.persona or "any"
        keys = (f"{persona}.{tone}", tone, persona, "any")
        for phrases in (bank[key] for key in keys if key in bank):
            eligible = [phrase for phrase in phrases if self._known(phrase)]
            if eligible:
                return eligible[(self._start(slot) + self._turn) % len(eligible)]
        return ""

    def _value(self, name: str) -> str:
        if name in self._words.banks:
            return self.fill(self.choose(name, self._words.banks[name]))
        if name in self._brief.facts:
            self._recalled |= name in RECALLED
            return self._brief.facts[name]
        return {
            "details_block": lambda: "\n".join(self._details(self._words.details)),
            "details_inline": lambda: self._words.words["details_join"].join(
                self._details(self._words.details)
            ),
            "details_spoken": lambda: self._words.words["spoken"].format(
                self._words.words["details_join"].join(self._details(self._words.spoken_details))
            ),
            "statement": self._statement,
            "objections": self._objections,
        }[name]()

    def _details(self, templates: tuple[str, ...]) -> list[str]:
        return [self.fill(template) for template in templates if self._known(template)]

    def _known(self, phrase: str) -> bool:
        return all(self._brief.facts.get(name, "known") for name in fields(phrase) - OPTIONAL)

    def _statement(self) -> str:
        recalled = self._brief.recalled_products if self._recalled else ()
        needed = dict.fromkeys((*self._brief.products, *recalled))
        return "".join(self._words.statements.get(product, "") for product in needed)

    def _objections(self) -> str:
        own = self._words.objections.get(self._brief.persona or "any", ())
        common = self._words.objections["any"]
        start = self._start("objections") + self._turn
        pairs = dict.fromkeys([*_rotated(own, start)[: OBJECTIONS - 1], *_rotated(common, start)])
        says, answer = self._words.words["customer_says"], self._words.words["answer"]
        return "\n".join(f"{says}{said}\n{answer}{reply}" for said, reply in list(pairs)[:OBJECTIONS])

    def _start(self, slot: str) -> int:
        digest = hashlib.sha256(f"{self._brief.seed}|{slot}".encode()).digest()
        return int.from_bytes(digest[:4], "big")


def _rotated(pairs: tuple[tuple[str, str], ...], start: int) -> tuple[tuple[str, str], ...]:
    cut = start % len(pairs) if pairs else 0
    return pairs[cut:] + pairs[:cut]
