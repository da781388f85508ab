"""The words of the trade: synonyms, English terms and typing errors of one concept, and words that mean none.

A concept is a group of a synonym file. Documents and questions are both marked with the concepts they name,
so a question in English or in everyday words meets a document in the bank's own.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import ahocorasick

from prompts.datafile import Frozen, load_yaml

_HOME = Path(__file__).parent
SYNONYMS = (_HOME / "synonyms.yaml", _HOME / "everyday.yaml", _HOME / "english.yaml")
_LATIN = re.compile(r"[a-z0-9]+(?:[.'][a-z0-9]+)*%?")
_HAN = re.compile(r"[㐀-鿿]+")
_LONGEST_PHRASE = 5


class Group(Frozen):
    """One concept: its Chinese terms, English terms, and known typing errors."""

    terms: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    typos: tuple[str, ...] = ()


class _Groups(Frozen):
    groups: tuple[Group, ...]


class _Idle(Frozen):
    """Words that carry no subject: ``questions`` are cut from questions, ``english`` are skipped there."""

    questions: tuple[str, ...]
    english: tuple[str, ...]


@lru_cache(1)
def _simplifier() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def fold(text: str) -> str:
    """Simplified, lower-case, half-width: the form in which texts and questions are compared."""
    narrow = text.translate(_NARROW).lower()
    return _simplifier().convert(narrow) if _HAN.search(narrow) else narrow


_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2019: 0x27}


def stem(word: str) -> str:
    """A crude English stem: enough for "gifts", "gifting" and "gifted" to meet."""
    word = word.removesuffix("'s").replace("'", "")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    for suffix in ("ing", "ed", "es", "s"):
        if len(word) - len(suffix) >= 3 and word.endswith(suffix) and not word.endswith("ss"):
            word = word.removesuffix(suffix)
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


Span = tuple[int, int, tuple[str, ...]]


@dataclass(frozen=True)
class Words:
    """What a text consists of. Terms repeat as the text repeats them.

    ``spoken`` are the Latin words that are part of a concept's name. ``text`` is the folded text with idle
    words blanked, and ``spans`` say where in it concepts stand."""

    grams: tuple[str, ...]
    singles: tuple[str, ...]
    latin: tuple[str, ...]
    concepts: tuple[str, ...]
    spoken: frozenset[str]
    text: str
    spans: tuple[Span, ...]


class Lexicon:
    """Concepts and idle words, read once. Immutable, so safe to share."""

    def __init__(self, groups: Sequence[Group], questions: Iterable[str], english: Iterable[str]) -> None:
        self._terms: dict[str, set[str]] = {}
        self._phrases: dict[tuple[str, ...], set[str]] = {}
        for number, group in enumerate(groups):
            name = f"§{number}"
            for term in (*group.terms, *group.typos):
                folded = fold(term)
                if _HAN.search(folded):
                    self._terms.setdefault(folded, set()).add(name)
                else:
                    self._phrase(folded, name)
            for term in group.en:
                self._phrase(fold(term), name)
        self._finder = ahocorasick.Automaton()
        for term, names in self._terms.items():
            self._finder.add_word(term, (len(term), tuple(sorted(names))))
        self._finder.make_automaton()
        idle = sorted((fold(word) for word in questions), key=len, reverse=True)
        self._idle = re.compile("|".join(map(re.escape, idle)) or "(?!)")
        self._skipped = frozenset(english)
        known = [
            sorted((term, sorted(names)) for term, names in self._terms.items()),
            sorted((phrase, sorted(names)) for phrase, names in self._phrases.items()),
            idle,
            sorted(self._skipped),
        ]
        self.digest = hashlib.sha256(repr(known).encode()).hexdigest()[:12]

    def _phrase(self, term: str, name: str) -> None:
        key = tuple(stem(word) for word in _LATIN.findall(term))
        if key:
            self._phrases.setdefault(key, set()).add(name)

    @property
    def vocabulary(self) -> Iterator[str]:
        """The Chinese terms, folded."""
        return iter(self._terms)

    def words(self, text: str) -> Words:
        """The words of a document's text."""
        folded = fold(text)
        return self._words(folded, list(self._found(folded)), list(self._spoken(folded)))

    def question(self, text: str) -> Words:
        """The words of a question: idle words cut, and only the longest of nested terms kept."""
        folded = fold(text)
        idle = [match.span() for match in self._idle.finditer(folded)]
        idle += [match.span() for match in _LATIN.finditer(folded) if match.group() in self._skipped]
        found, spoken = list(self._found(folded)), list(self._spoken(folded))
        rivals = [*idle, *((start, end) for start, end, _ in found)]
        found = [
            (start, end, names)
            for start, end, names in found
            if not any(s <= start and end <= e and e - s > end - start for s, e in rivals)
        ]
        kept = folded
        for start, end in idle:
            kept = kept[:start] + " " * (end - start) + kept[end:]
        # A term that holds an idle word ("sign in") is still a term.
        for start, end, _ in (*found, *spoken):
            kept = kept[:start] + folded[start:end] + kept[end:]
        return self._words(kept, found, spoken)

    def _words(self, text: str, found: list[Span], spoken: list[Span]) -> Words:
        runs = _HAN.findall(text)
        spans = (*found, *spoken)
        return Words(
            grams=tuple(run[i : i + 2] for run in runs for i in range(len(run) - 1)),
            singles=tuple(character for run in runs for character in run),
            latin=tuple(stem(word) for word in _LATIN.findall(text) if word not in self._skipped),
            concepts=tuple(name for _, _, names in spans for name in names),
            spoken=frozenset(
                stem(word) for start, end, _ in spoken for word in _LATIN.findall(text[start:end])
            ),
            text=text,
            spans=spans,
        )

    def _found(self, folded: str) -> Iterator[Span]:
        """The Chinese terms, nested ones too."""
        if not self._terms:
            return
        for last, (length, names) in self._finder.iter(folded):
            yield last - length + 1, last + 1, names

    def _spoken(self, folded: str) -> Iterator[Span]:
        """The English phrases that name concepts, the longest at each place."""
        places = [match.span() for match in _LATIN.finditer(folded)]
        latin = [stem(folded[start:end]) for start, end in places]
        at = 0
        while at < len(latin):
            lengths = range(min(_LONGEST_PHRASE, len(latin) - at), 0, -1)
            phrase = next((p for n in lengths if (p := tuple(latin[at : at + n])) in self._phrases), ())
            if phrase:
                last = at + len(phrase) - 1
                yield places[at][0], places[last][1], tuple(sorted(self._phrases[phrase]))
            at += len(phrase) or 1


def latin_words(text: str) -> Iterator[tuple[int, int, str]]:
    """The stems of the Latin words of a folded text, with their places."""
    for match in _LATIN.finditer(text):
        yield match.start(), match.end(), stem(match.group())


def load_lexicon(paths: Iterable[Path] = SYNONYMS, idle: Path = _HOME / "idle.yaml") -> Lexicon:
    """The lexicon of these files; absent ones are passed over. Raises DataFileError."""
    groups = [group for path in paths if path.exists() for group in load_yaml(path, _Groups).groups]
    cut = load_yaml(idle, _Idle)
    return Lexicon(groups, cut.questions, cut.english)
