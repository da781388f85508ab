"""Compliance reports as SARIF 2.1.0, for code review and build systems."""

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from tools.compliance.report import ComplianceReport, Finding, Missing

_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def sarif(checked: Sequence[tuple[str, str, ComplianceReport]]) -> str:
    """One run over all texts. Columns count Unicode code points, as the findings do."""
    results = [_result(name, text, item) for name, text, report in checked for item in _items(report)]
    rules = sorted({item.rule_id for _, _, report in checked for item in _items(report)})
    driver = {
        "name": "rm-assistant",
        "version": next((r.ruleset_version for _, _, r in checked), ""),
        "rules": [{"id": rule} for rule in rules],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2)


def _items(report: ComplianceReport) -> tuple[Finding | Missing, ...]:
    return (*report.findings, *report.missing)


def _result(name: str, text: str, item: Finding | Missing) -> dict[str, Any]:
    region = _region(text, item.start, item.end) if isinstance(item, Finding) else {"startLine": 1}
    artifact = {"uri": "stdin" if name == "-" else quote(PurePath(name).as_posix())}
    basis = "；".join(b.instrument + (b.article or "") for b in item.basis)
    return {
        "ruleId": item.rule_id,
        "level": _LEVEL[item.severity],
        "message": {"text": f"{item.reason} {item.suggestion}（{basis}）"},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    }


def _region(text: str, start: int, end: int) -> dict[str, int]:
    def place(offset: int) -> tuple[int, int]:
        before = text[:offset]
        return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1

    (line, column), (end_line, end_column) = place(start), place(end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
        "charOffset": start,
        "charLength": end - start,
    }
