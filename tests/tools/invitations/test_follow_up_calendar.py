"""Follow-ups as a calendar file that other programs read."""

from datetime import UTC, date, datetime

from icalendar import Calendar

from tools.invitations.followups import to_ics
from tools.invitations.model import FollowUp
from tools.invitations.sms import segments

STAMP = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
STEPS = (
    FollowUp(when="2026-12-15", action="与客户再次确认"),
    FollowUp(when="2026-12-17", action="提醒, 带好请柬; 提前出门"),
    FollowUp(when="活动后2天", action="发送问卷"),
)


def test_dated_steps_become_all_day_entries() -> None:
    calendar = Calendar.from_ical(to_ics("新春音乐会", STEPS, STAMP))
    entries = calendar.walk("VEVENT")
    assert [entry.decoded("dtstart") for entry in entries] == [date(2026, 12, 15), date(2026, 12, 17)]
    assert str(entries[1]["summary"]) == "新春音乐会：提醒, 带好请柬; 提前出门"
    assert len({str(entry["uid"]) for entry in entries}) == 2


def test_the_same_steps_give_the_same_file() -> None:
    assert to_ics("新春音乐会", STEPS, STAMP) == to_ics("新春音乐会", STEPS, STAMP)


def test_short_messages_are_counted_by_seventy_then_sixty_seven() -> None:
    lengths = {1: 1, 70: 1, 71: 2, 134: 2, 135: 3, 201: 3, 202: 4}
    assert {length: segments("字" * length) for length in lengths} == lengths
    assert segments("🎉" * 36) == 2
