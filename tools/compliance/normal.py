"""Text as the rules read it, with an exact map back to the text as it was written.

Two streams: the plain one (NFKC a character at a time, nothing invisible, Simplified, lower case, objects for
emoji) and the joined one, which also drops what was put between the characters of a word to hide it.
"""

import re
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

_MARKS = "。!?;,:()《》“”‘’\"'%、【】「」『』\\[\\]"
_JUNK = re.compile(f"(?:[^\\w{_MARKS}]|_)+")
_LONGEST_JUNK = 4
_REACH = 18


@dataclass(frozen=True)
class Stream:
    """``text``, and where each of its characters starts and ends in the original (None: the same place)."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that ``text[start:end]`` came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]

    def locate(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of ``text`` that came from that of the original; the inverse of ``origin``."""
        if self.starts is None or self.ends is None:
            return start, end
        return bisect_right(self.ends, start), bisect_left(self.starts, end)


@dataclass(frozen=True)
class Joined(Stream):
    """The plain stream without what was inserted between characters; ``starts`` are places in the plain one.

    ``windows`` are the surroundings of what was dropped, ``breaks`` the places where that was a line break.
    """

    base: Stream = Stream("")
    starts: Sequence[int] = ()
    windows: tuple[tuple[int, int], ...] = ()
    breaks: Sequence[int] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original, through the plain stream."""
        return self.base.origin(self.starts[start], self.starts[end - 1] + 1)

    def placed(self, start: int, end: int) -> tuple[int, int]:
        """Where ``base.text[start:end]`` stands here."""
        return bisect_left(self.starts, start), bisect_left(self.starts, end)

    def broken(self, start: int, end: int) -> bool:
        """Whether something was dropped inside ``text[start:end]``."""
        return self.starts[end - 1] - self.starts[start] != end - 1 - start


def plain(text: str, emoji: Mapping[str, str]) -> Stream:
    """The plain stream of ``text``; ``emoji`` names the objects that stand for words."""
    table = {c: _letter(c) if c not in emoji else emoji[c] for c in set(text)}
    odd = [c for c, new in table.items() if len(new) != 1]
    if not odd:
        return Stream(text.translate({ord(c): new for c, new in table.items()}))
    edits = ((m.start(), m.end(), table[m[0]]) for m in re.finditer(f"[{re.escape(''.join(odd))}]", text))
    same_length = text.translate({ord(c): new for c, new in table.items() if len(new) == 1})
    return replaced(Stream(same_length), edits)


def replaced(stream: Stream, edits: Iterable[tuple[int, int, str]]) -> Stream:
    """``stream`` with stretches replaced; edits in order, none overlapping another."""
    pieces: list[str] = []
    starts, ends = array("I"), array("I")
    at = 0
    for start, end, new in edits:
        _copy(stream, at, start, pieces, starts, ends)
        if new:
            first, last = stream.origin(start, end)
            pieces.append(new)
            starts.extend([first] * len(new))
            ends.extend([last] * len(new))
        at = end
    _copy(stream, at, len(stream.text), pieces, starts, ends)
    return Stream("".join(pieces), starts, ends)


def joined(stream: Stream) -> Joined | None:
    """The joined stream, or None where nothing stands between characters."""
    text = stream.text
    gaps = [span for m in _JUNK.finditer(text) if _dropped(text, *(span := m.span()))]
    if not gaps:
        return None
    pieces: list[str] = []
    places = array("I")
    windows: list[tuple[int, int]] = []
    breaks: list[int] = []
    at = 0
    for start, end in gaps:
        pieces.append(text[at:start])
        places.extend(range(at, start))
        at = end
        if "\n" in text[start:end]:
            breaks.append(len(places))
        low, high = max(0, len(places) - _REACH), len(places) + _REACH
        if windows and low <= windows[-1][1]:
            windows[-1] = (windows[-1][0], high)
        else:
            windows.append((low, high))
    pieces.append(text[at:])
    places.extend(range(at, len(text)))
    return Joined(
        text="".join(pieces),
        base=stream,
        starts=places,
        windows=tuple((low, min(high, len(places))) for low, high in windows),
        breaks=breaks,
    )


def _dropped(text: str, start: int, end: int) -> bool:
    """Whether a run of signs or spaces stands inside a word: few of them, no blank line, and Chinese on one side."""
    if end - start > _LONGEST_JUNK or start == 0 or end == len(text) or text.count("\n", start, end) > 1:
        return False
    before, after = text[start - 1], text[end]
    if (_han(before) and after.isalnum()) or (before.isalnum() and _han(after)):
        return True
    if before.isascii() and after.isascii() and before.isalpha() and after.isalpha():
        return False  # words of a language that is written with spaces
    return before not in "。!?;" and text[start:end].isspace()


def _han(character: str) -> bool:
    return "一" <= character <= "鿿"


def _copy(
    stream: Stream, start: int, end: int, pieces: list[str], starts: "array[int]", ends: "array[int]"
) -> None:
    pieces.append(stream.text[start:end])
    if stream.starts is None or stream.ends is None:
        starts.extend(range(start, end))
        ends.extend(range(start + 1, end + 1))
    else:
        starts.extend(stream.starts[start:end])
        ends.extend(stream.ends[start:end])


@lru_cache(maxsize=20_000)
def _letter(character: str) -> str:
    """What one character is read as: nothing, one character, or the several it stands for."""
    if character == "\n":
        return character
    if character == "\t":
        return " "
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cc"):
        return ""
    folded = unicodedata.normalize("NFKC", character).lower()
    if "\u4e00" <= character <= "\u9fff" and not _in_gb2312(character):
        return _simplifier()(character)
    return folded


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _simplifier() -> Callable[[str], str]:
    """Imported on the first Traditional character: most copy has none, and a short check must start fast."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
