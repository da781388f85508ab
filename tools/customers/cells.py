"""Cells as people and core systems write them, read into a customer, an account or a transaction. Pure."""

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from prompts.datafile import Frozen
from tools.customers.mapping import FIELDS, MODELS, Kind, Mapping
from tools.customers.tabular import Flaw
from tools.customers.words import words

CENT = Decimal("0.01")
MOST = Decimal(10) ** 16
"""The columns hold 18 digits, two of them after the point."""
LONGEST = {"id": 64, "manager_id": 64, "customer_id": 64, "name": 64, "kind": 32, "channel": 16}
_PAST = ("booked_on", "opened_on", "birthday", "tier_since")
_IDS = ("id", "customer_id", "manager_id")
_LISTED = re.compile(r"[;；、|\n]")
_DAMAGED = re.compile(r"\d(\.\d+)?E\+\d+", re.I)
_ORNAMENT = str.maketrans("", "", ",，¥￥元 ")


class Rejection(Frozen):
    """Why a row was left out: its number in the file, the field, a code, and what stood there."""

    row: int
    field: str = ""
    code: str
    value: str = ""
    expected: int = 0

    @property
    def reason(self) -> str:
        """In words."""
        return words().reasons[self.code].format(value=self.value, expected=self.expected)


class Reader:
    """Reads the rows of one file: ``titles`` says in which of its columns each field stands."""

    def __init__(self, kind: Kind, titles: dict[str, str], rules: Mapping, today: date) -> None:
        self._model, self._rules, self._today = MODELS[kind], rules, today
        self._titles = [(f, t, self._converter(f)) for f, t in titles.items() if f != "currency"]
        self._currency = titles.get("currency")
        self._yes = {word.upper() for word in rules.true_words}
        self._no = {word.upper() for word in rules.false_words}
        self._day = lru_cache(maxsize=10_000)(self._parsed)  # few days, many rows

    def read(self, number: int, cells: dict[str, Any]) -> BaseModel | list[Rejection]:
        """The validated row, or everything that is wrong with it."""
        values: dict[str, Any] = {}
        wrong: list[Rejection] = []
        rate = self._rate(cells)
        for field, title, convert in self._titles:
            cell = _plain(cells[title])
            if cell in ("", None):
                continue
            value = convert(cell)
            if isinstance(value, Decimal) and rate is not None and rate != 1:
                value = _money(value * rate)
            if not isinstance(value, Flaw):
                values[field] = value
                value = self._doubt(field, value)
            if isinstance(value, Flaw):
                wrong.append(_rejection(number, field, value, cell))
        if rate is None:
            wrong.append(_rejection(number, "currency", Flaw("currency"), cells[self._currency or ""]))
        if wrong:
            return wrong
        try:
            return self._model.model_validate(values)
        except ValidationError as error:
            return list(_refused(number, error))

    def _rate(self, cells: dict[str, Any]) -> Decimal | None:
        """Yuan for one unit of the row's currency; None where it is not registered."""
        named = str(_plain(cells[self._currency]) or "").upper() if self._currency else ""
        return self._rules.currencies.get(named) if named else Decimal(1)

    def _converter(self, field: str) -> Callable[[Any], Any]:
        annotation = self._model.model_fields[field].annotation
        meanings = self._rules.values.get(field, {})
        if annotation in (Decimal, Decimal | None):
            return _money
        if annotation in (date, date | None):
            return self._date
        if annotation is bool:
            return self._yes_or_no
        if get_origin(annotation) in (tuple, frozenset):
            return lambda cell: _list(cell, meanings)
        if field in _IDS:
            return lambda cell: Flaw("damaged") if _DAMAGED.fullmatch(str(cell)) else str(cell)
        return lambda cell: meanings.get(str(cell), str(cell))

    def _date(self, cell: Any) -> date | Flaw:
        if isinstance(cell, date):
            return cell.date() if isinstance(cell, datetime) else cell
        return self._day(str(cell))

    def _parsed(self, cell: str) -> date | Flaw:
        text = unicodedata.normalize("NFKC", cell)
        for candidate in (text, re.split(r"[ T]", text)[0]):
            for form in self._rules.dates:
                try:
                    day = datetime.strptime(candidate, form).date()
                except ValueError:
                    continue
                return day if day.year >= 1900 else Flaw("bad_date")
        return Flaw("bad_date")

    def _yes_or_no(self, cell: Any) -> bool | Flaw:
        said = str(cell).upper()
        return True if said in self._yes else False if said in self._no else Flaw("unknown_value")

    def _doubt(self, field: str, value: Any) -> Any:
        """A flaw where the value can be read but not be right; else the value."""
        if isinstance(value, Decimal):
            if value < 0:
                return Flaw("negative")
            return (
                Flaw("too_large")
                if value >= MOST
                else Flaw("zero")
                if field == "amount" and not value
                else value
            )
        if isinstance(value, date):
            return Flaw("future") if field in _PAST and value > self._today else value
        if isinstance(value, str) and len(value) > (most := LONGEST.get(field, 1_000)):
            return Flaw("too_long", expected=most)
        return value


def required(kind: Kind) -> tuple[str, ...]:
    """The fields that every row must fill."""
    return tuple(f for f in FIELDS[kind] if MODELS[kind].model_fields[f].is_required())


def _plain(cell: Any) -> Any:
    """Text without what cannot be seen; other values as they are."""
    if isinstance(cell, float):
        return None if math.isnan(cell) else str(int(cell)) if cell.is_integer() else cell
    if not isinstance(cell, str):
        return cell
    cell = cell.strip()
    return cell if cell.isprintable() else "".join(c for c in cell if c.isprintable() or c == "\n")


def _money(cell: Any) -> Decimal | Flaw:
    try:
        amount = Decimal(unicodedata.normalize("NFKC", str(cell)).translate(_ORNAMENT))
    except InvalidOperation:
        return Flaw("bad_number")
    if not amount.is_finite():
        return Flaw("bad_number")
    return amount.quantize(CENT, ROUND_HALF_UP) if abs(amount) < MOST else amount


def _list(cell: Any, meanings: dict[str, str]) -> list[str]:
    """Items between separators; a JSON list where an item holds one itself."""
    items = cell
    if isinstance(cell, str):
        try:
            items = json.loads(cell) if cell.startswith("[") else _LISTED.split(cell)
        except ValueError:
            items = _LISTED.split(cell)
    return [meanings.get(i, i) for i in (str(item).strip() for item in items) if i]


def joined(items: list[str]) -> str:
    """A list as one cell that ``_list`` reads back."""
    if any(_LISTED.search(item) or item.startswith("[") for item in items):
        return json.dumps(items, ensure_ascii=False)
    return ";".join(items)


def _rejection(number: int, field: str, flaw: Flaw, cell: Any) -> Rejection:
    return Rejection(row=number, field=field, code=flaw.code, value=str(cell)[:60], expected=flaw.expected)


def _refused(number: int, error: ValidationError) -> Iterator[Rejection]:
    for one in error.errors():
        missing = one["type"] == "missing"
        code = "missing" if missing else "unknown_value" if one["type"] == "literal_error" else "invalid"
        value = "" if missing else str(one["input"])[:60]
        yield Rejection(row=number, field=str(one["loc"][0]), code=code, value=value)
