"""Personal data stays in the house: masked before a prompt leaves for an external model, restored after.

A mask is derived from the value itself, so masking needs no state: whoever holds the original text can
restore. Detectors use digit look-arounds, not word boundaries: Chinese characters count as word characters.
"""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

_SEPARATED = r"(?:[ -]?\d)"
_DIGITS = re.compile(rf"(?<![\dA-Za-z])\d{_SEPARATED}{{10,18}}[Xx]?(?![\dA-Za-z])")
_ADDRESS = re.compile(
    r"[一-鿿]{2,8}(?:省|市|区|县)[一-鿿\d]{1,20}?(?:路|街|大道|巷|弄|小区|花园|苑)"
    r"[一-鿿\d-]{0,12}?\d+(?:号|栋|幢|单元|室)(?:[\d-]+(?:号|栋|幢|单元|楼|室))*"
)
_MASK = re.compile(r"⟦[a-z_]+:[0-9a-f]{8}⟧")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind (id_card, bank_card, mobile, address) of each piece of personal data."""
    for match in _DIGITS.finditer(text):
        kind = _kind(re.sub(r"[ -]", "", match[0]).upper())
        if kind:
            yield match.start(), match.end(), kind
    for match in _ADDRESS.finditer(text):
        yield match.start(), match.end(), "address"


def mask(text: str) -> str:
    """The text with each piece replaced by ⟦kind:digest⟧."""
    parts: list[str] = []
    at = 0
    for start, end, kind in sorted(find(text)):
        if start < at:
            continue
        parts += [text[at:start], _token(kind, text[start:end])]
        at = end
    return "".join([*parts, text[at:]])


def restore(text: str, source: str) -> str:
    """Put back what ``source``, the unmasked text the model was shown, holds behind each mask."""
    if not _MASK.search(text):
        return text
    known = {_token(kind, source[start:end]): source[start:end] for start, end, kind in find(source)}
    return _MASK.sub(lambda m: known.get(m[0], m[0]), text)


def restore_all(value: Any, source: str) -> Any:
    """``restore`` through the strings of a JSON value."""
    if isinstance(value, str):
        return restore(value, source)
    if isinstance(value, list):
        return [restore_all(item, source) for item in value]
    if isinstance(value, dict):
        return {key: restore_all(item, source) for key, item in value.items()}
    return value


def _token(kind: str, value: str) -> str:
    return f"⟦{kind}:{hashlib.sha256(value.encode()).hexdigest()[:8]}⟧"


def _kind(digits: str) -> str:
    if len(digits) == 18 and _id_card(digits):
        return "id_card"
    if len(digits) == 11 and re.fullmatch(r"1[3-9]\d{9}", digits):
        return "mobile"
    return "bank_card" if 16 <= len(digits) <= 19 and digits.isdigit() and _luhn(digits) else ""


def _id_card(digits: str) -> bool:
    """GB 11643: the last character is a checksum modulo 11."""
    if not digits[:17].isdigit():
        return False
    total = sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=False))
    return digits[17] == "10X98765432"[total % 11]


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812 check digit."""
    total = 0
    for i, d in enumerate(reversed(digits)):
        n = int(d) * (2 if i % 2 else 1)
        total += n - 9 if n > 9 else n
    return total % 10 == 0
