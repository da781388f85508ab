"""Personal data is found in Chinese running text, masked, and restored to the letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guards.privacy import find, mask, restore

ID_CARD = "11010519491231002X"
CARD = "6222021234567890127"


def luhn(prefix: str) -> str:
    for last in "0123456789":
        digits = prefix + last
        total = 0
        for i, d in enumerate(reversed(digits)):
            n = int(d) * (2 if i % 2 else 1)
            total += n - 9 if n > 9 else n
        if total % 10 == 0:
            return digits
    raise AssertionError


CARD = luhn(CARD[:-1])


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (f"身份证{ID_CARD}到期", ["id_card"]),
        (f"卡号{CARD}请核对", ["bank_card"]),
        ("手机19900001234谢谢", ["mobile"]),
        ("手机199 0000 1234谢谢", ["mobile"]),
        ("手机199-0000-1234", ["mobile"]),
        ("住云州市城东区学府路18号3栋502室", ["address"]),
        ("身份证110105194912310021", []),
        ("金额12345678901元", []),
        ("订单号1990000123456", []),
        ("2026年11月23日下午3点", []),
        ("预算300-500元，人均1000", []),
        ("登记编码C1086225000123", []),
    ],
)
def test_detection(text: str, kinds: list[str]) -> None:
    assert [kind for _, _, kind in find(text)] == kinds


@given(st.text(max_size=30), st.sampled_from([ID_CARD, CARD, "19900001234"]), st.text(max_size=30))
def test_masking_hides_and_restoring_brings_back(before: str, secret: str, after: str) -> None:
    text = f"{before}，{secret}，{after}"
    masked = mask(text)
    assert secret not in masked
    assert restore(masked, text) == text


def test_a_foreign_mask_restores_nothing() -> None:
    foreign = mask("19900009999")
    assert restore(foreign, "手机19900001234") == foreign
