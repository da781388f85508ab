"""A turn on an OpenAI-compatible LLM, over real HTTP against a scripted server: what works, what breaks."""

import itertools
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from pydantic import SecretStr

from assistant import audit, transcript
from assistant.agent import AgentParts, build_agent
from assistant.database import open_engine
from assistant.events import ChatReply, Event, TextWithdrawn, TurnFinished
from assistant.models.masking import MaskedForTheModel
from assistant.models.remote import Breaker, remote_model
from assistant.models.resilience import FallbackToEmbedded
from assistant.settings import Settings
from assistant.toolbox import langchain_tools
from assistant.turn import TurnParts, Turns
from prompts.texts import load_texts
from tools.base import Caller, ToolSpec
from tools.compliance.report import ComplianceReport
from tools.errors import NotFound
from tools.playbook import KnowledgeAnswer, Passage, SearchKnowledge, render

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from scripted_openai import Script, Step, scripted_openai

RM = Caller("RM001", "林晓")
PASSAGE = Passage(
    document_id="events",
    chunk_id="events#3",
    title="活动手册",
    section="邀约",
    text="邀约后提前3天二次确认。",
    score=0.9,
    confident=True,
    start=0,
    end=12,
)


def search(request: SearchKnowledge, _caller: Caller) -> KnowledgeAnswer:
    if request.query == "boom":
        raise NotFound("document", "boom")
    return KnowledgeAnswer(query=request.query, answered=True, passages=(PASSAGE,))


class Echo(GenericFakeChatModel):
    """Stands where the embedded model stands: always the same honest sentence."""

    def bind_tools(self, tools: object, **_: object) -> "Echo":
        return self


@pytest.fixture
def turns(tmp_path: Path) -> Iterator["Rig"]:
    yield Rig(tmp_path)


class Rig:
    """Real turns over a real database, with one tool."""

    def __init__(self, folder: Path) -> None:
        self.engine = open_engine(f"sqlite:///{folder / 'x.sqlite3'}")
        for metadata in (audit.metadata, transcript.metadata):
            metadata.create_all(self.engine)
        self.breaker = Breaker(iter(itertools.count()).__next__)

    def run(
        self, script: Script, message: str, conversation: str | None = None
    ) -> tuple[ChatReply, list[Event]]:
        settings = Settings(
            model="openai:scripted",
            openai_api_key=SecretStr("k"),
            openai_base_url=script.url,
            model_retries=0,
            model_timeout_s=0.6,
        )
        texts = load_texts()
        specs = {
            "search_knowledge": ToolSpec("search_knowledge", SearchKnowledge, KnowledgeAnswer, search, render)
        }
        embedded = Echo(messages=itertools.repeat(AIMessage("我是内置模型。")))
        ids = itertools.count()
        self.transcript = transcript.Transcript(
            self.engine, lambda: datetime.now(UTC), lambda: f"{id(script)}-{next(ids)}"
        )
        parts = TurnParts(
            agent=build_agent(
                AgentParts(
                    remote_model(settings),
                    langchain_tools(specs.values(), texts),
                    texts.system,
                    4,
                    (FallbackToEmbedded(embedded, self.breaker), MaskedForTheModel()),
                )
            ),
            specs=specs,
            transcript=self.transcript,
            audit=audit.AuditLog(self.engine, lambda: datetime.now(UTC)),
            texts=texts,
            check=lambda _: ComplianceReport(verdict="pass"),
            count_tokens=len,
            versions=dict,
            new_id=lambda: f"{id(script)}-{next(ids)}",
            model_name="scripted",
            context_tokens=4000,
            max_message_chars=500,
        )

        async def collect() -> list[Event]:
            return [event async for event in Turns(parts).run(message, RM, conversation)]

        events = anyio.run(collect)
        assert isinstance(events[-1], TurnFinished)
        return events[-1].reply, events


CALL = Step(tool_calls=(("search_knowledge", json.dumps({"query": "几天确认"})),))


def test_a_tool_answer_is_cited_and_kept(turns: Rig) -> None:
    with scripted_openai(CALL, Step(text="提前3天再确认一次[1]。")) as script:
        reply, _ = turns.run(script, "邀约后几天确认？")
    assert reply.text == "提前3天再确认一次[1]。"
    assert [c.chunk_id for c in reply.citations] == ["events#3"]
    assert [(c.name, c.status) for c in reply.tool_calls] == [("search_knowledge", "ok")]
    assert reply.usage.input_tokens == 22
    shown = script.requests[1]["messages"][-1]["content"]
    assert shown.startswith("[1] 《活动手册》")
    assert turns.transcript.history(reply.conversation_id, RM)[-1].reply == reply


def test_the_caller_is_never_an_argument(turns: Rig) -> None:
    with scripted_openai(Step(text="好的。")) as script:
        turns.run(script, "你好")
    schema = json.dumps(script.requests[0]["tools"])
    assert "runtime" not in schema
    assert "caller" not in schema


def test_invented_figures_and_citations_do_not_reach_the_user(turns: Rig) -> None:
    with scripted_openai(CALL, Step(text="提前3天确认[1]。到场率可达87%[4]。")) as script:
        reply, _ = turns.run(script, "几天确认？")
    assert reply.text == "提前3天确认[1]。"
    assert reply.notices


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ((Step(status=500),), "server_error"),
        ((Step(status=429, error_code="rate_limit"),), "rate_limited"),
        ((Step(status=401),), "credentials"),
        ((Step(text=""), Step(text="")), "empty"),
        ((Step(text="说到一半。然后", truncate=True),) * 2, "truncated"),
        ((Step(text="不行。", finish_reason="content_filter"),), "content_filter"),
        ((Step(delay_s=0.9),), "timeout"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failing_llm_is_replaced_and_the_user_told(
    turns: Rig, steps: tuple[Step, ...], reason: str
) -> None:
    with scripted_openai(*steps) as script:
        reply, _ = turns.run(script, "几天确认？")
    assert reply.text == "我是内置模型。"
    assert len(reply.notices) == 1
    assert reason in reply.notices[0]


def test_half_an_answer_is_withdrawn_not_kept(turns: Rig) -> None:
    half = Step(text="说到一半就断了。后面还有", truncate=True)
    with scripted_openai(half, Step(text="这回说完了。")) as script:
        reply, events = turns.run(script, "几天确认？")
    assert reply.text == "这回说完了。"
    assert any(isinstance(event, TextWithdrawn) for event in events)


def test_a_context_that_is_too_long_is_cut_to_the_question(turns: Rig) -> None:
    with scripted_openai(Step(text="第一轮。")) as script:
        first, _ = turns.run(script, "你好")
    too_long = Step(status=400, error_code="context_length_exceeded")
    with scripted_openai(too_long, Step(text="第二轮。")) as script:
        reply, _ = turns.run(script, "再问一句", first.conversation_id)
    assert reply.text == "第二轮。"
    assert len(script.requests[0]["messages"]) == 4
    assert len(script.requests[1]["messages"]) == 2


def test_an_endless_tool_loop_is_stopped(turns: Rig) -> None:
    with scripted_openai(*[CALL] * 4) as script:
        reply, _ = turns.run(script, "几天确认？")
    assert "步骤太多" in reply.text


def test_unknown_tools_and_bad_arguments_come_back_as_messages(turns: Rig) -> None:
    bad = Step(tool_calls=(("transfer_money", "{}"), ("search_knowledge", '{"top_k": 900}')))
    missing = Step(tool_calls=(("search_knowledge", '{"query": "boom"}'),))
    with scripted_openai(bad, missing, Step(text="没有查到。")) as script:
        reply, _ = turns.run(script, "查一下")
    assert reply.text == "没有查到。"
    assert [c.status for c in reply.tool_calls] == ["error", "error", "error"]


def test_personal_data_does_not_leave_and_comes_back(turns: Rig) -> None:
    with scripted_openai(Step(text="收到。")) as probe:
        turns.run(probe, "客户手机19900001234，帮我记一下")
    sent = probe.requests[0]["messages"][-1]["content"]
    assert "19900001234" not in json.dumps(probe.requests)
    token = sent[sent.index("⟦") : sent.index("⟧") + 1]
    call = Step(tool_calls=(("search_knowledge", json.dumps({"query": f"{token}怎么登记"})),))
    with scripted_openai(call, Step(text=f"号码{token}不必登记。")) as script:
        reply, _ = turns.run(script, "客户手机19900001234，帮我记一下")
    assert reply.text == "号码19900001234不必登记。"
    assert reply.tool_calls[0].args == {"query": "19900001234怎么登记"}
    assert "19900001234" not in json.dumps(script.requests)


def test_malformed_arguments_are_told_to_the_model(turns: Rig) -> None:
    broken = Step(tool_calls=(("search_knowledge", '{"query": '),))
    with scripted_openai(broken, CALL, Step(text="提前3天[1]。")) as script:
        reply, _ = turns.run(script, "几天确认？")
    assert reply.text == "提前3天[1]。"
    assert [c.status for c in reply.tool_calls] == ["error", "ok"]


def test_the_breaker_spares_a_dead_server(turns: Rig) -> None:
    for _ in range(3):
        with scripted_openai(Step(status=503)) as script:
            turns.run(script, "你好")
    with scripted_openai() as script:
        reply, _ = turns.run(script, "你好")
    assert reply.text == "我是内置模型。"


def test_the_second_turn_carries_calls_with_their_results(turns: Rig) -> None:
    with scripted_openai(CALL, Step(text="提前3天[1]。")) as script:
        first, _ = turns.run(script, "几天确认？")
    with scripted_openai(Step(text="对。")) as script:
        turns.run(script, "确定吗", first.conversation_id)
    roles = [m["role"] for m in script.requests[0]["messages"]]
    assert roles == ["system", "user", "assistant", "tool", "assistant", "user"]
