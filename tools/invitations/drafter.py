"""Invitations: facts in, checked drafts out.

The one path: consent → event facts → compose → parts that may not stand → compose → a model's own words, where
one is configured → compliance → variants.
Knows nothing of stores, rules or language models; those come in as small protocols.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from tools.base import Caller
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.customers.model import Customer
from tools.invitations import sms
from tools.invitations.compose import Brief, compose
from tools.invitations.facts import EventFacts, read_event, recollection
from tools.invitations.followups import follow_ups
from tools.invitations.letters import FOLDER, Letters, Words, load_letters
from tools.invitations.model import Event, InvitationDraft, InvitationRequest, Variant
from tools.invitations.names import address, latin_name
from tools.invitations.rewriting import Writer, faithful
from tools.invitations.screening import offences, without
from tools.segments.model import LookupSegment, SegmentAnswer
from tools.values import CHANNELS, Channel, Language, Persona, Product, Tone

PERSONAL: frozenset[Channel] = frozenset({"wechat", "sms", "phone", "letter", "email", "app_push"})
ADDRESSED: frozenset[Channel] = PERSONAL - {"app_push"} | {"in_person"}
SPARE_TURNS = 4
SCREENINGS = 3  # a part may hide behind another: the engine reports one finding for overlapping ones
TONES: dict[Channel, Tone] = {"letter": "formal", "email": "formal"}
KEPT = ("address", "title", "when", "venue", "manager", "rsvp")
OF_SEGMENT: dict[str, Persona] = {"private": "high_net_worth", "platinum": "high_net_worth"}


class Customers(Protocol):
    """Finds one customer. Raises NotFound and Ambiguous."""

    def resolve(self, reference: str, caller: Caller) -> Customer: ...


class Segments(Protocol):
    """Tells what a customer is. Raises NotFound and Ambiguous."""

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer: ...


Checker = Callable[[CheckRequest], ComplianceReport]


@dataclass(frozen=True)
class _Task:
    """One request, read."""

    request: InvitationRequest
    words: Words
    customer: Customer | None
    persona: Persona | None
    facts: EventFacts
    manager: str


class Drafter:
    """Writes invitations that passed the compliance engine, the same for the same request."""

    def __init__(
        self,
        letters: Letters,
        customers: Customers,
        segments: Segments,
        checker: Checker,
        clock: Callable[[], datetime],
        sender: str,
        writer: Writer | None = None,
    ) -> None:
        self._letters, self._customers, self._segments = letters, customers, segments
        self._checker, self._clock, self._sender, self._writer = checker, clock, sender, writer

    def draft(self, request: InvitationRequest, caller: Caller) -> InvitationDraft:
        """Variants for ``request``. Raises InvalidRequest, NotFound, Ambiguous."""
        if request.language == "zh-Hant":
            simple = self.draft(request.model_copy(update={"language": "zh"}), caller)
            return simple.model_copy(update={"variants": tuple(map(self._in_traditional, simple.variants))})
        words = self._letters.words[request.written_in]
        now = self._clock()
        customer = self._customers.resolve(request.customer, caller) if request.customer else None
        facts = read_event(request.event, now, words)
        if customer and request.channel in PERSONAL and request.channel not in customer.consents:
            return self._without_consent(request, customer, facts, words)
        persona = self._persona(request, customer, caller)
        task = _Task(request, words, customer, persona, facts, self._manager(request, caller))
        event, screened = self._screened(task)
        variants, failed = self._variants(task, event)
        planned = follow_ups(facts.when, now, words) if variants else ()
        notices = (*facts.warnings, *screened, *self._remarks(task, len(variants)), *failed)
        return InvitationDraft(
            variants=variants,
            missing_details=facts.missing,
            follow_ups=planned,
            notices=notices,
            recipient=customer.name if customer else "",
        )

    def _in_traditional(self, variant: Variant) -> Variant:
        """The same in Traditional characters, checked as it stands; where it does not pass, as it was."""
        text = traditional(variant.text)
        report = self._checker(CheckRequest(text=text, channel=variant.channel))
        if report.verdict != "pass":
            return variant
        return variant.model_copy(update={"text": text, "characters": len(text), "compliance": report})

    def _without_consent(
        self, request: InvitationRequest, customer: Customer, facts: EventFacts, words: Words
    ) -> InvitationDraft:
        allowed = [words.channels[c] for c in CHANNELS if c in customer.consents & PERSONAL]
        notice = words.notices["no_consent"].format(
            address=address(customer, None, request.written_in, words, self._letters.lexicon),
            channel=words.channels[request.channel],
            allowed=words.words["list"].join([*allowed, words.channels["in_person"]]),
        )
        return InvitationDraft(
            variants=(), missing_details=facts.missing, notices=(notice,), recipient=customer.name
        )

    def _persona(
        self, request: InvitationRequest, customer: Customer | None, caller: Caller
    ) -> Persona | None:
        """The segment asked for; else the customer's persona that suits the event, or the first one."""
        if request.segment:
            named: dict[str, Persona] = {p: p for p in self._letters.lexicon.personas}
            return (named | OF_SEGMENT).get(request.segment)
        suited = self._letters.lexicon.persona(f"{request.event.title} {request.event.theme or ''}")
        if customer is None:
            return suited[0] if suited else None
        answer = self._segments.lookup(LookupSegment(customer=customer.id), caller)
        return next((p for p in answer.personas if p in suited), next(iter(answer.personas), None))

    def _manager(self, request: InvitationRequest, caller: Caller) -> str:
        """The manager's own name where one is writing; never a bare account id."""
        if caller.role != "rm" or caller.name == caller.id:
            return ""
        return (
            latin_name(caller.name, self._letters.lexicon) + ", "
            if request.written_in == "en"
            else caller.name
        )

    def _screened(self, task: _Task) -> tuple[Event, tuple[str, ...]]:
        """The event without the parts that no lawful copy may hold, each named in a notice."""
        event = task.facts.event
        notices: tuple[str, ...] = ()
        for _ in range(SCREENINGS):
            brief = self._brief(task, event)
            text = compose(task.words, brief, 0)
            touched = offences(event, text, self._report(text, brief).findings)
            if not touched:
                break
            event, named = without(event, touched, self._letters.lexicon, task.words)
            notices = (*notices, *named)
        return event, notices

    def _variants(self, task: _Task, event: Event) -> tuple[tuple[Variant, ...], tuple[str, ...]]:
        """Drafts that pass, as many as asked for where the banks allow; else why there is none."""
        brief = self._brief(task, event)
        kept: dict[str, Variant] = {}
        reason = ""
        for turn in range(task.request.variants + SPARE_TURNS):
            draft = compose(task.words, brief, turn)
            written = self._rewritten(draft, brief, task.request.written_in)
            variant, _ = self._checked(written, brief) if written else (None, "")
            if variant is None:
                variant, failure = self._checked(draft, brief)
                reason = reason or failure
            if variant:
                kept.setdefault(variant.text, variant)
            if len(kept) == task.request.variants:
                break
        failed = () if kept else (task.words.notices["not_compliant"].format(reason=reason),)
        return tuple(kept.values()), failed

    def _rewritten(self, draft: str, brief: Brief, language: Language) -> str | None:
        """The draft in the words of the configured model, or None: then the draft itself is offered."""
        if self._writer is None:
            return None
        channel = self._letters.words[language].channels[brief.channel]
        written = (
            self._writer(self._letters.prompts[language].format(channel=channel, draft=draft)) or ""
        ).strip()
        keep = [fact for name in KEPT if (fact := brief.facts[name]) and fact in draft]
        return written if faithful(draft, written, keep, self._letters.lexicon.claims) else None

    def _brief(self, task: _Task, event: Event) -> Brief:
        request, words, lexicon = task.request, task.words, self._letters.lexicon
        recalled, asked = self._recalled(task, event)
        speaker = lexicon.speaker(event.host or "")
        facts = {
            "address": address(task.customer, task.persona, request.written_in, words, lexicon),
            "sender": self._sender,
            "manager": task.manager,
            "title": self._title(event.title, task),
            "when": task.facts.written_when,
            "venue": event.venue or words.words["blank_venue"],
            "theme": event.theme or "",
            "host": "" if speaker else event.host or "",
            "speaker": speaker,
            "highlights": _listed(event.highlights, words),
            "highlight": event.highlights[0] if event.highlights else "",
            "seats": str(event.seats or ""),
            "rsvp": task.facts.rsvp,
            "topic": "", "aside": "", "hobby": "", "pastime": "",
            **recalled,
        }  # fmt: skip
        seed = "|".join((event.title, task.customer.id if task.customer else "", str(request.segment)))
        tone = request.tone or TONES.get(request.channel, "warm")
        about = " ".join((event.title, event.theme or "", *event.highlights))
        spoken = lexicon.products(asked)
        return Brief(request.channel, tone, task.persona, facts, lexicon.products(about), spoken, seed)

    def _recalled(self, task: _Task, event: Event) -> tuple[dict[str, str], str]:
        """What the record says, where the copy is for this customer alone, and as it was recorded."""
        if task.customer is None or task.request.channel not in ADDRESSED:
            return {}, ""
        lexicon = self._letters.lexicon
        recalled = recollection(task.customer, event, task.request.channel, lexicon)
        asked = " ".join(recalled.values())
        if task.request.written_in == "en":  # only what the lexicon can say
            recalled = {name: said for name, text in recalled.items() if (said := lexicon.english(text))}
        return recalled, asked

    def _title(self, title: str, task: _Task) -> str:
        english = self._letters.lexicon.english(title) if task.request.written_in == "en" else ""
        return f"{title} ({english})" if english else title

    def _checked(self, text: str, brief: Brief) -> tuple[Variant | None, str]:
        """The text, or its revision, as a variant if it passes; else why not."""
        report = self._report(text, brief)
        if report.verdict != "pass" and report.revised_text and _stands(brief, report.revised_text):
            text = report.revised_text
            report = self._report(text, brief)
        if report.verdict != "pass":
            reasons = [f.reason for f in report.findings] + [m.reason for m in report.missing]
            return None, next(iter(reasons), "")
        count = sms.segments(text) if brief.channel == "sms" else None
        return Variant(
            text=text, channel=brief.channel, characters=len(text), sms_segments=count, compliance=report
        ), ""

    def _report(self, text: str, brief: Brief) -> ComplianceReport:
        product: Product | None = brief.products[0] if brief.products else None
        return self._checker(CheckRequest(text=text, product=product, channel=brief.channel))

    def _remarks(self, task: _Task, count: int) -> Iterator[str]:
        notices, request = task.words.notices, task.request
        if task.customer and request.channel not in ADDRESSED:
            yield notices["public_channel"].format(channel=task.words.channels[request.channel])
        if 0 < count < request.variants:
            yield notices["fewer_variants"].format(count=count, wanted=request.variants)


def open_drafter(
    customers: Customers,
    segments: Segments,
    checker: Checker,
    clock: Callable[[], datetime],
    sender: str,
    folder: Path = FOLDER,
    writer: Writer | None = None,
) -> Drafter:
    """A drafter with the words of ``folder``, and a model's where ``writer`` is one. Raises DataFileError."""
    return Drafter(load_letters(folder), customers, segments, checker, clock, sender, writer)


@lru_cache(1)
def _converter() -> Any:
    import opencc  # its tables are read where a letter in Traditional characters is first asked for

    return opencc.OpenCC("s2t")


def traditional(text: str) -> str:
    """Simplified to Traditional characters."""
    return str(_converter().convert(text))


def _listed(items: tuple[str, ...], words: Words) -> str:
    separator = words.words["list"]
    return (words.words["list_long"] if any(separator in item for item in items) else separator).join(items)


def _stands(brief: Brief, text: str) -> bool:
    """Whether a revision still holds the facts that make it an invitation."""
    return all(brief.facts[name] in text for name in ("title", "when", "venue"))
