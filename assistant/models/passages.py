"""Playbook answers: the sentences of the passages that answer, whole lists kept, each with its citation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from assistant.models.wording import Wording
from knowledge.base import Passage
from tools.playbook import KnowledgeAnswer

SHOWN = 3
WHOLE = 260
LINES, FEW = 8, 4
NEAR = 0.5
_ALIKE = 0.7
_SENTENCE = re.compile(r"[^。！？!?；;\n]+[。！？!?；;]?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
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
    parts = [
        _quote(n, passage, question, words.language, first=i == 0) for i, (n, passage) in enumerate(chosen)
    ]
    return "\n\n".join([head, *parts])


def _quote(n: int, passage: Passage, question: str, language: str, *, first: bool) -> str:
    """The section that was found, under its heading; what else of the passage is as near to the question."""
    blocks = [
        replace(block, lines=tuple(_in_language(line, language) for line in block.lines))
        for block in _blocks(passage.text)
    ]
    own = [block for block in blocks if block.heading and passage.section.endswith(block.heading)]
    grams = _grams(question)
    kept: list[str] = []
    if own:
        kept += _shortened(own[0].lines, grams, LINES if first else FEW)
        near = _overlap(grams, own[0])
        rest = [b for b in blocks if b is not own[0]]
        others = [b for b in rest if _overlap(grams, b) >= max(NEAR * near, 2)]
        others = sorted(others, key=lambda b: -_overlap(grams, b))[: 2 if first else 1]
        if first and language != "zh" and _length(rest) <= 2 * WHOLE:
            others = rest  # an English question shares no characters with what answers it
        elif first:
            others += [b for b in rest if b not in others and _siblings(own[0], b)]
    else:
        others = sorted(blocks, key=lambda b: -_overlap(grams, b))[:1]
    for block in others:
        kept += [f"**{block.heading}**"] if block.heading else []
        kept += _shortened(block.lines, grams, FEW)
    body = "\n".join(_cited(line, n) for line in kept)
    return f"**《{passage.title}》** {passage.section}\n\n{body}"


@dataclass(frozen=True)
class _Block:
    """A heading of a passage and the lines under it."""

    heading: str
    lines: tuple[str, ...]


def _blocks(text: str) -> list[_Block]:
    found: list[tuple[str, list[str]]] = [("", [])]
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("#"):
            found.append((line.lstrip("# "), []))
        else:
            found[-1][1].append(line)
    return [_Block(heading, tuple(lines)) for heading, lines in found if lines]


def _length(blocks: Sequence[_Block]) -> int:
    return sum(len(line) for block in blocks for line in block.lines)


def _siblings(one: _Block, other: _Block) -> bool:
    """Headings of one list: 复盘的业务维度, 复盘的客户维度, 复盘的成本维度."""
    first, second = (re.split("[：:]", block.heading)[0] for block in (one, other))
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _ALIKE


def _overlap(grams: set[str], block: _Block) -> int:
    return len(grams & _grams(" ".join((block.heading, *block.lines))))


def _in_language(line: str, language: str) -> str:
    """The line without its sentences in the other language, where both are there."""
    pieces = _SENTENCE.findall(line)
    chosen = [p for p in pieces if bool(_CHINESE.search(p)) == (language == "zh")]
    return "".join(chosen if language == "zh" and chosen else pieces).strip()


def _shortened(lines: Sequence[str], grams: set[str], limit: int) -> list[str]:
    """All lines where they are few, else those that tell."""
    return [*lines] if sum(map(len, lines)) <= WHOLE else _telling(lines, grams, limit)


def _cited(line: str, n: int) -> str:
    """The line with its citation at the end; a heading goes without."""
    text = re.sub(r"^#+\s*(.+)", r"**\1**", line)
    if re.fullmatch(r"\|[\s:|-]+\|?", text):
        return text
    return f"{text} [{n}]" if text == line and not text.startswith("|") else text


def _telling(lines: Sequence[str], grams: set[str], limit: int) -> list[str]:
    """The sentences nearest to the question, in their order; a list comes along as a whole."""
    pieces: list[str] = []
    for line in lines:
        pieces += [line] if _LIST_LINE.match(line) else _SENTENCE.findall(line)
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
