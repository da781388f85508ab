"""From a reading and the conversation to what is done next: tool calls, one question, or a plain reply."""

import re

from assistant.models.dialogue import Args, Pending, State
from assistant.models.eventwords import GUESS, moved
from assistant.models.followups import Followups
from assistant.models.plan import Plan, copy_told, joined, pieces
from assistant.models.understanding import Reading
from assistant.models.words import Lexicon
from tools.compliance.report import ComplianceReport
from tools.invitations.model import InvitationDraft
from tools.segments.model import CustomerList, SegmentAnswer

_WHAT_OF = re.compile(r"(?:那|那么).{1,14}呢|(?:and |what about |how about )")
_SAME_BUDGET = re.compile(r"照样|照着|同样的?来|也来一?份|(?:一样|同样)的?预算|预算.{0,4}(?:一样|照旧|不变)")
_ON_TOP = re.compile(r"(?:再|多|往上)(?:加|添|涨)")
_BOTH = re.compile(r"[他她](?:们)?[俩两]|[他她]们|[这那]两[位个]|\bboth\b|\bthem\b")
_GIVEN = re.compile(r"送[过了](?:他|她)?(?:什么|啥|哪些|几)|(?:收|送)过")
_PRONOUN = re.compile(r"[他她]们?")
_LIKE_COPY = re.compile(
    r"^(?!\s*(?:帮|请|麻烦|给我|我|有没有|这[份个条]|那[份个条]|他|她|怎么|如何|能不能|可不可以))"
    r"(?![^。！!]*(?:吗|呢|么|吧)[?？]?\s*$)(?=[\s\S]{10,})[\s\S]*(?:[！!。～~%％]|您|亲|尊敬|【|收益|利率|理财|保)"
)
"""Pasted without a word: it speaks to a client or praises, and asks nothing of us."""
_TERSE = 7
_SHORT, _DESCRIBED = 12, 14
_UNFINISHED = re.compile(r"(?:多少|多久|几[天次]|咋办|怎么办)[?？]?$")
_OCCASION_OF = {
    "birthday_month": "birthday",
    "birthday_within_days": "birthday",
    "anniversary_month": "account_anniversary",
    "churn_risk": "win_back",
    "lifecycle": "win_back",
}
_LOOK_INTO = re.compile(
    r"^(?:请|麻烦|帮我|帮忙|你)*(?:(?:在|从|去|到)?(?:知识库|资料库|手册|资料|制度)(?:里|中|上)?面?)?(?:帮我?|给我)?(?:查|搜|找|翻)(?:一?[下查搜找翻])?[，,：:\s]*"
)
"""How a search is asked for; the words would find passages about searching."""
_THOSE = re.compile(r"[他她]们|这些人|这批|那批|大家|每人|每位")
# Whoever comes, opens an account or swipes a card gets one.
_FOR_WHO_COMES = ("event_souvenir", "account_opening", "card_activation")
_WHATEVER = re.compile(r"随便|都行|都可以|没有特别|无所谓|日常|平时|没啥|普通|any|no special|just because")


class Planner:
    """Plans one turn. Pure: the same reading and state give the same plan."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._followups = Followups(lexicon)

    def plan(self, reading: Reading, state: State) -> Plan:
        """What to do about ``reading`` after ``state``."""
        if reading.refusal and not (state.pending and state.pending.intent == "check" and not reading.unsafe):
            if reading.refusal == "product_gift" and reading.slots.linked_to:
                return self._gift(reading, state, {}, ())  # the advisor refuses with the article
            if reading.refusal != "translation" or state.latest != "draft_invitation":
                return Plan(reply=f"refuse_{reading.refusal}")
        if state.refused and not reading.intents and self._lexicon.has("presses", reading.folded):
            return Plan(reply=f"refuse_{state.refused}")
        if reading.people.candidates and not state.ambiguous:
            return self._which(reading, state)
        for attempt in (self._settled, self._answered, self._followed):
            if done := attempt(reading, state):
                return done
        if reading.smalltalk:
            return Plan(reply=f"small_{reading.smalltalk}")
        if not reading.intents:
            return self._unclear(reading, state)
        if reading.parts:
            return joined([self._part(part, reading, state) for part in reading.parts])
        return joined([self._one(intent, reading, state) for intent in reading.intents])

    def _part(self, part: Reading, whole: Reading, state: State) -> Plan:
        """One of several things asked; whom a gift is for may stand in another part."""
        if part.refusal:
            return Plan(reply=f"refuse_{part.refusal}")
        if part.intents[0] == "gift" and self._lexicon.has("generic_recipient", whole.rest):
            return self._gift(part, state, {"whom": True}, ())
        return self._one(part.intents[0], part, state)

    def _which(self, reading: Reading, state: State) -> Plan:
        """A title fits several customers: ask which, and keep all else that was said."""
        shown = reading.people.candidates
        intent = next((i for i in reading.intents if i in ("gift", "invite", "segment")), "segment")
        meant = self._one(intent, reading, state)
        known = meant.calls[0][1] if meant.calls else meant.pending.args if meant.pending else {}
        args = {k: v for k, v in known.items() if k != "customer"}
        pending = Pending(intent, "customer", args, candidates=tuple(id_ for id_, _ in shown))
        return Plan(question="which", pending=pending, values={"candidates": shown})

    def _settled(self, reading: Reading, state: State) -> Plan | None:
        """The user tells which of several customers was meant."""
        if state.ambiguous is None:
            return None
        call, error = state.ambiguous
        chosen = next((c for c in error.candidates if c.id.lower() in reading.folded), None)
        nth = reading.slots.ordinal
        if chosen is None and nth and nth <= len(error.candidates):
            chosen = error.candidates[nth - 1]
        if chosen is None:
            hinted = [c for c in error.candidates if any(w in c.hint for w in pieces(reading.rest))]
            chosen = hinted[0] if len(hinted) == 1 else None
        return Plan(((call.name, {**call.args, "customer": chosen.id}),)) if chosen else None

    def _answered(self, reading: Reading, state: State) -> Plan | None:
        """The message answers our question."""
        pending = state.pending
        if pending is None or reading.smalltalk in ("thanks", "bye", "greeting", "capability"):
            return None
        if pending.candidates and (chosen := self._chosen(reading, pending)):
            if pending.intent == "gift":
                return self._gift(reading, state, {**pending.args}, chosen)
            if pending.intent == "invite":
                return self._invite(reading, state, {"event": {}, **pending.args}, chosen)
            return Plan((("lookup_segment", {"customer": chosen[0]}),))
        if pending.intent == "check":
            text = copy_told(reading)
            return None if self._turned_away(reading, pending) else self._check(text, reading)
        if pending.intent == "gift":
            slots = reading.slots
            fits = (
                bool(slots.occasion or slots.segment or reading.people.references)
                or bool(_WHATEVER.search(reading.folded))
                or self._lexicon.has("generic_recipient", reading.rest)
                or (slots.budget is not None and not reading.intents)
            )
            if self._turned_away(reading, pending) or not fits:
                return None
            return self._gift(reading, state, {**pending.args}, pending.customers)
        if pending.intent == "invite" and not self._turned_away(reading, pending):
            told = dict(reading.event)
            guess = told.pop(GUESS, "")
            event = {**pending.args.get("event", {}), **({"title": guess} if guess else {}), **told}
            if not event.get("title") and reading.follows > 0.5:
                return None
            title = re.sub(r"^(?:是|叫|就是|活动是|做|办|搞)", "", reading.text.strip())[:60]
            event.setdefault("title", title)
            return self._invite(reading, state, {**pending.args, "event": event}, pending.customers)
        if pending.intent == "segment" and not reading.people.references and not reading.intents:
            name = reading.text.strip()
            return Plan((("lookup_segment", {"customer": name}),)) if len(name) <= 8 else None
        return None

    def _chosen(self, reading: Reading, pending: Pending) -> tuple[str, ...]:
        """Which of the customers shown is meant: by name, by id, or by place in the list."""
        if reading.people.references and not reading.people.candidates:
            return reading.people.references[:1]
        nth = reading.slots.ordinal or 0
        return (pending.candidates[nth - 1],) if 0 < nth <= len(pending.candidates) else ()

    def _turned_away(self, reading: Reading, pending: Pending) -> bool:
        """The user has moved on to something else rather than answered."""
        other = [i for i in reading.intents if i != pending.intent]
        if not other or (reading.copy and pending.intent == "check"):
            return False
        cued = any(self._lexicon.has(i, reading.rest) for i in other)
        return cued and reading.score > 0.6 and other[0] != "list"

    def _followed(self, reading: Reading, state: State) -> Plan | None:
        """A follow-up on what was done before, or one with nothing before it."""
        if state.latest == "search_knowledge" and self._more_of_it(reading):
            return self._knowledge(reading, state)
        nth = state.latest == "list_customers" and reading.slots.ordinal and not reading.people.references
        if nth and (reading.slots.spent or reading.slots.occasion) and "invite" not in reading.intents:
            return self._gift(reading, state, {}, ())
        if self._about_the_one(reading, state):
            return Plan((("lookup_segment", {"customer": state.focus[0]}),))
        found = self._followups.read(reading, state)
        if found is None:
            return None
        kind, args = found
        if kind == "nothing":
            return Plan(question="followup", values={"shown": args})
        if kind == "item":
            return Plan(reply="item", values=args)
        if kind == "gift":
            return self._gift(reading, state, args, tuple(filter(None, [args.pop("customer", None)])))
        if kind == "invite":
            return self._invite(reading, state, args, tuple(filter(None, [args.pop("customer", None)])))
        if kind == "check":
            return Plan((("check_compliance", args),))
        if kind == "letter":
            return Plan((("draft_invitation", args),))
        return Plan(tuple(args["calls"]))

    def _more_of_it(self, reading: Reading) -> bool:
        """The last question of the playbook goes on: 那节日呢, 第二条展开说说, 依据是哪份文件."""
        if reading.people.references or reading.copy:
            return False
        if len(reading.folded) <= _TERSE and _UNFINISHED.search(reading.folded):
            return True
        return bool(_WHAT_OF.match(reading.folded) or self._lexicon.has("goes_on", reading.folded))

    def _about_the_one(self, reading: Reading, state: State) -> bool:
        """A question about the customer spoken of: 她多大了."""
        asked = reading.people.pronoun and not reading.people.references and len(state.focus) == 1
        others = {"gift", "invite", "check", "list"} & set(reading.intents)
        others -= {"gift"} if _GIVEN.search(reading.rest) else set()
        return asked and not others and self._lexicon.has("looks_up", reading.rest)

    def _unclear(self, reading: Reading, state: State) -> Plan:
        if reading.leaning:
            return Plan(reply=reading.leaning)
        if self._lexicon.has("question", reading.folded) and len(reading.folded) >= 5:
            return self._knowledge(reading, state)
        return Plan(reply="unclear")

    def _one(self, intent: str, reading: Reading, state: State) -> Plan:
        if intent == "gift":
            return self._gift(reading, state, {}, ())
        if intent == "invite":
            return self._invite(reading, state, {"event": {}}, ())
        if intent == "check":
            return self._checked(reading, state)
        if intent == "segment":
            return self._segment(reading, state)
        if intent == "list":
            return self._list(reading, state)
        return self._knowledge(reading, state)

    def _list(self, reading: Reading, state: State) -> Plan:
        """A list, or a narrower one of those just shown (其中谁…)."""
        wanted = dict(reading.slots.filter)
        before = state.args("list_customers")
        if before and state.latest == "list_customers" and self._lexicon.has("of_those", reading.rest):
            wanted = {**before.get("filter", {}), **wanted}
        return Plan((("list_customers", {"filter": wanted}),))

    def _knowledge(self, reading: Reading, state: State) -> Plan:
        nobody = reading.people.pronoun and not state.focus and len(reading.rest) <= _SHORT
        if nobody and self._lexicon.has("looks_up", reading.rest):
            return Plan(question="segment_who", pending=Pending("segment", "customer"))
        query = _LOOK_INTO.sub("", reading.text.strip())[:2000] or reading.text.strip()
        before = state.args("search_knowledge")
        if before and state.latest == "search_knowledge" and self._more_of_it(reading):
            query = f"{before['query']} {query}"[:2000]
        return Plan((("search_knowledge", {"query": query}),))

    def _segment(self, reading: Reading, state: State) -> Plan:
        who = self._customers(reading, state)
        if who:
            return Plan(tuple(("lookup_segment", {"customer": name}) for name in who))
        rows = state.answer("list_customers", CustomerList)
        nth = reading.slots.ordinal
        if rows and nth and abs(nth) <= len(rows.customers):
            return Plan((("lookup_segment", {"customer": rows.customers[nth - (nth > 0)].id}),))
        told = self._lexicon.has("profile", reading.folded) and len(reading.folded) >= 6
        if told or (len(reading.folded) >= _DESCRIBED and not reading.people.pronoun and not state.focus):
            return Plan((("lookup_segment", {"profile": reading.text.strip()}),))
        if len(state.focus) == 1:
            return Plan((("lookup_segment", {"customer": state.focus[0]}),))
        return Plan(question="segment_who", pending=Pending("segment", "customer"))

    def _checked(self, reading: Reading, state: State) -> Plan:
        if reading.copy:
            return self._check(reading.copy, reading)
        if self._lexicon.has("question", reading.folded) and not self._lexicon.has("check", reading.folded):
            return self._knowledge(reading, state)
        if not self._lexicon.has("check", reading.folded) and _LIKE_COPY.search(reading.text):
            return self._check(reading.text.strip(), reading)
        if self._lexicon.has("gift", reading.rest) and self._lexicon.has("question", reading.folded):
            return self._knowledge(reading, state)
        draft = state.answer("draft_invitation", InvitationDraft)
        report = state.answer("check_compliance", ComplianceReport)
        if report and report.revised_text and state.latest == "check_compliance":
            return self._check(report.revised_text, reading)
        meant = state.latest == "draft_invitation" or self._lexicon.has("last_text", reading.folded)
        if draft and draft.variants and meant:
            return self._check(draft.variants[0].text, reading)
        if not self._lexicon.has("check", reading.folded):
            return self._unclear(reading, state)
        return Plan(question="check_text", pending=Pending("check", "text"))

    def _check(self, text: str, reading: Reading) -> Plan:
        args: Args = {"text": text}
        if reading.slots.channel and reading.copy:
            args["channel"] = reading.slots.channel
        if reading.slots.product and reading.copy:
            args["product"] = reading.slots.product
        return Plan((("check_compliance", args),))

    def _customers(self, reading: Reading, state: State) -> tuple[str, ...]:
        if reading.people.references:
            return reading.people.references
        rows = state.answer("list_customers", CustomerList)
        nth = reading.slots.ordinal
        if rows and nth and state.latest == "list_customers" and 0 < nth <= len(rows.customers):
            return (rows.customers[nth - 1].id,)
        if reading.people.pronoun and len(state.focus) < 2 and _BOTH.search(reading.folded):
            return tuple(reversed(state.met[:2]))
        return state.focus if reading.people.pronoun else ()

    def _gift(self, reading: Reading, state: State, base: Args, whom: tuple[str, ...]) -> Plan:
        slots, args = reading.slots, dict(base)
        customers = self._customers(reading, state) or whom
        if (
            slots.segment
            and not reading.people.references
            and not (whom and (base.get("occasion") or slots.occasion))
        ):
            args["segment"], customers = slots.segment, () if not reading.people.pronoun else customers
        described = state.answer("lookup_segment", SegmentAnswer)
        if reading.people.pronoun and described and (state.args("lookup_segment") or {}).get("profile"):
            args["segment"] = next(iter((*described.personas, described.tier)), None)
        listed = state.args("list_customers") if state.latest == "list_customers" else None
        if listed and _THOSE.search(reading.rest) and not (customers or args.get("segment")):
            args |= {"segment": kind} if (kind := listed.get("filter", {}).get("segment")) else {}
        if slots.occasion:
            args["occasion"] = slots.occasion
        if slots.budget is not None:
            shared = slots.spent and slots.spent.total and not slots.quantity
            more = base.get("budget", 0) if _ON_TOP.search(reading.folded) else 0
            args["budget"] = more + float(slots.budget) / (args.get("quantity") or 1 if shared else 1)
        elif _SAME_BUDGET.search(reading.folded) and (before := state.args("recommend_gifts")):
            args |= {"budget": before["budget"]} if before.get("budget") else {}
        if slots.quantity and (slots.quantity > 1 or not base):
            args["quantity"] = slots.quantity
        for name, words in (("preferences", slots.preferences), ("exclude", slots.exclude)):
            if words:
                args[name] = [*dict.fromkeys([*args.get(name, []), *words])]
        if slots.linked_to:
            args["linked_to"] = slots.linked_to
            args.setdefault("occasion", "other")
        if state.pending and "occasion" not in args and _WHATEVER.search(reading.folded):
            args["occasion"] = "other"
        if "occasion" not in args and customers and (told := self._occasion_of_list(reading, state)):
            args["occasion"] = told
        someone = bool(customers or args.get("segment") or args.get("linked_to") or base.get("whom"))
        unnamed = (
            _PRONOUN.sub("", reading.rest) if reading.people.pronoun and not state.focus else reading.rest
        )
        someone = someone or self._lexicon.has("generic_recipient", unnamed)
        someone = someone or args.get("occasion") in _FOR_WHO_COMES or (args.get("quantity") or 1) > 1
        if not someone and state.focus and reading.intents and not base:
            customers, someone = state.focus[:1], True
        if "occasion" not in args or not someone:
            missing = "gift_occasion" if someone else "gift_who" if "occasion" in args else "gift_both"
            known = {**args, **({"whom": True} if someone else {})}
            return Plan(question=missing, pending=Pending("gift", missing, known, customers))
        args.pop("whom", None)
        if len(customers) > 1 and args.get("quantity") in (1, len(customers)):
            args.pop("quantity")
        calls = [{**args, "customer": c} for c in customers] or [args]
        if len(slots.respective) == len(calls) > 1:
            calls = [c | {"budget": float(b)} for c, b in zip(calls, slots.respective, strict=True)]
        return Plan(tuple(("recommend_gifts", call) for call in calls))

    def _occasion_of_list(self, reading: Reading, state: State) -> str:
        """What the customers of the list just shown have in common: 给第一个挑个礼物, 先给李梅，三百以内."""
        before = state.args("list_customers")
        meant = reading.slots.ordinal or reading.people.references
        if before is None or state.latest != "list_customers" or not meant:
            return ""
        asked = before.get("filter", {})
        return next((occasion for field, occasion in _OCCASION_OF.items() if asked.get(field)), "")

    def _goes_on_about_one(self, reading: Reading, state: State, args: Args) -> bool:
        """After a look at one customer, or a gift for them, the letter is theirs too: 再写条微信请来…"""
        public = args.get("channel") in ("moments", "poster") or self._lexicon.has(
            "generic_recipient", reading.rest
        )
        return len(state.focus) == 1 and state.latest in ("recommend_gifts", "lookup_segment") and not public

    def _invite(self, reading: Reading, state: State, base: Args, whom: tuple[str, ...]) -> Plan:
        slots, args = reading.slots, dict(base)
        told = dict(reading.event)
        guess = told.pop(GUESS, "")
        args["event"] = {**base.get("event", {}), **told}
        if guess and not args["event"].get("title"):
            args["event"]["title"] = guess
        customers = self._customers(reading, state) or whom
        for name in ("channel", "tone", "variants", "language"):
            if (value := getattr(slots, name)) is not None:
                args[name] = max(value, base.get(name, 1)) if name == "variants" else value
        if reading.language == "en" and not base.get("event") and "language" not in args:
            args["language"] = "en"
        if slots.segment and not customers:
            args["segment"] = slots.segment
        if not customers and "segment" not in args and self._goes_on_about_one(reading, state, args):
            customers = state.focus
        args["event"] = {name: value for name, value in args["event"].items() if value != ""}
        met, title = self._lexicon.find("meets", reading.rest), args["event"].get("title")
        if met and (not title or title in met[0]):
            args["event"]["title"] = met[0]
        old, new = base.get("event", {}).get("starts_at"), reading.event.get("starts_at")
        if old and new:
            args["event"]["starts_at"] = moved(old, new)
        if not args["event"].get("title"):
            return Plan(question="invite_event", pending=Pending("invite", "event", args, customers))
        ways = [{**args, "channel": c} for c in slots.channels] if len(slots.channels) > 1 else [args]
        calls = [{**way, "customer": c} for c in customers for way in ways] or ways
        return Plan(tuple(("draft_invitation", call) for call in calls))
