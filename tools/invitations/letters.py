"""The words of invitations as data: frames, phrase banks, statements and the event lexicon.

Sentences live in ``prompts/letters/``; this module loads them and checks that every ``{name}`` is known.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Self

from pydantic import model_validator

import prompts as room
from prompts.datafile import Frozen, load_yaml, read_text
from tools.values import Channel, Language, Persona, Product

FOLDER = Path(room.__file__).parent / "letters"
FACTS = frozenset(
    """address sender manager title when venue theme host speaker highlight highlights seats rsvp
    topic aside hobby pastime""".split()  # noqa: SIM905  (a list of seventeen names reads worse)
)
COMPUTED = frozenset(["details_block", "details_inline", "details_spoken", "objections", "statement"])

Bank = dict[str, tuple[str, ...]]  # by "persona.tone", tone, persona or "any"


class Words(Frozen):
    """All sentences of one language."""

    frames: dict[Channel, Bank]
    details: tuple[str, ...]
    spoken_details: tuple[str, ...]
    banks: dict[str, Bank]
    objections: dict[str, tuple[tuple[str, str], ...]]
    statements: dict[Product, str]
    words: dict[str, str]
    follow_ups: tuple[tuple[int, str, str], ...]
    channels: dict[Channel, str]
    notices: dict[str, str]

    @model_validator(mode="after")
    def _names_known(self) -> Self:
        known = FACTS | COMPUTED | self.banks.keys()
        groups = [
            *self.frames.values(),
            *self.banks.values(),
            {"details": self.details + self.spoken_details},
        ]
        for phrase in (phrase for group in groups for phrases in group.values() for phrase in phrases):
            if unknown := fields(phrase) - known:
                raise ValueError(f"{{{unknown.pop()}}} is neither a fact nor a phrase bank: {phrase!r}")
        return self


class Lexicon(Frozen):
    """What event words mean: English, product, topic and persona; and what is never said aloud."""

    events: tuple[tuple[str, str, Product | None], ...]
    kinds: tuple[str, ...]
    topics: tuple[tuple[str, ...], ...]
    personas: dict[Persona, tuple[str, ...]]
    private: tuple[str, ...]
    speaker_roles: tuple[str, ...]
    surnames: dict[str, str]
    recall_patterns: tuple[re.Pattern[str], ...]
    claims: tuple[re.Pattern[str], ...]
    hobbies: tuple[str, ...]

    def products(self, text: str) -> tuple[Product, ...]:
        """Products that ``text`` speaks of, in the order of the lexicon."""
        return tuple(dict.fromkeys(product for word, _, product in self.events if product and word in text))

    def english(self, title: str) -> str:
        """Known event words of ``title`` in English, longest first, none inside another; "" where unknown."""
        found: list[tuple[int, str]] = []
        rest = title
        for word, english, _ in sorted(self.events, key=lambda event: -len(event[0])):
            at = rest.find(word)
            if at >= 0:
                found.append((at, english))
                rest = rest.replace(word, "\0" * len(word), 1)
        return " ".join(english for _, english in sorted(found))

    def related(self, topic: str, event: str) -> bool:
        """Whether a topic and an event belong together."""
        return any(_any(group, topic) and _any(group, event) for group in self.topics)

    def speaker(self, host: str) -> str:
        """Who speaks, where a host is given as 主讲某某 or 嘉宾某某; "" for one who hosts."""
        role = next((role for role in self.speaker_roles if host.startswith(role)), "")
        return host.removeprefix(role).strip("：: ") if role else ""

    def persona(self, event: str) -> tuple[Persona, ...]:
        """Personas an event is made for."""
        return tuple(persona for persona, words in self.personas.items() if _any(words, event))


@dataclass(frozen=True)
class Letters:
    """Words by language with the prompt for a model that writes in it, and the lexicon they share."""

    words: dict[Language, Words]
    prompts: dict[Language, str]
    lexicon: Lexicon


def load_letters(folder: Path = FOLDER) -> Letters:
    """Read every file. Raises DataFileError."""
    languages: tuple[Language, ...] = ("zh", "en")
    words = {language: load_yaml(folder / f"{language}.yaml", Words) for language in languages}
    prompts = {language: read_text(folder / f"writer.{language}.md") for language in languages}
    return Letters(words, prompts, load_yaml(folder / "lexicon.yaml", Lexicon))


def fields(template: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def _any(words: tuple[str, ...], text: str) -> bool:
    return any(word in text for word in words)
