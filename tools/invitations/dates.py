"""Dates and times as managers write them: 下周三下午三点, 12月10日晚7点, next Saturday 3pm, ISO 8601.

No maintained library reads this register well: dateparser drops 下周三 and day parts, and the Chinese
parsers are unmaintained or heavy. So the grammar stands here: an ordered table of date forms, one time form.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal

from tools.invitations.dateforms import (
    CALENDAR,
    COUNT,
    ENGLISH_DAY,
    LOOSE,
    NEAR,
    PART,
    RELATIVE,
    WEEK,
    Forms,
    Reader,
    number,
    weekday,
)

Problem = Literal["event_in_past", "impossible_date"]


@dataclass(frozen=True)
class When:
    """What a text says about a moment; nothing is known beyond it.

    ``text`` is the matched part as written, ``start`` and ``end`` its place. ``last`` ends a range of days
    (周末). ``part`` is a day part without an hour (下午). ``weekday_conflict`` holds a weekday that was
    written beside the date and is not its weekday. ``afternoon_assumed`` marks 3点 read as 15:00,
    ``clock_only`` a time without any word for the day.
    """

    date: dt.date | None
    time: dt.time | None
    text: str
    start: int = 0
    end: int = 0
    last: dt.date | None = None
    until: dt.time | None = None
    part: str = ""
    problem: Problem | None = None
    weekday_conflict: str = ""
    afternoon_assumed: bool = False
    clock_only: bool = False

    @property
    def exact_day(self) -> bool:
        """Whether the first day was named, not only a weekend."""
        return self.date is not None and (
            self.last is None or "末" not in self.text.lower().replace("weekend", "末")
        )


_FOLD = str.maketrans(
    "週禮點號後兩鐘個節國慶這當內時間會來從開誕陽聖勞動無０１２３４５６７８９：／－．（）　",
    "周礼点号后两钟个节国庆这当内时间会来从开诞阳圣劳动无0123456789:/-.() ",
)
_JANUARY = re.compile("元(?=月)")
_CLOCK = re.compile(
    rf"(?P<part>{PART})?\s*(?:(?P<h>\d{{1,2}}):(?P<m>\d{{1,2}})(?::\d{{2}})?\s*(?P<ap>[ap]\.?m\b\.?)?"
    rf"|(?P<h2>{COUNT})\s*[点时](?!间|段|候|评|心|赞|建|要)(?:钟|整)?(?:(?P<half>半)|(?P<q>[一三13])刻|(?P<m2>{COUNT})分?(?![点月日号:\d]))?"
    r"|(?P<h3>\d{1,2})\s*(?P<ap3>[ap]\.?m\b\.?)|(?P<noon>noon)\b)",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d)")
_PART_ONLY = re.compile(rf"(?:[当那][天日])?\s*的?(?P<part>{PART})(?![餐宴会茶报])")
_RANGE = re.compile(r"\s*(?:-|–|—+|~|～|到|至|to)\s*")
_BESIDE = re.compile(rf"\s*[(,，]?\s*(?:({WEEK}[一二三四五六日天])|{ENGLISH_DAY}\b)\s*\)?", re.IGNORECASE)
_BEFORE = re.compile(
    rf"(?:(?:上上|上|这|本|下下|下)?个?({WEEK}[一二三四五六日天])|{ENGLISH_DAY},?|{'|'.join(NEAR)})[\s,，(]*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"\s*\)")
_REPEATED = re.compile(r"\s*\([^()]{1,12}\)")
_GLUE = re.compile(r"(?:[当那][天日晚])?[\s,，、的T@]*(?:at\s+)?", re.IGNORECASE)


def parse_when(text: str, now: datetime) -> When | None:
    """The first date or time that ``text`` names, seen from ``now`` (local); None where it names none.

    A day without a year is the next such day on or after today. Exact dates win over festivals and vague
    words, which may belong to a title. ``problem`` marks what lies in the past or is no date at all.
    """
    folded = _JANUARY.sub("一", text.translate(_FOLD))
    if stamp := _STAMP.search(folded):
        return _from_stamp(stamp, now)
    for forms in (CALENDAR, RELATIVE, LOOSE):
        found = _first(forms, folded)
        if found:
            return _finish(text, folded, *found, now)
    clock = _standalone_clock(folded)
    if clock is None:
        return None
    span = clock.span()
    moment = When(None, None, text[slice(*span)], *span, clock_only=True)
    return _with_clock(moment, clock, text, folded)


def _from_stamp(stamp: re.Match[str], now: datetime) -> When | None:
    """An ISO 8601 instant with its offset, in the zone of ``now``."""
    moment = When(None, None, stamp[0], stamp.start(), stamp.end())
    try:
        local = datetime.fromisoformat(stamp[0].upper()).astimezone(now.tzinfo)
    except ValueError:
        return replace(moment, problem="impossible_date")
    moment = replace(moment, date=local.date(), time=local.time().replace(second=0, microsecond=0))
    return replace(moment, problem=_past(moment, now))


def _first(forms: Forms, folded: str) -> tuple[re.Match[str], Reader] | None:
    """The earliest match, the longest of those that begin together."""
    matches = [(m, reader) for pattern, reader in forms if (m := pattern.search(folded))]
    return min(matches, key=lambda found: (found[0].start(), -found[0].end()), default=None)


def _finish(text: str, folded: str, match: re.Match[str], reader: Reader, now: datetime) -> When:
    """The date of ``match`` with the weekday and the time that stand beside it."""
    first, last, possible = reader(match, now.date())
    start, end, said = match.start(), match.end(), ""
    if before := _BEFORE.search(folded, 0, start):
        start, said = before.start(), before[1] or before[2] or ""
        end = closing.end() if (closing := _CLOSING.match(folded, end)) else end
    elif beside := _BESIDE.match(folded, end):
        end, said = beside.end(), beside[1] or beside[2]
    elif repeated := _REPEATED.match(folded, end):
        end = repeated.end()
    conflict = said if said and first and not last and weekday(said) != first.weekday() else ""
    moment = When(first, None, text[start:end], start, end, last=last, weekday_conflict=conflict)
    if not possible:
        return replace(moment, problem="impossible_date")
    moment = _with_beside_clock(moment, match, text, folded)
    return replace(moment, problem=moment.problem or _past(moment, now))


def _with_beside_clock(moment: When, match: re.Match[str], text: str, folded: str) -> When:
    if match[0] in ("今晚", "明晚", "后晚", "昨晚", "今早", "明早"):
        after = _CLOCK.match(folded, moment.end)
        implied = match[0][-1]
        if after is None:
            return replace(moment, part=implied)
        return _with_clock(moment, after, text, folded, implied)
    glue = _GLUE.match(folded, moment.end)
    after = _CLOCK.match(folded, glue.end() if glue else moment.end)
    if after:
        return _with_clock(moment, after, text, folded)
    before = next(
        (
            m
            for m in _CLOCK.finditer(folded, 0, moment.start)
            if re.fullmatch(r"[\s,，]*(?:on\s+)?", folded[m.end() : moment.start])
        ),
        None,
    )
    if before:
        return _with_clock(replace(moment, start=before.start()), before, text, folded)
    part = _PART_ONLY.match(folded, moment.end)
    if part:
        return replace(moment, part=part["part"], end=part.end(), text=text[moment.start : part.end()])
    return moment


def _with_clock(moment: When, clock: re.Match[str], text: str, folded: str, implied: str = "") -> When:
    """``moment`` at the time of ``clock``, and until the time after 至 or a dash."""
    read = _read_clock(clock, implied)
    end = max(moment.end, clock.end())
    until: time | None = None
    dash = _RANGE.match(folded, clock.end())
    closing = _CLOCK.match(folded, dash.end()) if dash else None
    if closing and read:
        closed = _read_clock(closing, clock["part"] or implied)
        until, end = (closed[0] if closed else None), closing.end()
    if read is None:
        return replace(moment, problem="impossible_date", end=end, text=text[moment.start : end])
    at, carried, assumed = read
    day = moment.date + timedelta(days=1) if moment.date and carried else moment.date
    return replace(
        moment,
        date=day,
        time=at,
        until=until,
        end=end,
        text=text[moment.start : end],
        afternoon_assumed=assumed,
    )


def _read_clock(clock: re.Match[str], implied: str = "") -> tuple[time, bool, bool] | None:
    """The time, whether it is the next midnight, whether the afternoon was assumed; None if impossible."""
    if clock["noon"]:
        return time(12), False, False
    part = clock["part"] or implied
    hour = number(clock["h"] or clock["h2"] or clock["h3"])
    quarter = {"一": 15, "1": 15, "三": 45, "3": 45}.get(clock["q"] or "", 0)
    minute = 30 if clock["half"] else quarter or number(clock["m"] or clock["m2"] or "0")
    half_day = (clock["ap"] or clock["ap3"] or "")[:1].lower()
    afternoon = half_day == "p" or part in ("下午", "午后", "傍晚", "晚上", "晚间", "晚", "夜里")
    if (half_day and not 1 <= hour <= 12) or hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    midnight = hour == 24 or (hour == 12 and part.startswith(("晚", "夜")))
    assumed = not (part or half_day or clock["h"]) and 1 <= hour <= 6
    if midnight or (hour == 12 and (half_day == "a" or part == "凌晨")):
        return time(0, minute), midnight, False
    if hour < 12 and (afternoon or assumed or (part in ("中午", "正午") and hour < 4)):
        hour += 12
    return time(hour, minute), False, assumed


def _standalone_clock(folded: str) -> re.Match[str] | None:
    """A time without a date; a bare 三点 may count things, so it needs a day part, 半, minutes or 钟."""
    clear = (
        m
        for m in _CLOCK.finditer(folded)
        if not m["h2"]
        or m["part"]
        or m["half"]
        or m["q"]
        or m["m2"]
        or "钟" in m[0]
        or m[0].strip() == folded.strip()
    )
    return next(clear, None)


def _past(moment: When, now: datetime) -> Problem | None:
    day = moment.last or moment.date
    if day is None or day > now.date():
        return None
    over = day < now.date() or (moment.time is not None and moment.time < now.time())
    return "event_in_past" if over else None
