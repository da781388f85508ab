"""The revised text: the smallest honest edit that passes its own check, or a reason why there is none."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from tools.compliance.report import CheckRequest, ComplianceReport, Finding
from tools.compliance.ruleset import Ruleset

_ROUNDS = 4
_KEPT = 0.4
_CLAUSE_END = ",，。！？!?；;、~～\n"
_SENTENCE_END = "。！？!?；;\n"
_DANGLING = (
    (re.compile(r"[,，、:：]+([。！？!?；;])"), r"\1"),
    (re.compile(r"(^|\n)[ ,，、。；;！!？?]+"), r"\1"),
    (re.compile(r"([。！？!?])[,，、。；;]+"), r"\1"),
    (re.compile(r"[,，、:：]+(\n|$)"), r"\1"),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def revise(
    request: CheckRequest,
    report: ComplianceReport,
    ruleset: Ruleset,
    examine: Callable[[CheckRequest], ComplianceReport],
) -> tuple[str | None, str | None]:
    """The revised text and None, or None and why there is none. ``examine`` gave the report and checks what comes."""
    notes = ruleset.reading.notes
    text, current, cut = request.text, report, 0
    for _ in range(_ROUNDS):
        if current.verdict == "pass":
            break
        text, gone = _edited(ruleset, text, _surest(ruleset, current.findings))
        text, cut = _completed(ruleset, text, current), cut + gone
        if len(text.strip()) < 2:
            return None, notes["nothing_left"]
        current = examine(request.model_copy(update={"text": text}))
    if current.verdict != "pass":
        return None, notes["still_flagged"]
    if cut > (1 - _KEPT) * len(request.text) and not _keeps_enough(request.text, text):
        return None, notes["too_little_left"]
    return text, None


def _surest(ruleset: Ruleset, findings: Sequence[Finding]) -> Sequence[Finding]:
    """What is found without what the learned part is unsure of: when the rest is gone, that may read well. All of it
    where there is no rest."""
    unsure = ruleset.suspicion.id if ruleset.suspicion else None
    grave = [f for f in findings if f.severity != "info"]
    return [f for f in grave if f.severity == "error" or f.rule_id != unsure] or grave


def _edited(ruleset: Ruleset, text: str, findings: Sequence[Finding]) -> tuple[str, int]:
    """The text without what is found, and how many characters of it are gone at most."""
    pieces: list[str] = []
    done, gone = len(text), 0
    for finding in sorted(findings, key=lambda f: (-f.start, -f.end)):
        replacement = ruleset.rules[finding.rule_id].replacement
        if finding.start >= done:
            continue
        start, end = finding.start, min(finding.end, done)
        if replacement is None:
            start, end = _clause(text, start, end)
            end = min(end, done)
        pieces += [text[end:done], replacement or ""]
        done, gone = start, gone + end - start
    edited = "".join(reversed([*pieces, text[:done]]))
    tidy = edited
    for pattern, new in _DANGLING:
        tidy = pattern.sub(new, tidy)
    tidy = tidy.strip()
    return tidy, gone + len(edited) - len(tidy)


def _clause(text: str, start: int, end: int) -> tuple[int, int]:
    """The clauses that hold ``text[start:end]``, with the mark that ends them unless it ends the sentence."""
    while start > 0 and text[start - 1] not in _CLAUSE_END:
        start -= 1
    while end < len(text) and text[end] not in _CLAUSE_END:
        end += 1
    opens = start == 0 or text[start - 1] in _SENTENCE_END
    if end < len(text) and text[end] != "\n" and (opens or text[end] not in _SENTENCE_END):
        end += 1
    return start, end


def _completed(ruleset: Ruleset, text: str, report: ComplianceReport) -> str:
    inserts = [ruleset.statements[m.rule_id].insert for m in report.missing]
    for insert in inserts:
        if insert.startswith("【"):
            text = insert + text
            continue
        joint = "" if not text or text[-1] in "。！？!?；;\n" else "。"
        text = f"{text}{joint}{insert}"
    return text


def _keeps_enough(before: str, after: str) -> bool:
    """Whether the revision keeps, in order, the least share of the original's characters."""
    head = _alike(before, after)
    tail = _alike(before[head:][::-1], after[head:][::-1])
    if (head + tail) / len(before) >= _KEPT:
        return True
    if (Counter(before) & Counter(after)).total() / len(before) < _KEPT:
        return False
    from rapidfuzz.distance import LCSseq  # late: it takes time to load, and few texts need it

    return LCSseq.similarity(before, after) / len(before) >= _KEPT


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    differing = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
