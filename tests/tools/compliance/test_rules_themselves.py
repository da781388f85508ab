"""The bundled rules behave on their own examples, also when the examples are disguised."""

from collections.abc import Callable
from datetime import date

import pytest

from tools.compliance.engine import Engine
from tools.compliance.loading import Sources
from tools.compliance.report import CheckRequest
from tools.compliance.selftest import failures, request_for

TODAY = date(2026, 11, 23)
TRADITIONAL = str.maketrans("证险赚赔无风银团队级", "證險賺賠無風銀團隊級")

DISGUISES: dict[str, Callable[[str], str]] = {
    "zero width": lambda t: "\u200b".join(t),
    "spaces": lambda t: " ".join(t),
    "full width": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "traditional": lambda t: t.translate(TRADITIONAL),
    "dots": lambda t: "·".join(t),
    "emoji": lambda t: "✨".join(t),
    "line breaks": lambda t: "\n".join(t),
}


def test_every_example_behaves(engine: Engine, sources: Sources) -> None:
    assert [f"{f.id} {f.message}" for f in failures(engine.ruleset, sources)] == []


def test_every_finding_points_into_the_text(engine: Engine, sources: Sources) -> None:
    for rule in sources.rules.values():
        for text in rule.examples.flag:
            for disguise in (DISGUISES["zero width"], DISGUISES["emoji"]):
                written = disguise(text)
                for finding in engine.examine(request_for(written, rule), TODAY).findings:
                    assert written[finding.start : finding.end] == finding.text != ""
                    assert finding.basis and finding.suggestion


@pytest.mark.parametrize("name", ["zero width", "full width", "traditional"])
def test_what_cannot_be_seen_changes_nothing(engine: Engine, sources: Sources, name: str) -> None:
    lost = [
        text
        for rule in sources.rules.values()
        for text in rule.examples.flag
        if rule.id not in engine.rules_hit(request_for(DISGUISES[name](text), rule))
    ]
    assert lost == []


@pytest.mark.parametrize("name", ["spaces", "dots", "emoji", "line breaks"])
def test_what_is_put_between_characters_hides_little(engine: Engine, sources: Sources, name: str) -> None:
    # A language that is written with spaces has no words to hide between them.
    cases = [(r, t) for r in sources.rules.values() for t in r.examples.flag if not t.isascii()]
    caught = sum(
        engine.examine(request_for(DISGUISES[name](t), r), TODAY).verdict != "pass" for r, t in cases
    )
    assert caught / len(cases) >= 0.95


@pytest.mark.parametrize("name", sorted(DISGUISES))
def test_look_alikes_pass_in_every_disguise(engine: Engine, sources: Sources, name: str) -> None:
    alarms = [
        (rule.id, text)
        for rule in sources.rules.values()
        for text in rule.examples.passes
        if rule.id in engine.rules_hit(request_for(DISGUISES[name](text), rule))
    ]
    total = sum(len(r.examples.passes) for r in sources.rules.values())
    assert len(alarms) / total <= 0.02, alarms


@pytest.mark.parametrize(
    "statement", ["。理财非存款、产品有风险、投资须谨慎。", "，过往业绩不预示未来表现。"]
)
def test_a_disclaimer_excuses_no_promise(engine: Engine, sources: Sources, statement: str) -> None:
    cases = [(rule, text) for rule in sources.rules.values() for text in rule.examples.flag]
    excused = []
    for rule, text in cases:
        report = engine.examine(request_for(text.rstrip("。") + statement, rule), TODAY)
        if all(finding.severity == "info" for finding in report.findings):
            excused.append(text)
    assert len(excused) / len(cases) <= 0.01, excused  # some rules let such a statement stand for an answer


@pytest.mark.parametrize("frame", ["不得宣称“{}”。", "警惕“{}”骗局。"])
def test_what_a_warning_quotes_is_not_said(engine: Engine, sources: Sources, frame: str) -> None:
    alarms = []
    cases = [(r, t) for r in sources.rules.values() for t in r.examples.flag if not set("，。“”！") & set(t)]
    for rule, text in cases:
        if rule.id in engine.rules_hit(CheckRequest(text=frame.format(text))):
            alarms.append((rule.id, text))
    assert len(alarms) / len(cases) <= 0.02, alarms
