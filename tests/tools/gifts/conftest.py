"""A small book of invented customers behind the two doors that gift advice uses."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tools.base import Caller
from tools.customers.model import Customer, GiftGiven
from tools.errors import NotFound
from tools.gifts.advisor import GiftAdvisor, open_advisor
from tools.gifts.model import GiftAdvice, GiftRequest
from tools.segments.model import LookupSegment, SegmentAnswer
from tools.values import CHANNELS

TODAY = date(2026, 11, 10)
RM = Caller("rm-test", "测试经理")


@dataclass
class Book:
    """Customers with the segment answer that belongs to each."""

    people: dict[str, tuple[Customer, SegmentAnswer]] = field(default_factory=dict)

    def add(
        self, id: str = "T1", tier: str = "affluent", lifecycle: str = "active", **changes: object
    ) -> str:
        segment = {k: changes.pop(k) for k in ("personas", "life_stage") if k in changes}
        fields = {
            "id": id,
            "manager_id": RM.id,
            "name": "测试客户",
            "sex": "female",
            "birthday": date(1982, 11, 20),
            "opened_on": date(2014, 3, 1),
            "region": "华东",
            "consents": frozenset(CHANNELS),
        }
        answer = SegmentAnswer(name="测试客户", customer_id=id, tier=tier, lifecycle=lifecycle, **segment)
        self.people[id] = Customer(**fields | changes), answer
        return id

    def resolve(self, reference: str, caller: Caller) -> Customer:
        if reference not in self.people or caller.id != RM.id:
            raise NotFound("customer", reference)
        return self.people[reference][0]

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer:
        return self.people[request.customer or ""][1]


@dataclass
class Desk:
    """The adviser with its book; ``ask`` is one request by the test manager."""

    book: Book
    advisor: GiftAdvisor

    def ask(self, **fields: object) -> GiftAdvice:
        return self.advisor.recommend(GiftRequest.model_validate({"occasion": "birthday"} | fields), RM)


@pytest.fixture
def make_desk() -> Callable[..., Desk]:
    def make(data_dir: Path | None = None, today: date = TODAY) -> Desk:
        book = Book()
        return Desk(book, open_advisor(data_dir, book, book, lambda: today))

    return make


@pytest.fixture
def desk(make_desk: Callable[..., Desk]) -> Desk:
    return make_desk()


@pytest.fixture
def given() -> Callable[..., GiftGiven]:
    def give(gift_id: str, on: date, price: int = 100, occasion: str = "other", name: str = "") -> GiftGiven:
        return GiftGiven(
            gift_id=gift_id, name=name or gift_id, given_on=on, price=Decimal(price), occasion=occasion
        )

    return give
