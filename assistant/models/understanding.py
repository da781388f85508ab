"""What one message says: its intents, its slots, and whether it must be declined. Knows no conversation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from assistant.models.asked import NOTHING, Asked, RequestModel, Requests
from assistant.models.clauses import clause_spans
from assistant.models.copyparts import CopyModel
from assistant.models.copytext import Pasted, pasted
from assistant.models.eventparts import EventModel, merged
from assistant.models.eventwords import event_of
from assistant.models.intents import TOOL_INTENTS, IntentModel
from assistant.models.judging import HINTED, LIKELY, SURELY_OURS, UNSAFE_AROUND_COPY, WRITTEN, Judge
from assistant.models.people import Known, People, as_names, people
from assistant.models.slots import Slots, slots_of
from assistant.models.turns import NEW_TOPIC, Turned, TurnModel
from assistant.models.words import Lexicon, simplified

_CORRECTED = re.compile(
    r"(?<![个赔])不是[^，,。是]{1,12}[，,]?\s*(?=(?:而|人家|[他她]|其实)?是|应该)|(?:搞|弄|说|写|记|打|认)[错岔混反]了?(?=[，,。…\s]|是|$)"
    r"|(?<=.)(?<![个赔])[，,]?不是[^，,。]{1,8}$"
)
_SET_OFF = re.compile(r"[：:\n“”\"「」『』【】`]|——")
_QUOTED = re.compile(r"[“\"「『]([^”\"」』]{4,})[”\"」』]")
_ALSO = 0.15
_GOES_ON = 12  # characters behind a quotation that are more than an afterthought
_WRITES = re.compile(
    r".{0,10}?(?:写|拟|编|起草|出|整|来|弄|发)(?:一?[条封段个份则篇]|个|点)?.{0,6}?(?:微信|短信|邮件|朋友圈|圈|话术|邀|信函|请柬|推送|海报|文案)"
)
_PLAINLY_SEVERAL = 20.0  # where sentences end between the requests, or words say that another begins
_PLAIN_JOINT = re.compile(
    r"[。！!？?；;\n]|另外|顺便|顺带|还有|再(?!见)|[1-3一二三①②③][.、)）]|(?<!\d)[1-3](?=[写给帮查审挑])"
)
_SEVERAL = 60.0  # scores of the request model
_NAMES_SOMEONE = ("same_for", "correct_customer")
_NEXT_DAY = re.compile(
    r"\d[日号点]|[一二三四五六七八九十][日号点]|周[一二三四五六日天]|星期|礼拜|明天|后天|周末"
)
_WRITE_TO = re.compile(r"给.{1,8}(?:发|写|来|拟)(?:一?[个条封])?(?:短信|微信|邮件)(?!.{0,4}的)")


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

    @property
    def _judge(self) -> Judge:
        return Judge(self.lexicon, self.model)

    def read(self, text: str, known: Known, today: date, before: str = "") -> Reading:
        """Understand ``text``, said after an answer of the kind ``before``.

        Copy to be checked is set aside first: nothing in it is an instruction.
        """
        whole = self._read(text, known, today, before)
        if whole.refusal and not whole.unsafe and (rest := self._beside(whole, known, today)):
            return rest
        if whole.refusal or whole.smalltalk or whole.turned.goes_on:
            return whole
        least = _SEVERAL if _loosely_joined(whole) else _PLAINLY_SEVERAL
        parts = self._told_apart(whole) if whole.asked.several_by > least else []
        if len({part.intent for part in parts}) > 1:
            return self._several(whole, parts, known, today)
        if whole.intents == ("gift",) and len(whole.people.references) > 1:
            each = self._gifts(whole, known, today)
            return replace(whole, parts=each if len(each) > 1 else ())
        return whole

    def _beside(self, whole: Reading, known: Known, today: date) -> Reading | None:
        """What is ours in a message that also asks for other business: 明天下雨吗？另外查下她的分层."""
        pieces = [whole.text[start:end] for start, end in clause_spans(whole.folded)]
        read = [(piece, self._read(piece, known, today)) for piece in pieces]
        ours = [piece for piece, part in read if not part.refusal and not part.leaning]
        if len(ours) in (0, len(pieces)) or any(part.unsafe for _, part in read):
            return None
        rest = self.read("，".join(ours), known, today)
        cued = any(self.lexicon.has(intent, rest.rest) for intent in rest.intents)
        if not cued or rest.refusal or rest.smalltalk:
            return None
        parts = (replace(whole, intents=(), parts=()), *(rest.parts or (rest,)))
        return replace(rest, text=whole.text, parts=parts)

    def _told_apart(self, whole: Reading) -> list[Asked]:
        """What is asked for, where each part shows it by a word or to the model of intents; the rest goes along."""
        found: list[Asked] = []
        copied = whole.text.find(whole.copy) if whole.copy else -1
        for part in whole.asked.parts:
            piece = self.lexicon.fold(whole.text[part.start : part.end])
            scores = self.model.scores(piece)
            likeliest = max(TOOL_INTENTS, key=lambda intent: scores[intent])
            cued, likely = self.lexicon.has(part.intent, piece), scores[part.intent]
            ends = copied + len(whole.copy or "")
            shared = min(part.end, ends) - max(part.start, copied) if copied >= 0 else 0
            joint = whole.text[max(0, part.start - 2) : part.start + 3]
            plainly = cued and likely > SURELY_OURS and _PLAIN_JOINT.search(joint)
            if 2 * shared > part.end - part.start and not plainly:
                intent = "check"  # a sentence of the copy, whatever it is about
            else:
                named = part.intent == "list" and any(n in piece for n in whole.people.references)
                shown = not named and (cued or (likely > LIKELY and part.intent != "check"))
                intent = part.intent if shown else likeliest if scores[likeliest] > LIKELY else ""
            lead = whole.text[found[-1].end : part.start] if found else ""
            if found and found[-1].intent == "check" and re.search(r"[：:\n]", lead):
                intent = "check"  # what follows the colon is the copy
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
            copy = (part.copy or self._copy_in(piece)) if intent == "check" else None
            part = replace(part, intents=(intent,), people=who, event=event, slots=slots, copy=copy)
            several = intent == "gift" and len(part.people.references) > 1
            parts += self._gifts(part, known, today) if several else [part]
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

    def _copy_in(self, piece: str) -> str | None:
        """The copy in a part that asks for a check: what is quoted, or what reads like copy."""
        quoted = _QUOTED.search(piece)
        found = None if quoted else self.copy.pasted(piece)
        return quoted[1] if quoted else found.copy if found else None

    def _gifts(self, whole: Reading, known: Known, today: date) -> tuple[Reading, ...]:
        """Gifts for several customers, each with money or an occasion of its own; else one part."""
        pieces: list[str] = []
        named: tuple[str, ...] = ()
        for piece in self._listed(whole):
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

    def _listed(self, whole: Reading) -> list[str]:
        """The clauses; also at 、 where a customer with an occasion stands on either side of it (甲乔迁、乙添丁)."""
        clauses = [whole.text[start:end] for start, end in clause_spans(whole.folded)]
        found: list[str] = []
        for clause in clauses:
            items = clause.split("、")
            own = [self.lexicon.first("occasions", self.lexicon.fold(item)) for item in items]
            found += items if len(items) > 1 and all(own) else [clause]
        return found

    def _read(self, text: str, known: Known, today: date, before: str = "") -> Reading:
        lexicon = self.lexicon
        folded = lexicon.fold(text)
        asked = self.requests.asked(as_names(folded, people(text, folded, known, lexicon).spans))
        checks = (
            lexicon.has("check", folded)
            or "```" in text
            or self.model.scores(folded)["check"] > 0.4
            or (self.model.scores(folded)["check"] > _ALSO and any(p.intent == "check" for p in asked.parts))
        )
        if checks and WRITTEN.search(folded) and not _SET_OFF.search(text):
            scored = self.model.scores(folded)
            checks = scored["check"] > scored["knowledge"]
        found = (pasted(text, lexicon) or self._unmarked(text, folded)) if checks else None
        if found and not _SET_OFF.search(text) and lexicon.declined("unsafe", folded) in UNSAFE_AROUND_COPY:
            found = None  # nothing parts the copy from the request: all of it is said to us
        if found and self._is_request_for_draft(lexicon.fold(found.request), found.copy):
            found = None
        if found and asked.parts[:1] and asked.parts[0].intent == "invite" and _WRITES.match(found.copy):
            found = None  # 写条短信约她来听讲座，写完审一遍
        if found and (longer := self._beyond_quotation(text, found)):
            found = longer
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
        refusal, unsafe = self._judge.refusal(
            plain, bare, scores, turned, who, known, found.copy if found else None
        )
        slots = slots_of(_CORRECTED.sub("", bare), lexicon, month=today.month, bare=len(plain) <= 60)
        intents = () if refusal else self._judge.intents(bare, who, slots, scores, asked, copied=bool(found))
        small = "" if refusal or found else self._judge.smalltalk(plain, who, intents, scores, turned)
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
                turned,
                inviting="invite" in intents or (turned.goes_on and before == "invite"),
            ),
            refusal=refusal,
            unsafe=unsafe,
            smalltalk=small,
            leaning="" if intents or refusal or small or found else self._judge.leaning(bare, who, scores),
            follows=self.model.follows(bare),
            scores=scores,
            rest=bare,
            request=request,
            asked=asked,
            turned=turned,
        )

    def _event(
        self, request: str, plain: str, who: People, today: date, turned: Turned, *, inviting: bool
    ) -> dict[str, Any]:
        """What is said of an event: by its words, and where people are invited by what the learned model finds."""
        now, simple = datetime.combine(today, time()), simplified(request)
        names = tuple(simple[a:b] for a, b in who.spans)
        event = event_of(simple, now, names, inviting=inviting)
        if not inviting:
            return event
        plain = as_names(plain, who.spans)
        wanted = "line" if turned.does == "add_line" else "title"
        return merged(event, self.events.parts(plain, now, wanted), simple, plain, now)

    def _unmarked(self, text: str, folded: str) -> Pasted | None:
        """Copy that nothing sets off, where checking is what the message is about."""
        if self.lexicon.has("invite", folded) and not self.lexicon.has("check", folded):
            return None
        found = self.copy.pasted(text)
        return found if found and self.model.scores(folded)["check"] > HINTED else None

    def _beyond_quotation(self, text: str, found: Pasted) -> Pasted | None:
        """Copy that begins with a quotation and goes on behind it: “亏了包赔”，谁这么说都是骗局，拿不准打96110."""
        start = text.find(found.copy)
        if start < 1 or text[start - 1] not in '“"「『':
            return None
        rest = text[start + len(found.copy) :].lstrip('”"」』')
        bare = rest.strip(" ，,。")
        talk = self.lexicon.has("check", self.lexicon.fold(bare)) or bare.endswith(
            ("?", "？", "吗", "不", "呢")
        )
        if len(bare) < _GOES_ON or not rest.startswith(("，", ",")) or talk:
            return None
        reads = self.copy.pasted(bare)
        return (
            Pasted(text[start - 1 :].strip(), text[: start - 1])
            if reads and 2 * len(reads.copy) > len(bare)
            else None
        )

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


def _loosely_joined(whole: Reading) -> bool:
    """Whether nothing but commas stands between what may be two requests."""
    parts = whole.asked.parts
    joints = [whole.text[a.end : b.start] + whole.text[b.start : b.start + 3] for a, b in pairwise(parts)]
    return not all(_PLAIN_JOINT.search(joint) for joint in joints)
