"""Labels and sentences of gift advice, from ``words.yaml``."""

from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from prompts.datafile import Frozen, load_yaml
from tools.values import Language

SHIPPED = Path(__file__).with_name("words.yaml")


class Words(Frozen):
    """Templates by purpose; placeholders are filled by the module that names the key."""

    labels: dict[str, dict[str, str]]
    why: dict[str, str]
    points: str
    cautions: dict[str, str]
    causes: dict[str, str]
    alternatives: dict[str, str]
    recipient: dict[str, str]
    render: dict[Language, dict[str, str]]
    rows: dict[str, str]
    columns: dict[str, tuple[str, ...]]
    way_names: dict[str, str]

    def label(self, kind: str, value: str) -> str:
        """The Chinese name of a value; an unknown one shows itself."""
        return self.labels[kind].get(value, value)


@lru_cache(4)
def load_words(path: Path = SHIPPED) -> Words:
    """Read the words, once a process. Raises DataFileError."""
    return load_yaml(path, Words)


def money(amount: Decimal) -> str:
    """1280 → 1,280; 99.5 → 99.50. Rounded to the cent."""
    whole = amount == amount.to_integral_value()
    return f"{amount:,.0f}" if whole else f"{amount:,.2f}"
