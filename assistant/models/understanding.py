"""What one message says: its intents, its slots, and whether it must be declined. Knows no conversation."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from assistant.models.asked import NOTHING, Asked, RequestModel, Requests
from assistant.models.clauses import clause_spans
from assistant.models.copyparts import CopyModel
from assistant.models.copytext import Pasted, pasted
from assistant.models.eventparts import EventModel, merged
from assistant.models.eventwords import event_of
from assistant.models.intents import TOOL_INTENTS, WITH_KINDS, IntentModel
from assistant.models.people import Known, People, people
from assistant.models.slots import Slots, slots_of
from assistant.models.turns import NEW_TOPIC, Turned, TurnModel
from assistant.models.words import Lexicon, simplified

_CORRECTED = re.compile(
    r"(?<![个赔])不是[^，,。是]{1,12}[，,]?\s*(?=(?:而|人家|[他她]|其实)?是|应该)|(?:搞|弄|说|写|记|打|认)[错岔混反]了?(?=[，,。…\s]|是|$)"
    r"|(?<=.)(?<![个赔])[，,]?不是[^，,。]{1,8}$"
)
_WRITTEN = re.compile(
    r"手册|知识库|制度|规定|政策(?!解读)|(?:礼品|活动|社区|信用卡|营销)?(?:方案|计划|资料)(?=里|中|上|那份|讲|说|提|写)"
)
_RULE_WANTED = re.compile(
    r"(?:查|说|讲|告诉|看)[^，,。]{0,8}(?:限额|规定|标准|依据|流程|制度|门槛|要求|手册)"
)
_UNSAFE_AROUND_COPY = ("evade", "hide_risk", "export", "injection", "others_customers", "impersonation")
_SET_OFF = re.compile(r"[：:\n“”\"「」『』【】`]|——")
_SURE = 0.55
_SEVERAL, _CLEARLY = 60.0, 60.0  # scores of the request model
_LIKELY = 0.45
_CERTAIN = 0.9
_DOUBTED, _SURELY_OURS = 0.06, 0.8  # words of other business are not heard where the model finds so little
_TOLD_UNSAFE = 0.5
_HINTED = 0.25
_SMALL = 0.65
_NAMES_SOMEONE = ("same_for", "correct_customer")
_POINTS_AT_COPY = re.compile(
    r"^.{0,6}[这那][段句条篇份](?:话|文案|文字|内容|短信)?.{0,4}(?:能|可以|可).{0,8}(?:发|说|用|贴).{0,6}[吗么不?？]*$"
)
_GIVEN_BEFORE = re.compile(r"送过(?!去|来)|收过|送礼记录|礼品记录")
_SOMEONE = re.compile(r"\d{2}岁|[一二三四五六七八九十]{1,3}岁|几百万|[这那]种客户|[这那]样的|有个|开了")
_KIND_ASKED = (
    r"(?:什么|啥|哪|何)(?:一?[类层档个种]|样的?|客群|类型|等级|级别|层级|段位|客户)"
    r"|归类|分类|分层|怎么[分归]|\b(?:tier|segment)\b"
)
NEVER_LINKED = ("deposit", "wealth_management", "fund", "insurance")
_NEXT_DAY = re.compile(
    r"\d[日号点]|[一二三四五六七八九十][日号点]|周[一二三四五六日天]|星期|礼拜|明天|后天|周末"
)
_WRITE_TO = re.compile(r"给.{1,8}(?:发|写|来|拟)(?:一?[个条封])?(?:短信|微信|邮件)(?!.{0,4}的)")
_WHICH_TO_GIVE = re.compile(r"送[^，,。]{1,8}[，,]?(?:哪|什么|啥|怎么)[^吗么]{0,6}(?:划算|好|合适|实在)")
_SUM = re.compile(r"\d|[一二两三五六八十几]{1,3}[十百]?万")


@dataclass(frozen=True)
class Reading:
    """One message as understood. ``intents`` stand in the order in which they were asked.

    Where several things are asked, ``parts`` holds a reading of each: its own money, names and event.
    ``request`` is the message without the copy, ``rest`` the same folded and without names. ``leaning`` names the
    answer that fits best where nothing is asked for that we do; ``follows`` is how probable it is that the message
    only changes or continues what went before.
    """

    text: str
    folded: str
    language: str
    intents: tuple[str, ...]
    slots: Slots
    people: People = field(default_factory=People)
    copy: str | None = None
    event: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""
    unsafe: bool = False
    smalltalk: str = ""
    leaning: str = ""
    follows: float = 0.0
    scores: dict[str, float] = field(default_factory=dict)
    rest: str = ""
    request: str = ""
    parts: tuple["Reading", ...] = ()
    asked: Requests = NOTHING
    turned: Turned = NEW_TOPIC

    @property
    def score(self) -> float:
        return max(self.scores.values(), default=0.0)


@dataclass(frozen=True)
class Reader:
    """Reads messages with a lexicon and a fitted intent model."""

    lexicon: Lexicon
    model: IntentModel
    copy: CopyModel
    requests: RequestModel
    events: EventModel
    turns: TurnModel

    def read(self, text: str, known: Known, today: date, before: str = "") -> Reading:
        """Understand ``text``, said after an answer of the kind ``before``.

        Copy to be checked is set aside first: nothing in it is an instruction.
        """
        whole = self._read(text, known, today, before)
        if whole.refusal or whole.smalltalk or whole.turned.goes_on:
            return whole
        parts = self._told_apart(whole) if whole.asked.several_by > _SEVERAL else []
        if len({part.intent for part in parts}) > 1:
            return self._several(whole, parts, known, today)
        if whole.intents == ("gift",) and len(whole.people.references) > 1:
            each = self._gifts(whole, known, today)
            return replace(whole, parts=each if len(each) > 1 else ())
        return whole

    def _told_apart(self, whole: Reading) -> list[Asked]:
        """What is asked for, where each part shows it by a word or to the model of intents; the rest goes along."""
        found: list[Asked] = []
        copied = whole.text.find(whole.copy) if whole.copy else -1
        for part in whole.asked.parts:
            piece = self.lexicon.fold(whole.text[part.start : part.end])
            scores = self.model.scores(piece)
            likeliest = max(TOOL_INTENTS, key=lambda intent: scores[intent])
            cued, likely = self.lexicon.has(part.intent, piece), scores[part.intent]
            within = copied >= 0 and copied <= part.start and part.end <= copied + len(whole.copy or "")
            if within and not (cued and likely > _SURELY_OURS):
                intent = "check"  # a sentence of the copy, whatever it is about
            else:
                shown = cued or likely > _LIKELY
                intent = part.intent if shown else likeliest if scores[likeliest] > _SURE else ""
            if found and intent in ("", found[-1].intent):
                found[-1] = replace(found[-1], end=part.end)
            else:
                found.append(replace(part, intent=intent or part.intent))
        return found

    def _several(self, whole: Reading, asked: Sequence[Asked], known: Known, today: date) -> Reading:
        """Each thing asked as a message of its own; what it leaves out stands in the others."""
        pieces = [(one.intent, whole.text[one.start : one.end]) for one in asked]
        told = self._read("，".join(p for intent, p in pieces if intent != "check"), known, today)
        parts: list[Reading] = []
        for intent, piece in pieces:
            part = self._read(piece, known, today)
            who = part.people if part.people.references else (parts[-1] if parts else told).people
            event = part.event if part.event.get("title") else {**told.event, **part.event}
            slots = part.slots if intent == "check" else part.slots.filled(told.slots)
            copy = part.copy if intent == "check" else None
            part = replace(part, intents=(intent,), people=who, event=event, slots=slots, copy=copy)
            parts.append(part)
        intents = tuple(dict.fromkeys(part.intents[0] for part in parts))
        return replace(
            whole,
            intents=intents,
            copy=None,
            people=told.people,
            slots=told.slots,
            event=told.event,
            parts=tuple(parts),
        )

    def _gifts(self, whole: Reading, known: Known, today: date) -> tuple[Reading, ...]:
        """Gifts for several customers, each with money or an occasion of its own; else one part."""
        pieces: list[str] = []
        named: tuple[str, ...] = ()
        for start, end in clause_spans(whole.folded):
            piece = whole.text[start:end]
            alone = self._read(piece, known, today)
            who, own = alone.people.references, alone.slots.spent or alone.slots.occasion
            if pieces and not (who and own and named and who != named):
                pieces[-1] = f"{pieces[-1]}，{piece}"
            else:
                pieces.append(piece)
            named = who or named
        first, *later = (people(p, self.lexicon.fold(p), known, self.lexicon).references for p in pieces)
        again = {who for names in later for who in names}
        if len(first) > 1 and again.issuperset(first):
            pieces = pieces[1:]  # 给甲和乙挑礼，甲三百，乙五百
        found: list[Reading] = []
        for piece in pieces:
            part = self._read(piece, known, today)
            who_ = part.people if part.people.references else (found[-1] if found else whole).people
            slots = part.slots.filled(whole.slots)
            found.append(replace(part, intents=("gift",), people=who_, slots=slots))
        return tuple(found)

    def _read(self, text: str, known: Known, today: date, before: str = "") -> Reading:
        lexicon = self.lexicon
        folded = lexicon.fold(text)
        checks = lexicon.has("check", folded) or "```" in text or self.model.scores(folded)["check"] > 0.4
        if checks and _WRITTEN.search(folded) and not _SET_OFF.search(text):
            scored = self.model.scores(folded)
            checks = scored["check"] > scored["knowledge"]
        found = (pasted(text, lexicon) or self._unmarked(text, folded)) if checks else None
        if found and not _SET_OFF.search(text) and lexicon.declined("unsafe", folded) in _UNSAFE_AROUND_COPY:
            found = None  # nothing parts the copy from the request: all of it is said to us
        if found and self._is_request_for_draft(lexicon.fold(found.request), found.copy):
            found = None
        request = found.request if found else text
        plain = lexicon.fold(request)
        who = people(request, plain, known, lexicon)
        bare = self._without(plain, who)
        turned = self.turns.does(bare, before)
        if turned.goes_on and turned.does not in _NAMES_SOMEONE:
            who = who.only(known)
            bare = self._without(plain, who)
        language = "zh" if re.search("[一-鿿]", bare if found is None else text) else "en"
        scores = self.model.scores(bare)
        refusal, unsafe = self._refusal(
            plain, bare, scores, turned, who, known, found.copy if found else None
        )
        slots = slots_of(_CORRECTED.sub("", bare), lexicon, month=today.month, bare=len(plain) <= 60)
        asked = self.requests.asked(self._named(text, known))
        intents = () if refusal else self._intents(bare, who, slots, scores, asked, copied=bool(found))
        small = "" if refusal or found else self._smalltalk(plain, who, intents, scores, turned)
        return Reading(
            text=text,
            folded=plain,
            language=language,
            intents=() if small else intents,
            slots=slots,
            people=who,
            copy=found.copy if found else None,
            event={}
            if found
            else self._event(
                request,
                plain,
                who,
                today,
                inviting="invite" in intents or (turned.goes_on and before == "invite"),
            ),
            refusal=refusal,
            unsafe=unsafe,
            smalltalk=small,
            leaning="" if intents or refusal or small or found else self._leaning(bare, who, scores),
            follows=self.model.follows(bare),
            scores=scores,
            rest=bare,
            request=request,
            asked=asked,
            turned=turned,
        )

    def _named(self, text: str, known: Known) -> str:
        """The text folded, with ◯ for every character of a name."""
        folded = self.lexicon.fold(text)
        for start, end in people(text, folded, known, self.lexicon).spans:
            folded = folded[:start] + "◯" * (end - start) + folded[end:]
        return folded

    def _event(self, request: str, plain: str, who: People, today: date, *, inviting: bool) -> dict[str, Any]:
        """What is said of an event: by its words, and where people are invited by what the learned model finds."""
        now, simple = datetime.combine(today, time()), simplified(request)
        names = tuple(simple[a:b] for a, b in who.spans)
        event = event_of(simple, now, names, inviting=inviting)
        if not inviting:
            return event
        for start, end in who.spans:
            plain = plain[:start] + "◯" * (end - start) + plain[end:]
        return merged(event, self.events.parts(plain, now), simple, plain, now)

    def _unmarked(self, text: str, folded: str) -> Pasted | None:
        """Copy that nothing sets off, where checking is what the message is about."""
        if self.lexicon.has("invite", folded) and not self.lexicon.has("check", folded):
            return None
        found = self.copy.pasted(text)
        return found if found and self.model.scores(folded)["check"] > _HINTED else None

    def _is_request_for_draft(self, request: str, copy: str) -> bool:
        """写条短信：财富沙龙，周六 is no copy to check."""
        asks = self.lexicon.has("check", request) or re.search(
            r"能发|可以发|能说|可以说|看看|看一?[下眼]", request
        )
        if _WRITE_TO.search(request) and _NEXT_DAY.search(copy) and not re.search(r"审|合规|违规", request):
            return True  # 灯谜会，2月12日晚上，给她发个短信中不
        return bool(self.lexicon.has("invite", request) and not asks) or len(copy.strip()) < 4

    def _without(self, plain: str, who: People) -> str:
        for start, end in who.spans:
            plain = plain[:start] + "◯" + "\0" * (end - start - 1) + plain[end:]
        return plain.replace("\0", "")

    def _refusal(
        self,
        plain: str,
        bare: str,
        scores: dict[str, float],
        turned: Turned,
        who: People,
        known: Known,
        copy: str | None,
    ) -> tuple[str, bool]:
        """The code of what must be declined, and whether it is unsafe rather than out of scope.

        Words of what is unsafe decide; those of other business unless the learned model is sure of a request that
        is ours. Where no words tell, it decides.
        """
        unsafe = self.lexicon.declined("unsafe", bare) or self.lexicon.declined("unsafe", plain)
        if unsafe and (copy is None or unsafe in _UNSAFE_AROUND_COPY):
            return unsafe, True
        if copy is not None or turned.goes_on:
            return "", False
        changes = len(bare) <= 16 and any(
            self.lexicon.has(cue, bare) for cue in ("cheaper", "dearer", "edits")
        )
        if scores["unsafe"] > _TOLD_UNSAFE and self.model.follows(bare) < _LIKELY and not changes:
            kind = self.model.kind("unsafe", bare)
            if not (kind == "others_customers" and who.references and who == who.only(known)):
                return kind, True
        elsewhere = self.lexicon.declined("out_of_scope", bare)
        ours = max(scores[intent] for intent in TOOL_INTENTS)
        if elsewhere and (scores["out_of_scope"] > _DOUBTED or ours < _SURELY_OURS):
            return elsewhere, False
        told = scores["out_of_scope"] > _SURE and self.model.follows(bare) < _LIKELY
        return self.model.kind("out_of_scope", bare) if told else "", False

    def _intents(
        self,
        bare: str,
        who: People,
        slots: Slots,
        scores: dict[str, float],
        asked: Requests,
        *,
        copied: bool,
    ) -> tuple[str, ...]:
        if copied:
            return ("check",)
        if who.references and _GIVEN_BEFORE.search(bare) and not (slots.occasion and slots.exclude):
            return ("segment",)
        if self._describes_someone(bare, who):
            return ("segment",)
        linked = slots.linked_to in NEVER_LINKED and (_SUM.search(bare) or _WHICH_TO_GIVE.search(bare))
        if linked and scores["invite"] < _LIKELY:
            return ("gift",)  # the advisor refuses with the article and the lawful way
        if self.lexicon.has("unlawful", bare) and self.lexicon.has("asks_leave", bare) and not who.references:
            return ("knowledge",)
        if _POINTS_AT_COPY.search(bare) and not who.references:
            return ("check",)
        told = self.lexicon.has("invite", bare) and not self.lexicon.has("gift", bare)
        if told and scores["gift"] == max(scores.values()) and not slots.spent:
            return ("invite",)
        if self._asks_rule(bare, who):
            return ("knowledge",)
        terse = slots.occasion and slots.spent and len(bare) <= 24
        if terse and not any(self.lexicon.has(i, bare) for i in ("invite", "list", "knowledge")):
            return ("gift",)
        best = max(TOOL_INTENTS, key=lambda intent: scores.get(intent, 0.0))
        declined = max(scores.get("out_of_scope", 0), scores.get("unsafe", 0), scores.get("smalltalk", 0))
        whole = asked.alone if asked.alone_by > _CLEARLY else self._whole(best, scores, bare, who)
        priced = slots.spent and slots.occasion and self.lexicon.has("gift", bare)
        if whole == "knowledge" and priced and not _WRITTEN.search(bare):
            whole = "gift"
        ours = bool(whole) and (scores.get(best, 0) >= declined or self.lexicon.has(best, bare))
        chosen = [whole] if ours else []
        of_them = any(self.lexicon.has(cue, bare) for cue in ("churn", "looks_up", "segment"))
        if who.references and chosen == ["knowledge"] and of_them and not _WRITTEN.search(bare):
            chosen = ["segment"]
        alone = chosen in ([], ["segment"]) and not self.lexicon.has("segment", bare)
        if who.references and alone and self.lexicon.has("invite", bare):
            return ("invite",)
        if who.references and chosen in ([], ["segment"], ["list"]) and not self.lexicon.has("segment", bare):
            told = slots.occasion not in (None, "other", "win_back") and not self.lexicon.has(
                "looks_up", bare
            )
            chosen = ["gift"] if told else ["segment"]
        return tuple(chosen)

    def _describes_someone(self, bare: str, who: People) -> bool:
        """A profile without a name, and the question what segment it is."""
        told = self.lexicon.find("profile", bare)
        asked = re.search(_KIND_ASKED, bare)
        someone = self.lexicon.has("segment", bare) or _SOMEONE.search(bare)
        return bool(told and asked and someone and not who.references and not self.lexicon.has("gift", bare))

    def _asks_rule(self, bare: str, who: People) -> bool:
        """A short question about what the rules say, whatever else it mentions."""
        if who.references or who.pronoun or len(bare) > 40 or self.lexicon.has("not_a_rule", bare):
            return False
        return self.lexicon.has("asks_rule", bare) and not self.lexicon.has("recheck", bare)

    def _whole(self, best: str, scores: dict[str, float], bare: str, who: People) -> str:
        """The intent of the message as a whole; cues decide where the model is not sure."""
        if best == "check" and not self.lexicon.has("check", bare) and self.lexicon.has("list", bare):
            return "list"
        if scores.get(best, 0) >= 0.42 and (best != "list" or self.lexicon.has("list", bare)):
            return best
        cued = [i for i in TOOL_INTENTS if self.lexicon.has(i, bare)]
        if who.references and "segment" in cued and scores.get("segment", 0) > 0.2:
            return "segment"
        return (
            max(cued, key=lambda i: scores.get(i, 0.0))
            if cued
            else (best if scores.get(best, 0) > 0.3 else "")
        )

    def _leaning(self, bare: str, who: People, scores: dict[str, float]) -> str:
        """refuse_weather, small_thanks …: what a message is that shows none of our intents."""
        best = max(scores, key=lambda name: scores[name])
        least = _LIKELY if best == "unsafe" else _HINTED
        if best not in WITH_KINDS or scores[best] < least or who.references:
            return ""
        if best == "unsafe" and any(self.lexicon.has(intent, bare) for intent in TOOL_INTENTS):
            return ""
        return f"{'small' if best == 'smalltalk' else 'refuse'}_{self.model.kind(best, bare)}"

    def _smalltalk(
        self, plain: str, who: People, intents: tuple[str, ...], scores: dict[str, float], turned: Turned
    ) -> str:
        """greeting, thanks … where the message holds nothing else."""
        if who.references:
            return ""
        bare = re.sub(r"[\s，,。.!！?？~～、…]+", " ", plain).strip()
        names = ("capability", "thanks", "bye", "praise", "ack", "greeting")
        kind = next((n for n in names if self.lexicon.patterns[f"small.{n}"].search(bare)), "")
        if kind == "capability":
            ours = max(scores[intent] for intent in TOOL_INTENTS)
            return kind if scores["smalltalk"] > _HINTED or (len(bare) < 40 and ours < _SURE) else ""
        worded = [p for p in bare.split(" ") if not self._is_courtesy(p)]
        if kind and (
            not worded or (len("".join(worded)) <= 6 and not intents) or scores.get("smalltalk", 0) > 0.6
        ):
            return kind
        changes = any(self.lexicon.has(cue, plain) for cue in ("edits", "cheaper", "dearer"))
        if intents or changes or turned.goes_on or scores["smalltalk"] <= _SMALL:
            return ""
        return self.model.kind("smalltalk", plain)

    def _is_courtesy(self, piece: str) -> bool:
        names = ("thanks", "bye", "praise", "ack", "greeting")
        return len(piece) <= 10 and any(self.lexicon.patterns[f"small.{n}"].search(piece) for n in names)
