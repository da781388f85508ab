"""Noise out of converted text: pinyin in brackets, page furniture, boilerplate, wrongly decoded stretches."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from knowledge.lexicon import fold
from prompts.datafile import Frozen, load_yaml

_PATTERNS = Path(__file__).parent / "cleaning.yaml"
_PINYIN = re.compile(r"(?<=[㐀-鿿])[（(]([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ]{1,7})[)）]", re.IGNORECASE)
_TONES = frozenset("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ")
# A question mark left by a lost byte, with the rare character that the other half became.
_LOST = re.compile(r"[?？]{1,2}[㐀-鿿]")
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_REPEATED = 4
_SHORT = 30


class _Patterns(Frozen):
    lines: tuple[str, ...]
    garbled: tuple[str, ...]


@dataclass(frozen=True)
class Garbled:
    """A stretch that is not text. Positions are code points in the text before it was taken out."""

    start: int
    end: int
    excerpt: str


@dataclass(frozen=True)
class Cleaned:
    """Text fit to be indexed, and what was taken out because it could not be read."""

    text: str
    garbled: tuple[Garbled, ...]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    read = load_yaml(_PATTERNS, _Patterns)
    return re.compile("|".join(f"(?:{p})" for p in read.lines)), re.compile("|".join(read.garbled))


def clean(text: str) -> Cleaned:
    """``text`` without noise. Original characters (Traditional too) are kept as they are."""
    text = _LINE_END.sub("\n", text).removeprefix("\ufeff")
    text, garbled = _without_garbled(text)
    text = _PINYIN.sub(_unless_a_word, text)
    return Cleaned(_without_furniture(text), garbled)


def _without_garbled(text: str) -> tuple[str, tuple[Garbled, ...]]:
    found = [match.span() for match in _patterns()[1].finditer(text)]
    found += [
        match.span() for match in _LOST.finditer(text) if len(match.group()) == 3 or _rare(match.group()[-1])
    ]
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    kept, at = [], 0
    for start, end in merged:
        kept.append(text[at:start])
        at = end
    kept.append(text[at:])
    return "".join(kept), tuple(
        Garbled(start, end, _CONTROL.sub(" ", text[max(0, start - 8) : end + 8])) for start, end in merged
    )


def _rare(character: str) -> bool:
    """Not in the common set (GB 2312), simplified or not."""
    return not fold(character).encode("gb2312", "ignore")


def _unless_a_word(match: re.Match[str]) -> str:
    """Pinyin goes, an abbreviation such as 客户关系管理(crm) stays."""
    inside = match.group(1).lower()
    if _TONES & set(inside):
        return ""
    from pypinyin import Style, pinyin

    before = match.string[match.start() - 1]
    readings = pinyin(before, style=Style.NORMAL, heteronym=True)[0]
    return "" if inside in readings else match.group()


def _without_furniture(text: str) -> str:
    lines = text.split("\n")
    pattern = _patterns()[0]
    repeated = Counter(line.strip() for line in lines if 1 < len(line.strip()) <= _SHORT)
    kept = [
        line.rstrip()
        for line in lines
        if not pattern.fullmatch(line.strip())
        and (repeated[line.strip()] < _REPEATED or line.lstrip().startswith(("#", "|", "-", ">", "`")))
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip() + "\n"
