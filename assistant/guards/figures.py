"""Figures in Chinese and English prose as numbers, so that 800万, 8,000,000 and 八百万 are one figure."""

import re
from collections.abc import Iterator

_NUMBER = re.compile(
    r"((?:\d{1,3}(?:[,，]\d{3})+(?!\d)|\d+)(?:\.\d+)?)\s*(万亿|万|亿|千|k|K|w|W)?\s*([%％])?"
)
_CHINESE = re.compile(
    r"[零〇一二两三四五六七八九十百千万亿]{2,}|[一二两三四五六七八九](?=[成个位天日次份张席折%])"
)
_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_SCALE = {"万亿": 1e12, "亿": 1e8, "万": 1e4, "w": 1e4, "千": 1e3, "k": 1e3}


def figures(text: str) -> Iterator[float]:
    """Every figure of the text; a percentage counts as written (15% is 15)."""
    for match in _NUMBER.finditer(text):
        number = float(re.sub(r"[,，]", "", match[1]))
        scale = (match[2] or "").lower()
        yield round(number * _SCALE.get(scale, 1), 6)
        if scale:
            yield number
    for match in _CHINESE.finditer(text):
        yield float(chinese_number(match[0]))


def chinese_number(text: str) -> int:
    """八百万 → 8000000, 二〇二六 → 2026, 三五 → 35."""
    if not re.search("[十百千万亿]", text):
        return int("".join(str(_DIGIT[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _DIGIT:
            digit = _DIGIT[c]
        elif c in "十百千":
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[c]
            digit = 0
        else:
            total = (total + section + digit) * int(_SCALE[c])
            section = digit = 0
    return total + section + digit
