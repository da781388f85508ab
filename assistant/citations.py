"""Citations: which passages a turn may cite, under which number.

Numbers run over the turn in the order of its tool results: passages of searches first to last, and the
sources of segment answers where they stand. Attaching sources afterwards by similarity looks plausible
and is wrong; a number that stands for no passage is removed instead.
"""

import re
from collections.abc import Iterable, Sequence

from langchain_core.messages import AnyMessage, BaseMessage, HumanMessage, ToolMessage

from assistant.events import Citation
from knowledge.base import Passage
from tools.errors import Ambiguous
from tools.playbook import KnowledgeAnswer
from tools.segments.model import SegmentAnswer, Source

QUOTE_CHARACTERS = 400
MARK = re.compile(r"[\[［【](\d{1,3})[\]］】]")


def citable(artifacts: Iterable[object]) -> dict[int, Citation]:
    """Every citation the turn's tool results offer, by number."""
    found: dict[int, Citation] = {}
    for artifact in artifacts:
        for source in _sources(artifact):
            found[len(found) + 1] = _citation(len(found) + 1, source)
    return found


def artifacts_of_turn(messages: Sequence[BaseMessage]) -> list[object]:
    """What the tools answered since the last question, in order; of errors, the one that offers a choice."""
    artifacts: list[object] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            artifacts = []
        elif isinstance(message, ToolMessage) and tells(message):
            artifacts.append(message.artifact)
    return artifacts


def tells(message: ToolMessage) -> bool:
    """Whether what came back may be said again: an answer, or the one error that offers a choice."""
    return message.status != "error" or isinstance(message.artifact, Ambiguous)


def renumber(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The messages with this turn's results showing each passage and source under its citation number."""
    last = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    shown, n = list(messages), 0
    for i in range(last, len(shown)):
        message = shown[i]
        if not isinstance(message, ToolMessage) or message.status == "error":
            continue
        sources = _sources(message.artifact)
        if isinstance(message.artifact, KnowledgeAnswer):
            lines = [f"[{n + k}] {_heading(s)}\n{s.text}" for k, s in enumerate(message.artifact.passages, 1)]
            if not message.artifact.answered:
                lines.insert(0, "（以下只是相近内容，不足以回答）")
            shown[i] = message.model_copy(update={"content": "\n\n".join(lines)})
        elif sources and n:
            shown[i] = message.model_copy(update={"content": _shifted(str(message.content), n)})
        n += len(sources)
    return shown


def _shifted(text: str, by: int) -> str:
    """The numbers of an answer's own sources as they run in the turn."""
    return MARK.sub(lambda mark: f"[{int(mark[1]) + by}]", text)


def _sources(artifact: object) -> Sequence[Passage | Source]:
    if isinstance(artifact, KnowledgeAnswer):
        return artifact.passages
    return artifact.sources if isinstance(artifact, SegmentAnswer) else ()


def _heading(passage: Passage) -> str:
    return f"《{passage.title}》{passage.section}"


def _citation(n: int, source: Passage | Source) -> Citation:
    quote = source.text if isinstance(source, Passage) else source.quote
    return Citation(
        n=n,
        document_id=source.document_id,
        chunk_id=source.chunk_id,
        title=source.title,
        section=source.section,
        quote=quote[:QUOTE_CHARACTERS],
    )
