"""What a folder of a bank's files may hold, and what is said about each."""

import zipfile
from pathlib import Path

import pytest

from knowledge import sources
from knowledge.cleaning import clean

CHINESE = "客户经理应当在活动前三天再次确认客户是否参加。礼品按层级准备，预算另留应急资金。\n" * 4


def codes(source: sources.Source) -> set[str]:
    return {problem.code for problem in source.problems}


def write(folder: Path, name: str, content: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5"]
)
def test_the_encoding_is_found_without_being_told(tmp_path: Path, codec: str) -> None:
    text = (
        CHINESE
        if codec != "big5"
        else "客戶經理應當在活動前三天再次確認客戶是否參加。禮品按層級準備，預算另留應急資金。\n" * 4
    )
    source = sources.read(write(tmp_path, "a.txt", text.encode(codec)))
    assert source.text.strip() == text.strip()
    assert source.problems == ()


def test_front_matter_is_read_and_a_bad_one_is_doubtful_only(tmp_path: Path) -> None:
    good = write(
        tmp_path,
        "a.md",
        "---\nid: x\ntitle: 题\nkind: policy\neffective_until: 2026-01-31\n---\n# 题\n正文\n",
    )
    bad = write(tmp_path, "b.md", "---\nkind: novel\n---\n# 题\n正文\n")
    assert sources.read(good).front.id == "x"
    assert str(sources.read(good).front.effective_until) == "2026-01-31"
    assert codes(sources.read(bad)) == {"front_matter"}
    assert sources.read(bad).text.startswith("# 题")


def test_web_pages_give_their_text(tmp_path: Path) -> None:
    page = "<html><head><script>var x=1</script></head><body><h1>礼品</h1><p>生日关怀</p></body></html>"
    text = sources.read(write(tmp_path, "a.html", page)).text
    assert "# 礼品" in text
    assert "生日关怀" in text
    assert "var x" not in text


def test_office_documents_and_workbooks_give_their_text(tmp_path: Path) -> None:
    import docx
    import openpyxl
    import pptx

    document = docx.Document()
    document.add_heading("礼品办法", 1)
    document.add_paragraph("体检套餐适合退休客户。")
    document.save(str(tmp_path / "a.docx"))
    book = openpyxl.Workbook()
    book.active.append(["品名", "单价"])
    book.active.append(["保温杯", 60])
    book.save(tmp_path / "b.xlsx")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    slide.shapes.title.text = "社区活动安排"
    slides.save(str(tmp_path / "c.pptx"))
    assert "体检套餐" in sources.read(tmp_path / "a.docx").text
    assert "保温杯" in sources.read(tmp_path / "b.xlsx").text
    assert "社区活动安排" in sources.read(tmp_path / "c.pptx").text


def pdf(body: str, trailer: str = "") -> bytes:
    """A one-page PDF written by hand, so that its flaws are known."""
    stream = f"BT /F1 12 Tf 72 700 Td ({body}) Tj ET" if body else ""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R"
        " /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Filter /Standard /V 1 /R 2 /P -44 /O <{'00' * 32}> /U <{'11' * 32}> >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    ending = (
        f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\n"
    )
    return out + f"{ending}startxref\n{len(out)}\n%%EOF\n".encode()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf(""), "no_text"),
        (pdf("secret", "/Encrypt 6 0 R /ID [<00> <00>]"), "encrypted"),
        (b"%PDF-1.4\nbroken", "conversion_failed"),
    ],
    ids=["empty", "encrypted", "broken"],
)
def test_a_pdf_without_readable_text_is_skipped(tmp_path: Path, content: bytes, code: str) -> None:
    source = sources.read(write(tmp_path, "a.pdf", content))
    assert code in codes(source)
    assert source.text == ""


def test_a_pdf_with_text_is_read(tmp_path: Path) -> None:
    assert "Gift policy" in sources.read(write(tmp_path, "a.pdf", pdf("Gift policy of the bank"))).text


def test_the_content_decides_not_the_name(tmp_path: Path) -> None:
    source = sources.read(write(tmp_path, "report.docx", CHINESE))
    assert codes(source) == {"wrong_extension"}
    assert "客户经理" in source.text


def test_junk_large_and_empty_files_are_skipped(tmp_path: Path) -> None:
    assert codes(sources.read(write(tmp_path, "a.txt", bytes(range(256)) * 40))) == {"binary_file"}
    assert codes(sources.read(write(tmp_path, "b.md", "  \n"))) == {"empty_file"}
    assert codes(sources.read(write(tmp_path, "c.md", "x" * 101), max_bytes=100)) == {"too_large"}
    huge = tmp_path / "d.txt"
    with huge.open("wb") as file:
        file.truncate(200_000_000)
    assert codes(sources.read(huge)) == {"too_large"}


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "a.docx"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 50_000_000)
    assert codes(sources.read(bomb)) == {"zip_bomb"}


def test_broken_links_and_missing_paths_are_named(tmp_path: Path) -> None:
    (tmp_path / "dead.md").symlink_to(tmp_path / "nowhere.md")
    write(tmp_path, "alive.md", "# 活动\n正文\n")
    files, problems = sources.discover([tmp_path, tmp_path / "absent"])
    assert [file.name for file in files] == ["alive.md"]
    assert {problem.code for problem in problems} == {"broken_link", "file_missing"}


def test_pinyin_and_page_furniture_go_and_words_stay() -> None:
    noisy = (
        "银行客户活动_第1页\n已阅读5页,还剩3页未读\n版权說明:本文檔由用戶上傳\n文檔簡介\n"
        "銀行禮(lǐ)品方案,對接客戶關係管理(CRM)系统,贈(zeng)送流程。\n"
    )
    assert clean(noisy).text == "銀行禮品方案,對接客戶關係管理(CRM)系统,贈送流程。\n"


def test_a_garbled_stretch_is_reported_where_it_stands() -> None:
    text = "礼品发放\ufffd\ufffd\ufffd流程"
    cleaned = clean(text)
    assert cleaned.text == "礼品发放流程\n"
    assert [(g.start, g.end) for g in cleaned.garbled] == [(4, 7)]
    assert "\ufffd" in cleaned.garbled[0].excerpt
