"""Hostile text and hostile hosts: nothing runs, and the panel stays usable."""

import csv
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.types import ASGIApp

from api.app import create_app
from assistant.build import build
from assistant.settings import Settings
from tools import gifts
from tools.base import Caller
from tools.customers.importing import Importer
from tools.customers.mapping import load_mapping
from tools.gifts.importing import import_file

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))
from scripted_openai import Step

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PAYLOADS = (Path(__file__).parent / "payloads.txt").read_text(encoding="utf-8").splitlines()
ACTIVE = "script, iframe, object, embed, base, meta, link, img, video, audio, form form, [onerror], [onload], [onfocus]"
KEEP = ("id", "name", "status", "verdict", "decision", "severity", "channel", "start", "end", "chunk_id")


def quiet(page: Page, answers: Locator) -> None:
    """Nothing ran, nothing that could run is there, and no link leads into script."""
    page.wait_for_timeout(200)
    assert page.evaluate("window.__xss") is None
    assert answers.locator(ACTIVE).count() == 0
    targets = answers.locator("a").evaluate_all("all => all.map(a => a.protocol)")
    assert set(targets) <= {"http:", "https:", "mailto:"}


def test_there_are_many_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


def test_payloads_as_messages_run_nothing(page: Page, server: str, widget) -> None:
    widget.ask("帮我审一下这段文案：" + "".join(PAYLOADS[:30]) + "保本保收益")
    widget.ask("\n".join(PAYLOADS[30:]))
    widget.ask("写个微信邀请：周六下午两点“<img src=x onerror=window.__xss=1>沙龙”")
    quiet(page, page.get_by_role("article"))


def test_payloads_kept_by_the_server_run_nothing(page: Page, server: str, widget) -> None:
    with httpx.Client(base_url=server, headers={"X-RM-Id": "RM001"}, timeout=30) as client:
        body: dict[str, Any] = {"stream": False, "message": "<img src=x onerror=window.__xss=1>"}
        body["conversation_id"] = client.post("/api/v1/chat", json=body).json()["conversation_id"]
        for payload in PAYLOADS[1:]:
            assert client.post("/api/v1/chat", json={**body, "message": payload}).status_code == 200
    widget.press("历史对话")
    widget.side.get_by_text("onerror").first.click()
    said, mine = set[str](), page.get_by_role("article", name="我")
    expect(mine.first).to_be_visible()
    for _ in range(len(PAYLOADS)):
        said.update(mine.all_inner_texts())
        quiet(page, page.get_by_role("article"))
        if not page.get_by_role("button", name="更早的").is_visible():
            break
        page.get_by_role("log").evaluate(
            "log => log.scrollTo({ top: 0, behavior: 'instant' })"
        )  # earlier ones follow
    assert said >= {" ".join(p.split()) for p in PAYLOADS[1:] if p == " ".join(p.split())}


def test_hostile_documents_run_nothing(page: Page, server: str, widget) -> None:
    payload = '"><img src=x onerror=window.__xss=1><script>window.__xss=1</script>'
    body = "\n\n".join(f"青藤驿站的开放时间是每周三下午。{p}" for p in PAYLOADS)
    text = f"---\ntitle: '{payload}'\n---\n# 青藤驿站 {payload}\n\n{body}\n"
    with httpx.Client(base_url=server, headers={"X-RM-Id": "AD001"}, timeout=30) as client:
        added = client.post("/api/v1/knowledge/documents", json={"filename": "青藤<img>.md", "text": text})
        assert added.status_code == 201, added.text
        answer = widget.ask("青藤驿站的开放时间是什么时候？")
        answer.locator("button.cite").first.click()
        expect(widget.side.locator("mark")).to_be_visible()
        expect(widget.side.locator(".document")).to_contain_text(PAYLOADS[0])
        quiet(page, page.locator("rm-assistant .main"))
        for document in client.get("/api/v1/knowledge/documents").json()["documents"]:
            if "onerror" in document["title"]:
                client.delete(f"/api/v1/knowledge/documents/{document['id']}")


def test_hostile_words_of_a_language_model_run_nothing(
    page: Page, visit: Callable, llm: Callable[..., AbstractContextManager[str]]
) -> None:
    as_markdown = [f"[点这里](javascript:window.__xss=1) ![x](x) **{p}** `{p}`" for p in PAYLOADS[:20]]
    with llm(Step(text="\n\n".join(PAYLOADS)), Step(text="\n\n".join(as_markdown))) as url:
        widget = visit(url)
        expect(widget.ask("怎么开口？").locator(".answer")).to_contain_text("<script>window.__xss=1</script>")
        widget.ask("再说一遍")
        quiet(page, widget.answers)
        page.reload()
        expect(widget.answers).to_have_count(2)
        quiet(page, widget.answers)


def poisoned(value: Any, payloads: Iterator[str], key: str = "") -> Any:
    """The same result with a payload, each time the next one, in the place of every text."""
    if isinstance(value, dict):
        return {k: poisoned(v, payloads, k) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v, payloads, key) for v in value]
    return next(payloads) if isinstance(value, str) and key not in KEEP else value


QUESTIONS = (
    "董志强是什么层级？",
    "我名下有哪些快流失的客户？",
    "给退休客户选个 300 元以内的生日礼",
    "帮我审一下这段文案：存款利率全市最高，欢迎到网点咨询",
    "写个微信邀请：周六下午两点财富沙龙",
    "邀约后提前几天再确认？",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_names_of_customers_gifts_and_sources_run_nothing(
    page: Page, server: str, widget, question: str
) -> None:
    widget.ask(question)
    sent = list[str]()

    def payloads() -> Iterator[str]:
        for payload in cycle(PAYLOADS):
            sent.append(payload)
            yield payload

    def spoil(route: Any) -> None:
        whole, source = route.fetch().json(), payloads()
        for reply in (m["reply"] for m in whole["messages"] if m.get("reply")):
            while len(set(sent)) < len(PAYLOADS):
                reply["tool_calls"] += poisoned(reply["tool_calls"][:1] or [{"result": ""}], source)
                reply["citations"] = [
                    {**c, "n": n} for n, c in enumerate(poisoned(reply["citations"], source), 1)
                ]
            reply["notices"] = PAYLOADS
        route.fulfill(body=json.dumps(whole), content_type="application/json")

    page.route("**/api/v1/conversations/*", spoil)
    page.reload()
    expect(page.get_by_role("article", name="助手").locator(".notices")).to_contain_text(PAYLOADS[-1])
    assert len(set(sent)) >= 60
    if page.locator("rm-assistant mark").count():
        page.locator("rm-assistant mark").first.focus()
    quiet(page, page.get_by_role("article"))


def test_names_kept_by_the_bank_run_nothing(
    page: Page, visit: Callable, serve: Callable[[ASGIApp], AbstractContextManager[str]], tmp_path: Path
) -> None:
    catalogue = (Path(gifts.__file__).parent / "catalogue.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(catalogue))
    for row, payload in zip(rows, cycle(PAYLOADS), strict=False):
        row["name"] = f"{payload}{row['gift_id']}"[:120]
    spoilt = tmp_path / "gifts.csv"
    with spoilt.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert import_file(spoilt, tmp_path).swapped
    house = build(Settings(data_dir=tmp_path))
    people, names = tmp_path / "people.csv", [p for p in PAYLOADS if len(p) < 60 and p[0] not in "=+-@"]
    with people.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                ["客户号", "姓名", "客户经理号", "出生日期", "开户日期"],
                *([f"X{i}", name, "RM001", "1980-01-01", "2020-05-06"] for i, name in enumerate(names)),
            ]
        )
    importer = Importer(house.customers, Caller("AD001", "管理", "admin"), load_mapping(None), date.today())
    report = importer.run(people, "customers", lambda _: None, lambda *_: None)
    assert report.accepted > 30
    house.segments.rebuild(house.clock().date(), again=True)
    with serve(create_app(house)) as url:
        widget = visit(url)
        gift = widget.ask("给退休客户选个 300 元以内的生日礼").locator(".gift-list strong").first
        expect(gift).to_contain_text("xss")
        widget.ask("X1 是什么层级？")
        widget.ask("列出我名下的客户")
        widget.box.fill("")
        widget.box.press_sequentially("@X")
        expect(page.get_by_role("option").first).to_be_visible()
        quiet(page, page.locator("rm-assistant .main"))


CSS = [
    "* {all: unset !important}",
    "button {display: none !important} div, aside, textarea {visibility: hidden !important; opacity: 0 !important}",
    "* {font-size: 1px !important; color: #fff !important; pointer-events: none !important}",
    "rm-assistant {display: none !important; transform: scale(0) !important; zoom: .1 !important}",
]


@pytest.mark.parametrize("css", CSS)
def test_a_host_page_with_hostile_styles_leaves_the_panel_usable(hosted: Callable, css: str) -> None:
    widget = hosted(head=f"<style>{css}</style>")
    answer = widget.open().ask("活动预算怎么分？")
    expect(answer.locator(".answer")).to_contain_text("30%")
    expect(answer).to_have_css("font-size", "14px")
    expect(answer).to_have_css("color", "rgb(26, 36, 51)")
    assert widget.panel.bounding_box()["width"] > 400


def test_the_host_page_keeps_its_own_styles_and_names(hosted: Callable) -> None:
    names = "<script>var $ = 1, h = 2, before = Object.keys(window)</script>"
    body = f"<button id=b>查询</button><h2 class=card>标题</h2>{names}"
    widget = hosted(body=body, head="<style>button {color: rgb(1, 2, 3)}</style>")
    widget.open()
    page = widget.page
    expect(page.locator("#b")).to_have_css("color", "rgb(1, 2, 3)")
    expect(page.locator("h2.card").first).to_have_css("border-top-width", "0px")
    assert page.evaluate("Object.keys(window).filter(k => !before.includes(k) && k !== 'before')") == []
    assert page.evaluate("[$, h]") == [1, 2]


OLD_PAGE = """<script>
Array.prototype.each = function () {}; Array.prototype.remove = function () {};
Object.prototype.extend = function () { return this };
String.prototype.trim = function () { return this.replace(/^\\s+|\\s+$/g, "") };
window.$ = window.jQuery = function () { return { on: function () {} } };
window.define = function () { throw new Error("not a module") }; window.define.amd = {};
window.JSON2 = {}; document.write("<p>old</p>");
</script>"""


def test_an_old_page_that_extends_what_everybody_shares(hosted: Callable) -> None:
    widget = hosted(head=OLD_PAGE)
    answer = widget.open().ask("给退休客户选个 300 元以内的生日礼")
    expect(answer.locator(".card.gifts")).to_be_visible()
    expect(answer.locator(".answer")).not_to_contain_text("function")


def test_a_strict_content_policy_is_enough(hosted: Callable, server: str) -> None:
    policy = f"default-src 'none'; script-src {server}; connect-src {server}; base-uri 'none'"
    widget = hosted(csp=policy)
    answer = widget.open().ask("给退休客户选个 300 元以内的生日礼")
    expect(answer.locator(".card.gifts")).to_have_css("border-top-width", "1px")


def test_a_page_that_requires_trusted_types(hosted: Callable, server: str) -> None:
    typed = "require-trusted-types-for 'script'; trusted-types rm-assistant"
    policy = f"script-src {server}; connect-src {server}; {typed}"
    answer = hosted(csp=policy).open().ask("邀约后提前几天再确认？")
    expect(answer.locator(".answer strong").first).to_be_visible()


JQUERY = Path("/usr/share/javascript/jquery/jquery.min.js")


@pytest.mark.skipif(not JQUERY.exists(), reason="Debian's libjs-jquery is not installed")
def test_a_page_built_on_jquery(hosted: Callable) -> None:
    head = f"""<script>{JQUERY.read_text(encoding="utf-8")}</script><script>
      jQuery.noConflict(); Array.prototype.each = function () {{}}; window.$ = function () {{ return null; }};
      jQuery(document).on("click", "*", function (e) {{ e.stopImmediatePropagation(); return false; }});
      jQuery(function () {{ jQuery("<div id=late>x</div>").appendTo("body").fadeOut(10); }});</script>"""
    widget = hosted(head=head, body="<button id=b>查询</button>")
    answer = widget.open().ask("给退休客户选个 300 元以内的生日礼")
    expect(answer.locator(".card.gifts")).to_be_visible()
    answer.get_by_role("button", name="写进邀约话术").first.click()
    expect(widget.box).not_to_have_value("")
    expect(widget.page.locator("#late")).to_be_hidden()


def example(page: Page, server: str, name: str) -> str:
    """An example of the guide, as it stands there, with this server's address in it."""
    page.goto(f"{server}/embed")
    return page.locator(f"#{name}").inner_text().replace("https://助手地址", server)


def test_the_plain_example_of_the_guide_works(page: Page, server: str, hosted: Callable) -> None:
    text = example(page, server, "plain")
    asked = list[str]()
    page.on(
        "request",
        lambda r: (
            asked.append(r.headers.get("authorization", ""))
            if "/api/" in r.url and r.method != "OPTIONS"
            else None
        ),
    )
    widget = hosted(whole=f"<!doctype html><meta charset=utf-8>{text}")
    page.route("**/sso/token", lambda route: route.fulfill(body="short-lived"))
    page.locator("#ask").click()
    widget.settled()
    expect(widget.answers.last.locator(".card.segment")).to_be_visible()
    widget.answers.last.get_by_role("button", name="复制").click()
    expect(page.locator("#message")).to_have_value(re.compile("张素云"))
    assert asked and all(value == "Bearer short-lived" for value in asked)


def test_the_react_example_of_the_guide_works_mounted_twice(
    page: Page, server: str, hosted: Callable
) -> None:
    react = """const cleanups = [], useEffect = (run) => cleanups.push(run());
      async function currentToken() { return "t"; }
      const mount = () => Assistant({ onInsert: (text) => { window.given = text; } });
      addEventListener("load", () => { mount(); document.querySelector("script[src]").onload = () => {
        cleanups.splice(0).forEach((clean) => clean()); mount(); }; });"""
    code = example(page, server, "react")
    widget = hosted(whole=f"<!doctype html><body><script>{code}\n{react}</script>")
    page.wait_for_function("document.querySelector('script[src]')?.onload === null")
    expect(widget.launcher).to_have_count(1)
    page.keyboard.press("Control+Shift+K")
    expect(widget.box).to_be_focused()
    widget.ask("活动预算怎么分？").get_by_role("button", name="复制").click()
    page.wait_for_function("window.given?.includes('30%')")


def test_hotkeys_of_the_host_page_do_not_hear_what_is_typed(page: Page, hosted: Callable) -> None:
    widget = hosted(
        head="<script>var heard = []; for (const kind of ['keydown', 'keypress', 'keyup'])"
        " document.addEventListener(kind, (e) => heard.push(e.key))</script>"
    ).open()
    widget.box.press_sequentially("jk")
    widget.box.press("Enter")
    widget.settled()
    assert page.evaluate("heard") == []
    widget.box.press("Control+Shift+K")
    expect(widget.panel).to_be_hidden()


def test_an_origin_that_is_not_allowed_gets_no_answer(hosted: Callable, page: Page, server: str) -> None:
    hosted()
    page.route(
        "http://elsewhere.test/**", lambda r: r.fulfill(body="<title>x</title>", content_type="text/html")
    )
    page.goto("http://elsewhere.test/")
    assert (
        page.evaluate("u => fetch(u).then(() => 'read', () => 'refused')", f"{server}/api/v1/customers")
        == "refused"
    )
