"""Dates as managers write them, seen from Monday 23 November 2026, 15:00."""

import csv
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.invitations.dates import parse_when

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CASES = list(csv.DictReader(Path(__file__).with_name("written_dates.csv").open(encoding="utf-8")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"])
def test_a_written_moment_is_read(case: dict[str, str]) -> None:
    when = parse_when(case["text"], NOW)
    assert when is not None
    seen = {
        "date": when.date.isoformat() if when.date else "",
        "time": f"{when.time:%H:%M}" if when.time else "",
        "until": f"{when.until:%H:%M}" if when.until else "",
        "last": when.last.isoformat() if when.last else "",
        "part": when.part,
        "problem": when.problem or "",
    }
    assert seen == {name: case[name] for name in seen}


@pytest.mark.parametrize(
    "text",
    ["支行3号楼二层", "三点建议", "财富沙龙", "新春音乐会", "国庆音乐会", "第三期", "10-12人", "费率3.5折",
     "2号线地铁口", "月饼品鉴", "", "每周六固定活动吗"],
)  # fmt: skip
def test_what_is_no_moment_is_left_alone(text: str) -> None:
    assert parse_when(text, NOW) is None


def test_the_moment_is_found_inside_a_sentence() -> None:
    sentence = "给客户写个邀请，本周日（11月29日）下午2点半到4点，城东支行三楼"
    when = parse_when(sentence, NOW)
    assert when is not None
    assert (when.date, when.time, when.until) == (date(2026, 11, 29), time(14, 30), time(16))
    assert sentence[when.start : when.end] == when.text == "本周日（11月29日）下午2点半到4点"


def test_an_exact_date_wins_over_a_festival_in_a_title() -> None:
    when = parse_when("元旦 答谢会 12月29日晚7点", NOW)
    assert when is not None
    assert when.date == date(2026, 12, 29)


def test_a_weekday_that_contradicts_the_date_is_reported() -> None:
    when = parse_when("12月18日（周六）18:00", NOW)
    assert when is not None
    assert when.weekday_conflict == "周六"
    assert when.date == date(2026, 12, 18)


def test_an_hour_without_day_part_is_read_as_afternoon_and_says_so() -> None:
    when = parse_when("12月18日3点", NOW)
    assert when is not None
    assert when.time == time(15)
    assert when.afternoon_assumed


@given(st.text(max_size=60), st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)))
def test_any_text_is_survived_and_spans_hold(text: str, now: datetime) -> None:
    when = parse_when(text, now)
    if when is not None:
        assert text[when.start : when.end] == when.text


@given(st.dates(date(2026, 11, 24), date(2027, 11, 22)), st.integers(7, 21))
def test_month_and_day_come_back_as_the_next_such_day(day: date, hour: int) -> None:
    when = parse_when(f"{day.month}月{day.day}日{hour}:00", NOW)
    assert when is not None
    assert (when.date, when.time) == (day, time(hour))
