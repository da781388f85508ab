"""With an LLM configured it writes the invitations, over real HTTP; what it may not say is never shown."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from assistant.models.remote import Breaker, remote_model
from assistant.models.writing import LetterWriter
from assistant.settings import Settings
from tools.base import Caller
from tools.invitations.drafter import Drafter, open_drafter
from tools.invitations.model import InvitationRequest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_openai import Script, Step, scripted_openai

if TYPE_CHECKING:
    from assistant.build import House

REQUEST = InvitationRequest(
    event={"title": "秋日茶艺沙龙", "starts_at": "2030-10-12T15:00", "venue": "城东支行二楼"},
    segment="affluent",
    channel="wechat",
)
GOOD = "客户朋友您好，最近忙不忙？想邀请您来坐坐：秋日茶艺沙龙，{when}，就在城东支行二楼。方便的话回我一声。"
LONGER = "欢迎您来喝茶聊天，轻松一下，期待与您见面。"


def drafter(house: "House", script: Script) -> Drafter:
    settings = Settings(
        model="openai:scripted", openai_api_key=SecretStr("k"), openai_base_url=script.url, model_retries=0
    )
    writer = LetterWriter(remote_model(settings), Breaker(time.monotonic))
    return open_drafter(
        house.customers, house.segments, house.compliance.check, house.clock, "本行", writer=writer
    )


@pytest.fixture(scope="module")
def caller(house: "House") -> Caller:
    return house.customers.managers()[0]


@pytest.fixture(scope="module")
def plain(house: "House", caller: Caller) -> str:
    return house.drafter.draft(REQUEST, caller).variants[0].text


@pytest.fixture(scope="module")
def when(plain: str) -> str:
    return next(line for line in plain.splitlines() if "2030年" in line).split("：")[-1].strip("。 ")


def written(when: str, plain: str) -> str:
    text = GOOD.format(when=when)
    return text + LONGER * max(0, (len(plain) - len(text)) // (2 * len(LONGER)))


def test_the_models_words_are_offered_where_they_hold_the_facts(
    house: "House", caller: Caller, plain: str, when: str
) -> None:
    with scripted_openai(Step(text=written(when, plain))) as script:
        variant = drafter(house, script).draft(REQUEST, caller).variants[0]
    assert variant.text == written(when, plain) != plain
    assert variant.compliance.verdict == "pass"
    assert "秋日茶艺沙龙" in str(script.requests[0]["messages"])


@pytest.mark.parametrize(
    "change",
    [
        ("城东支行二楼", "云顶大酒店"),
        ("秋日茶艺沙龙", "秋日茶艺会"),
        ("坐坐", "坐坐，到场送礼品一份"),
        ("坐坐", "听张教授讲茶"),
        ("坐坐", "坐坐，仅限20位"),
        ("坐坐", "坐坐，顺便看看稳赚不赔的理财"),
        ("坐坐", "坐坐，详情 https://example.com/x"),
    ],
    ids=["venue", "title", "gift", "speaker", "figure", "promise", "link"],
)
def test_what_the_draft_does_not_hold_is_not_said(
    house: "House", caller: Caller, plain: str, when: str, change: tuple[str, str]
) -> None:
    with scripted_openai(Step(text=written(when, plain).replace(*change))) as script:
        answer = drafter(house, script).draft(REQUEST, caller)
    assert [v.text for v in answer.variants] == [plain]


@pytest.mark.parametrize(
    "step", [Step(status=500), Step(text=""), Step(text="好的。", finish_reason="length")], ids=str
)
def test_a_model_that_fails_costs_nothing_but_its_words(
    house: "House", caller: Caller, plain: str, step: Step
) -> None:
    with scripted_openai(step) as script:
        assert drafter(house, script).draft(REQUEST, caller).variants[0].text == plain
