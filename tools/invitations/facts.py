"""What a draft may say: facts of event and customer, cleaned and in words; the rest as marked blanks."""

import html
import re
from dataclasses import dataclass, field
from datetime import date, datetime

from tools.customers.model import Customer
from tools.errors import InvalidRequest
from tools.invitations.dates import When, parse_when
from tools.invitations.letters import Lexicon, Words
from tools.invitations.model import Event
from tools.values import Channel

_ELEMENT = re.compile(r"<(script|style|iframe)\b.*?(?:</\1\s*>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_UNSEEN = re.compile(r"[\u0000-\u001f\u007f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]+")
_OPEN = re.compile(r"^(?:待定|未定|不详|没定|还没定|tbd|tba|n/?a)?$", re.IGNORECASE)
_ABOUT = re.compile(r"(?:左右|前后|以后|之后|起|准时|开始|入场|签到)*$")
_QUOTES = "“”\"'《》「」『』 "
_CONVERSATION: frozenset[Channel] = frozenset({"wechat", "phone", "in_person"})


@dataclass(frozen=True)
class EventFacts:
    """A cleaned event with its moment; ``missing`` and ``warnings`` are notice words ready to show."""

    event: Event
    when: When | None
    rsvp: str
    written_when: str
    missing: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())


def clean(text: str) -> str:
    """``text`` as one line without markup, control or invisible characters."""
    bare = _TAG.sub("", _ELEMENT.sub("", html.unescape(text)))
    return re.sub(r"\s+", " ", _UNSEEN.sub(" ", bare)).strip()


def read_event(event: Event, now: datetime, words: Words) -> EventFacts:
    """The event's facts as they will be written.

    Raises InvalidRequest: event_in_past, impossible_date, title_empty.
    """
    cleaned = _cleaned(event)
    when = _moment("event.starts_at", cleaned.starts_at, now) or _dated_title(cleaned, now)
    said = cleaned.starts_at or ""
    written, missing = write_when(when, said, words)
    written += _beside(said, when)
    if not cleaned.venue:
        missing = (*missing, words.words["missing_venue"])
    rsvp = parse_when(cleaned.rsvp_by, now) if cleaned.rsvp_by else None
    if rsvp and rsvp.problem:
        raise _unusable("event.rsvp_by", rsvp)
    warnings = _warnings(event, cleaned, when, rsvp, words)
    return EventFacts(
        cleaned, when, _write_rsvp(cleaned.rsvp_by or "", rsvp, words), written, missing, warnings
    )


_REGULAR = re.compile(r"每逢?|逢[周星礼]|every |each ", re.IGNORECASE)


def _cleaned(event: Event) -> Event:
    title = clean(event.title).strip(_QUOTES)
    if not re.search(r"\w", title):
        raise InvalidRequest("event.title", "title_empty")
    optional = {
        name: None if _OPEN.match(text := clean(getattr(event, name) or "")) else text
        for name in ("theme", "starts_at", "venue", "host", "rsvp_by")
    }
    highlights = tuple(text for item in event.highlights if (text := clean(item)))
    return event.model_copy(update={"title": title, "highlights": highlights, **optional})


def _moment(name: str, text: str | None, now: datetime) -> When | None:
    when = parse_when(text, now) if text else None
    if when and when.problem:
        raise _unusable(name, when)
    return when


def _dated_title(event: Event, now: datetime) -> When | None:
    """The day that a title names, where no time was given."""
    when = None if event.starts_at else parse_when(event.title, now)
    return when if when and when.exact_day and not when.problem else None


def _beside(said: str, when: When | None) -> str:
    """What was said of the time beyond the moment itself: 左右 as it is, anything longer in brackets."""
    if when is None or when.text not in said or _REGULAR.match(said):
        return ""
    rest = (said[: when.start] + said[when.end :]).strip(_QUOTES + ",，。.、;；()（）")
    return rest if _ABOUT.match(rest) else f"（{rest}）" if len(rest) > 1 else ""


def _unusable(name: str, when: When) -> InvalidRequest:
    return InvalidRequest(name, when.problem or "impossible_date", {"text": when.text})


def _warnings(
    given: Event, cleaned: Event, when: When | None, rsvp: When | None, words: Words
) -> tuple[str, ...]:
    found: list[str] = []
    if "<" in given.title and "<" not in cleaned.title:
        found.append(words.notices["title_cleaned"])
    if when and when.weekday_conflict and when.date:
        day = words.words["day"].format(**_day_words(when.date, words))
        found.append(words.notices["weekday_conflict"].format(said=when.weekday_conflict, day=day))
    if when and when.afternoon_assumed and when.time:
        found.append(words.notices["afternoon_assumed"].format(time=f"{when.time:%H:%M}"))
    if when and rsvp and when.date and rsvp.date and rsvp.date > when.date:
        found.append(words.notices["rsvp_late"])
    return tuple(found)


def write_when(when: When | None, said: str, words: Words) -> tuple[str, tuple[str, ...]]:
    """The moment in words, what is unknown as a marked blank, and the names of what is missing."""
    w = words.words
    if _REGULAR.match(said):
        return said, ()  # 每周三晚7点 has no one date: it stands as it was said
    if when is None:
        return (
            (said + w["blank_hour"], (w["missing_hour"],))
            if said
            else (w["blank_when"], (w["missing_when"],))
        )
    clock = _write_clock(when)
    if when.date is None:
        if when.clock_only:
            return w["blank_day"] + clock, (w["missing_day"],)
        return when.text + w["blank_hour"], (w["missing_hour"],)
    if when.last:
        return _write_range(when, when.date, when.last, words), () if when.time else (w["missing_hour"],)
    shape = "day_with_year" if str(when.date.year) in _ascii(when.text) else "day"
    day = w[shape].format(**_day_words(when.date, words))
    if when.time:
        return day + w["day_join"] + clock, ()
    return day + when.part + w["blank_hour"], (w["missing_hour"],)


def _write_clock(when: When) -> str:
    if when.time is None:
        return ""
    return f"{when.time:%H:%M}" + (f"–{when.until:%H:%M}" if when.until else "")


def _write_range(when: When, first: date, last: date, words: Words) -> str:
    shape = "last_day" if first.month == last.month else "last_day_of_next_month"
    w = words.words
    days = w["days"].format(last=w[shape].format(**_day_words(last, words)), **_day_words(first, words))
    if not when.exact_day:  # a weekend stays as vague as it was said
        days = w["said_days"].format(said=when.text, days=days)
    elif when.time:
        days += w["day_join"] + _write_clock(when)
    return days if when.time else days + w["blank_hour"]


def _write_rsvp(said: str, rsvp: When | None, words: Words) -> str:
    if rsvp is None or rsvp.date is None:
        return re.sub(words.words["before"], "", said)
    day = words.words["day"].format(**_day_words(rsvp.date, words))
    clock = _write_clock(rsvp)
    return day + (words.words["day_join"] + clock if clock else rsvp.part)


def _day_words(day: date, words: Words) -> dict[str, object]:
    w = words.words
    return {
        "year": day.year,
        "month": w["months"].split()[day.month - 1],
        "day": day.day,
        "weekday": w["weekdays"].split()[day.weekday()],
    }


def _ascii(text: str) -> str:
    return "".join(chr(ord(c) - 0xFEE0) if "０" <= c <= "９" else c for c in text)


def recollection(customer: Customer, event: Event, channel: Channel, lexicon: Lexicon) -> dict[str, str]:
    """One thing the record says they asked about or love.

    topic or hobby where it suits the event, else aside or pastime.

    Nothing private, no figures. A product asked about that has nothing to do with the event is left to talk.
    """
    about = " ".join((event.title, event.theme or "", *event.highlights))
    topics = [topic for text in (*customer.tags, *customer.notes) for topic in _topics(text, lexicon)]
    hobbies = [hobby for hobby in lexicon.hobbies if any(hobby in tag for tag in customer.tags)]
    hobbies.sort(key=len, reverse=True)
    if topic := next((t for t in topics if t in about or lexicon.related(t, about)), ""):
        return {"topic": topic}
    if hobby := next((h for h in hobbies if h in about or lexicon.related(h, about)), ""):
        return {"hobby": hobby}
    talk = channel in _CONVERSATION
    if aside := next((t for t in topics if talk or not lexicon.products(t)), ""):
        return {"aside": aside}
    return {"pastime": hobbies[0]} if hobbies else {}


def _topics(text: str, lexicon: Lexicon) -> list[str]:
    if any(word in text for word in lexicon.private):
        return []
    found = (m["topic"].strip() for pattern in lexicon.recall_patterns for m in pattern.finditer(text))
    return [topic for topic in found if len(topic) > 1 and not re.search(r"[\d{}<>]", topic)]
