"""Documents over HTTP by administrators: files of every kind in, found, replaced, refused, removed."""

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from openpyxl import Workbook

from assistant.build import House

DOCUMENTS = "/api/v1/knowledge/documents"


@pytest.fixture
def admin(client: httpx.Client, people: Any) -> Any:
    headers = {"X-RM-Id": people.admin.id}
    return lambda method, path, **more: client.request(
        method, path, headers={**headers, **more.pop("headers", {})}, **more
    )


def word(text: str) -> bytes:
    document, buffer = Document(), io.BytesIO()
    document.add_heading("银杏活动手册", 1)
    document.add_paragraph(text)
    document.save(buffer)
    return buffer.getvalue()


def sheet(text: str) -> bytes:
    book, buffer = Workbook(), io.BytesIO()
    book.active.append(["项目", "说明"])  # type: ignore[union-attr]
    book.active.append(["银杏台账", text])  # type: ignore[union-attr]
    book.save(buffer)
    return buffer.getvalue()


def pdf(text: str) -> bytes:
    """A PDF of one page, as small as one can be."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET"
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    parts = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 {font}>>>>>>",
        f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
    ]
    body, places = "%PDF-1.4\n", []
    for n, part in enumerate(parts, 1):
        places.append(len(body))
        body += f"{n} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = (
        f"xref\n0 5\n0000000000 65535 f \n{table}trailer<</Root 1 0 R/Size 5>>\nstartxref\n{len(body)}\n%%EOF"
    )
    return (body + end).encode()


GOOD = {
    "Word": ("银杏手册.DOCX", word("银杏签到后第十一天寄出感谢信。"), "银杏签到后第几天寄感谢信"),
    "Excel": ("银杏台账.xlsx", sheet("银杏台账每季度核对一次"), "银杏台账多久核对一次"),
    "PDF": (
        "ginkgo.pdf",
        pdf("Ginkgo vouchers expire after nineteen weeks."),
        "When do ginkgo vouchers expire",
    ),
    "GB18030": ("银杏须知.txt", "银杏会员须知：银杏徽章每人限领两枚。".encode("gb18030"), "银杏徽章限领几枚"),
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_file_is_taken_found_and_removed(admin: Any, house: House, kind: str) -> None:
    name, content, question = GOOD[kind]
    answer = admin("POST", DOCUMENTS, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    (id_,) = answer.json()["added"]
    found = admin("GET", "/api/v1/knowledge/search", params={"q": question}).json()["passages"]
    assert found[0]["document_id"] == id_
    shown = admin("GET", f"{DOCUMENTS}/{id_}").json()
    assert "/" not in shown["source"], "where the server keeps it is nobody's business"
    assert admin("DELETE", f"{DOCUMENTS}/{id_}").status_code == 204
    assert admin("GET", f"{DOCUMENTS}/{id_}").status_code == 404
    assert not [p for p in (house.settings.data_dir / "uploads").iterdir() if p.stem.startswith("银杏")]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"0" * 12_000_000)
    return buffer.getvalue()


BAD: dict[str, tuple[str, bytes, int, str]] = {
    "empty": ("空.md", b"", 422, "空文件"),
    "a program": ("表.docx", b"MZ\x90\x00\x03\x00\x00\x00\x04" * 99, 422, "不是文本或办公文档"),
    "broken Word": ("坏.docx", word("x")[:900], 422, "坏.docx"),
    "broken PDF": ("坏.pdf", b"%PDF-1.4\n garbage", 422, "坏.pdf"),
    "zip bomb": ("弹.docx", bomb(), 422, "弹.docx"),
    "no kind we read": ("a.exe", b"text", 422, "filename"),
    "no suffix": ("手册", b"text", 422, "filename"),
    "out of the folder": ("../../手册.md", b"text", 422, "filename"),
    "out of the folder, otherwise": ("..\\手册.md", b"text", 422, "filename"),
    "too large": ("大.txt", b"x" * 8_100_000, 413, "上限"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_cannot_be_used_is_said_so(admin: Any, house: House, kind: str) -> None:
    name, content, status, words = BAD[kind]
    before = {p for p in house.settings.data_dir.rglob("*") if "knowledge" not in p.parts}
    answer = admin("POST", DOCUMENTS, files={"file": (name, content)})
    assert answer.status_code == status, answer.text
    assert words in answer.text
    assert str(house.settings.data_dir) not in answer.text
    assert {p for p in house.settings.data_dir.rglob("*") if "knowledge" not in p.parts} <= before | set(
        house.settings.data_dir.glob("uploads")
    )


@pytest.mark.parametrize(
    "sent",
    [
        {"files": {"other": ("a.md", b"x")}},
        {"files": [("file", ("a.md", b"x")), ("file", ("b.md", b"y"))]},
        {"files": {"file": ("a.md", b"x")}, "data": {f"f{n}": "x" for n in range(30)}},
        {"data": {"file": "text instead of a file"}},
        {"content": b"no boundary here", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"--x\r\nbroken", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"{}", "headers": {"Content-Type": "application/json"}},
        {"content": b"[" * 200_000, "headers": {"Content-Type": "application/json"}},
        {"json": {"filename": "a.md", "text": "x", "id": "../x"}},
    ],
)
def test_a_malformed_upload_is_refused(admin: Any, sent: dict[str, Any]) -> None:
    answer = admin("POST", DOCUMENTS, **sent)
    assert answer.status_code in (400, 415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_bad_file_does_not_take_the_place_of_a_good_one(admin: Any) -> None:
    good = admin("POST", DOCUMENTS, files={"file": ("海棠.docx", word("海棠手册第一版"))}).json()["added"][0]
    assert admin("POST", DOCUMENTS, files={"file": ("海棠.docx", b"\x00" * 99)}).status_code == 422
    assert "海棠手册第一版" in admin("GET", f"{DOCUMENTS}/{good}").json()["text"]
    again = admin("POST", DOCUMENTS, files={"file": ("海棠.docx", word("海棠手册第二版"))})
    assert again.json()["changed"] == [good], "the same name is the same document"
    assert admin("DELETE", f"{DOCUMENTS}/{good}").status_code == 204


def test_only_administrators_change_the_knowledge_base(client: httpx.Client, people: Any) -> None:
    for caller in (people.rm, people.compliance):
        headers = {"X-RM-Id": caller.id}
        files = {"file": ("a.md", b"# a")}
        assert client.post(DOCUMENTS, files=files, headers=headers).status_code == 403


def test_traversal_reaches_nothing(admin: Any, tmp_path: Path) -> None:
    outside = tmp_path / "outside.md"
    outside.write_text("x")
    for id_ in (
        f"..%2F..%2F{outside.name}",
        "%2e%2e%2fassistant.sqlite3",
        str(outside).replace("/", "%2F"),
    ):
        for method in ("GET", "DELETE"):
            assert admin(method, f"{DOCUMENTS}/{id_}").status_code in (404, 405)
    assert outside.exists()
