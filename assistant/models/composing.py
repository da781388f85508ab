"""From tool results to the answer: natural, short enough for a phone, nothing that no result holds."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from assistant.models.dialogue import Call
from assistant.models.passages import knowledge_answer
from assistant.models.wording import Wording
from tools.base import Basis
from tools.compliance.report import ComplianceReport
from tools.errors import Ambiguous, NotFound
from tools.gifts.model import GiftAdvice, GiftItem
from tools.invitations.model import InvitationDraft, Variant
from tools.playbook import KnowledgeAnswer
from tools.segments.model import CustomerList, SegmentAnswer

_POINTS = re.compile(r"（[+-][\d.]+分）")
FINDINGS, ROWS, ITEMS = 8, 10, 5


def composed(calls: Sequence[Call], question: str, words: Wording, *, unlawful: bool) -> str:
    """The whole answer to a turn: one part a call, in order."""
    parts: list[str] = []
    cited = 0
    for call in calls:
        parts.append(_part(call, question, words, cited, unlawful=unlawful))
        if isinstance(call.result, KnowledgeAnswer):
            cited += len(call.result.passages)
        elif isinstance(call.result, SegmentAnswer):
            cited += len(call.result.sources)
    return "\n\n".join(dict.fromkeys(part for part in parts if part))


def _part(call: Call, question: str, words: Wording, cited: int, *, unlawful: bool) -> str:
    result = call.result
    if call.failed:
        return _error(call, words)
    if isinstance(result, GiftAdvice):
        return gift_answer(result, words)
    if isinstance(result, SegmentAnswer):
        return segment_answer(result, words, cited)
    if isinstance(result, CustomerList):
        return list_answer(result, words)
    if isinstance(result, ComplianceReport):
        return check_answer(result, words)
    if isinstance(result, InvitationDraft):
        return draft_answer(result, words)
    if isinstance(result, KnowledgeAnswer):
        return knowledge_answer(result, question, words, cited, unlawful=unlawful)
    return call.words


def _error(call: Call, words: Wording) -> str:
    error = call.result
    if isinstance(error, NotFound):
        return words.say("error_not_found", reference=error.reference)
    if isinstance(error, Ambiguous):
        head = words.say("error_ambiguous", count=len(error.candidates), reference=error.reference)
        return "\n".join(
            [head, *(words.say("candidate", id=c.id, name=c.name, hint=c.hint) for c in error.candidates)]
        )
    return words.say("error_other", words=call.words)


def money(amount: Decimal) -> str:
    """Yuan without idle decimals."""
    return f"{amount:,.2f}".rstrip("0").rstrip(".")


def basis(rules: Iterable[Basis], words: Wording) -> str:
    """The rules in brackets; nothing where there are none."""
    named = "；".join(dict.fromkeys(b.cited for b in rules))
    return words.say("basis", basis=named) if named else ""


def gift_answer(advice: GiftAdvice, words: Wording) -> str:
    """The decision, up to five gifts, what to mind, and lawful ways where it is refused."""
    occasion = words.label(advice.occasion)
    lines = [words.say(f"gift_{advice.decision}", recipient=advice.recipient, occasion=occasion)]
    reasons = [words.say("gift_reason", text=r.text, basis=basis(r.basis, words)) for r in advice.reasons]
    lines += _items(advice.items, words)
    if not advice.items and advice.decision != "refused":
        lines.append(words.say("gift_none"))
    lines += ["", *(reasons if advice.decision == "refused" or not advice.items else reasons[:3])]
    cautions = list(dict.fromkeys(c for item in advice.items[:ITEMS] for c in item.cautions))[:3]
    if cautions:
        lines += ["", words.say("gift_cautions", cautions="；".join(cautions))]
    if advice.alternatives and (advice.decision == "refused" or not advice.items):
        lines += ["", words.say("gift_alternatives"), *(f"- {way}" for way in advice.alternatives[:4])]
    if advice.items:
        lines += ["", words.say("gift_next")]
    return "\n".join(lines)


def _items(items: Sequence[GiftItem], words: Wording) -> list[str]:
    lines: list[str] = []
    for n, item in enumerate(items[:ITEMS], 1):
        why = _why(item, 2)
        lines.append(words.say("gift_item", n=n, name=item.name, price=money(item.price), why=why))
    return lines


def _why(item: GiftItem, most: int) -> str:
    """Its reasons without the points they scored."""
    return "；".join(_POINTS.sub("", reason) for reason in item.why[:most])


def item_answer(item: GiftItem, words: Wording) -> str:
    """One gift of a list shown before."""
    why = _why(item, 3)
    text = words.say(
        "item", name=item.name, price=money(item.price), stock=item.stock, why=why, way=item.fulfilment
    )
    mind = [words.say("gift_cautions", cautions="；".join(item.cautions))] if item.cautions else []
    return "\n".join([text, *mind, "", words.say("item_next")])


def segment_answer(answer: SegmentAnswer, words: Wording, cited: int) -> str:
    """Which segments, on what evidence, what may be done next and what may not."""
    separator = words.say("separator")
    labels = list(dict.fromkeys([answer.tier_label, *answer.persona_labels, *answer.labels]))
    lines = [
        words.say("segment_head", name=answer.name, labels=separator.join(label for label in labels if label))
    ]
    if answer.assets is not None:
        lines.append(words.say("segment_assets", assets=money(answer.assets)))
    if answer.tags:
        lines.append(words.say("segment_tags", tags=separator.join(answer.tags)))
    if answer.evidence:
        head = (
            words.say("segment_evidence_on", day=answer.as_of)
            if answer.as_of
            else words.say("segment_evidence")
        )
        lines += ["", head, *(f"- {e.label}：{e.value}" for e in answer.evidence)]
    if answer.churn_signals:
        lines += ["", words.say("segment_signals", signals=separator.join(answer.churn_signals[:4]))]
    if answer.next_actions:
        marks = [f" [{cited + a.source + 1}]" if a.source is not None else "" for a in answer.next_actions]
        actions = [f"- {a.text}{mark}" for a, mark in zip(answer.next_actions, marks, strict=True)]
        lines += ["", words.say("segment_actions"), *actions[:4]]
    if answer.restrictions:
        limits = [f"- {r.text}{basis(r.basis, words)}" for r in answer.restrictions]
        lines += ["", words.say("segment_restrictions"), *limits]
    if answer.unknown:
        lines += ["", words.say("segment_unknown", unknown=separator.join(answer.unknown[:4]))]
    return "\n".join(lines)


def list_answer(found: CustomerList, words: Wording) -> str:
    """How many, and the first of them with why they deserve attention."""
    described = found.described or words.say("list_all")
    if not found.total:
        return words.say("list_none", described=described)
    lines = [words.say("list_head", described=described, total=found.total)]
    for n, row in enumerate(found.customers[:ROWS], 1):
        line = words.say(
            "list_row", n=n, name=row.name, id=row.id, tier=row.tier_label, city=row.city, reason=row.reason
        )
        lines.append(line)
    if found.total > ROWS:
        lines += ["", words.say("list_more", shown=min(ROWS, len(found.customers)))]
    return "\n".join(lines)


def check_answer(report: ComplianceReport, words: Wording) -> str:
    """The verdict, each finding with basis and correction, and the revised text."""
    lines = [words.say(f"check_{report.verdict}")]
    serious = [f for f in report.findings if f.severity != "info"]
    for finding in serious[:FINDINGS]:
        lines.append(
            words.say(
                "check_finding",
                text=finding.text.replace("\n", " ")[:60],
                reason=finding.reason.rstrip("。"),
                basis=basis(finding.basis[:2], words),
                suggestion=finding.suggestion,
            )
        )
    for missing in report.missing:
        rules = basis(missing.basis[:2], words)
        lines.append(
            words.say(
                "check_missing",
                reason=missing.reason.rstrip("。"),
                basis=rules,
                suggestion=missing.suggestion,
            )
        )
    if len(serious) > FINDINGS:
        lines.append(words.say("check_more", count=len(serious) - FINDINGS))
    if report.verdict != "pass" and report.revised_text:
        lines += ["", words.say("check_revised"), "", _quoted(report.revised_text)]
    elif report.verdict != "pass" and report.revision_note:
        product = next((p for p in report.products if f"start_{p}" in words.words), "other")
        start = _quoted(words.say(f"start_{product}"))
        lines += ["", report.revision_note, "", words.say("check_start"), "", start]
    return "\n".join(lines)


def draft_answer(draft: InvitationDraft, words: Wording) -> str:
    """Every version as a quote, what is still open, and the follow-ups."""
    lines = [words.say("draft_head" if draft.variants else "draft_none")]
    for n, variant in enumerate(draft.variants, 1):
        lines += ["", *([words.say("draft_variant", n=n), ""] if len(draft.variants) > 1 else [])]
        lines += [_quoted(variant.text), "", _size(variant, words)]
    if draft.variants and draft.missing_details:
        lines.append(words.say("draft_missing", items=words.say("separator").join(draft.missing_details)))
    if draft.follow_ups:
        lines += [
            "",
            words.say("draft_follow"),
            *(f"- {f.when[:16].replace('T', ' ')} {f.action}" for f in draft.follow_ups[:3]),
        ]
    lines += [f"- {notice}" for notice in draft.notices]
    if draft.variants:
        lines += ["", words.say("draft_next")]
    return "\n".join(lines)


def variant_answer(variant: Variant, words: Wording) -> str:
    """One version of a draft shown before."""
    return "\n".join([_quoted(variant.text), "", _size(variant, words), words.say("draft_next")])


def _size(variant: Variant, words: Wording) -> str:
    key = "draft_sms" if variant.sms_segments else "draft_size"
    return words.say(key, characters=variant.characters, segments=variant.sms_segments)


def _quoted(text: str) -> str:
    return "\n".join("> " + line if line.strip() else ">" for line in text.splitlines())
