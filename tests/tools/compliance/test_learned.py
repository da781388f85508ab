"""What the learned part adds to the rules, what it may silence, and what it may not."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from prompts.datafile import load_jsonl
from tools.compliance import network
from tools.compliance.engine import Engine
from tools.compliance.evaluation import FOLDER, UNTOUCHED, Case, evaluate
from tools.compliance.learned import Learned, dump, load
from tools.compliance.packfiles import BUNDLED
from tools.compliance.report import CheckRequest
from tools.compliance.store import load_ruleset
from tools.values import Product

TODAY = date(2026, 11, 23)
OWN_PACK = """\
pack: own
title: 自有规则
rules:
  - id: OWN-SLOGAN
    title: 旧口号
    category: AD-ABS
    severity: error
    patterns: ["不得再用的旧口号"]
    guards_off: [negation, quotation]
    basis: [ad-9-3]
    explanation: 本行已停用这句口号。
    suggestion: 换成新口号。
    examples:
      flag: [不得再用的旧口号一, 不得再用的旧口号二, 不得再用的旧口号三, 不得再用的旧口号四, 不得再用的旧口号五]
      pass: [新口号, 口号, 旧词, 停用]
"""


@pytest.fixture(scope="module")
def learned(engine: Engine) -> Learned:
    assert engine.ruleset.learned is not None
    return engine.ruleset.learned


def _severities(engine: Engine, text: str, product: Product | None = None) -> dict[str, str]:
    report = engine.examine(CheckRequest(text=text, product=product), TODAY)
    return {finding.rule_id: finding.severity for finding in report.findings}


def test_a_network_hears_what_features_tell_together() -> None:
    # Guilty is the one or the other, but not both: no sum of weights can tell.
    chance = np.random.default_rng(1)
    shown = chance.integers(0, 2, (3000, 2))
    noise = np.eye(20)[chance.integers(0, 20, 3000)] * 0.2
    texts, labels = csr_matrix(np.hstack([shown, 1 - shown, noise])), shown[:, 0] ^ shown[:, 1]
    rows, columns = texts.nonzero()
    features = network.Features(rows, columns, np.asarray(texts[rows, columns]).ravel(), 3000)
    scores = network.fit(texts, labels).scores(features)
    assert ((scores > 0) == (labels == 1)).mean() > 0.95
    assert np.array_equal(scores, network.fit(texts, labels).scores(features))


def test_the_weights_survive_the_file_and_the_cache(learned: Learned, tmp_path: Path) -> None:
    texts = ["跟发工资一样,每月十号准时进账", "理财有涨有跌,请先做风险测评", "rain tomorrow", ""]
    marks = [("about:fund",), ("about:none", "rule:error"), (), ()]
    dump(learned, tmp_path / "weights.json")
    values, rows = learned.kept()
    for again in (load(tmp_path / "weights.json"), Learned.again(values, rows)):
        assert again.scores(texts, marks) == pytest.approx(learned.scores(texts, marks), abs=0.05)
        assert again.gravity(texts[0], marks[0]) == pytest.approx(
            learned.gravity(texts[0], marks[0]), abs=0.05
        )
        assert (again.striking, again.struck) == (learned.striking, learned.struck)


@pytest.mark.parametrize(
    "text",
    [
        "问题一:有同事在电话里说“这个您就当定期存”。此话混同产品,已要求整改,今后一律不得使用。",
        "【反诈小课】第二种骗法:先说“国家兜底,随便投”,再让您把钱转到个人卡。听到就挂电话。",
    ],
)
def test_what_is_taken_apart_does_not_block(engine: Engine, text: str) -> None:
    assert engine.examine(CheckRequest(text=text, product="none"), TODAY).verdict == "pass"


@pytest.mark.parametrize(
    "text",
    [
        "本周新发一款固收产品,保本又灵活,起购金额1万元。风险等级R2,详见产品说明书,欢迎到网点咨询。",
        "社区金融服务日来啦,周六上午九点在网点大厅,提供零钱兑换和手机银行教学,存10万送一桶油,欢迎各位邻居到店。",
        "没问题,这样写:本产品没有任何风险,保本保收益,跟存款一样。",
        "诚邀您参加“保本高收益理财讲座”,周三下午三点,支行三楼。",
    ],
)
def test_an_outright_offence_in_proper_copy_stands(engine: Engine, text: str) -> None:
    assert engine.examine(CheckRequest(text=text), TODAY).verdict == "block"


def test_honest_copy_turns_a_finding_into_a_hint(engine: Engine) -> None:
    text = "足球队招门将!要求:站那儿稳如磐石,能扑出去就行,周六下午三点球场见。"
    assert _severities(engine, text, "none").get("FIN-ROCK-SOLID") in (None, "info")
    assert _severities(engine, "这款产品收益稳如磐石", "wealth_management")["FIN-ROCK-SOLID"] == "error"


def test_a_banks_own_rule_is_always_heard(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN_PACK, encoding="utf-8")
    engine = Engine(load_ruleset([BUNDLED, tmp_path]))
    text = "各位同事,本周培训改到周四,请自带水杯。投影片里还有一处不得再用的旧口号,请删去。"
    assert _severities(engine, text, "none")["OWN-SLOGAN"] == "error"


def test_copy_that_nobody_tuned_on_is_judged_well(engine: Engine) -> None:
    cases = load_jsonl(FOLDER / f"{UNTOUCHED}.jsonl", Case)
    card = evaluate(cases, lambda request: engine.examine(request, TODAY))
    assert card.rate("violation") >= 0.9
    assert card.rate("clean") >= 0.95
    assert card.rate("disclosure") >= 0.85
