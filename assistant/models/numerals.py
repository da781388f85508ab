"""Numbers as digits or Chinese numerals, with the endings of talk: 一万二, 1千5, 两三百, 千把, 2k."""

import re
from decimal import Decimal

CN = "零〇一二两俩三四五六七八九"
_MERGED = str.maketrans({"廿": "二十", "卅": "三十"})
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "k": 1000, "w": 10_000}
_MORE = rf"(?:(?!一[份个位人家户件套])[{CN}十百千万])*"  # 八百一份 is 八百
VALUE = (
    rf"(?:\d[\d,]*(?:\.\d+)?(?:\s*(?:万|千|百|k(?![a-z])|w(?![a-z]))[{CN}\d]?(?![\d.]))?"
    rf"|[{CN}]?[十百千][百千万]?把?来?{_MORE}|[{CN}]{{1,2}}[十百千万]{_MORE}|[廿卅][{CN}]?|[{CN}仨](?=\s*张))"
)
"""A pattern of one number; a lone Chinese digit only where banknotes are counted."""


def number(text: str) -> Decimal | None:
    """The value of digits or Chinese numerals, colloquial endings included (一万二, 两三百, 千把)."""
    raw = re.sub(r"[,\s把来多]", "", text).translate(_MERGED)
    if match := re.fullmatch(rf"(\d+(?:\.\d+)?)(?:([万千百kw])([{CN}\d])?)?", raw):
        unit = Decimal(_UNIT[match[2]]) if match[2] else Decimal(1)
        extra = Decimal(_digit(match[3])) * unit / 10 if match[3] else Decimal(0)
        return Decimal(match[1]) * unit + extra
    return _chinese(raw)


def _digit(character: str) -> int:
    return int(character) if character.isdigit() else _DIGIT[character]


def _chinese(raw: str) -> Decimal | None:
    """五百, 一千二, 两三百 and 一百七八 (the upper), 三百五; None for anything else."""
    raw = re.sub(rf"[{CN}]([{CN}])(?=[十百千万])", r"\1", raw)
    raw = re.sub(rf"(?<=[百千万])[{CN}]([{CN}])$", r"\1", raw)
    total = section = digit = unit = 0
    for c in raw:
        if c in _DIGIT:
            digit = _DIGIT[c]
        elif c == "万":
            total, section, digit, unit = (section + digit or 1) * 10_000, 0, 0, 10_000
        elif c in _UNIT:
            unit = _UNIT[c]
            section, digit = section + (digit or 1) * unit, 0
        else:
            return None
    if not raw:
        return None
    colloquial = digit and unit > 10 and raw[-2:-1] in "百千万"
    return Decimal(total + section + (digit * unit // 10 if colloquial else digit))
