"""Files in and out: what is good is kept, what is bad is named with its row, and a round trip loses nothing."""

import csv
import io
import json
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.main import main
from assistant.database import open_engine
from assistant.migrations import migrate
from prompts.datafile import DataFileError
from tools.base import Caller
from tools.customers.cells import Rejection
from tools.customers.demo import build_demo
from tools.customers.exporting import export_file
from tools.customers.importing import Importer, ImportReport
from tools.customers.mapping import Kind, load_mapping
from tools.customers.model import Customer
from tools.customers.store import CustomerStore
from tools.customers.tabular import FORMULA, Flaw, neutral, open_table

TODAY = date(2026, 11, 23)
ADMIN, RM = Caller("AD001", "管理", "admin"), Caller("RM001", "甲")
PEOPLE = """客户号,姓名,客户经理号,出生日期,开户日期
K1,王一,RM001,1980-01-01,2020-05-06
K2,李二,RM002,1990/2/3,20210607
"""
Take = Callable[..., tuple[ImportReport, list[Rejection]]]


@pytest.fixture
def store(tmp_path: Path) -> CustomerStore:
    return new_store(tmp_path)


def new_store(folder: Path) -> CustomerStore:
    engine = open_engine(f"sqlite:///{folder / 'b.sqlite3'}")
    migrate(engine)
    return CustomerStore(engine)


@pytest.fixture
def take(store: CustomerStore, tmp_path: Path) -> Take:
    """Import text or bytes as a file of that kind."""

    def call(
        content: str | bytes, kind: Kind = "transactions", mapping: str = "", update: bool = False
    ) -> tuple[ImportReport, list[Rejection]]:
        path = tmp_path / f"{kind}.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        rules = tmp_path / "mapping.yaml"
        rules.write_text(mapping, encoding="utf-8")
        flaws: list[Rejection] = []
        importer = Importer(store, ADMIN, load_mapping(rules if mapping else None), TODAY, update=update)
        return importer.run(path, kind, flaws.append, lambda *_: None), flaws

    return call


def transactions(*rows: str) -> str:
    return "\n".join(["流水号,客户号,记账日期,金额,币种,交易类型", "T0,K1,2026-01-05,10.00,CNY,网购", *rows])


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("T1,K1,2026-01-05,-3,CNY,网购", "amount", "negative"),
        ("T1,K1,2026-01-05,0,CNY,网购", "amount", "zero"),
        ("T1,K1,2026-01-05,十元,CNY,网购", "amount", "bad_number"),
        ("T1,K1,2026-01-05,NaN,CNY,网购", "amount", "bad_number"),
        ("T1,K1,2026-01-05,1e30,CNY,网购", "amount", "too_large"),
        ("T1,K1,2026-11-24,3,CNY,网购", "booked_on", "future"),
        ("T1,K1,2026-02-30,3,CNY,网购", "booked_on", "bad_date"),
        ("T1,K1,0026-02-03,3,CNY,网购", "booked_on", "bad_date"),
        ("T1,K1,,3,CNY,网购", "booked_on", "missing"),
        ("T0,K1,2026-01-05,3,CNY,网购", "id", "duplicate"),
        ("6.2E+18,K1,2026-01-05,3,CNY,网购", "id", "damaged"),
        ("T1,K9,2026-01-05,3,CNY,网购", "customer_id", "unknown_customer"),
        ("T1,K1,2026-01-05,3,XYZ,网购", "currency", "currency"),
        (f"T1,K1,2026-01-05,3,CNY,{'长' * 33}", "kind", "too_long"),
        ("T1,K1,2026-01-05,3,CNY", "", "cells"),
        ("T1,K1,2026-01-05,3,CNY,网购,多", "", "cells"),
        ('T1,K1,2026-01-05,3,CNY,"网购', "", "malformed"),
        ('T1,K1,2026-01-05,3,CNY,"网"购"', "", "malformed"),
    ],
)  # fmt: skip
def test_a_bad_row_is_named_and_the_good_ones_stay(
    take: Take, store: CustomerStore, row: str, field: str, code: str
) -> None:
    take(PEOPLE, "customers")
    report, flaws = take(transactions(row, "T2,K1,2026-01-06,20,人民币,工资"))
    assert [(f.row, f.field, f.code) for f in flaws] == [(3, field, code)]
    assert flaws[0].reason
    assert (report.accepted, report.rejected, report.reasons) == (2, 1, {code: 1})
    booked = store.transactions("K1", RM, date(2020, 1, 1))
    assert [(t.id, t.amount) for t in booked] == [("T0", Decimal(10)), ("T2", Decimal(20))]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("K3,赵三,RM001,2027-01-01,2020-01-01", [("birthday", "future")]),
        ("K3,赵三,RM001,1980-01-01,2026-12-01", [("opened_on", "future")]),
        ("K3,,RM001,1980-13-01,2020-01-01", [("birthday", "bad_date")]),
        ("K3,,,1980-01-01,", [("manager_id", "missing"), ("name", "missing"), ("opened_on", "missing")]),
        ("K1,赵三,RM001,1980-01-01,2020-01-01", [("id", "duplicate")]),
    ],
)
def test_a_bad_customer_is_named_with_every_flaw(
    take: Take, store: CustomerStore, row: str, expected: list[tuple[str, str]]
) -> None:
    report, flaws = take(PEOPLE + row, "customers")
    assert sorted((f.field, f.code) for f in flaws) == sorted(expected)
    assert {f.row for f in flaws} == {4}
    assert (report.accepted, report.rejected) == (2, 1)
    assert report.new_managers == ("RM001", "RM002")
    assert [c.id for c in store.all(RM)] == ["K1"], "each book is its manager's"


def test_the_same_file_again_changes_nothing_unless_asked(take: Take, store: CustomerStore) -> None:
    take(PEOPLE, "customers")
    take(transactions())
    again, flaws = take(PEOPLE.replace("王一", "王壹"), "customers")
    assert (again.accepted, [f.code for f in flaws]) == (0, ["exists", "exists"])
    assert take(transactions())[0].reasons == {"exists": 1}
    updated, _ = take(PEOPLE.replace("王一", "王壹"), "customers", update=True)
    assert (updated.updated, updated.rejected) == (2, 0)
    assert store.get("K1", ADMIN).name == "王壹"


ACCOUNTS = "客户号,账号,产品类别,产品名称,余额,币种,到期日\n"


def test_accounts_join_their_customer(take: Take, store: CustomerStore) -> None:
    take(PEOPLE, "customers")
    rates = "currencies: {USD: 7.1}"
    rows = 'K1,A1,存款,定期,"1,000.50",CNY,2027-01-01\nK1,A2,基金,某基金,￥２００,USD,\n'
    bad = "K1,A3,股票,某股,5,CNY,\nK9,A4,存款,定期,5,CNY,\nK1,A1,存款,定期,7,CNY,\nK1,A5,存款,定期,-7,CNY,\n"
    report, flaws = take(ACCOUNTS + rows + bad, "accounts", rates)
    assert report.accepted == 2
    assert [(f.row, f.code) for f in flaws] == [
        (4, "unknown_value"), (5, "unknown_customer"), (6, "duplicate"), (7, "negative"),
    ]  # fmt: skip
    held = store.get("K1", ADMIN)
    assert [(h.id, h.product, h.balance) for h in held.holdings] == [
        ("A1", "deposit", Decimal("1000.50")),
        ("A2", "fund", Decimal("1420.00")),
    ]
    assert held.assets == Decimal("2420.50")
    take(ACCOUNTS + "K1,A1,存款,定期,1,CNY,\n", "accounts", update=True)
    take(PEOPLE, "customers", update=True)
    assert store.get("K1", ADMIN).assets == Decimal(1421), "an update of the person keeps what they hold"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_encodings_are_recognised(take: Take, store: CustomerStore, encoding: str) -> None:
    people = PEOPLE
    for n in range(3, 40):
        people += f"K{n},王中文{n},RM001,1980-01-01,2020-05-06\n"
    names = {
        "客户号": "id",
        "姓名": "name",
        "客户经理号": "manager_id",
        "出生日期": "birthday",
        "开户日期": "opened_on",
    }
    for ours, theirs in names.items():
        people = people.replace(ours, theirs)
    report, flaws = take(people.encode(encoding), "customers")
    assert (report.accepted, flaws) == (39, [])
    assert store.get("K39", ADMIN).name == "王中文39"


@pytest.mark.parametrize("first", ["utf-8", "gb18030"])
def test_a_file_pasted_together_from_two_encodings_reads_right(
    take: Take, store: CustomerStore, first: str
) -> None:
    other = "gb18030" if first == "utf-8" else "utf-8"
    lines = [f"K{n},王一{n},RM001,1980-01-01,2020-05-06\n" for n in range(3, 9)]
    content = (
        PEOPLE.encode(first)
        + "".join(lines).encode(first)
        + "K9,诸葛静,RM001,1980-01-01,2020-05-06\n".encode(other)
    )
    content += (
        b"K10,\xff\xff\x81,RM001,1980-01-01,2020-05-06\n"
        + "K11,王五,RM001,1980-01-01,2020-05-06\n".encode(first)
    )
    report, flaws = take(content, "customers")
    assert report.accepted == 10
    assert [(f.row, f.code) for f in flaws] == [(11, "encoding")]
    assert store.get("K9", ADMIN).name == "诸葛静"
    assert store.get("K8", ADMIN).name == "王一8"


def test_quotes_spanning_lines_keep_the_count_of_rows(take: Take) -> None:
    people = PEOPLE.replace("开户日期\n", "开户日期,备注\n").replace("05-06\n", '05-06,"爱喝茶\n住得远"\n')
    report, flaws = take(people.replace("20210607\n", "20290607,\n"), "customers")
    assert report.accepted == 1
    assert [(f.row, f.code) for f in flaws] == [(4, "future")], "the line a person sees in an editor"


def test_an_unclosed_quote_costs_one_row(take: Take) -> None:
    take(PEOPLE, "customers")
    rows = [f"T{n},K1,2026-01-05,3,CNY,网购" for n in range(1, 100)]
    rows[10] = 'T11,K1,2026-01-05,3,CNY,"网购'
    report, flaws = take(transactions(*rows))
    assert (report.accepted, [(f.row, f.code) for f in flaws]) == (99, [(13, "malformed")])


def test_a_mapping_names_columns_values_dates_and_rates(take: Take, store: CustomerStore) -> None:
    take(PEOPLE, "customers")
    mapping = """
columns: {transactions: {id: 序号, customer_id: 客户, booked_on: 日, amount: 额, kind: 类, currency: 币}}
values: {kind: {XF: 信用卡消费}}
dates: ["%d/%m/%Y"]
currencies: {HKD: 0.9}
"""
    content = "序号;客户;日;额;类;币;多余\nS1;K1;03/02/2026;100;XF;hkd;x\n"
    report, flaws = take(content, mapping=mapping)
    assert (report.accepted, report.ignored, flaws) == (1, ("多余",), [])
    booked = store.transactions("K1", ADMIN, date(2020, 1, 1))[0]
    assert (booked.booked_on, booked.amount, booked.kind) == (date(2026, 2, 3), Decimal(90), "信用卡消费")


@pytest.mark.parametrize(
    ("mapping", "field"),
    [
        ("columns: {transactions: {when: 日}}", "columns.transactions.when"),
        ("values: {colour: {红: red}}", "values.colour"),
        ("columns: {loans: {id: 号}}", "columns.loans"),
        ("currencies: {USD: many}", "currencies.USD"),
    ],
)
def test_a_wrong_mapping_is_located(take: Take, mapping: str, field: str) -> None:
    with pytest.raises(DataFileError) as raised:
        take(transactions(), mapping=mapping)
    assert raised.value.field.startswith(field)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"", "空"),
        ("a.csv", "流水号,客户号,金额\n".encode(), "记账日期"),
        ("a.csv", "流水号,流水号,金额\n".encode(), "重复"),
        ("a.csv", b"PK\x03\x04" + b"\0" * 99 + b"," * 9, "损坏"),
        ("a.parquet", b"not parquet", "损坏"),
        ("a.xlsx", b"", "parquet"),
        ("none.csv", None, "打不开"),
    ],
)
def test_a_file_of_no_use_is_said_in_one_line(
    store: CustomerStore, tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataFileError) as raised:
        Importer(store, ADMIN, load_mapping(), TODAY).run(
            tmp_path / name, "transactions", lambda _: None, lambda *_: None
        )
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> CustomerStore:
    folder = tmp_path_factory.mktemp("demo")
    store = new_store(folder)
    build_demo(open_engine(f"sqlite:///{folder / 'b.sqlite3'}"), TODAY, lambda *_: None)
    return store


KINDS: tuple[Kind, ...] = ("customers", "accounts", "transactions")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_round_trip_loses_nothing(demo: CustomerStore, tmp_path: Path, suffix: str) -> None:
    copy, rules = new_store(tmp_path), load_mapping()
    copy.add(demo.managers())
    flaws: list[Rejection] = []
    for kind in KINDS:
        path = tmp_path / f"{kind}{suffix}"
        count = export_file(path, kind, demo, RM)
        assert path.stat().st_mode & 0o077 == 0, "personal data is for the owner's eyes"
        done = Importer(copy, ADMIN, rules, TODAY).run(path, kind, flaws.append, lambda *_: None)
        assert (done.accepted, flaws) == (count, [])
    for mine, theirs in zip(copy.each(ADMIN), demo.each(RM), strict=True):
        assert _comparable(mine) == _comparable(theirs)
    assert list(copy.log(ADMIN)) == list(demo.log(RM))


def _comparable(customer: Customer) -> Customer:
    """Without the gift history, which no file holds, and with numbered holdings."""
    held = tuple(h.model_copy(update={"id": customer.account_number(h)}) for h in customer.holdings)
    return customer.model_copy(update={"gifts": (), "holdings": held})


def test_an_export_holds_the_callers_book_alone(demo: CustomerStore, tmp_path: Path) -> None:
    mine = {c.id for c in demo.each(RM)}
    for kind in KINDS:
        path = tmp_path / f"{kind}.csv"
        export_file(path, kind, demo, RM)
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        assert {row.get("customer_id") or row["id"] for row in rows} <= mine
        assert rows


@pytest.mark.parametrize("start", FORMULA)
def test_no_cell_of_an_export_is_a_formula(
    take: Take, store: CustomerStore, tmp_path: Path, start: str
) -> None:
    customer = Customer(
        id="K1", manager_id="RM001", name="王一", birthday=date(1980, 1, 1), opened_on=date(2020, 1, 1),
        notes=(f'{start}HYPERLINK("http://x")',), address=f"{start}1+1", tags=(f"{start}cmd",),
    )  # fmt: skip
    store.add([RM], [customer])
    export_file(tmp_path / "out.csv", "customers", store, ADMIN)
    rows = list(csv.reader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8-sig"), newline="")))
    assert not [cell for cell in rows[1] if cell.startswith(FORMULA)]


@given(st.text(st.sampled_from("=+-@'＝a王\"\n,; "), max_size=8))
def test_neutral_cells_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("a", "b"), (neutral(text), "x")])
    with open_table(path) as table:
        assert [cells for _, cells in table.rows] == [{"a": text, "b": "x"}]


@given(st.binary(max_size=400))
def test_any_bytes_after_a_header_end_in_rows_or_flaws(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes
) -> None:
    path = tmp_path_factory.mktemp("noise") / "a.csv"
    path.write_bytes(b"a,b\n" + noise.replace(b"\0", b"") + b"\n1,2\n")
    with open_table(path) as table:
        found = [cells for _, cells in table.rows]
    assert all(isinstance(cells, Flaw) or set(cells) == {"a", "b"} for cells in found)


def test_numbers_and_dates_of_parquet_keep_their_types(store: CustomerStore, tmp_path: Path) -> None:
    person = Customer(
        id="10001", manager_id="RM001", name="王一", birthday=date(1980, 1, 1), opened_on=date(2020, 1, 1)
    )  # fmt: skip
    store.add([RM], [person])
    rows = {
        "id": [1, 2, 3], "customer_id": [10001.0, 10001.0, 10001.0], "kind": ["网购", None, "网购"],
        "booked_on": [date(2026, 1, 2)] * 3, "amount": [Decimal("1.10"), Decimal(2), None],
    }  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "t.parquet")
    flaws: list[Rejection] = []
    done = Importer(store, ADMIN, load_mapping(), TODAY).run(
        tmp_path / "t.parquet", "transactions", flaws.append, lambda *_: None
    )
    assert done.accepted == 1
    assert [(f.row, f.field, f.code) for f in flaws] == [(2, "kind", "missing"), (3, "amount", "missing")]


def test_memory_does_not_grow_with_the_file(take: Take, store: CustomerStore, tmp_path: Path) -> None:
    take(PEOPLE, "customers")
    peaks = []
    for count in (12_000, 36_000):
        path = tmp_path / "large.csv"
        with path.open("w", encoding="utf-8") as file:
            file.write("id,customer_id,booked_on,amount,kind\n")
            # All bad, so that the flaws would pile up if anything did.
            file.writelines(f"T{n},K1,2026-01-05,-1,网购\n" for n in range(count))
        tracemalloc.start()
        done = Importer(store, ADMIN, load_mapping(), TODAY).run(
            path, "transactions", lambda _: None, lambda *_: None
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert done.rejected == count
    assert peaks[1] < peaks[0] * 1.5


@pytest.fixture
def console(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """The console over an empty data folder: status, standard output and error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["customers", *arguments, "--data-dir", str(tmp_path / "data")])
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


def test_the_console_takes_files_in_and_writes_them(
    console: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    people, rejected = tmp_path / "客户.csv", tmp_path / "未导入.csv"
    people.write_text(PEOPLE + "K3,=1+1,RM001,2999-01-01,2020-01-01\n", encoding="gb18030")
    status, out, err = console("import", str(people), "--rejected", str(rejected))
    assert status == 1
    assert "导入 2 行" in out
    assert "RM001、RM002" in out
    assert "第 4 行 birthday：晚于今天：2999-01-01" in err
    assert next(csv.DictReader(io.StringIO(rejected.read_text(encoding="utf-8-sig"))))["code"] == "future"
    assert console("import", str(people))[0] == 2, "nothing new"
    assert console("import", str(people), "--update")[0] == 1
    status, out, _ = console("import", str(people), "--json")
    assert json.loads(out)["reasons"] == {"exists": 2, "future": 1}
    exported = tmp_path / "out.parquet"
    assert console("export", str(exported), "--as", "RM002")[0] == 0
    assert [row["name"] for row in pq.read_table(exported).to_pylist()] == ["李二"]
    assert console("export", str(exported), "--as", "RM999")[0] == 2
    status, _, err = console("import", str(tmp_path / "none.csv"))
    assert (status, err.count("\n")) == (2, 1)
