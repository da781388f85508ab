"""Documents as they are found, not as they were written: flattened, Traditional, with pinyin, furniture and GB18030."""

import random
import re

import pytest
from opencc import OpenCC
from pypinyin import lazy_pinyin

from knowledge.evaluation import QUESTIONS, Question, answers
from knowledge.library import BUNDLED, Library, open_library
from prompts.datafile import load_jsonl

FURNITURE = ("第 3 页 共 12 页", "下载本文档", "首页 > 资料 > 营销方案", "来源：内部资料", "返回顶部")
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.S)


def found_as_is(text: str, chance: random.Random) -> str:
    """``text`` after a web page and two converters: headings flattened, some characters with their sound behind."""
    text = _FRONT_MATTER.sub("", text)
    lines = []
    for line in text.splitlines():
        flat = re.sub(r"^#+\s*|^[-*]\s+|\*\*|\|", "", line).strip()
        noisy = "".join(
            f"{c}({lazy_pinyin(c)[0]})" if "一" <= c <= "鿿" and chance.random() < 0.02 else c for c in flat
        )
        lines.append(noisy)
        if chance.random() < 0.04:
            lines.append(chance.choice(FURNITURE))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("noisy")
    chance, traditional = random.Random(11), OpenCC("s2t")
    for number, path in enumerate(sorted(BUNDLED.rglob("*.md"))):
        text = found_as_is(path.read_text(encoding="utf-8"), chance)
        if number % 3 == 0:
            text = traditional.convert(text)
        codec = "gb18030" if number % 2 else "utf-16"
        (folder / f"{path.stem}.txt").write_bytes(text.encode(codec))
    opened = open_library(tmp_path_factory.mktemp("data"), documents=folder)
    opened.ensure_built()
    return opened


def test_questions_still_find_their_passage(library: Library) -> None:
    simplified = OpenCC("t2s")
    asked = [q for q in load_jsonl(QUESTIONS, Question) if q.facts]
    missed = []
    for question in asked:
        passages = library.search(question.q, top_k=5)
        plain = [p.model_copy(update={"text": simplified.convert(p.text)}) for p in passages]
        if not answers(question, plain):
            missed.append(question.q)
    assert 1 - len(missed) / len(asked) >= 0.95, missed


def test_furniture_and_sounds_are_not_quoted(library: Library) -> None:
    passages = library.search("生日礼品的预算怎么定", top_k=10)
    assert passages
    text = "".join(p.text for p in passages)
    assert not re.search(r"[一-鿿]\([a-z]+\)", text)
    assert not any(line in text for line in FURNITURE)
