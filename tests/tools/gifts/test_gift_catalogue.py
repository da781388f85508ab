"""The shipped catalogue, imports into the bank's own, and the running server's view of it."""

import csv
from decimal import Decimal

import pytest
from openpyxl import Workbook

from prompts.datafile import DataFileError
from tools.errors import InvalidRequest
from tools.gifts.catalogue import CATALOGUE_FILE, SHIPPED, CatalogueSource, read_catalogue, row_rules
from tools.gifts.importing import import_catalogue, import_file
from tools.gifts.lexicon import load_lexicon
from tools.gifts.policy import load_policy
from tools.gifts.words import load_words
from tools.values import OCCASIONS

WORDS = load_words()
POLICY = load_policy()
LEXICON = load_lexicon()
RULES = row_rules(POLICY, LEXICON, WORDS)
HEADER = ["gift_id", "name", "category", "price", "stock", "warn_at"]
GOOD = ["N1", "测试木盒", "实用", "120", "50", "5"]


def write(path, *rows, header=HEADER, encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def test_the_shipped_catalogue_is_clean_and_broad():
    catalogue = read_catalogue(SHIPPED, RULES)
    assert catalogue.rejected == ()
    assert len(catalogue) >= 160
    assert {gift.category for gift in catalogue.gifts} == set(POLICY.categories)
    prices = sorted(gift.price for gift in catalogue.gifts)
    assert prices[0] >= 20
    assert Decimal(4000) < prices[-1] <= 5000
    assert {o for gift in catalogue.gifts for o in gift.occasions} >= set(OCCASIONS) - {"service_apology"}
    assert len({gift.name for gift in catalogue.gifts}) == len(catalogue)


def test_every_tag_and_content_can_be_asked_for_or_avoided():
    catalogue = read_catalogue(SHIPPED, RULES)
    unknown = {tag for gift in catalogue.gifts for tag in gift.tags if tag not in LEXICON.concepts(tag)}
    assert unknown <= {"收藏", "特产"}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (["N2", "缺价格", "实用", "", "5", ""], "price"),
        (["N2", "缺库存", "实用", "10", "", ""], "stock"),
        (["N2", "负价格", "实用", "-3", "5", ""], "price"),
        (["N2", "零价格", "实用", "0", "5", ""], "price"),
        (["N2", "负库存", "实用", "3", "-5", ""], "stock"),
        (["N2", "文字价格", "实用", "五百左右", "5", ""], "price"),
        (["N2", "公式", "实用", "=A1*2", "5", ""], "price"),
        (["=HYPERLINK(1)", "公式", "实用", "3", "5", ""], "gift_id"),
        (["N2", "没有的类别", "玄学", "3", "5", ""], "category"),
        (["N2", "百元购物卡", "实用", "100", "5", ""], "name"),
        (["N1", "重复编号", "实用", "3", "5", ""], "gift_id"),
        (["", "无编号", "实用", "3", "5", ""], "gift_id"),
        (["N2", "半件库存", "实用", "3", "1.5", ""], "stock"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_loads(tmp_path, row, field):
    source = write(tmp_path / "new.csv", GOOD, row, ["N9", "好的一行", "家居", "¥1,280.00", "9", "1"])
    report = import_catalogue(source, tmp_path / "out.csv", RULES, WORDS)
    assert report.accepted == 2
    assert [(r.row, r.field) for r in report.rejected] == [(3, field)]
    assert report.rejected[0].message
    assert {g.name for g in read_catalogue(tmp_path / "out.csv", RULES).gifts} == {"测试木盒", "好的一行"}


def test_spreadsheets_with_chinese_titles_and_values(tmp_path):
    book = Workbook()
    sheet = book.active
    sheet.append(["编号", "名称", "类别", "价格", "库存", "场合", "客群", "发放方式", "备注"])
    sheet.append(["X1", "木质笔筒", "商务", 88.5, 40, "生日、乔迁", "企业主", "网点自提;快递", "随便"])
    sheet.append(["X2", "公式价格", "商务", "=1+1", 40, "", "", "", ""])
    sheet.append([None] * 9)
    path = tmp_path / "gifts.xlsx"
    book.save(path)
    report = import_catalogue(path, tmp_path / "out.csv", RULES, WORDS)
    assert (report.accepted, [r.field for r in report.rejected]) == (1, ["price"])
    gift = read_catalogue(tmp_path / "out.csv", RULES).gifts[0]
    assert (gift.price, gift.occasions, gift.ways) == (
        Decimal("88.5"),
        ("birthday", "new_home"),
        ("branch", "courier"),
    )


def test_gb18030_files_are_read(tmp_path):
    source = write(tmp_path / "a.csv", GOOD, encoding="gb18030")
    assert import_catalogue(source, tmp_path / "o.csv", RULES, WORDS).accepted == 1


def test_the_shipped_catalogue_survives_an_import(tmp_path):
    report = import_catalogue(SHIPPED, tmp_path / "o.csv", RULES, WORDS)
    assert report.rejected == ()
    assert read_catalogue(tmp_path / "o.csv", RULES).gifts == read_catalogue(SHIPPED, RULES).gifts


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"x", "gift_file_kind"),
        ("a.xlsx", b"not a zip", "gift_file_unreadable"),
        ("a.csv", "名称,价格\n木盒,3\n".encode(), "gift_file_columns"),
        ("a.csv", b"\xff\xff\xff", "gift_file_unreadable"),
        ("a.csv", b"", "gift_file_columns"),
        ("gone.csv", None, "gift_file_unreadable"),
    ],
)
def test_unusable_files_are_refused_clearly(tmp_path, name, content, code):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidRequest) as caught:
        import_catalogue(tmp_path / name, tmp_path / "out.csv", RULES, WORDS)
    assert caught.value.code == code
    assert not (tmp_path / "out.csv").exists()


def test_a_file_without_a_good_row_leaves_the_old_catalogue(tmp_path):
    target = write(tmp_path / "catalogue.csv", GOOD)
    before = target.read_bytes()
    bad = write(tmp_path / "bad.csv", ["N2", "缺", "实用", "", "", ""])
    report = import_catalogue(bad, target, RULES, WORDS)
    assert (report.swapped, report.accepted) == (False, 0)
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "catalogue.csv"]


def test_a_running_adviser_uses_the_new_catalogue(tmp_path, make_desk):
    desk = make_desk(tmp_path)
    assert len(desk.ask(segment="affluent").items) == 5
    source = write(tmp_path / "new.csv", GOOD)
    assert import_file(source, tmp_path).path == str(tmp_path / CATALOGUE_FILE)
    assert [item.name for item in desk.ask(segment="affluent").items] == ["测试木盒"]


def test_a_damaged_catalogue_keeps_the_last_good_one(tmp_path):
    path = write(tmp_path / "catalogue.csv", GOOD)
    source = CatalogueSource(path, RULES)
    assert len(source.current()) == 1
    path.write_text("nonsense", encoding="utf-8")
    assert [gift.gift_id for gift in source.current().gifts] == ["N1"]


def test_a_catalogue_that_never_was_good_is_an_error_with_the_file(tmp_path):
    path = tmp_path / "catalogue.csv"
    path.write_text("nonsense", encoding="utf-8")
    with pytest.raises(DataFileError, match=r"catalogue\.csv"):
        CatalogueSource(path, RULES).current()
