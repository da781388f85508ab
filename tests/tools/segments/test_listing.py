"""Lists: who matches each condition, who comes first, and what is said of them; over a small book made by hand."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tools.customers.model import Customer, Holding
from tools.segments.listing import Listed, Listing, described
from tools.segments.model import CustomerFilter, CustomerRow, Rfm
from tools.segments.policy import load_policy
from tools.segments.snapshots import Behaviour, Figures, Snapshot

TODAY = date(2026, 11, 23)
POLICY = load_policy()


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


def holding(product: str, balance: int, days: int | None = None, name: str = "") -> Holding:
    ends = None if days is None else in_days(days)
    return Holding(product=product, name=name or product, balance=Decimal(balance), matures_on=ends)


def person(id_: str, name: str = "王一", stage: str | None = "active", **given: Any) -> Listed:
    """A customer of the middle of June, who holds nothing that ends, unless something else is given."""
    worth, behaviours = given.pop("value_class", "long_tail"), given.pop("behaviours", ())
    personas, silent, drops = given.pop("personas", ()), given.pop("silent", 3), given.pop("drops", ())
    fields = {"birthday": date(1980, 6, 15), "opened_on": date(2020, 6, 15), "manager_id": "RM001"}
    rfm = Rfm(
        recency=3, frequency=3, monetary=3, recency_days=silent, transactions_12m=9, amount_12m=Decimal(9),
        segment="重要价值客户",
    )  # fmt: skip
    snapshot = stage and Snapshot(
        as_of=TODAY, rfm=rfm, lifecycle=stage, value_class=worth, drops=drops, behaviours=behaviours,
        figures=Figures(recent=2, before=12),
    )  # fmt: skip
    return Listed(Customer(id=id_, name=name, **fields | given), snapshot or None, personas)


def rows(people: Iterable[Listed], **wanted: Any) -> list[CustomerRow]:
    return Listing(CustomerFilter(**wanted), POLICY, TODAY).rows(people)


def ids(people: Iterable[Listed], **wanted: Any) -> list[str]:
    return [row.id for row in rows(people, **wanted)]


def born(id_: str, year: int, month: int, day: int) -> Listed:
    return person(id_, birthday=date(year, month, day))


def holds(id_: str, *holdings: Holding) -> Listed:
    return person(id_, holdings=holdings)


PLAIN = person("PLAIN")
TRAVELLER = person("A", behaviours=(Behaviour(tag="跨境支付活跃", transactions=9),))
OTHER_ENDS = holds("B", holding("wealth_management", 1, 90), holding("deposit", 1, 20))
CASES: list[tuple[dict[str, Any], list[Listed], list[Listed], str]] = [
    ({"segment": "private"}, [holds("A", holding("fund", 7_000_000))], [], "私行客户"),
    ({"segment": "retiree"}, [person("A", personas=("retiree",))], [], "退休养老客群"),
    ({"lifecycle": "dormant"}, [person("A", stage="dormant")], [person("B", stage="lost")], "沉睡"),
    ({"value_class": "potential"}, [person("A", value_class="potential")], [], "潜力"),
    ({"churn_risk": True}, [person("A", stage="at_risk"), person("B", stage="lost")], [], "有流失风险"),
    ({"churn_risk": False}, [PLAIN], [person("B", stage="dormant")], "无流失风险"),
    ({"tag": "高尔夫"}, [person("A", tags=("爱打高尔夫",))], [], "标签“高尔夫”"),
    ({"tag": "跨境"}, [TRAVELLER], [], "标签“跨境”"),
    ({"city": "云州市"}, [person("A", city="云州")], [person("B", city="北川")], "云州市"),
    ({"consent": "sms"}, [person("A", consents=frozenset({"sms"}))], [], "已授权短信营销"),
    ({"surname": "欧阳"}, [person("A", "欧阳静怡")], [person("B", "静欧阳")], "姓欧阳"),
    ({"q": "怡"}, [person("A", "欧阳静怡")], [], "姓名或编号含“怡”"),
    ({"min_assets": 9}, [holds("A", holding("fund", 9))], [holds("B", holding("loan", 9))], "不低于9元"),
    ({"max_age": 30}, [born("A", 1996, 11, 23)], [born("B", 1995, 11, 23)], "30岁以下"),
    ({"birthday_month": 11}, [born("A", 1980, 11, 2)], [born("B", 1980, 12, 2)], "11月生日"),
    ({"birthday_within_days": 7}, [born("A", 1980, 11, 30)], [born("B", 1980, 12, 1)], "7天内生日"),
    ({"anniversary_month": 3}, [person("A", opened_on=date(2019, 3, 9))], [], "3月开户周年"),
    ({"product": "基金"}, [holds("A", holding("fund", 1))], [holds("B", holding("deposit", 1))], "持有基金"),
    (
        {"matures_within_days": 30},
        [holds("A", holding("deposit", 1, 30))],
        [holds("B", holding("deposit", 1, 31)), holds("C", holding("deposit", 1, -1))],
        "30天内到期",
    ),
    (
        {"matures_month": 12},
        [holds("A", holding("deposit", 1, 20))],
        [holds("B", holding("deposit", 1, 2))],
        "12月到期",
    ),
    (
        {"product": "wealth_management", "matures_within_days": 30},
        [holds("A", holding("wealth_management", 1, 20))],
        [OTHER_ENDS],
        "持有理财、30天内到期",
    ),
]


@pytest.mark.parametrize(("wanted", "matching", "others", "said"), CASES, ids=[str(c[0]) for c in CASES])
def test_who_matches(wanted: dict[str, Any], matching: list[Listed], others: list[Listed], said: str) -> None:
    plain = [] if PLAIN in matching else [PLAIN]
    found = ids([*others, *plain, *matching], **wanted)
    assert sorted(found) == sorted(one.customer.id for one in matching)
    assert said in described(CustomerFilter(**wanted), POLICY)


def test_words_that_a_person_typed_are_shown_as_typed() -> None:
    assert described(CustomerFilter(q="new", tag="fund"), POLICY) == "标签“fund”、姓名或编号含“new”"
    assert described(CustomerFilter(), POLICY) == "全部客户"


def test_who_needs_attention_most_comes_first_and_the_reason_is_why() -> None:
    people = [
        person("STEADY", holdings=(holding("fund", 90_000_000),)),
        person("LOST", stage="lost", silent=400),
        person("DORMANT", stage="dormant", silent=200),
        person("BIRTHDAY", birthday=date(1970, 12, 1)),
        person("MATURES", holdings=(holding("deposit", 1, 5, "大额存单"),)),
        person("RISK", stage="at_risk", drops=("frequency",)),
        person("RICH", stage="at_risk", drops=("frequency",), holdings=(holding("fund", 9),)),
    ]
    found = rows(people)
    assert [row.id for row in found] == ["RICH", "RISK", "MATURES", "BIRTHDAY", "DORMANT", "LOST", "STEADY"]
    reasons = {row.id: row.reason for row in found}
    assert "近3个月 2 笔，此前季均 12 笔" in reasons["RISK"]
    assert reasons["MATURES"] == "大额存单将于 2026-11-28 到期"
    assert reasons["BIRTHDAY"] == "2026-12-01 生日"
    assert "200 天" in reasons["DORMANT"]
    assert "9,000 万元" in reasons["STEADY"]


def test_the_day_that_was_asked_for_comes_first_and_what_else_is_up_is_said_too() -> None:
    people = [
        person("PASSED", birthday=date(1980, 11, 2)),
        person("LATER", birthday=date(1980, 11, 30)),
        person("SOON", stage="dormant", silent=200, birthday=date(1980, 11, 25)),
    ]
    found = rows(people, birthday_month=11)
    assert [row.id for row in found] == ["SOON", "LATER", "PASSED"]
    assert found[0].reason == "2026-11-25 生日；200 天无交易，已沉睡"
    assert found[2].reason == "2026-11-02 生日"


def test_who_came_after_the_newest_snapshot_is_listed_all_the_same() -> None:
    newcomer = person("NEW", stage=None)
    (row,) = rows([newcomer])
    assert (row.lifecycle, row.lifecycle_label) == (None, "")
    assert row.reason == POLICY.reasons["unplaced"]
    assert ids([newcomer], lifecycle="active") == []


@pytest.mark.parametrize("sort", ["assets", "name", "birthday", "id"])
def test_other_orders(sort: str) -> None:
    people = [
        person("B", "丙", birthday=date(1990, 12, 1), holdings=(holding("fund", 1),)),
        person("A", "乙", birthday=date(1980, 11, 1), holdings=(holding("fund", 5),)),
        person("C", "丁", birthday=date(1980, 11, 24), holdings=(holding("fund", 3),)),
    ]
    expected = {"assets": "ACB", "name": "CBA", "birthday": "CBA", "id": "ABC"}[sort]
    assert "".join(ids(people, sort=sort)) == expected


def test_who_was_born_on_the_29th_of_february_has_a_birthday_every_year() -> None:
    leap = person("A", birthday=date(1980, 2, 29))
    (row,) = Listing(CustomerFilter(birthday_month=2), POLICY, date(2027, 2, 1)).rows([leap])
    assert row.reason.startswith("2027-02-28")
