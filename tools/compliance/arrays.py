"""Texts as arrays of code points, and arrays of whole numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.signedinteger[Any]]
Codes = NDArray[np.uint32]
Mask = NDArray[np.bool_]
Rows = Mapping[str, Numbers]
"""Arrays by name, as a cache keeps them: whole numbers of four bytes."""
_CODE = "<u4"


def codes_of(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), _CODE)


def text_of(codes: NDArray[Any]) -> str:
    """The text of code points."""
    return codes.astype(_CODE, copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def looked_up(codes: Codes, value: Callable[[str], int]) -> Codes:
    """``value`` of each character, asked once for each different one."""
    seen = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    seen[codes] = True
    present = np.flatnonzero(seen)
    table = np.zeros(len(seen), np.uint32)
    table[present] = [value(chr(code)) for code in present.tolist()]
    return table[codes]


def places_of(codes: Codes, letters: str) -> list[int]:
    """Where any of ``letters`` stands, in order."""
    here = np.zeros(len(codes), np.bool_)
    for letter in letters:
        here |= codes == ord(letter)
    found: list[int] = np.flatnonzero(here).tolist()
    return found


def spread(starts: Numbers, counts: Numbers) -> Numbers:
    """The numbers from each start on, as many as its count says, one stretch after another."""
    ends = np.cumsum(counts, dtype=counts.dtype)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total, dtype=counts.dtype)


def tallied(numbers: Numbers, limit: int) -> tuple[Numbers, Numbers]:
    """The different ones of many numbers below ``limit``, in order, and how often each is there."""
    if limit > 4 * len(numbers):
        ordered = np.sort(numbers)
        first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))[: len(ordered)]
        return ordered[first], np.append(first[1:], len(ordered)) - first
    counts = np.bincount(numbers, minlength=limit)
    found = np.flatnonzero(counts)
    return found, counts[found]


def parted(numbers: Numbers, counts: Sequence[int]) -> list[Numbers]:
    """Stretches of so many numbers, one after another."""
    return np.split(numbers, np.cumsum(counts, dtype=np.int64))[:-1]


def named(name: str, rows: Rows) -> dict[str, Numbers]:
    """Arrays under names that begin with ``name``; ``under`` finds them again."""
    return {f"{name}.{key}": row for key, row in rows.items()}


def under(name: str, rows: Rows) -> dict[str, Numbers]:
    """The arrays whose names begin with ``name``, by the rest of their names."""
    return {key.removeprefix(f"{name}."): row for key, row in rows.items() if key.startswith(f"{name}.")}
