"""A desk to draft at: a small book of customers in memory, the real words and the real compliance rules."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest

from tools.base import Caller
from tools.compliance.report import CheckRequest, ComplianceReport
from tools.compliance.service import ComplianceService
from tools.customers.model import Customer
from tools.errors import NotFound
from tools.invitations.drafter import Checker, Drafter, open_drafter
from tools.segments.model import LookupSegment, SegmentAnswer
from tools.values import Channel, Persona

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
MANAGER = Caller("RM01", "梁知秋")
ALL: frozenset[Channel] = frozenset({"wechat", "sms", "phone", "letter", "email", "app_push"})


def customer(number: int, name: str, **facts: object) -> Customer:
    basics = {
        "manager_id": "RM01",
        "birthday": date(1980, 5, 6),
        "opened_on": date(2018, 3, 1),
        "consents": ALL,
    }
    return Customer.model_validate({"id": f"C{number}", "name": name, **basics, **facts})


BOOK: tuple[tuple[Customer, tuple[Persona, ...]], ...] = (
    (customer(1, "沈若岚", sex="female", tags=("常咨询基金定投", "瑜伽")), ("young_professional",)),
    (customer(2, "李维嵩", sex="male", title="总", tags=("高尔夫",)), ("business_owner", "high_net_worth")),
    (customer(3, "欧阳静好", sex="female", notes=("上次来网点问过养老规划",)), ("retiree",)),
    (customer(4, "秦朗", tags=("亲子阅读",), family=("已婚", "一女(5岁)")), ("family",)),
    (customer(5, "曾毓", sex="male", tags=("对家族信托感兴趣", "红酒")), ("high_net_worth",)),
    (customer(6, "陶然之", notes=("因住院咨询过提前支取", "问过逾期怎么处理")), ()),
)


@dataclass(frozen=True)
class Book:
    """Customers by id or name, and what they are."""

    entries: tuple[tuple[Customer, tuple[Persona, ...]], ...] = BOOK

    def resolve(self, reference: str, caller: Caller) -> Customer:
        found = next((c for c, _ in self.entries if reference in (c.id, c.name)), None)
        if found is None or found.manager_id != caller.id:
            raise NotFound("customer", reference)
        return found

    def lookup(self, request: LookupSegment, caller: Caller) -> SegmentAnswer:
        found = self.resolve(request.customer or "", caller)
        personas = next(personas for c, personas in self.entries if c.id == found.id)
        return SegmentAnswer(name=found.name, personas=personas)


@lru_cache(maxsize=1)
def _rules() -> ComplianceService:
    return ComplianceService(today=NOW.date)


@lru_cache(maxsize=4096)
def _check(request: CheckRequest) -> ComplianceReport:
    """The real engine; what was checked once in this run is not checked again."""
    return _rules().check(request)


@pytest.fixture(scope="session")
def check() -> Checker:
    return _check


@pytest.fixture(scope="session")
def manager() -> Caller:
    return MANAGER


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def book() -> Book:
    return Book()


@pytest.fixture(scope="session")
def desk() -> Callable[..., Drafter]:
    """Opens a desk: ``desk()``, or with another book or another now."""

    def opened(people: Book | None = None, now: datetime = NOW) -> Drafter:
        known = people or Book()
        return open_drafter(known, known, _check, lambda: now, "本行")

    return opened
