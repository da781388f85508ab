"""A described person (45岁企业主，资产800万，爱打高尔夫) read into the same terms as a customer record."""

import re
from dataclasses import dataclass
from decimal import Decimal

from tools.segments.policy import Policy

_DIGITS = {c: value for value, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_STEPS = {"十": 10, "百": 100, "千": 1_000}
_WHOLE = {"万": 10**4, "w": 10**4, "亿": 10**8, "million": 10**6, "m": 10**6}
_CHINESE = "[零〇一二两三四五六七八九十百千]"
_AGE = re.compile(
    rf"(?P<said>\d{{2}}|{_CHINESE}{{2,3}})\s*(?:来|多|出头|几)?\s*(?:周?岁|-?\s*years?[\s-]old|yo\b)"
    r"|(?:age[d]?|年龄)\s*[:：]?\s*(?P<given>\d{2})"
    r"|(?P<decade>[二三四五六七八]十|[2-8]0)(?:出头|多(?=[的，,。\s]|$))",
    re.I,
)
_FLOW = "月薪|年薪|工资|收入|营业额|流水|营收|贷款|房贷|负债|欠|salary|income|loan|mortgage"
"""What a person earns, turns over or owes, but does not hold: right before the amount, or after it."""
_MONEY = re.compile(
    rf"(?P<flow>(?:{_FLOW})[^\d，,。；;、\s]{{0,4}})?(?P<count>\d[\d,]*(?:\.\d+)?\s*[百千]?|{_CHINESE}+)(?:来|多|几)?\s*"
    rf"(?P<unit>亿|万|w\b|million|m\b)(?!元?的?年?(?:{_FLOW}))",
    re.I,
)


@dataclass(frozen=True)
class Profile:
    """What a description says; None and empty where it does not."""

    words: str
    age: int | None
    assets: Decimal | None
    interests: tuple[str, ...]


def read_profile(text: str, policy: Policy) -> Profile:
    """Age, assets in yuan and interests, as far as they are said."""
    interests = tuple(i for i in policy.interests if i.lower() in text.lower())
    return Profile(text, _age(text), _assets(text), interests)


def _age(text: str) -> int | None:
    match = _AGE.search(text)
    return int(_number(next(filter(None, match.groups())))) if match else None


def _assets(text: str) -> Decimal | None:
    """The first amount that is not an income, a turnover or a debt."""
    first = next((found for found in _MONEY.finditer(text) if not found["flow"]), None)
    return _number(first["count"]) * _WHOLE[first["unit"].lower()] if first else None


def _number(written: str) -> Decimal:
    """Digits, Chinese numerals up to thousands (of 五六百 the lower), or digits before 百 or 千."""
    plain = re.sub(r"[,\s]", "", written)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([百千]?)", plain):
        return Decimal(match[1]) * _STEPS.get(match[2], 1)
    total = digit = 0
    for character in plain:
        if character in _DIGITS:
            digit = digit or _DIGITS[character]
        else:
            total, digit = total + (digit or 1) * _STEPS[character], 0
    return Decimal(total + digit)
