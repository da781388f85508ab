"""A grid of requests over channels, readers, tones, languages and events: what holds for every draft."""

import re
from collections.abc import Callable
from datetime import datetime
from itertools import cycle, islice, product

import pytest

from tools.base import Caller
from tools.compliance.report import CheckRequest
from tools.invitations import sms
from tools.invitations.dates import parse_when
from tools.invitations.drafter import Checker, Drafter
from tools.invitations.model import Event, InvitationDraft, InvitationRequest, Variant
from tools.values import CHANNELS, SEGMENTS, Channel

READERS: tuple[dict[str, str], ...] = (
    *({"customer": f"C{n}"} for n in range(1, 7)), *({"segment": s} for s in SEGMENTS), {},
)  # fmt: skip
TITLES = (
    "财富沙龙", "智能定投策略会", "家族信托与传承讲座", "红酒品鉴会", "亲子财商体验营", "反诈知识讲座",
    "供应链金融闭门会", "职场理财训练营", "新春音乐会", "黄金文化讲座", "养老规划分享会", "保险知识开放日",
    "客户答谢会", "川剧专场",
)  # fmt: skip
MOMENTS = ("12月18日晚7点", "下周六上午9点半", "周末", "明天下午", "2026-12-18T14:00:00+08:00", "月底", None)
VENUES = ("城东支行三楼", "江畔美术馆", None)
EXTRAS: tuple[dict[str, object], ...] = (
    {}, {"highlights": ("行业专家答疑", "茶歇交流")}, {"seats": 24, "rsvp_by": "12月15日前"},
    {"host": "私人银行部", "theme": "看懂明年的市场"},
    {"highlights": ("现场书法体验",), "seats": 40, "host": "城东支行"},
)  # fmt: skip
PER_CHANNEL = 240
PLACE = re.compile(
    r"(?:路|街|大道)\S{0,4}号|[0-9一二三四五六七八九十]+[楼层]|酒店|大厦|会所|饭店|会议中心|\w{2}支行"
)


def _requests(channel: Channel) -> list[InvitationRequest]:
    """Every reader with every tone and language, the events taking turns beside them."""
    combined = cycle(product(READERS, ("formal", "warm", "brief", None), ("zh", "zh", "en")))
    events = cycle(product(TITLES, MOMENTS, VENUES, EXTRAS))
    shift = CHANNELS.index(channel) * 37
    pairs = islice(zip(combined, islice(events, shift, None, 17), strict=False), PER_CHANNEL)
    return [
        InvitationRequest.model_validate({
            **reader, "channel": channel, "tone": tone, "language": language,
            "event": {"title": title, "starts_at": starts_at, "venue": venue, **extra},
        })
        for (reader, tone, language), (title, starts_at, venue, extra) in pairs
    ]  # fmt: skip


def _given(event: Event, text: str) -> str:
    """``text`` without what the request holds, dates rewritten included."""
    for fact in (event.title, event.venue, event.host, event.theme, event.starts_at, *event.highlights):
        text = text.replace(fact, "") if fact else text
    text = re.sub(r"(?:\d{4}年)?\d{1,2}月\d{1,2}日(?:（周.）)?(?:–\d{1,2}日)?", "", text)
    text = re.sub(r"(?:\w+day, )?\d{1,2} (?:January|November|December|July)(?: \d{4})?", "", text)
    text = re.sub(r"\d\d:\d\d", "", text)
    return text.replace(str(event.seats), "") if event.seats else text


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_draft_of_the_grid(
    channel: Channel, desk: Callable[..., Drafter], check: Checker, manager: Caller, now: datetime
) -> None:
    drafter = desk()
    for request in _requests(channel):
        draft = drafter.draft(request, manager)
        assert len(draft.variants) == 1, (request, draft.notices)
        text = draft.variants[0].text
        assert check(CheckRequest(text=text, channel=channel)).verdict == "pass", text
        _holds_the_facts(request.event, text)
        _invents_nothing(request.event, text, now)
        _names_what_is_missing(request.event, draft)
        REQUIRED[channel](draft.variants[0])


def _holds_the_facts(event: Event, text: str) -> None:
    for fact in (event.title, event.venue, event.host, event.theme, *event.highlights):
        assert fact is None or fact in text, (fact, text)
    assert event.seats is None or str(event.seats) in text
    if event.starts_at == "12月18日晚7点":
        assert "12月18日（周五）19:00" in text or "Friday, 18 December, 19:00" in text
    if event.rsvp_by:
        assert "12月15日（周二）" in text or "Tuesday, 15 December" in text


def _invents_nothing(event: Event, text: str, now: datetime) -> None:
    rest = _given(event, text)
    assert not re.search(r"\d", rest), (rest, text)
    assert parse_when(rest, now) is None, rest
    assert not PLACE.search(rest), rest


def _names_what_is_missing(event: Event, draft: InvitationDraft) -> None:
    text = draft.variants[0].text
    blanks = len(re.findall(r"【[^】]*(?:待定|to be confirmed)】", text))
    assert bool(blanks) == bool(draft.missing_details)
    assert (event.venue is None) == any(
        blank in text for blank in ("【地点待定】", "【venue to be confirmed】")
    )


def _sms(variant: Variant) -> None:
    assert variant.text.startswith("【本行】")
    assert "拒收请回复R" in variant.text
    assert "\n" not in variant.text
    assert variant.sms_segments == sms.segments(variant.text)


def _phone(variant: Variant) -> None:
    assert len(re.findall(r"(?m)^(?:客户：|Customer: )", variant.text)) == 3
    assert len(re.findall(r"(?m)^(?:应答：|Answer: )", variant.text)) == 3
    for heading in (("一、开场", "Opening"), ("二、提问", "Question"), ("五、收尾", "Close")):
        assert any(f"{word}\n" in variant.text for word in heading)


def _wechat(variant: Variant) -> None:
    first, second = variant.text.split("\n——\n")
    assert first.strip() and second.strip()


def _letter(variant: Variant) -> None:
    assert re.match(r"尊敬的.+：\n|.+，您好：\n|Dear .+,\n", variant.text)
    assert re.search(r"(?:客户经理|elationship manager|Relationship Manager).*$", variant.text)


def _email(variant: Variant) -> None:
    assert re.match(r"主题：.+\n|Subject: .+\n", variant.text)


def _public(variant: Variant) -> None:
    for name in ("沈", "李", "欧阳", "秦", "曾", "陶", "Shen", "Ouyang", "Zeng"):
        assert name not in variant.text


def _in_person(variant: Variant) -> None:
    assert len(variant.text.splitlines()) >= 8


REQUIRED: dict[Channel, Callable[[Variant], None]] = {
    "sms": _sms, "phone": _phone, "wechat": _wechat, "letter": _letter, "email": _email,
    "moments": _public, "poster": _public, "app_push": _public, "in_person": _in_person,
}  # fmt: skip
