"""BM25 over character pairs, single characters, Latin words and concepts; homophone errors repaired."""

import json
import math
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from knowledge.lexicon import Words, latin_words

Floats = NDArray[np.float32]

# A pair of characters is the unit; a single one only helps where pairs are torn; a concept is worth more than
# either, because it is what the bank's own word and the customer's everyday word share.
PAIR, SINGLE, LATIN, SPOKEN, CONCEPT, REPAIRED = 1.0, 0.6, 1.5, 0.3, 1.75, 0.8
_SINGLE_MARK = "·"
_ALONE = 0.35


def terms(words: Words) -> list[str]:
    """The words as index terms. Singles are marked so that they cannot be taken for pairs."""
    return [*words.grams, *(_SINGLE_MARK + c for c in words.singles), *words.latin, *words.concepts]


def weighted(words: Words, repaired: Words | None = None) -> dict[str, float]:
    """A question's terms with their weights; the original words stay beside repaired ones."""
    weights: dict[str, float] = {}
    for sort, factor in ((words, 1.0), (repaired, REPAIRED)):
        if sort is None:
            continue
        for group, weight in (
            (sort.grams, PAIR),
            ([_SINGLE_MARK + c for c in sort.singles], SINGLE),
            ([word for word in sort.latin if word not in sort.spoken], LATIN),
            (sort.spoken, SPOKEN),
            (sort.concepts, CONCEPT),
        ):
            for term in group:
                weights[term] = max(weights.get(term, 0.0), weight * factor)
    return weights


class Lexical:
    """A BM25 index in three arrays. Immutable once built."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        data: Floats,
        rows: NDArray[np.int32],
        starts: NDArray[np.int64],
        size: int,
    ) -> None:
        self._vocabulary = vocabulary
        self._data, self._rows, self._starts, self._size = data, rows, starts, size
        self._homophones: dict[str, list[str]] | None = None

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]]) -> Self:
        """An index of texts given as their terms."""
        import bm25s

        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(term, len(vocabulary)) for term in text] for text in texts]
        if not vocabulary:
            return cls({}, np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(1, np.int64), len(ids))
        model = bm25s.BM25(method="lucene", k1=1.2, b=0.6)
        model.index((ids, vocabulary), show_progress=False, create_empty_token=False)
        scores = model.scores
        return cls(
            vocabulary,
            np.asarray(scores["data"], np.float32),
            np.asarray(scores["indices"], np.int32),
            np.asarray(scores["indptr"], np.int64),
            len(ids),
        )

    def save(self, folder: Path) -> None:
        np.savez(
            folder / "lexical.npz", data=self._data, rows=self._rows, starts=self._starts, size=self._size
        )
        (folder / "vocabulary.json").write_text(
            json.dumps(list(self._vocabulary), ensure_ascii=False), "utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        arrays = np.load(folder / "lexical.npz", allow_pickle=False)
        names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        vocabulary = {name: number for number, name in enumerate(names)}
        return cls(vocabulary, arrays["data"], arrays["rows"], arrays["starts"], int(arrays["size"]))

    def rarity(self, term: str) -> float:
        """Inverse document frequency; the highest for a term that no text has."""
        number = self._vocabulary.get(term)
        found = 0 if number is None else int(self._starts[number + 1] - self._starts[number])
        return math.log(1 + (self._size - found + 0.5) / (found + 0.5))

    def score(self, weights: dict[str, float]) -> tuple[Floats, Floats]:
        """For every text its weighted BM25 score, and the share (0..1) of the question that it covers."""
        scores, covered = np.zeros(self._size, np.float32), np.zeros(self._size, np.float32)
        total = 0.0
        for term, weight in weights.items():
            worth = weight * self.rarity(term)
            total += worth
            number = self._vocabulary.get(term)
            if number is None:
                continue
            stretch = slice(self._starts[number], self._starts[number + 1])
            rows = self._rows[stretch]
            scores[rows] += weight * self._data[stretch]
            covered[rows] += worth
        return scores, covered / total if total else covered

    def explained(self, words: Words, row: int) -> float:
        """The share (0..1) of a question's characters that the text ``row`` accounts for.

        A character counts whole where a pair or concept that it is part of stands in the text, and a little
        where it stands there alone; a Latin word counts as two characters."""
        worth = [float("\u3400" <= character <= "\u9fff") for character in words.text]
        share = [
            _ALONE * w if w and self._has(_SINGLE_MARK + words.text[i], row) else 0.0
            for i, w in enumerate(worth)
        ]
        for i in range(len(worth) - 1):
            if worth[i] and worth[i + 1] and self._has(words.text[i : i + 2], row):
                share[i : i + 2] = 1.0, 1.0
        for start, end, word in latin_words(words.text):
            worth[start:end] = [2 / (end - start)] * (end - start)
            if self._has(word, row):
                share[start:end] = worth[start:end]
        for start, end, names in words.spans:
            if any(self._has(name, row) for name in names):
                share[start:end] = worth[start:end]
        return sum(share) / sum(worth) if any(worth) else 0.0

    def _has(self, term: str, row: int) -> bool:
        number = self._vocabulary.get(term)
        if number is None:
            return False
        rows = self._rows[self._starts[number] : self._starts[number + 1]]
        place = int(np.searchsorted(rows, row))
        return place < len(rows) and int(rows[place]) == row

    def repair(self, question: str) -> str:
        """``question`` with pairs of characters that no text has replaced by homophones that some has."""
        characters = list(question)
        for i in range(len(characters) - 1):
            pair = characters[i] + characters[i + 1]
            if pair in self._vocabulary or not all("\u4e00" <= c <= "\u9fff" for c in pair):
                continue
            if better := self._homophone(pair):
                characters[i : i + 2] = better
        return "".join(characters)

    def _homophone(self, pair: str) -> str | None:
        if self._homophones is None:
            table: dict[str, list[str]] = {}
            for term in self._vocabulary:
                if len(term) == 2 and "\u4e00" <= term[0] <= "\u9fff" and "\u4e00" <= term[1] <= "\u9fff":
                    table.setdefault(_sound(term), []).append(term)
            self._homophones = table
        likely = [
            term
            for term in self._homophones.get(_sound(pair), ())
            if term[0] == pair[0] or term[1] == pair[1]
        ]
        return min(likely, key=lambda term: (self.rarity(term), term), default=None)


def _sound(pair: str) -> str:
    return " ".join(map(_syllable, pair))


@cache
def _syllable(character: str) -> str:
    """Toneless pinyin in which often confused initials and finals fall together."""
    from pypinyin.constants import PINYIN_DICT

    reading = PINYIN_DICT.get(ord(character), "").split(",")[0]
    plain = "".join(c for c in unicodedata.normalize("NFD", reading) if c.isascii())
    for initial in ("zh", "ch", "sh"):
        if plain.startswith(initial):
            plain = plain[0] + plain[2:]
    return plain[:-1] if plain.endswith(("ang", "eng", "ing")) else plain
