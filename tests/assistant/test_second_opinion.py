"""With an LLM and the wish for it, reports carry its remarks, over real HTTP; rules keep the verdict."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from assistant.models.opinion import RULE_ID, SecondOpinion
from assistant.models.remote import Breaker, remote_model
from assistant.settings import Settings
from tools.compliance.report import CheckRequest, ComplianceReport

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_openai import Script, Step, scripted_openai

if TYPE_CHECKING:
    from assistant.build import House

TEXT = "这款理财保本，会议室在三楼左手第二间。客户王女士电话13812345678。"


def reviewed(house: "House", script: Script, text: str = TEXT) -> ComplianceReport:
    settings = Settings(
        model="openai:scripted", openai_api_key=SecretStr("k"), openai_base_url=script.url, model_retries=0
    )
    opinion = SecondOpinion(
        house.compliance.check, remote_model(settings), Breaker(time.monotonic), house.texts
    )
    return opinion(CheckRequest(text=text))


def remarks(*passages: str) -> Step:
    listed = [{"passage": passage, "reason": "像客户见证"} for passage in passages]
    return Step(text="好的，如下：\n```json\n" + json.dumps(listed, ensure_ascii=False) + "\n```")


def test_a_remark_is_added_in_its_place_and_marked(house: "House") -> None:
    rules = house.compliance.check(CheckRequest(text=TEXT))
    with scripted_openai(remarks("会议室在三楼左手第二间", "保本", "文中没有的话")) as script:
        report = reviewed(house, script)
    assert report.findings[: len(rules.findings)] == rules.findings
    (added,) = report.findings[len(rules.findings) :]
    assert (added.rule_id, added.severity) == (RULE_ID, "info")
    assert TEXT[added.start : added.end] == added.text == "会议室在三楼左手第二间"
    assert "模型意见" in added.reason and added.basis and added.suggestion
    assert report.verdict == rules.verdict and report.revised_text == rules.revised_text
    assert "13812345678" not in json.dumps(script.requests[0], ensure_ascii=False)


@pytest.mark.parametrize(
    "step",
    [Step(status=500), Step(text="没有问题"), Step(text='[{"passage": 3}]'), Step(text="[]"), remarks("")],
    ids=["down", "prose", "malformed", "nothing", "empty passage"],
)
def test_a_model_that_says_nothing_useful_changes_nothing(house: "House", step: Step) -> None:
    with scripted_openai(step) as script:
        assert reviewed(house, script) == house.compliance.check(CheckRequest(text=TEXT))
