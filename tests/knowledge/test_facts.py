"""Every fact of the playbook and the rulebook stands whole in one passage of the bundled documents."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from knowledge.chunks import cut
from knowledge.lexicon import SYNONYMS, fold, load_lexicon
from knowledge.library import BUNDLED
from knowledge.sources import Source, discover, read
from prompts.datafile import Frozen, load_jsonl


class Fact(Frozen):
    """``patterns`` must all match inside one passage."""

    id: str
    fact: str
    patterns: tuple[str, ...]


FACTS = load_jsonl(Path(__file__).parent / "facts.jsonl", Fact)


@cache
def sources() -> tuple[Source, ...]:
    paths, problems = discover([BUNDLED])
    assert problems == []
    return tuple(read(path) for path in paths)


@cache
def passages() -> tuple[str, ...]:
    return tuple(
        source.text[chunk.start : chunk.end]
        for source in sources()
        for chunk in cut(source.front.id, source.text)
    )


def stands(fact: Fact) -> bool:
    patterns = [re.compile(pattern, re.IGNORECASE) for pattern in fact.patterns]
    return any(all(pattern.search(text) for pattern in patterns) for text in passages())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_fact_stands_in_one_passage(fact: Fact) -> None:
    assert stands(fact), fact.fact


def test_facts_are_distinct() -> None:
    assert len({fact.id for fact in FACTS}) == len(FACTS) >= 200


def test_facts_of_different_sections_do_not_stand_in_one_passage() -> None:
    assert not stands(Fact(id="none", fact="Two subjects", patterns=("家庭账户积分池", "红酒品鉴会")))


def test_every_document_is_described_and_marked_as_a_sample() -> None:
    for source in sources():
        front = source.front
        assert source.problems == (), source.path
        assert front.id == source.path.stem
        assert front.kind == source.path.parent.name
        assert front.title and front.owner and front.version and front.effective_from and front.audience
        assert front.sample, source.path
    ids = [source.front.id for source in sources()]
    assert len(set(ids)) == len(ids) >= 48
    assert {source.front.kind for source in sources()} == {"policy", "playbook", "regulation", "faq"}


def test_passages_name_their_subject() -> None:
    pointing = [text[:40] for text in passages() if re.search(r"如上所述|见上文|见下文|上述规定|前述", text)]
    assert pointing == []


def test_no_document_names_a_bank() -> None:
    named = re.compile(r"(中信|招商|工商|建设|农业|交通|平安|浦发|兴业|民生|光大|华夏|广发)银行")
    assert [text[:40] for text in passages() if named.search(text)] == []


@pytest.mark.parametrize(
    ("everyday", "term"),
    [
        ("老人家", "退休养老客户"),
        ("领证", "新婚"),
        ("没来拿", "逾期未领"),
        ("借外力", "外部咨询"),
        ("应急资今", "应急资金"),
        ("wine tasting", "红酒品鉴"),
        ("gift locker", "智能礼品柜"),
    ],
)
def test_everyday_and_english_words_meet_the_banks_term(everyday: str, term: str) -> None:
    lexicon = load_lexicon(SYNONYMS[:1])
    assert set(lexicon.words(everyday).concepts) & set(lexicon.words(term).concepts)


def test_no_synonym_is_a_single_character() -> None:
    groups = yaml.safe_load(SYNONYMS[0].read_text())["groups"]
    assert len(groups) >= 400
    assert [term for group in groups for term in group.get("terms", ()) if len(fold(term)) < 2] == []
