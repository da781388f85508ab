"""Export of what a caller may see, to CSV or Parquet, in the columns that an import reads back."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.base import Caller
from tools.customers.cells import joined
from tools.customers.mapping import FIELDS, Kind
from tools.customers.store import CustomerStore
from tools.customers.tabular import write_table

if TYPE_CHECKING:
    import pyarrow as pa

_MONEY = ("annual_income", "credit_limit", "credit_used", "balance", "amount")
_DATES = ("birthday", "opened_on", "tier_since", "matures_on", "booked_on")
_LISTS = ("family", "tags", "notes", "consents", "allergies", "taboos")
_FLAGS = ("public_official", "state_enterprise_staff", "blacklisted", "abnormal_account")


def export_file(path: Path, kind: Kind, store: CustomerStore, caller: Caller) -> int:
    """Write ``kind`` of the caller's book to ``path``. Returns the number of rows. Raises DataFileError."""
    rows = {"customers": _customers, "accounts": _accounts, "transactions": _transactions}[kind]
    text = path.suffix.lower() == ".csv"
    return write_table(path, _schema(kind), (_flat(row) if text else row for row in rows(store, caller)))


def _schema(kind: Kind) -> "pa.Schema":
    import pyarrow as pa

    def typed(field: str) -> "pa.DataType":
        if field in _MONEY:
            return pa.decimal128(18, 2)
        if field in _DATES:
            return pa.date32()
        if field in _LISTS:
            return pa.list_(pa.string())
        if field in _FLAGS:
            return pa.bool_()
        return pa.int64() if field == "address_changes_12m" else pa.string()

    return pa.schema([(field, typed(field)) for field in FIELDS[kind]])


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {name: joined(value) if isinstance(value, list) else value for name, value in row.items()}


def _customers(store: CustomerStore, caller: Caller) -> Iterator[dict[str, Any]]:
    for customer in store.each(caller):
        row = customer.model_dump(include=set(FIELDS["customers"]))
        yield {
            n: sorted(v) if isinstance(v, frozenset) else list(v) if isinstance(v, tuple) else v
            for n, v in row.items()
        }


def _accounts(store: CustomerStore, caller: Caller) -> Iterator[dict[str, Any]]:
    for customer in store.each(caller):
        for holding in customer.holdings:
            number = customer.account_number(holding)
            yield {**holding.model_dump(), "customer_id": customer.id, "id": number}


def _transactions(store: CustomerStore, caller: Caller) -> Iterator[dict[str, Any]]:
    for booked in store.log(caller):
        yield booked.model_dump()
