"""What people say about gifts, read into what is meant. The words are in ``lexicon.yaml``; no policy here."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prompts.datafile import Frozen, load_yaml

SHIPPED = Path(__file__).with_name("lexicon.yaml")
Words = tuple[str, ...]
PARTS = re.compile(r"[，,、;；/]|或者?|和|及|跟|与")
CLAUSES = re.compile(r"[,，。;；！!？?\n]|但是?|不过|(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])")


class LexiconData(Frozen):
    """``lexicon.yaml`` as it stands; entries are regular expressions unless said otherwise there."""

    negations: Words
    clause_negations: Words
    frugal: Words
    filler: Words
    concepts: dict[str, Words]
    diets: dict[str, Words]
    contents: dict[str, Words]
    forbidden: dict[str, Words]
    links: dict[str, Words]
    private_rebate: Words
    officials: dict[str, Words]
    retired: Words
    mourning: Words
    regions: dict[str, Words]
    groups: dict[str, Words]


@dataclass(frozen=True)
class Wish:
    """One thing wanted or not: the concepts in it and the words themselves, without filler."""

    text: str
    concepts: frozenset[str]

    @property
    def label(self) -> str:
        """The wish for people."""
        return self.text or "、".join(sorted(self.concepts))

    @property
    def head(self) -> str:
        """The last two characters of a longer wish: in Chinese the noun stands last (蓝牙耳机 → 耳机)."""
        return self.text[-2:] if len(self.text) > 2 else ""


@dataclass(frozen=True)
class Wishes:
    """All of a request's words, sorted. ``said`` is the wanted part as spoken.

    A concept both wanted and not (茶, 但不要绿茶) stays wanted; the words themselves are still left out.
    """

    wanted: tuple[Wish, ...]
    unwanted: tuple[Wish, ...]
    frugal: bool
    said: str
    refused_words: str

    @property
    def concepts(self) -> frozenset[str]:
        """Every concept that is wanted."""
        return frozenset(concept for wish in self.wanted for concept in wish.concepts)


class Lexicon:
    """The words, compiled once."""

    def __init__(self, data: LexiconData) -> None:
        self._negation = _any(data.negations)
        self._clause_negation = _any(data.clause_negations)
        self._frugal = _any(data.frugal)
        self._filler = _any(sorted(data.filler, key=len, reverse=True))
        self._concepts = {name: _any(words) for name, words in data.concepts.items()}
        self._diets = {re.compile(k): v for k, v in data.diets.items()}
        self._contents = {re.compile(k): v for k, v in data.contents.items()}
        self._forbidden = {kind: _any(words) for kind, words in data.forbidden.items()}
        self._links = {link: _any(words) for link, words in data.links.items()}
        self._rebate = _any(data.private_rebate)
        self._officials = {kind: _any(words) for kind, words in data.officials.items()}
        self._retired = _any(data.retired)
        self._mourning = _any(data.mourning)
        self._places = {name: _any(words) for name, words in (data.regions | data.groups).items()}
        self.codes = {f"forbidden_{kind}" for kind in data.forbidden} | set(data.officials)
        self.codes |= {f"link_{product}" for product in data.links}
        self.content_names = {
            c for table in (data.diets, data.contents) for row in table.values() for c in row
        }

    def concepts(self, text: str) -> frozenset[str]:
        """The concepts that the text names."""
        return frozenset(name for name, pattern in self._concepts.items() if pattern.search(text))

    def wishes(self, preferences: Iterable[str], exclude: Iterable[str]) -> Wishes:
        """Preferences and exclusions in the user's words, with negations moved to where they belong."""
        wanted: list[str] = []
        unwanted: list[str] = [self._negation.sub(" ", phrase) for phrase in exclude]
        frugal = False
        for phrase in preferences:
            text, thrift = self._frugal.subn("，", phrase)
            frugal |= thrift > 0
            for clause in CLAUSES.split(text):
                yes, no = self._divide(clause)
                wanted.append(yes)
                unwanted.append(no)
        likes = tuple(wish for wish in self._wishes(wanted) if self._tells(wish))
        liked = frozenset(concept for wish in likes for concept in wish.concepts)
        return Wishes(
            wanted=likes,
            unwanted=tuple(Wish(wish.text, wish.concepts - liked) for wish in self._wishes(unwanted)),
            frugal=frugal,
            said="，".join(w for w in wanted if w),
            refused_words="，".join(w for w in unwanted if w),
        )

    def likes(self, notes: Iterable[str]) -> Wishes:
        """The same for remarks in a customer's record."""
        return self.wishes(notes, ())

    def contents(self, text: str) -> frozenset[str]:
        """What an allergy, taboo or exclusion closes off."""
        return _looked_up(self._contents, text) | self.diets(text)

    def diets(self, text: str) -> frozenset[str]:
        """What a way of life or a state of health closes off, wherever it is mentioned."""
        return _looked_up(self._diets, text)

    def forbidden(self, text: str) -> tuple[str, ...]:
        """Forbidden kinds that the text asks for (``cash``, ``prepaid_card`` …)."""
        return tuple(kind for kind, pattern in self._forbidden.items() if pattern.search(text))

    def asks_more(self, text: str) -> bool:
        """Whether anything lawful is asked for beside the forbidden things."""
        things = PARTS.split(text)
        return any(self.concepts(thing) and not self.forbidden(thing) for thing in things)

    def links(self, text: str) -> tuple[str, ...]:
        """Products that the text hangs the gift on."""
        return tuple(link for link, pattern in self._links.items() if pattern.search(text))

    def asks_rebate(self, text: str) -> bool:
        """Whether the text asks for a private payment or a kickback."""
        return bool(self._rebate.search(text))

    def official(self, text: str) -> str | None:
        """``public_official`` or ``state_enterprise_staff`` where the text describes one in office."""
        if self._retired.search(text):
            return None
        return next((kind for kind, pattern in self._officials.items() if pattern.search(text)), None)

    def mourns(self, text: str) -> bool:
        """Whether a remark speaks of a death in the family."""
        return bool(self._mourning.search(text))

    def places(self, text: str) -> frozenset[str]:
        """Regions and groups (沿海, 北方) that a place belongs to."""
        return frozenset(name for name, pattern in self._places.items() if pattern.search(text))

    def _divide(self, clause: str) -> tuple[str, str]:
        if self._clause_negation.search(clause):
            return "", self._negation.sub(" ", clause)
        found = self._negation.search(clause)
        return (clause[: found.start()], clause[found.end() :]) if found else (clause, "")

    def _tells(self, wish: Wish) -> bool:
        """Whether it says anything about a gift, and not only about the person."""
        return bool(wish.concepts) or (len(wish.text) > 1 and not self.diets(wish.text))

    def _wishes(self, texts: list[str]) -> tuple[Wish, ...]:
        wishes = (Wish(self._filler.sub("", text).strip(" 、的"), self.concepts(text)) for text in texts)
        return tuple(wish for wish in wishes if wish.text or wish.concepts)


def load_lexicon(path: Path = SHIPPED) -> Lexicon:
    """Read the words. Raises DataFileError."""
    return Lexicon(load_yaml(path, LexiconData))


def _any(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{word})" for word in words), re.IGNORECASE)


def _looked_up(table: dict[re.Pattern[str], Words], text: str) -> frozenset[str]:
    return frozenset(name for pattern, names in table.items() if pattern.search(text) for name in names)
