"""Text as the rules read it, with an exact map back to the text as it was written.

Two streams: the plain one (NFKC a character at a time, nothing invisible, Simplified, lower case, objects for
emoji) and the joined one, which also drops what was put between the characters of a word to hide it.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from tools.compliance.arrays import Codes, Mask, Numbers, codes_of, looked_up, places_of, spread, text_of
from tools.compliance.expanding import SENTENCE_END

_MARKS = "。!?;,:()《》“”‘’\"'%、【】「」『』[]"
_LONGEST_GAP = 4
REACH = 18
"""Characters from a gap within which a word is looked for that may stand in one match with it."""


@dataclass(frozen=True)
class Stream:
    """``text``, and where each of its characters starts and ends in the original (None: the same place)."""

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    @cached_property
    def codes(self) -> Codes:
        """The code points of the text."""
        return codes_of(self.text)

    @cached_property
    def sentence_ends(self) -> list[int]:
        """The places of the marks and line breaks that end sentences."""
        return places_of(self.codes, SENTENCE_END)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that ``text[start:end]`` came from."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, kw_only=True)
class Joined(Stream):
    """The plain stream without what was inserted between characters; ``starts`` are places in the plain one.

    ``gaps`` marks the characters before which something was dropped; ``breaks`` are the places where that was a line
    break.
    """

    base: Stream
    starts: "array[int]"
    gaps: Mask
    breaks: Sequence[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original, through the plain stream."""
        return self.base.origin(self.starts[start], self.starts[end - 1] + 1)

    def about_gaps(self, reach: int = REACH) -> Mask:
        """The characters that stand so near to a gap."""
        upto = np.zeros(len(self.gaps) + 2 * reach, np.int32)
        upto[reach:-reach] = self.gaps
        upto.cumsum(out=upto)
        near: Mask = np.not_equal(upto[2 * reach :], upto[: -2 * reach])
        return near

    def broken(self, start: int, end: int) -> bool:
        """Whether something was dropped inside ``text[start:end]``."""
        return self.starts[end - 1] - self.starts[start] != end - 1 - start


def plain(text: str, emoji: Mapping[str, str]) -> Stream:
    """The plain stream of ``text``; ``emoji`` names the objects that stand for words."""
    odd: dict[str, str] = {}

    def read(character: str) -> int:
        new = emoji[character] if character in emoji else _letter(character)
        if len(new) != 1:
            odd[character] = new
            return 0
        return ord(new)

    stream = Stream(text_of(looked_up(codes_of(text), read)))
    if odd:
        places = re.finditer(f"[{re.escape(''.join(odd))}]", text)
        stream = replaced(stream, ((m.start(), m.end(), odd[m[0]]) for m in places))
    return _without_typography(stream)


def _without_typography(stream: Stream) -> Stream:
    """``stream`` without the single spaces that set letters and figures off from Chinese: they hide nothing."""
    codes = stream.codes
    space = np.flatnonzero(codes[1:-1] == ord(" "))
    sorts = looked_up(codes, _sort)
    left, right = sorts[space], sorts[space + 2]
    foreign = _LATIN | _FIGURE
    between = ((left & _HAN != 0) & (right & foreign != 0)) | ((left & foreign != 0) & (right & _HAN != 0))
    kept = np.ones(len(codes), np.bool_)
    kept[space[between] + 1] = False
    if kept.all():
        return stream
    places = np.flatnonzero(kept)
    starts, ends = (places, places + 1)
    if stream.starts is not None and stream.ends is not None:
        starts, ends = np.asarray(stream.starts)[places], np.asarray(stream.ends)[places]
    return Stream(text_of(codes[places]), _row(starts), _row(ends))


def _row(numbers: Numbers) -> "array[int]":
    return array("I", numbers.astype("I").tobytes())


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
    starts, ends, broken = _gaps(stream.codes)
    if not len(starts):
        return None
    dropped = np.zeros(len(stream.codes), np.bool_)
    dropped[spread(starts, ends - starts)] = True
    kept = np.flatnonzero(~dropped)
    gaps = starts - np.concatenate(([0], np.cumsum(ends - starts)[:-1]))
    at_gaps = np.zeros(len(kept), np.bool_)
    at_gaps[gaps] = True
    return Joined(
        text=text_of(stream.codes[kept]),
        base=stream,
        starts=_row(kept),
        gaps=at_gaps,
        breaks=gaps[broken].tolist(),
    )


_JUNK, _HAN, _WORDLIKE, _LATIN, _FIGURE, _STOP, _COMMA, _SPACE, _BREAK = (1 << bit for bit in range(9))
"""What a character is to those around it."""


@lru_cache(maxsize=20_000)
def _sort(character: str) -> int:
    wordlike = character.isalnum()
    sort = _WORDLIKE if wordlike else 0 if character in _MARKS else _JUNK
    return (
        sort
        | (_HAN if "一" <= character <= "鿿" else 0)
        | (_LATIN if character.isascii() and character.isalpha() else 0)
        | (_SPACE if character.isspace() else 0)
        | (_BREAK if character == "\n" else 0)
        | (_STOP if character in "。!?;" else 0)
        | (_COMMA if character in ",:" else 0)
        | (_FIGURE if "0" <= character <= "9" else 0)
    )


def _gaps(codes: Codes) -> tuple[Numbers, Numbers, Mask]:
    """Runs of signs or spaces inside a word, and which hold a line break: few of them, no blank line, and Chinese on
    one side or no more than spaces."""
    sorts = looked_up(codes, _sort).astype(np.uint16)
    junk = np.zeros(len(codes) + 2, np.bool_)
    junk[1:-1] = sorts & _JUNK
    edges = np.flatnonzero(junk[1:] != junk[:-1])
    starts, ends = edges[::2], edges[1::2]
    amid = (ends - starts <= _LONGEST_GAP) & (starts > 0) & (ends < len(codes))
    starts, ends = starts[amid], ends[amid]

    inside = sorts[spread(starts, ends - starts)]
    owner = np.repeat(np.arange(len(starts)), ends - starts)

    def count(sort: int) -> Numbers:
        return np.bincount(owner[(inside & sort) != 0], minlength=len(starts))

    def both(left: int, right: int) -> Mask:
        here: Mask = np.logical_and(sorts[starts - 1] & left, sorts[ends] & right)
        return here

    breaks = count(_BREAK)
    in_chinese = both(_HAN, _WORDLIKE) | both(_WORDLIKE, _HAN)
    # Words of a language that is written with spaces stay apart, sentences do, and a space is usual behind a comma.
    spaced = (count(_SPACE) == ends - starts) & ~both(_LATIN, _LATIN)
    spaced &= (sorts[starts - 1] & np.where(breaks > 0, _STOP, _STOP | _COMMA)) == 0
    dropped = (breaks <= 1) & (in_chinese | spaced)
    return starts[dropped], ends[dropped], breaks[dropped] > 0


def _copy(
    stream: Stream, start: int, end: int, pieces: list[str], starts: "array[int]", ends: "array[int]"
) -> None:
    pieces.append(stream.text[start:end])
    if stream.starts is None or stream.ends is None:
        here = np.arange(start, end, dtype=starts.typecode)
        starts.frombytes(here.tobytes())
        ends.frombytes((here + 1).tobytes())
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
