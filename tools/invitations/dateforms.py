"""The forms in which days are written, and what each means seen from a given day; text comes folded."""

import re
from collections.abc import Callable
from datetime import date, timedelta

Found = tuple[date | None, date | None, bool]  # first day, last day of a range, whether the date is possible
Reader = Callable[[re.Match[str], date], Found]
Forms = tuple[tuple[re.Pattern[str], Reader], ...]

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "日": 7, "天": 7}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
NEAR = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "今天": 0, "今日": 0, "今早": 0, "今晚": 0,
    "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "后日": 2, "后晚": 2, "大后天": 3,
    "yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1,
}  # fmt: skip
_FESTIVALS = {
    "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "劳动节": (5, 1), "五一": (5, 1), "儿童节": (6, 1),
    "六一": (6, 1), "教师节": (9, 10), "国庆节": (10, 1), "国庆": (10, 1), "平安夜": (12, 24),
    "圣诞节": (12, 25), "圣诞": (12, 25),
}  # fmt: skip

COUNT = r"(?:\d{1,2}|[零〇一二三四五六七八九十两廿]{1,3})"
PART = r"凌晨|清晨|早上|早晨|上午|中午|正午|下午|午后|傍晚|晚上|晚间|夜里|早|晚"
_ALONE = rf"(?=\s|[,，。;；]|{PART}|\d|[当那][天日晚]|$)"  # a festival that is no part of a title
_UNTIL = rf"(?:\s*[、~～到至和–—-]+\s*(?:({COUNT})月)?({COUNT})[日号])?"
WEEK = r"(?:周|星期|礼拜)"
ENGLISH_DAY = r"(mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_EN_MONTH = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_EN_ORDINAL = r"(?P<{}>\d{{1,2}})(?:st|nd|rd|th)?"


def number(text: str) -> int:
    """Arabic or Chinese, up to 99: 12, 十二, 廿五, 三十一."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.replace("廿", "二十").partition("十")
    if not ten:
        return int("".join(str(_DIGITS[c]) for c in text))
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)


def weekday(text: str) -> int:
    """Monday is 0."""
    lowered = text.lower()[:3]
    if lowered in _DAYS:
        return _DAYS.index(lowered)
    return 5 if lowered in ("末", "wee") else (int(text) if text.isdigit() else _DIGITS[text[-1]]) - 1


def _on(year: int, month: int, day: int) -> Found:
    try:
        return date(year, month, day), None, True
    except ValueError:
        return None, None, False


def _next(month: int, day: int, today: date) -> Found:
    """The next such day on or after today; 29 February waits for its leap year."""
    found = [
        done[0]
        for year in range(today.year, today.year + 9)
        if (done := _on(year, month, day))[0] and done[0] >= today
    ]
    return (found[0], None, True) if found else (None, None, False)


def _full(match: re.Match[str], _: date) -> Found:
    return _on(*(int(group) for group in match.groups()[:3]))


def _month_day(match: re.Match[str], today: date) -> Found:
    year = {"今年": 0, "明年": 1, "后年": 2}.get(match[1] or "")
    month, day = number(match[2]), number(match[3])
    first, _, possible = _next(month, day, today) if year is None else _on(today.year + year, month, day)
    if first is None or match[5] is None:
        return first, None, possible
    last, _, ends = _next(number(match[4]) if match[4] else month, number(match[5]), first)
    return first, last, ends


def _slashed(match: re.Match[str], today: date) -> Found:
    return _next(int(match[1]), int(match[2]), today)


def _english(match: re.Match[str], today: date) -> Found:
    name, day = match["mon"] or match["mon2"], int(match["day"] or match["day2"])
    month = _MONTHS.index(name[:3].lower()) + 1
    return _on(int(match["year"]), month, day) if match["year"] else _next(month, day, today)


def _day_of_month(match: re.Match[str], today: date) -> Found:
    day = number(match[2])
    shift = 1 if (match[1] or "").startswith("下") else 0
    for ahead in range(shift, 13):
        month = today.month - 1 + ahead
        found = _on(today.year + month // 12, month % 12 + 1, day)
        if found[0] and (found[0] >= today or match[1]):
            return found
        if match[1]:
            return None, None, False
    return None, None, False


def _week_day(match: re.Match[str], today: date) -> Found:
    prefix, name = (match[1] or "").lower(), match[2]
    weeks = {"上上": -2, "上": -1, "last": -1, "下": 1, "next": 1, "下下": 2}.get(prefix, 0)
    monday = today - timedelta(days=today.weekday())
    day = monday + timedelta(weeks=weeks, days=weekday(name))
    weekend = name == "末" or name.lower() == "weekend"
    if prefix in ("", "这", "本", "this") and day < today and not weekend:
        day += timedelta(weeks=1)  # 本周六 said on a Sunday: nobody plans for yesterday
    return (day, day + timedelta(days=1), True) if weekend else (day, None, True)


def _near(match: re.Match[str], today: date) -> Found:
    return today + timedelta(days=NEAR[match[0].lower()]), None, True


def _ahead(match: re.Match[str], today: date) -> Found:
    count = number(match[1])
    return (
        today + timedelta(days=count * (7 if match[2].strip("个") in ("周", "星期", "礼拜") else 1)),
        None,
        True,
    )


def _festival(match: re.Match[str], today: date) -> Found:
    return _next(*_FESTIVALS[match[1]], today)


def _vague(_match: re.Match[str], _: date) -> Found:
    return None, None, True


def _form(pattern: str, reader: Reader) -> tuple[re.Pattern[str], Reader]:
    return re.compile(pattern, re.IGNORECASE), reader


CALENDAR: Forms = (
    _form(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})(?!\d)\s*[日号]?", _full),
    _form(rf"(今年|明年|后年)?(?<!\d)({COUNT})月({COUNT})(?!\d|个|天|元|万)[日号]?{_UNTIL}", _month_day),
    _form(r"(?<![\d./-])(\d{1,2})/(\d{1,2})(?![\d/%％]|[人个位名席])", _slashed),
    _form(
        rf"(?<![\d./-])(\d{{1,2}})[-.](\d{{1,2}})(?=\s*(?:{PART}|{WEEK}|\d{{1,2}}[:点]|\()|\s*$)", _slashed
    ),
    _form(
        rf"\b(?:(?P<mon>{_EN_MONTH})[a-z]*\.?\s*{_EN_ORDINAL.format('day')}\b"
        rf"|{_EN_ORDINAL.format('day2')}\s+(?:of\s+)?(?P<mon2>{_EN_MONTH})[a-z]*)(?:,?\s*(?P<year>\d{{4}}))?",
        _english,
    ),
)
RELATIVE: Forms = (
    _form(rf"(本月|这个月|下个?月)?({COUNT})[号日](?![楼线门厅院馆桌店会路机召称码])", _day_of_month),
    _form(rf"(上上|上|这|本|下下|下)?个?(?<!每){WEEK}([一二三四五六日天末]|[1-7](?!\d))", _week_day),
    _form(rf"\b(?:(last|this|next)\s+)?(weekend|{ENGLISH_DAY[1:-7]}(?=day\b|\b))(?:day)?\b", _week_day),
    _form("|".join(sorted(NEAR, key=len, reverse=True)), _near),
    _form(rf"({COUNT})(天|日|个?星期|个?礼拜|周)(?:之?后|以后)", _ahead),
)
LOOSE: Forms = (
    _form(
        rf"({'|'.join(sorted(_FESTIVALS, key=len, reverse=True))}){_ALONE}",
        _festival,
    ),
    _form(rf"(?:{COUNT}月|本月|这个?月|下个?月|今年|明年|年|月)(?:[初中底末]|[上中下]旬)", _vague),
    _form(r"(?:(?:本|这个?|下个?)月|(?:本|这|下)个?(?:周|星期|礼拜))(?![一二三四五六日天])", _vague),
    _form(
        r"(?:春节|元宵|端午|七夕|中秋|重阳|除夕|国庆|五一|元旦)节?(?:期间|假期|长假|前后|之?前|之?后)", _vague
    ),
    _form(
        rf"(?:春节|元宵节?|端午节?|七夕|中秋节?|重阳节?|除夕){_ALONE}",
        _vague,
    ),
    _form(rf"(?<!\d){COUNT}月(?:份|(?![亮饼]))", _vague),
    _form(r"近期|过几天|改天|\bnext (?:week|month)\b|\bend of (?:the|this|next) month\b", _vague),
)
