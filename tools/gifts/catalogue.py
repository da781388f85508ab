"""The gift catalogue: rows checked one by one, facets as arrays, read again when the file changes.

It does not know limits or recipients.
"""

import csv
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, Field, ValidationError

from prompts.datafile import DataFileError, Frozen, read_text
from tools.gifts.lexicon import Lexicon
from tools.gifts.policy import Policy, Season, Way
from tools.gifts.words import Words
from tools.values import LifeStage, Occasion, Persona

SHIPPED = Path(__file__).with_name("catalogue.csv")
CATALOGUE_FILE = Path("gifts") / "catalogue.csv"
"""Where the bank's own catalogue stands inside the data directory."""

Mask = NDArray[np.bool_]
FACETS = ("occasions", "seasons", "personas", "life_stages", "regions", "traits")
log = logging.getLogger(__name__)


def _split(value: object) -> object:
    return (
        tuple(part.strip() for part in value.split(";") if part.strip()) if isinstance(value, str) else value
    )


def _number(value: object) -> object:
    if not isinstance(value, str):
        return value
    return value.strip().removeprefix("¥").removeprefix("￥").removesuffix("元").replace(",", "").strip()


ListOf = BeforeValidator(_split)
Number = BeforeValidator(_number)


class Gift(Frozen):
    """One row; an empty list suits all. ``price`` in yuan; ``outcome_ratio`` = recorded return / cost."""

    gift_id: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=60)
    category: str
    price: Annotated[Decimal, Number, Field(gt=0, le=100_000, decimal_places=2)]
    stock: Annotated[int, Number, Field(ge=0)]
    warn_at: Annotated[int, Number, Field(ge=0)] = 0
    occasions: Annotated[tuple[Occasion, ...], ListOf] = ()
    seasons: Annotated[tuple[Season, ...], ListOf] = ()
    personas: Annotated[tuple[Persona, ...], ListOf] = ()
    life_stages: Annotated[tuple[LifeStage, ...], ListOf] = ()
    regions: Annotated[tuple[str, ...], ListOf] = ()
    ways: Annotated[tuple[Way, ...], ListOf, Field(min_length=1)] = ("branch",)
    tags: Annotated[tuple[str, ...], ListOf] = ()
    contains: Annotated[tuple[str, ...], ListOf] = ()
    brand_fit: Annotated[int, Number, Field(ge=1, le=5)] = 3
    outcome_ratio: Annotated[float, Number, Field(ge=0)] | None = None
    lead_days: Annotated[int, Number, Field(ge=0)] = 0

    @cached_property
    def traits(self) -> frozenset[str]:
        """Everything a preference may name: category, tags and contents."""
        return frozenset((self.category, *self.tags, *self.contains))


class RowError(Frozen):
    """Why one row was left out. ``row`` counts from 1, the header being row 1."""

    row: int
    gift_id: str = ""
    field: str
    message: str


class Catalogue:
    """Valid gifts in order of their id, with one boolean array a facet value."""

    def __init__(self, gifts: Iterable[Gift], rejected: Sequence[RowError] = ()) -> None:
        self.gifts = tuple(sorted(gifts, key=lambda gift: gift.gift_id))
        self.rejected = tuple(rejected)
        self.names = tuple(gift.name for gift in self.gifts)
        self.prices = self._array(lambda gift: float(gift.price))
        self.stock = self._array(lambda gift: gift.stock)
        self.warn_at = self._array(lambda gift: gift.warn_at)
        self.brand = self._array(lambda gift: gift.brand_fit / 5)
        self.outcome = self._array(lambda g: float("nan") if g.outcome_ratio is None else g.outcome_ratio)
        self.by_id = {gift.gift_id: index for index, gift in enumerate(self.gifts)}
        self._facets: dict[tuple[str, str], Mask] = {}
        self._open: dict[str, Mask] = {}
        for facet in (
            "occasions",
            "seasons",
            "personas",
            "life_stages",
            "regions",
            "traits",
            "contains",
            "ways",
        ):
            self._index(facet)

    def __len__(self) -> int:
        return len(self.gifts)

    def having(self, facet: str, values: Iterable[str]) -> Mask:
        """Gifts whose ``facet`` names any of ``values``."""
        mask = np.zeros(len(self), dtype=bool)
        for value in values:
            found = self._facets.get((facet, value))
            if found is not None:
                mask |= found
        return mask

    def suiting_all(self, facet: str) -> Mask:
        """Gifts that leave ``facet`` open."""
        return self._open[facet]

    def named(self, text: str) -> Mask:
        """Gifts whose name contains ``text``."""
        return np.fromiter((text in name for name in self.names), bool, len(self))

    def _array(self, value: Callable[[Gift], float]) -> NDArray[np.float64]:
        return np.fromiter((value(gift) for gift in self.gifts), np.float64, len(self.gifts))

    def _index(self, facet: str) -> None:
        self._open[facet] = np.zeros(len(self), dtype=bool)
        for index, gift in enumerate(self.gifts):
            values = getattr(gift, facet)
            self._open[facet][index] = not values
            for value in values:
                mask = self._facets.setdefault((facet, value), np.zeros(len(self), dtype=bool))
                mask[index] = True


@dataclass(frozen=True)
class RowRules:
    """What a row must keep beyond its own types: known categories, and no forbidden kind by name."""

    categories: frozenset[str]
    forbidden: Callable[[str], tuple[str, ...]]
    messages: Mapping[str, str]

    def check(self, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> Catalogue:
        """The good rows as a catalogue; the bad ones with field and reason."""
        gifts: dict[str, Gift] = {}
        rejected: list[RowError] = []
        for number, row in rows:
            given = {key: value for key, value in row.items() if key and value not in ("", None)}
            outcome = self._gift(number, given)
            if isinstance(outcome, Gift) and outcome.gift_id in gifts:
                outcome = self._error(number, given, "gift_id", "duplicate")
            if isinstance(outcome, Gift):
                gifts[outcome.gift_id] = outcome
            else:
                rejected.append(outcome)
        return Catalogue(gifts.values(), rejected)

    def _gift(self, number: int, row: Mapping[str, Any]) -> Gift | RowError:
        formula = next((key for key, value in row.items() if _is_formula(value)), None)
        if formula:
            return self._error(number, row, formula, "formula")
        try:
            gift = Gift.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0])
            return self._error(number, row, field, self._kind(first))
        if gift.category not in self.categories:
            return self._error(number, row, "category", "category")
        kinds = self.forbidden(gift.name)
        return self._error(number, row, "name", "forbidden") if kinds else gift

    def _kind(self, error: Mapping[str, Any]) -> str:
        kind = str(error["type"])
        return kind if kind in self.messages else "invalid"

    def _error(self, number: int, row: Mapping[str, Any], field: str, kind: str) -> RowError:
        message = self.messages[kind].format(value=row.get(field, ""))
        return RowError(row=number, gift_id=str(row.get("gift_id", "")), field=field, message=message)


def row_rules(policy: Policy, lexicon: Lexicon, words: Words) -> RowRules:
    """What the rows of a catalogue must keep under this policy."""
    return RowRules(frozenset(policy.categories), lexicon.forbidden, words.rows)


class CatalogueSource:
    """The catalogue at ``path``, or the shipped one while there is none; read again when the file changes.

    A file that cannot be read at all leaves the last good catalogue in force and is logged.
    """

    def __init__(self, path: Path | None, rules: RowRules) -> None:
        self.path = path
        self._rules = rules
        self._lock = Lock()
        self._state: tuple[tuple[str, int, int], Catalogue] | None = None

    def current(self) -> Catalogue:
        """The catalogue in force now. Raises DataFileError where none could ever be read."""
        source = self.path if self.path and self.path.exists() else SHIPPED
        stamp = _stamp(source)
        state = self._state
        if state and state[0] == stamp:
            return state[1]
        with self._lock:
            if self._state and self._state[0] == stamp:
                return self._state[1]
            return self._read(source, stamp)

    def _read(self, source: Path, stamp: tuple[str, int, int]) -> Catalogue:
        try:
            catalogue = read_catalogue(source, self._rules)
        except DataFileError as error:
            if self._state is None:
                raise
            log.error("gift catalogue kept as it was: %s", error)
            catalogue = self._state[1]
        for reject in catalogue.rejected:
            log.warning("gift row %s left out: %s %s", reject.row, reject.field, reject.message)
        self._state = (stamp, catalogue)
        return catalogue


def read_catalogue(path: Path, rules: RowRules) -> Catalogue:
    """The CSV at ``path``; bad rows are left out and listed. Raises DataFileError where no row is good."""
    reader = csv.DictReader(read_text(path).removeprefix("\ufeff").splitlines())
    catalogue = rules.check((reader.line_num, row) for row in reader)
    if not len(catalogue):
        first = next(iter(catalogue.rejected), None)
        why = f": row {first.row} {first.field} {first.message}" if first else ""
        raise DataFileError(str(path), 1, "", f"holds no usable gift{why}")
    return catalogue


def _stamp(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_mtime_ns ^ stat.st_ino, stat.st_size


def _is_formula(value: object) -> bool:
    return isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "@", "\t")
