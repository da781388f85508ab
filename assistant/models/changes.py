"""Acts on what the learned model says a turn does about the one before, where no plainer words decide."""

import re
from itertools import pairwise

from assistant.models.dialogue import Args, State, event_in, lines_of, with_lines
from assistant.models.eventwords import moved
from assistant.models.slots import Slots
from assistant.models.understanding import Reading
from tools.compliance.report import ComplianceReport
from tools.gifts.model import GiftAdvice
from tools.invitations.model import InvitationDraft
from tools.segments.model import SegmentAnswer

Found = tuple[str, Args]
_SURE, _HARDLY = 0.4, 0.25
_FOREIGN = re.compile(r"英|洋|外国|老外|海外|新加坡|美国|国外|foreign|english|\beng?\b")
_ELLIPTIC = re.compile(
    r"^(?:那|再|还|然后|具体|展开|详细|第|and\b|what about|how about|then\b)|呢(?:[，,？?]|$)|^.{1,5}$"
)
_RENAMED = re.compile(r"叫|名|主题|题目|换成|改成|改办|改做|call|name|title|instead")
_SHORT = 16
_WISH = 12  # characters of a wish that no list knows: it is passed on in the user's own words
_OF_SOMEONE = ("recommend_gifts", "draft_invitation", "lookup_segment")


def changed(reading: Reading, state: State) -> Found | None:
    """What the turn comes to; None where the model is not sure or the turn does nothing it can act on."""
    turned = reading.turned
    if not turned.goes_on:
        return None
    only_channel = reading.slots.channel and len(reading.rest) <= _SHORT and not reading.event
    if state.latest == "draft_invitation" and only_channel and turned.does != "recheck":
        return _letter(reading, state)
    moved_on = turned.does == "change_event" and turned.fresh < _HARDLY and state.latest == "draft_invitation"
    if turned.sure < _SURE and not moved_on:
        return None
    act = {
        "exclude": _gift,
        "prefer": _gift,
        "cheaper": _gift,
        "dearer": _gift,
        "another_batch": _gift,
        "tone": _letter,
        "shorter": _letter,
        "variants": _letter,
        "language": _letter,
        "channel": _letter,
        "add_line": _line,
        "remove_line": _less,
        "why": _rewrite,
        "change_event": _event,
        "recheck": _check,
        "rewrite_copy": _rewrite,
        "same_for": _same,
        "correct_customer": _same,
        "sort": _list,
        "narrow": _list,
        "gift_for_them": _for_them,
        "more": _more,
        "source": _more,
    }.get(turned.does)
    return act(reading, state) if act else None


def _gift(reading: Reading, state: State) -> Found | None:
    args, slots, does = state.args("recommend_gifts"), reading.slots, reading.turned.does
    advice = state.answer("recommend_gifts", GiftAdvice)
    if args is None or slots.price_wish:  # plain words say how much cheaper
        return None
    args["whom"] = True
    told = slots.exclude or slots.preferences or slots.budget or slots.occasion
    wish = {"cheaper": -1, "dearer": 1}.get(does, 0)
    prices = [float(item.price) for item in advice.items] if advice else []
    top = float(args.get("budget") or max(prices, default=0))
    if wish and top and slots.budget is None:
        args["budget"] = round(top * (0.7 if wish < 0 else 1.5))
    elif does == "another_batch" and advice:
        args["exclude"] = [*dict.fromkeys([*args.get("exclude", []), *(i.name for i in advice.items)])]
    elif not told and does in ("exclude", "prefer"):
        field = "exclude" if does == "exclude" else "preferences"
        args[field] = [*args.get(field, []), reading.rest.strip()[:_WISH]]
    return "gift", args


def _letter(reading: Reading, state: State) -> Found | None:
    args, slots, does = state.args("draft_invitation"), reading.slots, reading.turned.does
    draft = state.answer("draft_invitation", InvitationDraft)
    if args is None or (does == "channel" and not slots.channel):
        return None
    if does == "shorter":
        args["tone"] = "brief"
    elif does == "tone" and not slots.tone:
        args["tone"] = "formal" if args.get("tone") == "warm" else "warm"
    elif does == "language" and not slots.language:
        args["language"] = "en" if _FOREIGN.search(reading.folded) else "zh"
    elif does == "variants" and draft and not slots.variants:
        args["variants"] = min(5, len(draft.variants) + 1)
    if reading.people.references:
        args["customer"] = reading.people.references[0]
    return "letter", args | _manner(slots)


def _manner(slots: Slots) -> Args:
    named = ("channel", "tone", "variants", "language")
    return {name: value for name in named if (value := getattr(slots, name)) is not None}


def _event(reading: Reading, state: State) -> Found | None:
    args = state.args("draft_invitation")
    told = {
        name: value
        for name, value in reading.event.items()
        if name in ("starts_at", "venue", "host", "title", "seats")
    }
    if "title" in told and (len(told) > 1 or not _RENAMED.search(reading.folded)):
        told.pop("title")
    if args is None or not told:
        return None
    event = event_in(args)
    if "starts_at" in told and event.get("starts_at"):
        told["starts_at"] = moved(event["starts_at"], told["starts_at"])
    return "letter", args | _manner(reading.slots) | {"event": event | told}


def _line(reading: Reading, state: State) -> Found | None:
    args, line = state.args("draft_invitation"), reading.event.get("line")
    if args is None or not line:
        return None
    return "letter", with_lines(args, *lines_of(line)) | _manner(reading.slots)


def _less(reading: Reading, state: State) -> Found | None:
    """Without the line that shares most pairs of characters with what is said of it."""
    args = state.args("draft_invitation")
    lines = event_in(args).get("highlights", []) if args else []
    said = {a + b for a, b in pairwise(reading.rest)}
    shared = [len(said & {a + b for a, b in pairwise(line)}) for line in lines]
    if args is None or not lines or not max(shared):
        return None
    kept = [line for line, many in zip(lines, shared, strict=True) if many < max(shared)]
    return "letter", args | {"event": {**event_in(args), "highlights": kept}}


def _check(reading: Reading, state: State) -> Found | None:
    draft = state.answer("draft_invitation", InvitationDraft)
    if state.latest == "draft_invitation" and draft and draft.variants:
        nth = min(abs(reading.slots.ordinal or 1), len(draft.variants))
        return "check", {"text": draft.variants[nth - 1].text}
    return None


def _rewrite(reading: Reading, state: State) -> Found | None:
    args = state.args("check_compliance")
    report = state.answer("check_compliance", ComplianceReport)
    return ("check", args) if args and report and not reading.copy else None


def _same(reading: Reading, state: State) -> Found | None:
    slots = reading.slots
    details = slots.budget or slots.channel or reading.event.get("starts_at")
    occasion = slots.occasion if reading.turned.does == "same_for" else None  # 搞错了人 is no apology
    if details or occasion:
        return None
    calls: list[tuple[str, Args]] = []
    for call in state.recent:
        kept = {k: v for k, v in call.args.items() if k not in ("customer", "segment", "profile")}
        kept |= _manner(slots) if call.name == "draft_invitation" else {}
        for name in reading.people.references:
            pair = (call.name, {**kept, "customer": name})
            calls += [pair] if pair not in calls and call.name in _OF_SOMEONE else []
    return ("calls", {"calls": calls}) if calls else None


def _list(reading: Reading, state: State) -> Found | None:
    args = state.args("list_customers")
    if args is None or not reading.slots.filter:
        return None
    wanted = {**args.get("filter", {}), **reading.slots.filter}
    return "calls", {"calls": [("list_customers", {"filter": wanted})]}


def _for_them(reading: Reading, state: State) -> Found | None:
    """A gift for the one just looked at: the customer, or the segment of a described person."""
    answer, asked = state.answer("lookup_segment", SegmentAnswer), state.args("lookup_segment")
    if state.latest != "lookup_segment" or answer is None or asked is None or reading.people.references:
        return None
    if asked.get("profile"):
        return "gift", {"segment": next(iter((*answer.personas, answer.tier)), None), "whom": True}
    return "gift", {"customer": asked["customer"], "whom": True}


def _more(reading: Reading, state: State) -> Found | None:
    """The playbook question before, with what is asked about it now."""
    before = state.args("search_knowledge")
    others = set(reading.intents) - {"knowledge"}
    elliptic = _ELLIPTIC.search(reading.folded.strip()) or reading.turned.does == "source"
    if state.latest != "search_knowledge" or before is None or others or not elliptic:
        return None
    query = f"{before['query']} {reading.text.strip()}"[:2000]
    return "calls", {"calls": [("search_knowledge", {"query": query})]}
