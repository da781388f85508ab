"""Linear text classifiers over character n-grams, fitted from labelled data and kept as plain arrays.

A fit takes seconds, so what was fitted is kept in a cache folder under a key of all that it depends on. The
file holds arrays and text only: nothing is unpickled.
"""

import hashlib
import logging
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

_log = logging.getLogger(__name__)
_VERSION = "1"  # of the features: whoever changes them changes this


class Classifier:
    """Probabilities over labels. Deterministic for given examples."""

    def __init__(
        self, terms: Sequence[str], idf: Any, labels: Sequence[str], weights: Any, bias: Any, longest: int
    ) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        # As kept, so that what was fitted just now and what was read again say the same.
        self._labels, self._weights, self._bias = list(labels), weights, bias
        self._terms, self._idf, self._longest = list(terms), idf, longest
        vocabulary = {term: i for i, term in enumerate(terms)}
        self._vectors = TfidfVectorizer(
            analyzer="char", ngram_range=(1, longest), sublinear_tf=True, vocabulary=vocabulary
        )
        self._vectors.idf_ = idf.astype(float)
        self._scored = lru_cache(1024)(self._score)  # a message is scored whole, and again by its clauses

    @classmethod
    def fitted(cls, texts: Sequence[str], labels: Sequence[str], longest: int = 4) -> "Classifier":
        """Fit on ``texts`` with ``labels``; n-grams up to ``longest`` characters."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, longest), sublinear_tf=True, min_df=2)
        model = LogisticRegression(C=20.0, max_iter=300, tol=1e-3, class_weight="balanced")
        model.fit(vectors.fit_transform(texts), labels)
        terms = vectors.get_feature_names_out().tolist()
        idf, weights, bias = (a.astype(np.float32) for a in (vectors.idf_, model.coef_, model.intercept_))
        return cls(terms, idf, model.classes_.tolist(), weights, bias, longest)

    def scores(self, text: str) -> dict[str, float]:
        """Label → probability."""
        return dict(self._scored(text))

    def _score(self, text: str) -> dict[str, float]:
        margins = np.asarray(self._vectors.transform([text]) @ self._weights.T)[0] + self._bias
        if len(self._labels) == 2:  # one margin tells the second label from the first
            margins = np.array([0.0, margins[0]])
        exps = np.exp(margins - margins.max())
        return dict(zip(self._labels, map(float, exps / exps.sum()), strict=True))

    def arrays(self) -> dict[str, Any]:
        """All that ``from_arrays`` needs."""
        return {
            "terms": np.array("\x1f".join(self._terms)),
            "labels": np.array("\x1f".join(self._labels)),
            "idf": self._idf,
            "weights": self._weights,
            "bias": self._bias,
            "longest": np.array(self._longest),
        }

    @classmethod
    def from_arrays(cls, held: Mapping[str, Any]) -> "Classifier":
        """The classifier that ``arrays`` described."""
        terms, labels = str(held["terms"]).split("\x1f"), str(held["labels"]).split("\x1f")
        return cls(terms, held["idf"], labels, held["weights"], held["bias"], int(held["longest"]))


def key_of(parts: Iterable[bytes]) -> str:
    """What fitted classifiers depend on: the data, scikit-learn's version and the features."""
    import sklearn

    digest = hashlib.sha256(f"{_VERSION}|{sklearn.__version__}".encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:20]


class Learned(Protocol):
    """Something fitted that can be kept as arrays."""

    def arrays(self) -> dict[str, Any]: ...


L = TypeVar("L", bound=Learned)


def kept(
    cache: Path | None,
    name: str,
    key: str,
    fit: Callable[[], Mapping[str, L]],
    restored: Callable[[Mapping[str, Any]], L],
) -> dict[str, L]:
    """What was fitted under ``name`` from ``cache``, fitted and kept there where it is not; a cache that cannot
    be read or written costs time and nothing else."""
    path = cache / f"{name}-{key}.npz" if cache else None
    if path and path.exists():
        try:
            return _read(path, restored)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            _log.warning("what was learned could not be read again (%s)", type(error).__name__)
    found = dict(fit())
    if path:
        try:
            _write(path, found)
        except OSError as error:
            _log.warning("what was learned could not be kept (%s)", type(error).__name__)
    return found


def _read(path: Path, restored: Callable[[Mapping[str, Any]], L]) -> dict[str, L]:
    with np.load(path, allow_pickle=False) as held:
        names = sorted({key.split("/")[0] for key in held.files})
        of = {
            name: {k.split("/")[1]: held[k] for k in held.files if k.startswith(f"{name}/")} for name in names
        }
    return {name: restored(arrays) for name, arrays in of.items()}


def _write(path: Path, found: Mapping[str, L]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob(f"{re.sub(r'-[0-9a-f]+$', '', path.stem)}-*.npz"):
        old.unlink(missing_ok=True)
    half = path.with_suffix(".part")
    arrays = {f"{name}/{key}": value for name, one in found.items() for key, value in one.arrays().items()}
    with half.open("wb") as file:
        np.savez(file, **arrays)
    half.replace(path)
