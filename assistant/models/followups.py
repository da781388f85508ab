"""What a follow-up refers to: 便宜点, 第二个, 换成短信, 不对是X, 再审一遍, 那预算改成800."""

import re
from typing import Any

from assistant.models.changes import changed
from assistant.models.dialogue import Args, State, event_in, lines_of, with_lines
from assistant.models.understanding import Reading
from assistant.models.words import Lexicon
from tools.compliance.report import ComplianceReport
from tools.gifts.model import GiftAdvice
from tools.invitations.model import InvitationDraft
from tools.segments.model import CustomerList

Found = tuple[str, Args]
_FILLER = re.compile(
    r"不对|不是|我|说错了?|搞错了?|弄错了?|错了|应该|是|换成|换|改成|改为|改|"
    r"那|呢|给|也|同样的?|一样的?|来一份|来|一份|算|如果|要是|的话|换人|更正|"
    r"照着?|按|这个|先|再|专门|单独|写一?[条封个份]|看看|请|人|名字|记|岔|混|哎|啊|哦|呃|的?节|的?钱|的?预算|"
    r"[◯\s，,。.!！?？、:：~～]|(?:what|how) about|and|for|sorry|actually|"
    r"i meant?|no"
)


_NEXT_COPY = re.compile(
    r"(?:那|要是|如果|我|给|改|换|成|为|写|了|一下)*(?:这样|这么|这句|这版|这个|下面).{0,6}?[：:，,\n？?]\s*(\S.{5,})$"
    r"|.{0,24}(?:改|换|写)(?:成|为|作)(?:了)?(?:这样|这版|下面这[句条版])?[：:]\s*(?P<new>\S.{5,})$",
    re.S,
)
_STRUCK = re.compile(
    r"(?:把|将)\s*[“\"‘「]?(?P<old>[^“”\"‘’「」，,。]{1,40}?)[”\"’」]?(?:这?[一两几]?[句个段]?[字词话]?|[那的]部分)?"
    r"(?:都|给|全)?(?:(?:去|删|拿|划|抹)(?:掉|了|除|去)?|(?:改|换)[成为]\s*[“\"‘「]?(?P<new>[^“”\"‘’「」，,。]{1,40}?)[”\"’」]?)"
    r"(?:呢|行吗|可以吗|可以不|吧|再看看|再审一?[下遍]|[，,。！!？?\s])*$"
)
_TERSE, _MENDING = 10, 24
_CERTAIN = 0.8
"""Characters up to which what went before tells more than the words."""
_AS_BEFORE = re.compile(
    r"照样|照旧|照着来|(?:同样|一样)的?(?:来|给|配|也)|(?:也|再)来一?份(?:一样|同样)?的?$"
)
_MISNAMED = re.compile(
    r"(?:人|名字|对象|客户)?(?:也)?(?:弄|搞|记|说|写|认|打|叫|发)(?:错|岔|反|混)|不对|不是.{0,3}[，,]?是|应该(?:是|请|给|约)|换人"
)
_CHANGED = re.compile(r"改[成为到在]|换[成到]|instead|change")


class Followups:
    """Reads follow-ups with the words of ``lexicon``."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def read(self, reading: Reading, state: State) -> Found | None:
        """Which earlier call is meant, with the arguments it starts from; None for a message of its own."""
        if line := self._one_line_more(reading, state):
            return line
        if reading.copy or reading.smalltalk:
            return None
        if found := self._next_copy(reading, state) or self._struck(reading, state):
            return found
        if found := self._elsewhere(reading, state):
            return found
        checked = state.latest == "check_compliance"
        if checked and (found := self._revised(reading, state) or self._recheck(reading, state)):
            return found
        if found := changed(reading, state):
            return found
        if _MISNAMED.search(reading.rest) and (found := self._same_for(reading, state)):
            return found
        if self._complete(reading):
            return None
        for attempt in (
            self._revised,
            self._recheck,
            self._same_for,
            self._into_invitation,
            self._numbered,
            self._edit,
        ):
            if found := attempt(reading, state):
                return found
        return None

    def _complete(self, reading: Reading) -> bool:
        """The message holds all that its own intent needs."""
        slots, intents = reading.slots, reading.intents
        if len(intents) > 1:
            return True
        recipient = reading.people.references or slots.segment
        if "gift" in intents:
            return bool(slots.occasion and recipient)
        if "invite" in intents:
            named = bool(reading.event.get("title")) and reading.follows < _CERTAIN
            return named and not self._lexicon.has("into_invitation", reading.rest)
        return bool({"list"} & set(intents)) and reading.score > 0.6

    def _next_copy(self, reading: Reading, state: State) -> Found | None:
        """Another wording right after a check: 那这样呢：…"""
        match = _NEXT_COPY.match(reading.text.strip()) if state.latest == "check_compliance" else None
        return ("check", {"text": (match["new"] or match[1]).strip()}) if match else None

    def _struck(self, reading: Reading, state: State) -> Found | None:
        """A change of one's own in the copy just checked: 把保本去了, 把最高改成较高."""
        asked = state.args("check_compliance") if state.latest == "check_compliance" else None
        match = _STRUCK.search(reading.text) if asked else None
        if asked is None or match is None or match["old"] not in asked["text"]:
            return None
        return "check", {"text": asked["text"].replace(match["old"], match["new"] or "")}

    def _elsewhere(self, reading: Reading, state: State) -> Found | None:
        """The copy just checked, for another channel: 那要是当短信发呢."""
        asked = state.args("check_compliance") if state.latest == "check_compliance" else None
        channel = reading.slots.channel
        if asked is None or channel is None or len(reading.rest) > 2 * _TERSE or reading.event.get("title"):
            return None
        if not re.search(r"呢|行吗|可以吗|怎么样|[?？]$|发|放|用", reading.rest) or reading.people.references:
            return None
        return "calls", {"calls": [("check_compliance", {**asked, "channel": channel})]}

    def _revised(self, reading: Reading, state: State) -> Found | None:
        """After a check, the corrected text is wanted: the same copy again, whose answer holds it."""
        asked = state.args("check_compliance") if state.latest == "check_compliance" else None
        rest = reading.rest.strip()
        wanted = self._lexicon.has("revises", rest) and not self._lexicon.has("checks_again", rest)
        return ("check", {"text": asked["text"]}) if asked and wanted else None

    def _one_line_more(self, reading: Reading, state: State) -> Found | None:
        """After a draft, one more thing to say in it: 加一句：现场有茶歇."""
        match = self._lexicon.find("adds_line", reading.text.strip())
        args = state.args("draft_invitation") if state.latest == "draft_invitation" else None
        if match is None or args is None or reading.slots.channel or reading.event.get("starts_at"):
            return None
        line = next(filter(None, match.groups())).strip("。.！! ").removeprefix("有")
        return "letter", with_lines(args, *lines_of(line))

    def _recheck(self, reading: Reading, state: State) -> Found | None:
        asks = "check" in reading.intents or self._lexicon.has("recheck", reading.rest)
        if not asks or not (
            self._lexicon.has("recheck", reading.rest) or self._lexicon.has("last_text", reading.rest)
        ):
            return None
        report = state.answer("check_compliance", ComplianceReport)
        draft = state.answer("draft_invitation", InvitationDraft)
        if draft and draft.variants and (state.latest == "draft_invitation" or report is None):
            nth = min(abs(reading.slots.ordinal or 1), len(draft.variants))
            return "check", {"text": draft.variants[nth - 1].text}
        if report is None:
            return None
        earlier = state.args("check_compliance") or {}
        said = {n: getattr(reading.slots, n) for n in ("product", "channel") if getattr(reading.slots, n)}
        again = "" if said else report.revised_text
        return "check", {**earlier, **said, "text": again or earlier.get("text", "")}

    def _same_for(self, reading: Reading, state: State) -> Found | None:
        """Only another customer is named: the same again, for them."""
        names = reading.people.references
        mended = _MISNAMED.search(reading.rest)
        again = _AS_BEFORE.search(reading.rest)
        if not names or not state.recent or (self._details(reading) and not (mended or again)):
            return None
        left = "" if again or (mended and len(reading.rest) <= _MENDING) else _FILLER.sub("", reading.rest)
        if len(left) > 2 and not self._lexicon.has("edits", reading.rest):
            return None
        if len(left) > 6:
            return None
        calls: list[tuple[str, Args]] = []
        for call in state.recent:
            if call.name in ("recommend_gifts", "draft_invitation", "lookup_segment"):
                kept = {k: v for k, v in call.args.items() if k not in ("customer", "segment", "profile")}
                pair = [(call.name, {**kept, "customer": name}) for name in names]
                calls += [p for p in pair if p not in calls]
        return ("calls", {"calls": calls}) if calls else None

    def _details(self, reading: Reading) -> bool:
        slots = reading.slots
        return bool(slots.occasion or slots.budget or slots.channel or slots.tone or reading.event)

    def _into_invitation(self, reading: Reading, state: State) -> Found | None:
        advice = state.answer("recommend_gifts", GiftAdvice)
        mentions = re.search(r"礼|第.{1,2}[个款份]|gift|它|这个|那个", reading.rest)
        if advice is None or not advice.items or not mentions:
            return None
        if not self._lexicon.has("into_invitation", reading.rest):
            return None
        nth = reading.slots.ordinal or 1
        item = advice.items[min(nth, len(advice.items)) - 1 if nth > 0 else -1]
        args = state.args("draft_invitation") or {"event": {}}
        if "customer" not in args and (gift := state.args("recommend_gifts")) and gift.get("customer"):
            args["customer"] = gift["customer"]
        return "invite", with_lines(args, item.name)

    def _numbered(self, reading: Reading, state: State) -> Found | None:
        """第二个 of the gifts, customers or versions shown last."""
        nth = reading.slots.ordinal
        if nth is None or reading.people.references:
            return None
        if self._lexicon.has("redo", reading.rest) or reading.slots.price_wish or reading.slots.tone:
            return None
        rows = state.answer("list_customers", CustomerList)
        if state.latest == "list_customers" and rows and 0 < nth <= len(rows.customers):
            id_ = rows.customers[nth - 1].id
            if any(i in reading.intents and self._lexicon.has(i, reading.rest) for i in ("gift", "invite")):
                return None
            return "calls", {"calls": [("lookup_segment", {"customer": id_})]}
        advice = state.answer("recommend_gifts", GiftAdvice)
        if advice and advice.items and state.latest == "recommend_gifts":
            return "item", {"item": advice.items[nth - 1 if 0 < nth <= len(advice.items) else -1]}
        draft = state.answer("draft_invitation", InvitationDraft)
        if draft and draft.variants and state.latest == "draft_invitation" and not reading.slots.channel:
            return "item", {"variant": draft.variants[nth - 1 if 0 < nth <= len(draft.variants) else -1]}
        return ("nothing", {}) if not state.recent and len(reading.rest) <= 16 else None

    def _edit(self, reading: Reading, state: State) -> Found | None:
        """A change of what was asked before; asked about where there is nothing before."""
        slots = reading.slots
        changes = (
            self._lexicon.has("edits", reading.rest) or bool(reading.people.pronoun) or reading.follows > 0.5
        )
        gift_like = bool(
            (slots.quantity or 1) > 1
            or slots.budget
            or slots.price_wish
            or slots.occasion
            or slots.exclude
            or slots.preferences
        )
        changed = bool(_CHANGED.search(reading.rest))
        for_whom = bool(slots.segment) and len(reading.rest) <= _TERSE
        gift_like = gift_like or (for_whom and state.latest == "recommend_gifts")
        letter_like = bool(
            slots.channel
            or slots.tone
            or slots.variants
            or slots.language
            or set(reading.event) - (set() if changed else {"title"})
            or (for_whom and state.latest == "draft_invitation")
        )
        list_like = bool(slots.filter) and state.latest == "list_customers"
        short = len(reading.rest) <= 24
        asked = "knowledge" in reading.intents and reading.score > 0.6
        if asked and len(reading.rest) > _TERSE and not (slots.price_wish or changed):
            return None
        if not (changes or short) or not (
            gift_like or letter_like or list_like or self._lexicon.has("redo", reading.rest) or changes
        ):
            return None
        tool = self._tool(reading, state, gift_like=gift_like, letter_like=letter_like)
        if tool == "recommend_gifts" and (changes or not reading.people.references):
            return "gift", self._gift(reading, state)
        if tool == "draft_invitation":
            return "invite", self._letter(reading, state)
        if tool == "list_customers" and slots.filter and short:
            before = (state.args("list_customers") or {}).get("filter", {})
            return "calls", {"calls": [("list_customers", {"filter": {**before, **slots.filter}})]}
        return ("nothing", {}) if not state.recent and self._dangles(reading) else None

    def _tool(self, reading: Reading, state: State, *, gift_like: bool, letter_like: bool) -> str:
        """The earlier tool that the change is about."""
        gifts, letters = "recommend_gifts" in state.last, "draft_invitation" in state.last
        latest = state.latest
        if (
            letters
            and letter_like
            and not (gift_like and latest == "recommend_gifts" and not reading.slots.channel)
        ):
            return "draft_invitation"
        if gifts and gift_like:
            return "recommend_gifts"
        if latest in ("recommend_gifts", "draft_invitation"):
            wanted = {"recommend_gifts": "gift", "draft_invitation": "invite"}[latest]
            others = [i for i in reading.intents if i != wanted]
            if self._lexicon.has("redo", reading.rest) or (
                not others and self._lexicon.has("edits", reading.rest)
            ):
                return latest
        cued = {i for i in reading.intents if self._lexicon.has(i, reading.rest)}
        if latest == "list_customers" and not cued - {"list", "knowledge"}:
            return latest
        return ""

    def _gift(self, reading: Reading, state: State) -> Args:
        args = state.args("recommend_gifts") or {}
        advice = state.answer("recommend_gifts", GiftAdvice)
        prices = [float(item.price) for item in advice.items] if advice else []
        wish = reading.slots.price_wish
        if wish and reading.slots.budget is None:
            top = float(args.get("budget") or max(prices, default=0))
            if top:
                half = re.search(r"一半|减半|对折|腰斩|\bhalf\b", reading.rest)
                args["budget"] = round(top * (0.5 if half else 0.7 if wish < 0 else 1.5))
        elif self._lexicon.has("redo", reading.rest) and advice and not self._details(reading):
            shown = [item.name for item in advice.items]
            args["exclude"] = [*dict.fromkeys([*args.get("exclude", []), *shown])]
        args["whom"] = True
        return args

    def _letter(self, reading: Reading, state: State) -> Args:
        args = state.args("draft_invitation") or {}
        draft = state.answer("draft_invitation", InvitationDraft)
        if draft and self._lexicon.has("redo", reading.rest) and not self._details(reading):
            args["variants"] = min(5, len(draft.variants) + 1)  # one more than were seen
        return {**args, "event": event_in(args)}

    def _dangles(self, reading: Reading) -> bool:
        """A change and nothing else: 改一下, 预算改成800, 便宜点的."""
        slots = reading.slots
        if slots.segment or reading.people.references or reading.event.get("title") or slots.linked_to:
            return False
        if slots.occasion and "gift" in reading.intents:
            return False
        wish: Any = slots.price_wish or self._lexicon.has("redo", reading.rest)
        changed = re.search(
            r"改|换|不对|错了|再[来给出写]|也来|也要|第.[个款条]|重[新写来出]|刚才|上面|那个|instead|change|another",
            reading.rest,
        )
        return bool((wish or changed) and len(reading.rest) <= 24)
