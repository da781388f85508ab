"""Acts on what the learned model says a turn does about the one before, where no plainer words decide."""

import re

from assistant.models.dialogue import Args, State
from assistant.models.understanding import Reading
from assistant.models.words import Lexicon
from tools.compliance.report import ComplianceReport
from tools.gifts.model import GiftAdvice
from tools.invitations.model import InvitationDraft

Found = tuple[str, Args]
_SURE = 0.4
_FOREIGN = re.compile(r"英|洋|外国|老外|海外|新加坡|美国|国外|foreign|english|\beng?\b")
_WORDS = 12  # a wish that no list knows is passed on in the user's own words, up to so many characters


class Changes:
    """Reads turns whose kind is learned; the tools' own arguments say what comes of them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def read(self, reading: Reading, state: State) -> Found | None:
        """What the turn comes to; None where the model is not sure or the turn does nothing it can act on."""
        turned = reading.turned
        if not turned.goes_on or turned.sure < _SURE:
            return None
        act = {
            "exclude": self._gift,
            "prefer": self._gift,
            "cheaper": self._gift,
            "dearer": self._gift,
            "another_batch": self._gift,
            "tone": self._letter,
            "shorter": self._letter,
            "variants": self._letter,
            "language": self._letter,
            "change_event": self._letter,
            "add_line": self._line,
            "recheck": self._check,
            "rewrite_copy": self._rewrite,
            "same_for": self._same,
            "correct_customer": self._same,
            "sort": self._list,
        }.get(turned.does)
        return act(reading, state) if act else None

    def _gift(self, reading: Reading, state: State) -> Found | None:
        args, slots, does = state.args("recommend_gifts"), reading.slots, reading.turned.does
        advice = state.answer("recommend_gifts", GiftAdvice)
        if args is None:
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
        elif not told:
            field = "exclude" if does == "exclude" else "preferences"
            args[field] = [*args.get(field, []), reading.rest.strip()[:_WORDS]]
        return "gift", args

    def _letter(self, reading: Reading, state: State) -> Found | None:
        args, slots, does = state.args("draft_invitation"), reading.slots, reading.turned.does
        draft = state.answer("draft_invitation", InvitationDraft)
        if args is None:
            return None
        event = args["event"] if isinstance(args["event"], dict) else {"title": args["event"]}
        args["event"] = dict(event)
        if does == "change_event" and not reading.event:
            return None
        if does == "shorter":
            args["tone"] = "brief"
        elif does == "tone" and not slots.tone:
            args["tone"] = "formal" if args.get("tone") == "warm" else "warm"
        elif does == "language" and not slots.language:
            args["language"] = "en" if _FOREIGN.search(reading.folded) else "zh"
        elif does == "variants" and draft and not slots.variants:
            args["variants"] = min(5, len(draft.variants) + 1)
        return "invite", args

    def _line(self, reading: Reading, state: State) -> Found | None:
        args, line = state.args("draft_invitation"), reading.event.get("line")
        if args is None or not line:
            return None
        event = args["event"] if isinstance(args["event"], dict) else {"title": args["event"]}
        lines = [*event.get("highlights", []), line]
        tone = {"tone": reading.slots.tone} if reading.slots.tone else {}
        return "letter", {**args, **tone, "event": {**event, "highlights": lines}}

    def _check(self, reading: Reading, state: State) -> Found | None:
        draft = state.answer("draft_invitation", InvitationDraft)
        if state.latest == "draft_invitation" and draft and draft.variants:
            nth = min(abs(reading.slots.ordinal or 1), len(draft.variants))
            return "check", {"text": draft.variants[nth - 1].text}
        return None

    def _rewrite(self, reading: Reading, state: State) -> Found | None:
        args = state.args("check_compliance")
        report = state.answer("check_compliance", ComplianceReport)
        return ("check", args) if args and report and not reading.copy else None

    def _same(self, reading: Reading, state: State) -> Found | None:
        calls: list[tuple[str, Args]] = []
        for call in state.recent:
            kept = {k: v for k, v in call.args.items() if k not in ("customer", "segment", "profile")}
            for name in reading.people.references:
                pair = (call.name, {**kept, "customer": name})
                calls += [pair] if pair not in calls and call.name in _OF_SOMEONE else []
        tone = reading.slots.tone
        if tone:
            calls = [(n, {**a, "tone": tone} if n == "draft_invitation" else a) for n, a in calls]
        return ("calls", {"calls": calls}) if calls else None

    def _list(self, reading: Reading, state: State) -> Found | None:
        args = state.args("list_customers")
        if args is None:
            return None
        wanted = {**args.get("filter", {}), **reading.slots.filter}
        return "calls", {"calls": [("list_customers", {"filter": wanted})]}


_OF_SOMEONE = ("recommend_gifts", "draft_invitation", "lookup_segment")
