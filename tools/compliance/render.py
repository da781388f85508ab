"""A report in words: the short text that a conversation carries."""

import json
from functools import cache
from pathlib import Path

from prompts.datafile import read_text
from tools.base import Basis
from tools.compliance.report import ComplianceReport, Finding
from tools.values import Language

_SHOWN = 12


@cache
def labels(language: Language) -> dict[str, str]:
    """The words of reports in ``language``. None of them says that copy may be published: a person decides."""
    words: dict[str, str] = json.loads(read_text(Path(__file__).parent / "labels.json"))[language]
    return words


def cited(basis: tuple[Basis, ...], language: Language) -> str:
    """Instruments with their articles, as one phrase."""
    return ("；" if language == "zh" else "; ").join(b.cited for b in basis)


def render(report: ComplianceReport, language: Language) -> str:
    """Verdict, findings with quote, reason, basis and suggestion, what is missing, and the revised text."""
    words = labels(language)
    count = len(report.findings) + len(report.missing)
    lines = [words[report.verdict], words["found"].format(count=count) if count else words["none"]]
    for number, finding in enumerate(report.findings[:_SHOWN], 1):
        lines += _finding(number, finding, language)
    if len(report.findings) > _SHOWN:
        lines.append(words["more"].format(count=len(report.findings) - _SHOWN))
    if report.missing:
        lines.append(words["missing_heading"])
        lines += [words["missing"].format(**m.model_dump()) for m in report.missing]
    if report.revised_text is not None:
        lines += [words["revised"], report.revised_text]
    elif report.revision_note:
        lines.append(words["no_revised"].format(note=report.revision_note))
    lines.append(words["ruleset"].format(version=report.ruleset_version, hash=report.ruleset_hash[:12]))
    return "\n".join(lines)


def _finding(number: int, finding: Finding, language: Language) -> list[str]:
    words = labels(language)
    head = words["finding"].format(
        number=number, severity=words[finding.severity], quote=finding.text, rule_id=finding.rule_id
    )
    return [
        head,
        words["reason"].format(text=finding.reason),
        words["basis"].format(text=cited(finding.basis, language)),
        words["suggestion"].format(text=finding.suggestion),
    ]
