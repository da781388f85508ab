"""The words of imports and exports, from ``words.yaml``."""

from functools import cache
from pathlib import Path

from prompts.datafile import Frozen, load_yaml


class Words(Frozen):
    summary: str
    managers: str
    ignored: str
    row: str
    more: str
    exported: str
    kinds: dict[str, str]
    reasons: dict[str, str]
    files: dict[str, str]


@cache
def words() -> Words:
    """Raises DataFileError."""
    return load_yaml(Path(__file__).parent / "words.yaml", Words)
