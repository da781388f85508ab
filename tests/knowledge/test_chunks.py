"""Passages: their size, place and names."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunks import LIMIT, cut
from knowledge.tokens import count

TEXT = (
    "# 办法\n\n引言。\n\n## 范围\n\n适用于全员。\n\n### 例外\n\n公职人员除外。\n\n## 预算\n\n留存一成五。\n"
)


def test_each_section_is_a_chunk_with_its_heading_path_and_place() -> None:
    chunks = cut("d", TEXT)
    assert [chunk.section for chunk in chunks] == ["办法", "办法 > 范围", "办法 > 范围 > 例外", "办法 > 预算"]
    assert TEXT[chunks[2].start : chunks[2].end] == "### 例外\n\n公职人员除外。"


def test_an_edit_elsewhere_leaves_ids_as_they_are() -> None:
    before = {chunk.section: chunk.id for chunk in cut("d", TEXT)}
    after = {
        chunk.section: chunk.id
        for chunk in cut("d", TEXT.replace("## 范围", "## 新增\n\n新的一节。\n\n## 范围"))
    }
    assert before.items() <= after.items()


def test_a_heading_inside_a_code_block_is_text() -> None:
    assert len(cut("d", "# 题\n\n```\n# 注释\n```\n后文\n")) == 1


@given(st.text(alphabet="客户礼品。；\n# ab𠀀", max_size=3000))
def test_chunks_are_within_the_limit_in_order_and_lose_no_word(text: str) -> None:
    chunks = cut("d", text, limit=60)
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    covered = [False] * len(text)
    last = 0
    for chunk in chunks:
        assert last <= chunk.start < chunk.end
        assert count(text[chunk.start : chunk.end]) <= 60 + 2
        covered[chunk.start : chunk.end] = [True] * (chunk.end - chunk.start)
        last = chunk.end
    lost = "".join(c for c, kept in zip(text, covered, strict=True) if not kept)
    assert not set(
        "".join(line for line in lost.splitlines() if not line.lstrip().startswith("#")).strip()
    ) - set(" \n#")


def test_a_long_paragraph_is_cut_between_sentences() -> None:
    text = "# 题\n\n" + "客户经理应当提前三天确认。" * 200
    chunks = cut("d", text)
    assert len(chunks) > 1
    assert all(text[chunk.end - 1] == "。" for chunk in chunks)
    assert all(chunk.size <= LIMIT for chunk in chunks)


def test_ids_are_unique_in_a_document_of_very_many_sections() -> None:
    text = "".join(
        f"## 第{n}节\n\n正文{n}。\n\n" for n in range(9000)
    )  # some of their short names are the same
    ids = [chunk.id for chunk in cut("big", text)]
    assert len(ids) == len(set(ids)) == 9000
