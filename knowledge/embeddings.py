"""Vectors of texts. The embedded kind is fitted on the corpus: TF-IDF of the lexicon's words, cut by SVD."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from knowledge.lexicon import Lexicon, Words

Floats = NDArray[np.float32]
DIMENSION = 192
_FEATURES = 30_000
_SAMPLE = 4_000


class Embedder(Protocol):
    """What makes vectors. ``identity`` changes whenever the same text may get another vector.

    The two methods have the names and types of LangChain's ``Embeddings``."""

    @property
    def identity(self) -> str: ...

    def embed_documents(self, texts: list[str]) -> list[list[float]]: ...

    def embed_query(self, text: str) -> list[float]: ...


class FittedEmbedder:
    """Latent semantic analysis of a corpus. Immutable; needs no download and no model file of its own."""

    def __init__(self, lexicon: Lexicon, features: Sequence[str], rarity: Floats, axes: Floats) -> None:
        self._lexicon = lexicon
        self._features = {feature: number for number, feature in enumerate(features)}
        self._rarity, self._axes = rarity, axes
        content = hashlib.sha256(axes.astype(np.float16).tobytes() + "\n".join(features).encode())
        self._identity = f"fitted-{axes.shape[1]}-{lexicon.digest}-{content.hexdigest()[:12]}"

    @property
    def identity(self) -> str:
        return self._identity

    @classmethod
    def fit(cls, lexicon: Lexicon, texts: Sequence[str], *, dimension: int = DIMENSION) -> Self:
        """Fitted on ``texts``, or on an even sample of them where there are many."""
        from scipy.sparse import csr_matrix
        from sklearn.utils.extmath import randomized_svd

        sample = texts[:: max(1, len(texts) // _SAMPLE)]
        bags = [Counter(_terms(lexicon.words(text))) for text in sample]
        spread = Counter(term for bag in bags for term in bag)
        features = [term for term, n in spread.most_common(_FEATURES) if n >= min(2, len(bags))]
        features.sort()
        place = {feature: number for number, feature in enumerate(features)}
        rarity = np.array([np.log((1 + len(bags)) / (1 + spread[f])) + 1 for f in features], np.float32)
        if not features:
            return cls(lexicon, features, rarity, np.zeros((0, 1), np.float32))
        rows = [_weights(bag, place, rarity) for bag in bags]
        starts = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        matrix = csr_matrix(
            (np.concatenate([v for _, v in rows]), np.concatenate([c for c, _ in rows]), starts),
            shape=(len(bags), len(features)),
        )
        wanted = max(1, min(dimension, len(bags) - 1, len(features) - 1))
        _, _, axes = randomized_svd(matrix, wanted, random_state=0)
        return cls(
            lexicon, features, rarity, np.ascontiguousarray(axes.T.astype(np.float16).astype(np.float32))
        )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self._vector(self._lexicon.words(text)).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return list(map(float, self._vector(self._lexicon.question(text))))

    def _vector(self, words: Words) -> Floats:
        columns, values = _weights(Counter(_terms(words)), self._features, self._rarity)
        vector = values @ self._axes[columns]
        length = float(np.linalg.norm(vector))
        # Chroma has no cosine for the zero vector: a text without known words points away from all others.
        return vector / length if length else np.full_like(vector, -(vector.size**-0.5))

    def save(self, folder: Path) -> None:
        np.savez(folder / "embedder.npz", rarity=self._rarity, axes=self._axes.astype(np.float16))
        (folder / "features.json").write_text(json.dumps(list(self._features), ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path, lexicon: Lexicon) -> Self:
        arrays = np.load(folder / "embedder.npz", allow_pickle=False)
        features = json.loads((folder / "features.json").read_text("utf-8"))
        return cls(lexicon, features, arrays["rarity"], arrays["axes"].astype(np.float32))


def _terms(words: Words) -> Iterable[str]:
    return (*words.grams, *words.latin, *words.concepts, *words.concepts)


def _weights(bag: Counter[str], place: dict[str, int], rarity: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Columns and unit-length TF-IDF values of the known terms."""
    known = [(place[term], n) for term, n in bag.items() if term in place]
    columns = np.array([column for column, _ in known], np.int64)
    values = (
        (1 + np.log(np.array([n for _, n in known], np.float32))) * rarity[columns]
        if known
        else np.zeros(0, np.float32)
    )
    length = float(np.linalg.norm(values))
    return columns, (values / length if length else values).astype(np.float32)
