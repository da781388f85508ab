"""The customer book: one's own customers only, found however they are named; and the demo book itself."""

import inspect
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from assistant.database import open_engine
from assistant.migrations import migrate
from tools.base import Caller
from tools.customers.demo import build_demo
from tools.customers.demo.people import CLEAN, MONTHS, PER_MANAGER, Book, make_book
from tools.customers.demo.vocab import load_vocab
from tools.customers.matching import matches
from tools.customers.model import Customer
from tools.customers.store import CustomerStore
from tools.errors import Ambiguous, NotFound

TODAY = date(2026, 11, 23)
RM, OTHER, AUDITOR = Caller("RM001", "甲"), Caller("RM002", "乙"), Caller("CO001", "丙", "compliance")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('book') / 'b.sqlite3'}")
    migrate(engine)
    build_demo(engine, TODAY, lambda *_: None)
    return engine


@pytest.fixture(scope="module")
def store(engine: Engine) -> CustomerStore:
    return CustomerStore(engine)


@pytest.fixture(scope="module")
def book() -> Book:
    return make_book(load_vocab(), TODAY, 7)


def test_anothers_customer_is_no_customer(store: CustomerStore) -> None:
    mine = store.names(RM)[0][0]
    for read in (store.get, store.resolve, lambda id_, who: store.transactions(id_, who, TODAY)):
        with pytest.raises(NotFound) as foreign:
            read(mine, OTHER)
        with pytest.raises(NotFound) as absent:
            read("C99999", OTHER)
        assert (foreign.value.kind, foreign.value.code) == (absent.value.kind, absent.value.code)
    assert mine not in {id_ for id_, _ in store.names(OTHER)}
    assert store.get(mine, AUDITOR).id == mine


def test_everyone_sees_their_own_and_compliance_sees_all(store: CustomerStore) -> None:
    managers = [p for p in store.managers() if p.role == "rm"]
    books = [{c.id for c in store.all(m)} for m in managers]
    assert sum(map(len, books)) == len(set().union(*books)) == len(store.all(AUDITOR))


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("C00001", ("C00001",)),
        ("c00001", ("C00001",)),
        ("陈丽华", ("C00001",)),
        ("陳麗華", ("C00001",)),
        ("陈莉华", ("C00001",)),
        ("欧阳女士", ("C00003",)),
        ("王总", ("C00002", "C00004")),
        ("陈", ()),
        ("", ()),
        ("丽华陈", ()),
    ],
)
def test_references(reference: str, found: tuple[str, ...]) -> None:
    names = [("C00001", "陈丽华"), ("C00002", "王建国"), ("C00003", "欧阳静怡"), ("C00004", "王志强")]
    assert matches(reference, names) == found


def test_a_shared_name_is_asked_about_with_what_tells_them_apart(store: CustomerStore) -> None:
    names = [name for _, name in store.names(RM)]
    shared = next(name for name in names if names.count(name) == 2)
    with pytest.raises(Ambiguous) as raised:
        store.resolve(shared, RM)
    first, second = raised.value.candidates
    assert first.hint != second.hint
    assert "1990000" not in first.hint


def test_every_read_of_the_book_takes_who_is_asking() -> None:
    """What no method can be called without, no tool can forget."""
    free = {"managers", "add", "replace"}
    for name, method in inspect.getmembers(CustomerStore, inspect.isfunction):
        if not name.startswith("_") and name not in free:
            caller = inspect.signature(method).parameters["caller"]
            assert caller.default is inspect.Parameter.empty, name


@pytest.mark.parametrize("read", ["id", "name"])
def test_an_exact_name_means_its_bearer_and_an_id_comes_first(tmp_path: Path, read: str) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'named.sqlite3'}")
    migrate(engine)
    store = CustomerStore(engine)
    plain = {"birthday": date(1980, 1, 1), "opened_on": date(2020, 1, 1)}
    people = [("K1", "王一", RM.id), ("K2", "K1", RM.id), ("K3", "王一", OTHER.id)]
    store.add([RM, OTHER], [Customer(id=i, name=n, manager_id=m, **plain) for i, n, m in people])
    assert store.resolve({"id": "K1", "name": "王一"}[read], RM).id == "K1"
    with pytest.raises(Ambiguous) as raised:
        store.resolve("王一", AUDITOR)
    assert [c.hint for c in raised.value.candidates] == ["1980年生", "1980年生"]


def test_the_same_seed_and_day_give_the_same_book(book: Book) -> None:
    assert make_book(load_vocab(), TODAY, 7) == book
    assert make_book(load_vocab(), TODAY, 8).customers != book.customers


def test_the_book_is_large_enough_and_opens_in_good_order(book: Book) -> None:
    managers = [s for s in book.staff if s.role == "rm"]
    assert len(managers) >= 6
    assert len(book.customers) == len({c.id for c in book.customers}) == PER_MANAGER * len(managers) >= 300
    for start in range(0, len(book.customers), PER_MANAGER):
        for c in book.customers[start : start + CLEAN]:
            marks = (c.public_official, c.state_enterprise_staff, c.blacklisted, c.abnormal_account)
            assert not any(marks)
            assert c.risk_level == "low"
            assert {"wechat", "sms", "phone", "email"} <= c.consents
    assert any(c.public_official for c in book.customers)
    assert any(c.blacklisted for c in book.customers)


def test_transactions_are_of_the_last_eighteen_months_and_fit_the_person(book: Book) -> None:
    oldest = TODAY - timedelta(days=30 * MONTHS + 1)
    assert all(oldest <= t.booked_on <= TODAY and t.amount > 0 for t in book.transactions)
    retired = {c.id for c in book.customers if c.occupation.startswith("退休")}
    kinds = {t.kind for t in book.transactions if t.customer_id in retired}
    assert "养老金入账" in kinds
    assert kinds.isdisjoint({"工资入账", "外卖餐饮", "商户收款"})


def test_numbers_belong_to_nobody(book: Book) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    for c in book.customers:
        assert c.id_card.startswith("999999"), "an area code that no place bears"
        total = sum(int(d) * w for d, w in zip(c.id_card, weights, strict=False))
        assert c.id_card[17] == "10X98765432"[total % 11]
        assert c.mobile.startswith("1990000")
