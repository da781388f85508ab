"""Numbers of sources run over a turn: what a model reads in each result is what the reply may cite."""

from datetime import date

from langchain_core.messages import HumanMessage, ToolMessage

from assistant.citations import citable, renumber
from tools.segments.model import NextAction, SegmentAnswer, Source
from tools.segments.render import render_segment


def answer(name: str, *sections: str) -> SegmentAnswer:
    sources = tuple(
        Source(document_id="手册", chunk_id=f"手册#{s}", title="手册", section=s, quote=s) for s in sections
    )
    return SegmentAnswer(
        name=name,
        labels=("财富客户",),
        next_actions=tuple(NextAction(text=f"做{s.section}", source=n) for n, s in enumerate(sources)),
        sources=sources,
        as_of=date(2026, 11, 23),
    )


def test_two_customers_in_one_turn_do_not_share_numbers() -> None:
    answers = [answer("王一", "唤醒", "回访"), answer("李二", "融入"), answer("赵三")]
    messages = [
        HumanMessage("查一下三位"),
        *(
            ToolMessage(render_segment(one, "zh"), tool_call_id=str(n), artifact=one)
            for n, one in enumerate(answers)
        ),
    ]
    shown = [str(message.content) for message in renumber(messages)[1:]]
    offered = citable(answers)
    assert {n: c.section for n, c in offered.items()} == {1: "唤醒", 2: "回访", 3: "融入"}
    for number, citation in offered.items():
        text = shown[0] if number < 3 else shown[1]
        assert f"做{citation.section} [{number}]" in text
        assert f"[{number}] 《手册》{citation.section}" in text
    assert "[" not in shown[2]
