"""Money and counts in the register that managers use."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.models.amounts import count, money, ordinal, per_gift, variants
from assistant.models.numerals import number

ROWS = list(csv.DictReader((Path(__file__).parent / "amounts.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=lambda r: r["text"])
def test_amounts_as_written(row: dict[str, str]) -> None:
    spent, many = money(row["text"], bare=True), count(row["text"])
    assert (str(spent.amount) if spent else "") == row["amount"]
    assert (str(many) if many else "") == row["count"]
    share = per_gift(spent, many)
    assert share == (Decimal(row["each"]) if row["each"] else None)


@given(st.integers(min_value=10, max_value=999_999))
def test_digits_read_back(value: int) -> None:
    assert number(str(value)) == value
    spent = money(f"预算{value}元以内")
    assert spent is not None and spent.amount == value


@given(st.text(max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    money(text, bare=True)
    count(text)
    ordinal(text)
    variants(text)


def test_ordinals_and_versions() -> None:
    assert [ordinal(t) for t in ("第二个", "the third one", "最后一个", "两个")] == [2, 3, -1, None]
    assert [variants(t) for t in ("给我三个版本", "再来两版", "第二版")] == [3, 2, None]
