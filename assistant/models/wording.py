"""The embedded model's words: ``prompts/answers``, one file a language."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import prompts
from prompts.datafile import load_yaml

FOLDER = Path(prompts.__file__).parent / "answers"


@dataclass(frozen=True)
class Wording:
    """Words in one language, varied by ``seed``: the same message always gets the same ones."""

    language: str
    words: dict[str, str | list[str]]
    labels: dict[str, str]
    seed: str

    def say(self, key: str, **values: object) -> str:
        """The text under ``key`` with ``values`` filled in."""
        text = self.words[key]
        if isinstance(text, list):
            text = text[int(hashlib.sha256((self.seed + key).encode()).hexdigest(), 16) % len(text)]
        return text.format(**values) if values else text

    def label(self, value: str) -> str:
        """A value of the contract (an occasion) in words."""
        return self.labels.get(value, value.replace("_", " "))


class Words:
    """Both languages, loaded once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        kinds = ("zh", "en")
        self._words = {k: load_yaml(folder / f"{k}.yaml", dict[str, str | list[str]]) for k in kinds}
        self._labels = load_yaml(folder / "labels.yaml", dict[str, dict[str, str]])

    def speaking(self, language: str, seed: str) -> Wording:
        """The wording for ``language`` (zh, en)."""
        return Wording(language, self._words[language], self._labels.get(language, {}), seed)
