"""Recall and clean rate of a rule set on labelled copy. Pure: cases and a check in, a scorecard out."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field

from prompts.datafile import Frozen
from tools.compliance.report import CheckRequest, ComplianceReport, Finding
from tools.values import Channel, Product, Verdict

FOLDER = Path(__file__).parent / "evals"
UNTOUCHED = "untouched"
"""The set that neither rules nor weights are ever tuned on."""


class Case(Frozen):
    """One labelled text. A violation counts as found when error or warning findings overlap every marked passage."""

    id: str
    text: str
    product: Product | None = None
    channel: Channel | None = None
    kind: Literal["violation", "clean", "disclosure"]
    tags: tuple[str, ...] = ()
    must_hit: tuple[str, ...] = ()
    must_hit_any: tuple[str, ...] = ()
    must_not_hit: tuple[str, ...] = ()
    verdict_in: tuple[Verdict, ...] = ()
    missing_re: str | None = None
    note: str = Field(default="", description="Why it is labelled so; for people")


@dataclass(frozen=True)
class Outcome:
    """How one case went; ``faults`` is empty where it counts."""

    case: Case
    report: ComplianceReport
    faults: tuple[str, ...]


@dataclass
class Scorecard:
    """Totals over a set of cases, with the misses of each tag."""

    outcomes: list[Outcome] = field(default_factory=list)

    def rate(self, kind: str) -> float:
        """The share of cases of ``kind`` that count; 1.0 where there are none."""
        of_kind = [o for o in self.outcomes if o.case.kind == kind]
        return sum(not o.faults for o in of_kind) / len(of_kind) if of_kind else 1.0

    @property
    def failed(self) -> list[Outcome]:
        """The cases that do not count."""
        return [o for o in self.outcomes if o.faults]

    def misses(self) -> Counter[str]:
        """How many cases of each tag do not count."""
        return Counter(tag for o in self.failed for tag in o.case.tags)


def evaluate(cases: Iterable[Case], check: Callable[[CheckRequest], ComplianceReport]) -> Scorecard:
    """Check every case."""
    card = Scorecard()
    for case in cases:
        report = check(CheckRequest(text=case.text, product=case.product, channel=case.channel))
        card.outcomes.append(Outcome(case, report, tuple(_faults(case, report))))
    return card


def _faults(case: Case, report: ComplianceReport) -> Iterable[str]:
    grave = [f for f in report.findings if f.severity != "info"]
    hit = {
        p for p in (*case.must_hit, *case.must_hit_any, *case.must_not_hit) if _overlaps(case.text, p, grave)
    }
    if not hit.issuperset(case.must_hit):
        yield f"missed {sorted(set(case.must_hit) - hit)}"
    if case.must_hit_any and not hit & set(case.must_hit_any):
        yield f"missed any of {case.must_hit_any}"
    if hit & set(case.must_not_hit):
        yield f"false alarm on {sorted(hit & set(case.must_not_hit))}"
    if case.verdict_in and report.verdict not in case.verdict_in:
        yield f"verdict {report.verdict}, wanted {case.verdict_in}"
    if case.missing_re and not _stated_missing(case.missing_re, report):
        yield "the missing statement was not asked for"
    yield from _broken_promises(case, report)


def _broken_promises(case: Case, report: ComplianceReport) -> Iterable[str]:
    for finding in report.findings:
        if case.text[finding.start : finding.end] != finding.text:
            yield f"{finding.rule_id}: text is not at its offsets"
        if finding.severity == "error" and not (finding.basis and finding.suggestion):
            yield f"{finding.rule_id}: an error without basis or suggestion"


def _overlaps(text: str, passage: str, findings: Iterable[Finding]) -> bool:
    spans = [(m.start(), m.end()) for m in re.finditer(re.escape(passage), text)]
    return any(f.start < end and start < f.end for f in findings for start, end in spans)


def _stated_missing(expression: str, report: ComplianceReport) -> bool:
    said = [f"{m.reason} {m.suggestion}" for m in report.missing]
    said += [f"{f.reason} {f.suggestion} {f.text}" for f in report.findings]
    return any(re.search(expression, s) for s in said)
