"""Playbook answers: the sentences of the passages that answer, whole lists kept, each with its citation."""

import re
from collections.abc import Sequence

from assistant.models.wording import Wording
from knowledge.base import Passage
from tools.playbook import KnowledgeAnswer

SHOWN = 3
WHOLE = 700
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_LIST_LINE = re.compile(
    r"^\s*(?:[-*•|]|\d+[.、)）]|[（(][一二三四五六七八九十\d]+[)）]|第[一二三四五六七八九十]+|[①-⑩])"
)


def knowledge_answer(
    answer: KnowledgeAnswer, question: str, words: Wording, cited: int, *, unlawful: bool
) -> str:
    """Quotes with [n]; where nothing is confident, the word that there is no answer, and what is near."""
    numbered = [*enumerate(answer.passages, cited + 1)]
    if not answer.answered:
        near = [
            words.say("knowledge_near_item", title=p.title, section=p.section, n=n)
            for n, p in numbered[:SHOWN]
        ]
        return "\n".join(
            [words.say("knowledge_none"), *([words.say("knowledge_near"), *near] if near else [])]
        )
    chosen = [(n, p) for n, p in numbered if p.confident][:SHOWN]
    head = words.say("knowledge_no" if unlawful else "knowledge_head")
    parts = [_quote(n, passage, question, first=i == 0) for i, (n, passage) in enumerate(chosen)]
    return "\n\n".join([head, *parts])


def _quote(n: int, passage: Passage, question: str, *, first: bool) -> str:
    """The passage's telling lines under its heading; the best passage goes in whole."""
    lines = [line.strip() for line in passage.text.splitlines() if line.strip()]
    lines = [
        line for line in lines if not re.match(r"#\s", line) and line.lstrip("# ") not in passage.section
    ]
    told = [line for line in lines if not line.startswith("#")]
    kept = lines if first and len(passage.text) <= WHOLE else _telling(told, question, 12 if first else 5)
    body = "\n".join(_cited(line, n) for line in kept)
    return f"**《{passage.title}》** {passage.section}\n\n{body}"


def _cited(line: str, n: int) -> str:
    """The line with its citation at the end; a heading goes without."""
    text = re.sub(r"^#+\s*(.+)", r"**\1**", line)
    if re.fullmatch(r"\|[\s:|-]+\|?", text):
        return text
    return f"{text} [{n}]" if text == line and not text.startswith("|") else text


def _telling(lines: Sequence[str], question: str, limit: int) -> list[str]:
    """The sentences nearest to the question, in their order; a list comes along as a whole."""
    pieces: list[str] = []
    for line in lines:
        pieces += [line] if _LIST_LINE.match(line) else _SENTENCE.findall(line)
    grams = _grams(question)
    ranked = sorted(range(len(pieces)), key=lambda i: -len(grams & _grams(pieces[i])))
    chosen = set(ranked[:limit])
    for i, piece in enumerate(pieces):
        beside = i - 1 in chosen and _LIST_LINE.match(piece)
        if beside and (_LIST_LINE.match(pieces[i - 1]) or pieces[i - 1].rstrip().endswith(("：", ":"))):
            chosen.add(i)
    return [pieces[i].strip() for i in sorted(chosen)]


def _grams(text: str) -> set[str]:
    bare = re.sub(r"[^\w]", "", text.lower())
    return {bare[i : i + 2] for i in range(len(bare) - 1)}
