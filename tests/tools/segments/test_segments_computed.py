"""What a look-up says: evidence, profiles, restrictions, lists, and how a customer moved."""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from assistant.database import open_engine
from assistant.migrations import migrate
from knowledge.base import Document, DocumentInfo, Passage
from tools.base import Caller
from tools.customers.demo import build_demo
from tools.customers.model import Customer
from tools.customers.store import CustomerStore
from tools.errors import InvalidRequest, NotFound
from tools.segments.history import moves, render_history
from tools.segments.model import CustomerFilter, ListCustomers, LookupSegment
from tools.segments.policy import load_policy
from tools.segments.render import render_segment
from tools.segments.service import SegmentService, open_segments
from tools.segments.snapshots import SnapshotStore

TODAY = date(2026, 11, 23)
POLICY = load_policy()
RM, OTHER, ADMIN = Caller("RM001", "甲"), Caller("RM002", "乙"), Caller("AD001", "丁", "admin")


class Empty:
    """A knowledge base without documents: look-ups work without sources."""

    revision = "none"

    def search(self, query: str, **_: object) -> tuple[Passage, ...]:
        return ()

    def documents(self, **_: object) -> tuple[DocumentInfo, ...]:
        return ()

    def document(self, document_id: str, **_: object) -> Document | None:
        return None


class Handbook(Empty):
    """Has a passage for everything, which quotes what was looked for."""

    def search(self, query: str, **_: object) -> tuple[Passage, ...]:
        passage = Passage(
            document_id="手册", chunk_id=query, title="手册", section="一", text=query, score=1.0,
            confident=True, start=0, end=len(query),
        )  # fmt: skip
        return (passage,)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('segments') / 's.sqlite3'}")
    migrate(engine)
    build_demo(engine, TODAY, lambda *_: None)
    return engine


@pytest.fixture(scope="module")
def service(engine: Engine) -> SegmentService:
    return open_segments(CustomerStore(engine), engine, Empty(), lambda: TODAY)


@pytest.mark.parametrize(
    ("profile", "tier", "persona", "age"),
    [
        ("45岁企业主,资产800万,爱打高尔夫", "private", "business_owner", 45),
        ("六十多岁退休老师，手里两百万", "platinum", "retiree", 60),
        ("28岁程序员，存款12万", "affluent", "young_professional", 28),
        ("45 years old business owner, 8 million", "private", "business_owner", 45),
        ("家里有个3岁的孩子", None, "family", None),
        ("五十八岁的老板，手里六百万", "private", "business_owner", 58),
        ("三十出头的程序员，存款一百二十万", "platinum", "young_professional", 30),
        ("30出头的白领，年薪50万，房贷80万", None, "young_professional", 30),
        ("年流水两千万的厂长，存款三十万", "affluent", "business_owner", None),
        ("几百万流水的个体户，存款五六万", "mass", "business_owner", None),
    ],
)
def test_a_described_person(
    service: SegmentService, profile: str, tier: str | None, persona: str, age: int | None
) -> None:
    answer = service.lookup(LookupSegment(profile=profile), RM)
    assert answer.tier == tier
    assert persona in answer.personas
    assert answer.age == age
    said = "，".join(answer.unknown)
    assert (POLICY.unknown["assets"] in said) == (tier is None)
    assert (POLICY.unknown["age"] in said) == (age is None)
    assert POLICY.unknown["transactions"] in said, "what a description cannot tell is said"
    assert answer.rfm is None


def test_a_lookup_carries_evidence_and_hides_personal_data(service: SegmentService) -> None:
    answer = service.lookup(LookupSegment(customer="C00001"), RM)
    assert answer.rfm
    assert len(answer.activity) == 12
    assert {e.label for e in answer.evidence} >= {"管理资产", "年龄"}
    assert all(e.as_of == TODAY for e in answer.evidence)
    assert "****" in answer.contact["mobile"]
    with pytest.raises(NotFound):
        service.lookup(LookupSegment(customer="C00001"), OTHER)
    with pytest.raises(InvalidRequest):
        service.lookup(LookupSegment(), RM)


def test_a_role_that_the_policy_names_sees_personal_data(engine: Engine, service: SegmentService) -> None:
    policy = load_policy().model_copy(update={"unmasked_for": frozenset({"compliance"})})
    store = CustomerStore(engine)
    named = SegmentService(store, SnapshotStore(engine, policy), policy, Empty(), lambda: TODAY)
    request, customer = LookupSegment(customer="C00001"), store.get("C00001", RM)
    officer = Caller("CO001", "", "compliance")
    assert named.lookup(request, officer).contact["mobile"] == customer.mobile
    for other in (named.lookup(request, RM), service.lookup(request, officer)):
        assert customer.mobile not in other.contact["mobile"]


def test_every_action_names_the_passage_it_comes_from(engine: Engine) -> None:
    service = open_segments(CustomerStore(engine), engine, Handbook(), lambda: TODAY)
    leaving = service.list(ListCustomers(filter=CustomerFilter(lifecycle="at_risk")), RM).customers[0]
    answer = service.lookup(LookupSegment(customer=leaving.id), RM)
    rules = {rule.text: rule.query for rule in POLICY.actions}
    assert answer.next_actions[0].text == next(r.text for r in POLICY.actions if r.when == "at_risk")
    for action in answer.next_actions:
        assert action.source is not None
        assert answer.sources[action.source].quote == rules[action.text]
    assert render_segment(answer, "zh").count("[1]") == 2, "at the action and with its title"


def test_what_a_model_reads_holds_dated_evidence_and_every_limit(
    engine: Engine, service: SegmentService
) -> None:
    for customer in CustomerStore(engine).all(RM):
        answer = service.lookup(LookupSegment(customer=customer.id), RM)
        text = render_segment(answer, "zh")
        assert f"截至 {TODAY}" in text
        assert all(evidence.value in text for evidence in answer.evidence)
        assert all(limit.text in text for limit in answer.restrictions)
        assert customer.mobile not in text
        assert customer.id_card not in text


def test_tags_hold_what_is_done_and_the_figures_are_evidence(engine: Engine, service: SegmentService) -> None:
    kinds: dict[str, Counter[str]] = {}
    for booked in CustomerStore(engine).log(RM):
        if 0 <= (TODAY - booked.booked_on).days < 365:
            kinds.setdefault(booked.customer_id, Counter())[booked.kind] += 1
    abroad = {id_ for id_, counts in kinds.items() if counts["跨境汇款"] >= 6}
    assert 0 < len(abroad) < len(kinds)
    for id_, counts in kinds.items():
        answer = service.lookup(LookupSegment(customer=id_), RM)
        shown = {e.label: e.value for e in answer.evidence}.get("行为", "")
        assert (f"跨境支付活跃（近12个月 {counts['跨境汇款']} 笔）" in shown) == (id_ in abroad)
        assert len(set(answer.tags)) == len(answer.tags)
    listed = service.list(ListCustomers(filter=CustomerFilter(tag="跨境支付活跃", limit=200)), RM).customers
    assert abroad <= {row.id for row in listed}


def test_snapshots_are_read_for_ones_own_customers_alone(engine: Engine, service: SegmentService) -> None:
    snapshots, day = SnapshotStore(engine, POLICY), TODAY
    mine = {customer.id for customer in CustomerStore(engine).all(RM)}
    assert set(snapshots.on(day, RM)) == mine
    assert mine < set(snapshots.on(day, ADMIN))
    assert snapshots.history("C00001", RM)
    assert snapshots.history("C00001", OTHER) == ()


def test_who_was_imported_after_the_snapshot_is_found_and_listed(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    migrate(engine)
    store = CustomerStore(engine)
    service = open_segments(store, engine, Empty(), lambda: TODAY)
    plain = {"manager_id": RM.id, "birthday": date(1980, 1, 1), "opened_on": date(2020, 1, 1)}
    store.add([RM], [Customer(id="K1", name="王一", **plain)])
    service.rebuild()
    store.add(customers=[Customer(id="K2", name="李二", **plain)])
    rows = {row.id: row for row in service.list(ListCustomers(), RM).customers}
    assert (rows["K1"].lifecycle, rows["K2"].lifecycle) == ("lost", None)
    silent = service.lookup(LookupSegment(customer="王一"), RM)
    assert POLICY.unknown["transactions"] in silent.unknown
    assert "最近交易距今天数" not in {e.label for e in silent.evidence}
    newcomer = service.lookup(LookupSegment(customer="李二"), RM)
    assert (newcomer.rfm, newcomer.tier) == (None, "mass")
    assert POLICY.unknown["transactions"] in newcomer.unknown


def test_gifts_of_the_last_year_are_evidence(engine: Engine, service: SegmentService) -> None:
    given = {
        c.id: {g.name for g in c.gifts if (TODAY - g.given_on).days < 365}
        for c in CustomerStore(engine).all(RM)
    }
    assert any(given.values())
    for customer, names in given.items():
        shown = [
            e.value
            for e in service.lookup(LookupSegment(customer=customer), RM).evidence
            if e.label == "近一年已送礼品"
        ]
        assert all(name in "".join(shown) for name in names)
        assert bool(shown) == bool(names)


def test_missing_consent_and_marks_become_restrictions(engine: Engine, service: SegmentService) -> None:
    for customer in CustomerStore(engine).all(RM):
        codes = {r.code for r in service.lookup(LookupSegment(customer=customer.id), RM).restrictions}
        assert ("public_official" in codes) == customer.public_official
        personal = {"sms", "phone", "wechat", "email", "app_push", "letter"}
        assert ("no_consent" in codes) == (not personal <= customer.consents)


@pytest.mark.parametrize(
    "wanted",
    [
        {"segment": "private"}, {"segment": "retiree"}, {"lifecycle": "dormant"}, {"value_class": "high_value"},
        {"birthday_month": 11}, {"birthday_within_days": 30}, {"anniversary_month": 3}, {"churn_risk": True},
        {"tag": "高尔夫"}, {"city": "云州"}, {"product": "fund"}, {"product": "理财", "matures_within_days": 90},
        {"matures_month": 12},
        {"min_assets": 600_000}, {"max_assets": 100_000}, {"min_age": 60}, {"max_age": 30}, {"q": "C0000"}, {},
    ],
)  # fmt: skip
def test_every_filter_narrows_and_says_so(service: SegmentService, wanted: dict[str, object]) -> None:
    everyone = service.list(ListCustomers(filter=CustomerFilter(limit=200)), RM)
    found = service.list(ListCustomers(filter=CustomerFilter(**wanted, limit=200)), RM)
    assert {c.id for c in found.customers} <= {c.id for c in everyone.customers}
    assert found.total < everyone.total or not wanted
    assert found.total > 0
    assert found.described
    assert all(c.reason for c in found.customers)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"matures_month": 12}, "2026-12-"),
        ({"birthday_month": 11}, "2026-11-"),
        ({"anniversary_month": 3}, "2027-03-"),
    ],
)
def test_a_list_about_days_says_them_soonest_first(
    service: SegmentService, wanted: dict[str, object], said: str
) -> None:
    found = service.list(ListCustomers(filter=CustomerFilter(**wanted)), RM).customers
    days = [date.fromisoformat(said + c.reason.split(said)[1][:2]) for c in found]
    assert days == sorted(days, key=lambda day: (day < TODAY, day))
    assert days


def test_who_is_leaving_comes_first(service: SegmentService) -> None:
    rows = service.list(ListCustomers(filter=CustomerFilter(limit=200)), RM).customers
    stages = [row.lifecycle for row in rows]
    assert stages.index("at_risk") < stages.index("mature")


def test_the_first_start_can_already_tell_who_moved(service: SegmentService) -> None:
    leaving = service.list(ListCustomers(filter=CustomerFilter(lifecycle="at_risk", limit=200)), RM).customers
    told = [moves(service.history(row.id, RM), POLICY) for row in leaving]
    steps = [step for found in told for move in found for step in move.steps if step.what == "lifecycle"]
    assert {step.after for step in steps} == {"流失预警"}
    answer = service.lookup(LookupSegment(customer=leaving[0].id), RM)
    assert "流失预警" in {e.label: e.value for e in answer.evidence}["最近变化"]


def test_history_says_why_she_moved_with_the_figures_before_and_after(engine: Engine) -> None:
    store = CustomerStore(engine)
    service = open_segments(store, engine, Empty(), lambda: TODAY + timedelta(days=200))
    assert service.rebuild() == len(store.all(ADMIN))
    found = service.history("C00001", RM)
    assert [s.as_of for s in found[:2]] == [TODAY + timedelta(days=200), TODAY]
    assert found[0].lifecycle == "dormant"
    assert found[1].tier == found[0].tier
    move = moves(found, POLICY)[0]
    changed = {f.label: (f.before, f.after) for f in move.figures}
    days = found[1].rfm.recency_days
    assert changed["最近交易距今天数"] == (str(days), str(days + 200))
    assert changed["近3个月笔数"] == (str(found[1].figures.recent), "0")
    told = render_history(found, POLICY)
    assert f"{TODAY + timedelta(days=200)}（上次 {TODAY}）阶段" in told
    assert "→ 沉睡" in told
    with pytest.raises(NotFound):
        service.history("C00001", OTHER)


def test_a_day_that_passed_is_computed_once(engine: Engine) -> None:
    store, past = CustomerStore(engine), TODAY - timedelta(days=30)
    service = open_segments(store, engine, Empty(), lambda: TODAY)
    reported: list[str] = []
    first = service.rebuild(past, progress=lambda what, *_: reported.append(what))
    assert first
    assert set(reported) == {"transactions", "segments"}
    assert service.rebuild(past) is None
    assert service.rebuild(past, again=True) == first
    found = service.history("C00001", RM)
    assert [s.as_of for s in found].count(past) == 1
    assert next(s for s in found if s.as_of == past).tier is None, "what was held then is not known"
    with pytest.raises(InvalidRequest):
        service.rebuild(TODAY + timedelta(days=1))


def test_a_customer_without_moves_and_one_without_snapshots(engine: Engine) -> None:
    steady = SnapshotStore(engine, POLICY).history("C00001", RM)[-1:]
    assert str(steady[0].as_of) in render_history(steady, POLICY)
    assert render_history((), POLICY)
