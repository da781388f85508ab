"""Segment answers and customer lists as short Markdown."""

from datetime import date
from functools import cache
from pathlib import Path

from prompts.datafile import load_yaml
from tools.segments.model import CustomerList, NextAction, SegmentAnswer
from tools.values import Language

WORDS = Path(__file__).parent / "words.yaml"


@cache
def _words(language: Language) -> dict[str, str]:
    return load_yaml(WORDS, dict[Language, dict[str, str]])[language]


def render_segment(answer: SegmentAnswer, language: Language) -> str:
    """Segments, the dated evidence, what to do next with numbered sources, and what not to do."""
    words = _words(language)
    facts = [words["age"].format(age=answer.age)] if answer.age is not None else []
    if answer.assets is not None:
        facts.append(words["assets"].format(assets=f"{answer.assets / 10_000:,.0f}"))
    if answer.rfm:
        facts.append(
            words["rfm"].format(
                r=answer.rfm.recency,
                f=answer.rfm.frequency,
                m=answer.rfm.monetary,
                segment=answer.rfm.segment,
                count=answer.rfm.transactions_12m,
            )
        )
    joined = words["separator"].join
    lines = [words["head"].format(name=answer.name, labels=joined(answer.labels)), *facts]
    lines += [words["tags"].format(tags=joined(answer.tags))] if answer.tags else []
    lines += [*answer.churn_signals]
    if answer.as_of:
        facts = [words["fact"].format(label=e.label, value=e.value) for e in answer.evidence]
        lines.append(words["evidence"].format(day=answer.as_of, items="；".join(facts)))
    lines += [words["next"].format(text=_sourced(action)) for action in answer.next_actions]
    for limit in answer.restrictions:
        cited = "；".join(rule.cited for rule in limit.basis)
        text = limit.text + (words["basis"].format(basis=cited) if cited else "")
        lines.append(words["never"].format(text=text))
    lines += [words["unknown"].format(unknown=joined(answer.unknown))] if answer.unknown else []
    sources = [words["source"].format(n=n, **s.model_dump()) for n, s in enumerate(answer.sources, 1)]
    return "\n".join([lines[0], *(f"- {line}" for line in lines[1:]), *sources])


def _sourced(action: NextAction) -> str:
    """The action with the number of its source within the answer."""
    return action.text + (f" [{action.source + 1}]" if action.source is not None else "")


def render_built(day: date, count: int | None, language: Language) -> str:
    """How many customers a day's snapshot holds, or that the one which is there was left alone."""
    return _words(language)["kept" if count is None else "built"].format(day=day, count=count)


def render_list(found: CustomerList, language: Language) -> str:
    """The count, then one line a customer."""
    words = _words(language)
    if not found.total:
        return words["none"].format(described=found.described)
    head = words["total"].format(described=found.described, total=found.total)
    rows = (
        words["row"].format(name=c.name, id=c.id, tier=c.tier_label, reason=c.reason) for c in found.customers
    )
    return "\n".join([head, *(f"- {row}" for row in rows)])
