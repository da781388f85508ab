"""The trie finds what looking for each word by itself finds."""

from hypothesis import given
from hypothesis import strategies as st

from tools.compliance.arrays import codes_of
from tools.compliance.trie import Trie

LETTERS = "保本息收益a"


@given(
    words=st.lists(st.text(LETTERS, min_size=1, max_size=6), unique=True, max_size=40),
    text=st.text(LETTERS + "外🙂", max_size=60),
)
def test_every_word_is_found_wherever_it_stands(words: list[str], text: str) -> None:
    places, numbers = Trie.of(words).find(codes_of(text))
    found = sorted(
        (place, words[number]) for place, number in zip(places.tolist(), numbers.tolist(), strict=True)
    )
    assert found == sorted((i, word) for word in words for i in range(len(text)) if text.startswith(word, i))


@given(words=st.lists(st.text(min_size=1, max_size=5), unique=True, max_size=200))
def test_words_survive_the_arrays(words: list[str]) -> None:
    trie = Trie.of(words)
    assert trie.words() == words
    assert Trie.load(trie.dump()).words() == words
