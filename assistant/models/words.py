"""The embedded model's lexicon: how managers write, read from ``data/`` and compiled once."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from prompts.datafile import Frozen, load_yaml

_SENTENCES = ("utterances.jsonl", "requests.jsonl", "events.jsonl", "followups.jsonl")
FOLDER = Path(__file__).parent / "data"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) not in "，：；！？（）"}
_FOLD = _WIDE | {0x3000: 0x20, 0x00A0: 0x20, 0x2019: 0x27}
_LATIN_EDGE = r"(?:(?<![a-z0-9])(?=[a-z0-9])|(?<=[a-z0-9])(?![a-z0-9]))"
Words = tuple[str, ...]
_FIGURE = re.compile("[一二两三四五六七八九几][十百千万]")
MENDED_UP_TO = 600  # characters: longer messages are pasted texts, not typed requests
Lists = dict[str, Words]


class _Lexicon(Frozen):
    """The shape of ``lexicon.yaml``; its head comment says what each part is."""

    occasions: Lists
    segments: Lists
    channels: Lists
    products: Lists
    links: Lists
    link_conditions: Words
    tones: Lists
    lifecycles: Lists
    churn: Words
    value_classes: Lists
    cues: Lists
    question: Words
    edits: Words
    redo: Words
    cheaper: Words
    dearer: Words
    pronouns: Words
    english_version: Words
    traditional_version: Words
    chinese_version: Words
    checks_again: Words
    presses: Words
    recheck: Words
    revises: Words
    meets: Words
    adds_line: Words
    asks_rule: Words
    not_a_rule: Words
    goes_on: Words
    looks_up: Words
    of_those: Words
    last_text: Words
    into_invitation: Words
    generic_recipient: Words
    profile: Words
    preferences: Words
    likes: Words
    dislikes: Words
    surnames: str
    compound_surnames: Words
    titles: Words
    not_names: Words
    keywords: Words
    dialect: dict[str, str]
    typos: dict[str, str]
    typing_errors_en: dict[str, str]


class Topic(Frozen):
    """Something that is declined, and the words that show it or show that something else is meant."""

    code: str
    patterns: Words
    unless: Words = ()


class _Safety(Frozen):
    unsafe: tuple[Topic, ...]
    out_of_scope: tuple[Topic, ...]
    smalltalk: Lists
    unlawful: Words
    asks_leave: Words


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Compiled concepts. ``one`` tests a single list, ``first`` and ``every`` look through a named group."""

    words: _Lexicon
    safety: _Safety
    patterns: Mapping[str, re.Pattern[str]]

    def has(self, concept: str, text: str) -> bool:
        """Whether ``concept`` (``gift``, ``occasions.birthday`` …) shows in folded ``text``."""
        return bool(self.patterns[concept].search(text))

    def find(self, concept: str, text: str) -> re.Match[str] | None:
        return self.patterns[concept].search(text)

    def first(self, group: str, text: str) -> Any:
        """The first value of a group that shows; None where none does."""
        names: Iterable[str] = getattr(self.words, group)
        return next((name for name in names if self.has(f"{group}.{name}", text)), None)

    def declined(self, kind: str, text: str) -> str:
        """The code of the first topic of ``kind`` (unsafe, out_of_scope, smalltalk) that shows; "" for none."""
        if kind == "smalltalk":
            return next((name for name in self.safety.smalltalk if self.has(f"small.{name}", text)), "")
        topics: tuple[Topic, ...] = getattr(self.safety, kind)
        for topic in topics:
            spared = topic.unless and self.has(f"{kind}.{topic.code}.unless", text)
            if not spared and self.has(f"{kind}.{topic.code}", text):
                return topic.code
        return ""

    def fold(self, text: str) -> str:
        """Simplified Mandarin, lower case, half-width, typing errors mended; same length, so that spans hold."""
        narrow = "".join(c if len(c.lower()) != 1 else c.lower() for c in text.translate(_FOLD))
        for said, meant in self.words.dialect.items():
            if said in narrow:
                narrow = narrow.replace(said, meant)
        simple = simplified(narrow)
        for wrong, right in (*self.words.typos.items(), *self.words.typing_errors_en.items()):
            if wrong in simple and len(wrong) == len(right):
                simple = simple.replace(wrong, right)
        return self._mended(simple) if len(simple) <= MENDED_UP_TO else simple

    def _mended(self, text: str) -> str:
        """Homophones of a keyword that share a character with it (预蒜) become the keyword."""
        for keyword, start in sorted({*self._near(text)}, key=lambda found: self._rank[found[0]]):
            window = text[start : start + len(keyword)]
            if _FIGURE.match(text, start + len(keyword) - 1):
                continue  # 贺礼五百 is no 礼物
            if window != keyword and all(map(_sounds_like, window, keyword)):
                text = text[:start] + keyword + text[start + len(keyword) :]
        return text

    def _near(self, text: str) -> Iterator[tuple[str, int]]:
        """Keywords with the places where they would stand if a character of theirs is meant."""
        for i, character in enumerate(text):
            for keyword, place in self._holding.get(character, ()):
                if 0 <= i - place <= len(text) - len(keyword):
                    yield keyword, i - place

    @cached_property
    def ordinary(self) -> frozenset[str]:
        """Pairs of characters that labelled sentences, where ◯ stands for names, hold twice: no name begins so."""
        surnames = frozenset(self.words.surnames)
        counts: Counter[str] = Counter()
        for name in _SENTENCES:
            for line in (FOLDER / name).read_text(encoding="utf-8").splitlines():
                text = self.fold(str(json.loads(line)["text"]))
                counts.update({a + b for a, b in pairwise(text) if a in surnames})
        return frozenset(pair for pair, count in counts.items() if count > 1)

    @cached_property
    def _rank(self) -> dict[str, int]:
        return {keyword: i for i, keyword in enumerate(self.words.keywords)}

    @cached_property
    def _holding(self) -> dict[str, list[tuple[str, int]]]:
        found: dict[str, list[tuple[str, int]]] = {}
        for keyword in self.words.keywords:
            for place, character in enumerate(keyword):
                found.setdefault(character, []).append((keyword, place))
        return found


def load_lexicon(folder: Path = FOLDER) -> Lexicon:
    """Read and compile. Raises DataFileError."""
    words = load_yaml(folder / "lexicon.yaml", _Lexicon)
    safety = load_yaml(folder / "safety.yaml", _Safety)
    patterns: dict[str, re.Pattern[str]] = {}
    spoken = str.maketrans({said: meant for said, meant in words.dialect.items() if len(said) == 1})

    def _joined(items: Words) -> re.Pattern[str]:
        """One pattern; a word boundary is one of Latin letters, since Chinese characters count as letters."""
        return re.compile(_either(items).translate(spoken))

    for name, value in words:
        if isinstance(value, tuple):
            patterns[name] = _joined(value)
        elif isinstance(value, dict) and name not in ("dialect", "typos", "typing_errors_en"):
            prefix = "" if name == "cues" else f"{name}."
            patterns.update({prefix + key: _joined(items) for key, items in value.items()})
    patterns.update({f"small.{key}": _joined(items) for key, items in safety.smalltalk.items()})
    patterns.update(unlawful=_joined(safety.unlawful), asks_leave=_joined(safety.asks_leave))
    for kind, topics in (("unsafe", safety.unsafe), ("out_of_scope", safety.out_of_scope)):
        for topic in topics:
            patterns[f"{kind}.{topic.code}"] = _joined(topic.patterns)
            patterns[f"{kind}.{topic.code}.unless"] = _joined(topic.unless)
    return Lexicon(words, safety, patterns)


def _either(items: Words) -> str:
    return "|".join(f"(?:{item})" for item in items).replace(r"\b", _LATIN_EDGE)


def simplified(text: str) -> str:
    """Traditional to Simplified, character by character where the lengths would differ."""
    converted: str = _converter().convert(text)
    return converted if len(converted) == len(text) else "".join(map(_simple, text))


@lru_cache(1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


@lru_cache(4096)
def _simple(character: str) -> str:
    converted: str = _converter().convert(character)
    return converted if len(converted) == 1 else character


@lru_cache(8192)
def _sound(character: str) -> str:
    from pypinyin import lazy_pinyin  # its dictionary is read on first use

    return str(lazy_pinyin(character)[0]) if "一" <= character <= "鿿" else character


def _sounds_like(written: str, meant: str) -> bool:
    return written == meant or ("一" <= written <= "鿿" and _sound(written) == _sound(meant))
