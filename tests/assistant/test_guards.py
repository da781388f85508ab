"""What the guards let through, mend and drop, whichever model wrote it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.events import Citation
from assistant.guards import Evidence, guarded
from assistant.guards.figures import chinese_number, figures
from assistant.guards.gate import Gate
from tools.compliance.report import ComplianceReport

CITATION = Citation(n=1, document_id="d", chunk_id="d#1", title="活动手册", section="确认", quote="提前三天")


def evidence(said: str = "", *artifacts: object) -> Evidence:
    """The checker here blocks a promise of principal and rewrites nothing."""

    def check(text: str) -> ComplianceReport:
        return ComplianceReport(verdict="block" if "保本" in text else "pass")

    return Evidence(said, artifacts, {1: CITATION}, check)


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        ("提前3天确认[1]。", "提前3天确认[1]。"),
        ("提前3天确认【1】。", "提前3天确认[1]。"),
        ("提前3天确认［1］。", "提前3天确认[1]。"),
        ("提前3天确认[7]。", "提前3天确认。"),
        ("```\na[7]\n```\n", "```\na[7]\n```\n"),
    ],
)
def test_a_citation_must_exist(block: str, shown: str) -> None:
    assert guarded(block, evidence("3"))[0] == shown


@pytest.mark.parametrize(
    ("said", "block", "kept"),
    [
        ("资产800万", "他的资产是8,000,000元。", True),
        ("", "他的资产是8,000,000元。", False),
        ("预算五百", "500元以内可选。", True),
        ("", "预留15%–20%。", False),
        ("15%-20%", "预留15%–20%。", True),
        ("", "1. 保温杯\n2. 茶具\n", True),
        ("", "共 3 位客户。", True),
        ("", "我可以帮您查客户。", True),
    ],
)
def test_a_figure_must_stand_in_the_evidence(said: str, block: str, kept: bool) -> None:
    shown, codes = guarded(block, evidence(said))
    assert (shown == block) is kept
    assert ("ungrounded_removed" in codes) is not kept


def test_the_id_of_ones_own_customer_is_no_figure_without_a_source() -> None:
    asked = "您说的是哪位李女士：李梅（C0427）还是李梅（C0981）？"
    own = Evidence("", (), {}, evidence().check, ids=frozenset({"C0427", "C0981"}))
    assert guarded(asked, own)[0] == asked
    assert guarded(asked, evidence())[0] != asked
    assert guarded("李梅（C0427）有427万元。", own)[0] != "李梅（C0427）有427万元。"


def test_a_draft_by_the_model_is_checked() -> None:
    shown, codes = guarded("> 本行理财保本，放心买\n", evidence())
    assert "保本" not in shown
    assert codes == ("draft_replaced",)


def test_quoting_what_the_user_pasted_is_not_drafting() -> None:
    quoted = "> 本行理财保本，放心买\n"
    assert guarded(quoted, evidence("审一下：本行理财保本，放心买"))[0] == quoted


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("八百万", 8_000_000),
        ("一千二百", 1200),
        ("三十五", 35),
        ("二〇二六", 2026),
        ("十", 10),
        ("两万", 20_000),
    ],
)
def test_chinese_numbers(text: str, number: int) -> None:
    assert chinese_number(text) == number


def test_a_comma_between_two_figures_does_not_join_them() -> None:
    assert list(figures("编号00046，1995年生，资产8,000,000元")) == [46, 1995, 8_000_000]


@given(st.integers(min_value=13, max_value=9999))
def test_units_do_not_hide_a_figure(wan: int) -> None:
    assert set(figures(f"{wan}万")) & set(figures(f"{wan * 10_000:,}"))


@given(st.text(alphabet="保本。！\n>`[1] a”", max_size=80), st.integers(min_value=1, max_value=9))
def test_the_gate_loses_and_invents_nothing(text: str, size: int) -> None:
    gate = Gate()
    blocks = [b for i in range(0, len(text), size) for b in gate.feed(text[i : i + size])]
    assert "".join(blocks) + gate.flush() == text


def test_the_gate_keeps_a_quoted_draft_whole() -> None:
    gate = Gate()
    text = "看这条：\n> 第一句。第二句。\n> 第三句。\n\n好了。\n"
    blocks = [b for c in text for b in gate.feed(c)] + [gate.flush()]
    assert "> 第一句。第二句。\n> 第三句。\n" in blocks
