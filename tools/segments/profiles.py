"""A described person (45岁企业主，资产800万，爱打高尔夫) read into the same terms as a customer record."""

import re
from dataclasses import dataclass
from decimal import Decimal

from tools.segments.policy import Policy

_AGE = re.compile(
    r"(\d{2})\s*(?:岁|来岁|多岁|-?\s*years?[\s-]old|yo\b|周岁)|(?:age[d]?|年龄)\s*[:：]?\s*(\d{2})", re.I
)
_DECADE = re.compile(r"([三四五六七八])十(?:来|多|出头)?(?:岁)?")
_MONEY = re.compile(
    r"(\d+(?:\.\d+)?)\s*(亿|千万|百万|万|w|million|m\b)|([一二两三五八])?(千万|百万)(?:级|以上|左右|元)?",
    re.I,
)
_SCALE = {"亿": 10**8, "千万": 10**7, "百万": 10**6, "万": 10**4, "w": 10**4, "million": 10**6, "m": 10**6}
_DIGIT = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8}


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
    if match := _AGE.search(text):
        return int(match[1] or match[2])
    match = _DECADE.search(text)
    return _DIGIT[match[1]] * 10 if match else None


def _assets(text: str) -> Decimal | None:
    match = _MONEY.search(text)
    if match is None:
        return None
    if match[1]:
        return Decimal(match[1]) * _SCALE[match[2].lower()]
    return Decimal(_DIGIT.get(match[3] or "一", 1) * _SCALE[match[4]])
