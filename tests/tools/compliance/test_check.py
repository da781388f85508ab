"""What a manager sees: denial, quotation, questions, disguise, verdicts, revised texts, dates and bad input."""

import time
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from prompts.datafile import DataFileError
from tools.compliance.compiled import read, write
from tools.compliance.engine import Engine
from tools.compliance.normal import joined, plain
from tools.compliance.packfiles import BUNDLED
from tools.compliance.render import render
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.service import ComplianceService
from tools.compliance.store import load_ruleset

TODAY = date(2026, 11, 23)


def check(engine: Engine, text: str, **given: str) -> ComplianceReport:
    return engine.check(CheckRequest.model_validate({"text": text, **given}), TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "本产品不保本，不保证收益",
        "非保本浮动收益",
        "风险等级：R2（中低风险）",
        "最高可贷30万元，年化利率（单利）3.6%起，以实际审批为准",
        "请勿轻信“稳赚不赔”“保本高收益”等虚假宣传",
        "警惕高收益诱惑，谨防“零风险”骗局",
        "第一季度网点服务公告",
        "唯一标识码请妥善保管",
        "国债由国家信用担保",
        "为确保本周六设备升级顺利，自助区提早关门",
        "确保 本周内完成系统升级",
        "依照存款保险制度，同一储户本息合并计算，最高偿付限额50万元",
        "“买它跟存定期一样。”——不一样，它没有存款保险",
        "以下话术一律不得使用：\n稳赚不赔\n零风险",
    ],
)
def test_lawful_copy_passes(engine: Engine, text: str) -> None:
    report = check(engine, text)
    assert report.verdict == "pass", report.findings


@pytest.mark.parametrize(
    "text",
    [
        "本产品保 本 保 收 益",
        "保·本无忧",
        "煲本保息",
        "葆·本·葆·息",
        "“保本吗？”——保！这款理财您放心",
        "本產品保證收益",
        "零-风-险理财",
        "严禁错过！保本高收益理财来了",
        "不得不说，这款理财真是保本又保收益",
        "不容错过的无风险好产品",
        "别人都说“保本”，我们真保本",
        "保\u200b本收益",
        "收益稳如磐石，从未亏过",
        "史上最高收益",
    ],
)
def test_promises_are_blocked_however_written(engine: Engine, text: str) -> None:
    assert check(engine, text).verdict == "block"


def test_a_disclaimer_elsewhere_excuses_nothing(engine: Engine) -> None:
    text = "这款理财稳赚不赔。理财非存款、产品有风险、投资须谨慎。"
    assert check(engine, text).verdict == "block"


def test_the_revised_text_passes_and_keeps_the_facts(engine: Engine) -> None:
    text = (
        "新一期净值型理财开售，稳赚不赔，期限180天，1元起购，风险等级R2，发行机构为某某理财公司。"
        "欢迎到网点咨询，产品说明书可在手机银行查阅。"
    )
    revised = check(engine, text, product="wealth_management").revised_text
    assert revised is not None
    assert "稳赚" not in revised and "期限180天" in revised and "风险等级R2" in revised
    assert "理财非存款、产品有风险、投资须谨慎" in revised
    assert check(engine, revised, product="wealth_management").verdict == "pass"


def test_where_nothing_honest_remains_the_reason_is_said(engine: Engine) -> None:
    report = check(engine, "稳赚不赔！")
    assert report.revised_text is None and report.revision_note


def test_a_long_text_is_revised_in_no_more_than_some_checks(engine: Engine) -> None:
    request = CheckRequest(text="本产品保本保收益，欢迎选购。\n请各位同事周五前交齐台账，谢谢。\n" * 4_000)
    started = time.process_time()
    engine.examine(request, TODAY)
    examined = time.process_time() - started
    started = time.process_time()
    report = engine.check(request, TODAY)
    assert report.verdict == "block" and report.revised_text is not None
    assert "保本" not in report.revised_text and report.revised_text.count("交齐台账") == 4_000
    assert time.process_time() - started < 12 * examined


def test_blanks_between_chinese_and_figures_hide_nothing(engine: Engine) -> None:
    text = "这款理财 5 万元起，100 % 保本，到期 3 个月"
    (finding, *_) = [f for f in check(engine, text).findings if f.severity == "error"]
    assert text[finding.start : finding.end] == finding.text
    assert "符号" not in finding.reason
    assert "符号" in next(f.reason for f in check(engine, "这款理财保 本，放心买").findings if "本" in f.text)


def test_only_what_is_guilty_is_pointed_at(engine: Engine) -> None:
    text = "奶奶，您孙子的压岁钱交给我打理，回头翻出个小金库，一块也短不了您的。营业时间是九点到五点。"
    found = [f for f in check(engine, text, product="wealth_management").findings if f.severity != "info"]
    assert any("短不了" in f.text for f in found)
    assert not any("营业时间" in f.text for f in found)


def test_a_rule_binds_only_while_its_basis_is_in_force(engine: Engine) -> None:
    request = CheckRequest(text="门槛超低的信用产品", product="loan")
    assert engine.check(request, TODAY).verdict == "revise"
    assert engine.check(request, date(2026, 9, 29)).verdict == "pass"


def test_the_words_of_a_report_approve_nothing(engine: Engine) -> None:
    for text in ("今天网点照常营业", "稳赚不赔"):
        for language in ("zh", "en"):
            said = render(check(engine, text), language)
            assert "合规" not in said and "可发布" not in said and said.strip()


@pytest.mark.parametrize("text", ["", "稳" * 1_000_001])
def test_too_little_and_too_much_text_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        CheckRequest(text=text)


@pytest.mark.parametrize("text", ["\x00稳赚不赔\x00", "稳赚不赔\r\n" * 3, "🎁" * 50 + "稳赚不赔"])
def test_odd_characters_shift_nothing(engine: Engine, text: str) -> None:
    report = check(engine, text)
    assert any("稳赚" in f.text for f in report.findings)
    assert all(text[f.start : f.end] == f.text for f in report.findings)


@pytest.mark.parametrize(
    "said", ["我行理财保本保息,年化收益率高达8%,稳赚不赔", "保 本保*息,全国第\n一", "本金绝不会亏"]
)
def test_a_phrase_is_found_wherever_in_a_long_text_it_stands(engine: Engine, said: str) -> None:
    unit = f"{said}。网点周末照常营业,欢迎到店咨询。\n"
    copies = 1_000_000 // len(unit)
    stream = plain(unit * copies, {})
    found: dict[int, set[tuple[str, int, int]]] = {}
    for match in engine.ruleset.matcher.scan(stream, joined(stream)).matches:
        start, end = match.stream.origin(match.start, match.end)
        found.setdefault(start // len(unit), set()).add((match.rule, start % len(unit), end - start))
    assert found[1]
    assert [number for number in range(copies) if found.get(number) != found[1]] == []


@pytest.mark.parametrize(
    "unit", ["保", "收益", "不", "稳赚不赔", "存10万送", "，", "（", "保证保证", "“警惕", " 保 "]
)
def test_time_grows_with_length_and_no_faster(engine: Engine, unit: str) -> None:
    def seconds(length: int) -> float:
        text = (unit * length)[:length]
        started = time.perf_counter()
        engine.examine(CheckRequest(text=text), TODAY)
        return time.perf_counter() - started

    seconds(1_000)
    short, long = seconds(10_000), seconds(40_000)
    assert long < max(0.05, short) * 12


def overlay(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "bank.yaml").write_text(text, encoding="utf-8")
    return folder


OWN_RULE = """
pack: bank
title: 本行补充
disable: [PROMO-TERMS]
rules:
  - id: BANK-SLOGAN
    title: 停用口号
    category: BANK
    severity: warning
    patterns: ["旧口号专用词"]
    basis: [ad-4]
    explanation: 口号已停用。
    suggestion: 删去。
    examples:
      flag: [旧口号专用词, 用旧口号专用词, 旧口号专用词好, 看旧口号专用词, 说旧口号专用词]
      pass: [新口号, 口号, 旧词, 专用词]
"""


def test_a_bank_adds_and_switches_off_and_a_broken_pack_changes_nothing(tmp_path: Path) -> None:
    folder = overlay(tmp_path / "rules", OWN_RULE)
    service = ComplianceService(lambda: TODAY, [folder], tmp_path / "cache")
    before = service.ruleset
    assert service.check(CheckRequest(text="旧口号专用词")).verdict == "revise"
    assert service.check(CheckRequest(text="活动最终解释权归本行所有")).verdict == "pass"
    overlay(folder, OWN_RULE.replace("severity: warning", "severity: fatal"))
    with pytest.raises(DataFileError) as refused:
        service.reload()
    assert (refused.value.line, refused.value.field) == (9, "rules.0.severity")
    overlay(folder, OWN_RULE.replace("flag: [旧口号专用词,", "flag: [别的话,"))
    with pytest.raises(DataFileError) as refused:
        service.reload()
    assert refused.value.field == "rules.0.examples.flag.0"
    assert service.ruleset is before
    assert service.check(CheckRequest(text="旧口号专用词")).ruleset_hash == before.hash


@pytest.mark.parametrize(
    "pattern", ["好.*的", "(a{1,9}b){1,9}", "[一-九]{1,3}", "{no_such_concept}", "(a)\\\\1"]
)
def test_patterns_that_could_run_away_are_refused(tmp_path: Path, pattern: str) -> None:
    folder = overlay(tmp_path, OWN_RULE.replace('旧口号专用词"]', f'{pattern}"]'))
    with pytest.raises(DataFileError):
        load_ruleset([BUNDLED, folder])


def test_the_cache_gives_the_same_rules(tmp_path: Path) -> None:
    first = load_ruleset(cache=tmp_path)
    started = time.perf_counter()
    second = load_ruleset(cache=tmp_path)
    assert time.perf_counter() - started < 5
    request = CheckRequest(text="稳赚不赔的理财")
    assert Engine(first).check(request, TODAY) == Engine(second).check(request, TODAY)


def test_a_damaged_cache_is_no_cache(tmp_path: Path) -> None:
    path, rows = tmp_path / "folder" / "rules.bin", np.arange(-5, 300, dtype=np.int32)
    write({"format": 1, "词": ["保本\n"], "arrays": {"a": rows, "none": rows[:0], "b": rows[:7]}}, path)
    whole = read(path)
    assert whole is not None
    assert (whole["format"], whole["词"]) == (1, ["保本\n"])
    assert {name: row.tolist() for name, row in whole["arrays"].items()} == {
        "a": rows.tolist(), "none": [], "b": rows[:7].tolist()
    }  # fmt: skip
    content = path.read_bytes()
    damaged = [content[:size] for size in range(0, len(content), 7)]
    damaged += [b"{}", b"\n\n", content + b"\0", content[:-400] + bytes(400)]
    for written in damaged:
        path.write_bytes(written)
        assert read(path) is None
    assert read(tmp_path / "nothing") is None
    assert read(tmp_path) is None
