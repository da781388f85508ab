"""The knowledge base as a tool: passages with their source, or the honest word that there is none."""

from pydantic import Field

from knowledge.base import Knowledge, Passage
from prompts.datafile import Frozen
from tools.base import Caller
from tools.values import Language


class SearchKnowledge(Frozen):
    """A question to the playbook and the rulebook, in the user's own words."""

    query: str = Field(min_length=1, max_length=2000, description="要查的问题,用用户原话")
    top_k: int = Field(default=5, ge=1, le=20)


class KnowledgeAnswer(Frozen):
    """``answered`` is False where no passage is good enough to answer from; they are then only near."""

    query: str
    answered: bool
    passages: tuple[Passage, ...]


class Playbook:
    """Search with the caller's role as audience."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    def search(self, request: SearchKnowledge, caller: Caller) -> KnowledgeAnswer:
        passages = self._knowledge.search(request.query, top_k=request.top_k, role=caller.role)
        return KnowledgeAnswer(
            query=request.query, answered=any(p.confident for p in passages), passages=passages
        )


def render(answer: KnowledgeAnswer, language: Language) -> str:
    """The passages as text, best first; a model that cites sees them under their numbers instead."""
    none = {"zh": "知识库里没有能回答这个问题的内容。", "en": "The knowledge base has no answer to this."}
    shown = "\n\n".join(f"《{p.title}》{p.section}\n{p.text}" for p in answer.passages)
    return shown if answer.answered else f"{none[language]}\n\n{shown}".strip()
