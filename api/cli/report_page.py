"""Compliance reports as one HTML page that needs nothing else, for the files of an approval."""

from collections.abc import Iterator, Sequence
from html import escape

from tools.compliance.render import cited, labels
from tools.compliance.report import ComplianceReport, Finding, Missing

_STYLE = (
    "body{font:15px/1.7 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;background:#f4f6f9;padding:1em}mark.error{background:#fbc9c4}"
    "mark.warning{background:#fde7ad}mark.info{background:#cfe5f5}li{margin:.5em 0}"
)


def page(checked: Sequence[tuple[str, str, ComplianceReport]]) -> str:
    """Each text with its findings marked, the reasons below, and the revised text."""
    body = "".join(_section(name, text, report) for name, text, report in checked)
    head = f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{escape(checked[0][0])}</title>'
    return f"{head}<style>{_STYLE}</style>{body}</html>"


def _section(name: str, text: str, report: ComplianceReport) -> str:
    words = labels("zh")
    found: tuple[Finding | Missing, ...] = (*report.findings, *report.missing)
    items = "".join(
        f"<li><strong>{escape(getattr(i, 'text', ''))}</strong> {escape(i.reason)} {escape(i.suggestion)}"
        f"<br><small>{i.rule_id} · {escape(cited(i.basis, 'zh'))}</small></li>"
        for i in found
    )
    revised = (
        f"<h2>{escape(words['revised'])}</h2><pre>{escape(report.revised_text)}</pre>"
        if report.revised_text
        else ""
    )
    return (
        f"<h1>{escape(name)}：{escape(words[report.verdict])}</h1>"
        f"<pre>{''.join(_marked(text, report))}</pre><ol>{items}</ol>{revised}"
        f"<p><small>{escape(report.ruleset_version)} · {report.ruleset_hash}</small></p>"
    )


def _marked(text: str, report: ComplianceReport) -> Iterator[str]:
    at = 0
    for finding in sorted(report.findings, key=lambda f: f.start):
        if finding.start >= at:
            yield escape(text[at : finding.start])
            yield f'<mark class="{finding.severity}">{escape(finding.text)}</mark>'
            at = finding.end
    yield escape(text[at:])
