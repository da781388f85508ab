"""Which column of a bank's file holds which field, and what its values mean: data, laid over our own."""

from collections.abc import Mapping as Map
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from prompts.datafile import Frozen, load_yaml, located
from tools.customers.model import Customer, Holding, Transaction

Kind = Literal["customers", "accounts", "transactions"]
NESTED = ("holdings", "gifts")


class AccountRow(Holding):
    """A holding with whose it is; ``id`` is the account number."""

    customer_id: str
    id: str


MODELS: dict[Kind, type[Customer] | type[AccountRow] | type[Transaction]] = {
    "customers": Customer,
    "accounts": AccountRow,
    "transactions": Transaction,
}
FIELDS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(name for name in model.model_fields if name not in NESTED) for kind, model in MODELS.items()
}
Titles = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]


class Mapping(Frozen):
    """``columns`` by kind and field; ``values`` by field; ``currencies`` in yuan for one unit."""

    columns: dict[Kind, dict[str, Titles]] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    true_words: tuple[str, ...] = ()
    false_words: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    currencies: dict[str, Decimal] = Field(default_factory=dict)

    def over(self, base: "Mapping") -> "Mapping":
        """``base`` with what this one says instead or in addition; our formats are tried first."""
        kinds = {**base.columns, **self.columns}
        return Mapping(
            columns={k: {**base.columns.get(k, {}), **self.columns.get(k, {})} for k in kinds},
            values={
                f: {**base.values.get(f, {}), **self.values.get(f, {})} for f in (*base.values, *self.values)
            },
            true_words=(*self.true_words, *base.true_words),
            false_words=(*self.false_words, *base.false_words),
            dates=(*self.dates, *base.dates),
            currencies={**base.currencies, **self.currencies},
        )

    def titles(self, kind: Kind, found: tuple[str, ...]) -> dict[str, str]:
        """Field → the column of this file that holds it."""
        chosen = {f: next((t for t in titles if t in found), "") for f, titles in self.columns[kind].items()}
        return {field: title for field, title in chosen.items() if title}


def load_mapping(path: Path | None = None) -> Mapping:
    """Our mapping, with the bank's over it. Raises DataFileError, also for a field that does not exist."""
    ours = load_yaml(Path(__file__).parent / "mapping.yaml", Mapping)
    if path is None:
        return ours
    theirs = load_yaml(path, Mapping)
    for kind, columns in theirs.columns.items():
        _known(path, ("columns", kind), columns, (*FIELDS[kind], "currency"))
    _known(path, ("values",), theirs.values, [f for fields in FIELDS.values() for f in fields])
    return theirs.over(ours)


def _known(
    path: Path, at: tuple[str, ...], given: Map[str, object], fields: tuple[str, ...] | list[str]
) -> None:
    for field in given:
        if field not in fields:
            raise located(path, (*at, field), f"no such field; there are {', '.join(sorted(set(fields)))}")
