"""The words the demo book is made of."""

from pathlib import Path
from typing import Literal

from prompts.datafile import Frozen, load_yaml
from tools.values import Persona, Product


class Staff(Frozen):
    id: str
    name: str
    role: Literal["rm", "compliance", "admin"]


class Place(Frozen):
    city: str
    region: str
    weight: int
    streets: tuple[str, ...]


class Occupation(Frozen):
    name: str
    title: str = ""


class Spending(Frozen):
    """A kind of transaction, its amounts in yuan, and how often a month."""

    kind: str
    amount: tuple[int, int]
    monthly: int


class Archetype(Frozen):
    """A kind of person whose parts fit together: a retiree buys no game top-ups."""

    name: Persona
    weight: int
    ages: tuple[int, int]
    occupations: tuple[Occupation, ...]
    assets: tuple[int, int]
    income: tuple[int, int]
    mix: dict[Product, float]
    family: tuple[tuple[str, ...], ...]
    tags: tuple[str, ...]
    kinds: tuple[Spending, ...]


class PastGift(Frozen):
    gift_id: str
    name: str
    price: int


class Vocab(Frozen):
    staff: tuple[Staff, ...]
    surnames: tuple[str, ...]
    given: dict[Literal["male", "female"], tuple[str, ...]]
    cities: tuple[Place, ...]
    archetypes: tuple[Archetype, ...]
    products: dict[Product, tuple[str, ...]]
    gift_history: tuple[PastGift, ...]
    notes: tuple[str, ...]
    allergies: tuple[str, ...]
    taboos: tuple[str, ...]
    state_employers: tuple[str, ...]
    official_occupations: tuple[str, ...]
    channels: tuple[str, ...]


def load_vocab(path: Path = Path(__file__).parent / "vocab.yaml") -> Vocab:
    """Raises DataFileError."""
    return load_yaml(path, Vocab)
