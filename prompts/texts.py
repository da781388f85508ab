"""Notices, the system prompt and tool descriptions, loaded from the files beside this module."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from string import Formatter
from typing import Any

from prompts.datafile import load_yaml, read_text

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Texts:
    """All words the house says in its own name. ``digest`` identifies their state for the audit."""

    notices: dict[str, dict[str, str]]
    system: str
    tools: dict[str, str]
    second_opinion: str
    digest: str

    def notice(self, code: str, language: str = "zh", **values: object) -> str:
        """The notice ``code``; a missing value shows as … and an unknown code shows itself: neither fails."""
        words = self.notices.get(language, self.notices["zh"])
        return _Lenient().format(words.get(code, self.notices["zh"].get(code, code)), **values)


def load_texts(folder: Path = FOLDER) -> Texts:
    """Read every text. Raises DataFileError."""
    notices = {
        language: load_yaml(folder / f"notices.{language}.yaml", dict[str, str]) for language in ("zh", "en")
    }
    system = read_text(folder / "system.zh.md")
    tools = load_yaml(folder / "tools.zh.yaml", dict[str, str])
    opinion = read_text(folder / "second_opinion.zh.md")
    digest = hashlib.sha256(repr((notices, system, tools, opinion)).encode()).hexdigest()[:12]
    return Texts(notices, system, tools, opinion, digest)


class _Lenient(Formatter):
    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, "…") if isinstance(key, str) else "…"
