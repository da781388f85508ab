"""What to do before and after an event, as a list and as an iCalendar file (RFC 5545)."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tools.invitations.dates import When
from tools.invitations.letters import Words
from tools.invitations.model import FollowUp


def follow_ups(when: When | None, now: datetime, words: Words) -> tuple[FollowUp, ...]:
    """Confirm, remind, thank and survey: ISO dates where the day is known, else words; none in the past."""
    if when is None or when.date is None or not when.exact_day:
        return tuple(FollowUp(when=said, action=action) for _, said, action in words.follow_ups)
    today, start = now.date(), when.date
    days = ((max(start + timedelta(days=offset), today), action) for offset, _, action in words.follow_ups)
    return tuple(FollowUp(when=day.isoformat(), action=action) for day, action in days)


def to_ics(title: str, steps: Iterable[FollowUp], stamp: datetime) -> bytes:
    """All-day entries for the steps with a date, made at ``stamp``; the same input gives the same UIDs."""
    from icalendar import Calendar, Event  # only this export needs it

    calendar = Calendar()
    calendar.add("prodid", "-//rm-assistant//follow-ups//ZH")
    calendar.add("version", "2.0")
    for step in steps:
        day = _date(step.when)
        if day is None:
            continue
        entry = Event()
        entry.add(
            "uid",
            hashlib.sha256(f"{title}|{step.when}|{step.action}".encode()).hexdigest()[:24] + "@rm-assistant",
        )
        entry.add("dtstamp", stamp)
        entry.add("dtstart", day)
        entry.add("dtend", day + timedelta(days=1))
        entry.add("summary", f"{title}：{step.action}")
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
