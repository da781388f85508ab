"""Texts as arrays of code points, and arrays of whole numbers in JSON."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Codes = NDArray[np.uint32]
Mask = NDArray[np.bool_]
_CODE = "<u4"
_KEPT = "<i4"


def codes_of(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), _CODE)


def text_of(codes: NDArray[Any]) -> str:
    """The text of code points."""
    return codes.astype(_CODE, copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def looked_up(codes: Codes, value: Callable[[str], int]) -> Codes:
    """``value`` of each character, asked once for each different one."""
    present = np.unique(codes)
    table = np.zeros(int(present[-1]) + 1 if len(present) else 0, np.uint32)
    table[present] = [value(chr(code)) for code in present.tolist()]
    return table[codes]


def spread(starts: Numbers, counts: Numbers) -> Numbers:
    """The numbers from each start on, as many as its count says, one stretch after another."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts - (ends - counts), counts) + np.arange(total)


def packed(numbers: Sequence[int] | NDArray[Any]) -> str:
    """Numbers below two thousand million as text; ``unpacked`` reads it."""
    return base64.b64encode(np.asarray(numbers).astype(_KEPT).tobytes()).decode("ascii")


def unpacked(text: str) -> Numbers:
    """The inverse of ``packed``. Raises ValueError for what is not such text."""
    return np.frombuffer(base64.b64decode(text, validate=True), _KEPT).astype(np.int64)
