"""Hostile text and hostile hosts: nothing runs, and the panel stays usable."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

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
    expect(page.get_by_role("article", name="我")).to_have_count(len(PAYLOADS))
    quiet(page, page.get_by_role("article"))


def test_a_hostile_document_runs_nothing(page: Page, server: str, widget) -> None:
    payload = '"><img src=x onerror=window.__xss=1><script>window.__xss=1</script>'
    text = (
        f"---\ntitle: '{payload}'\n---\n# 青藤驿站 {payload}\n\n青藤驿站的开放时间是每周三下午。{payload}\n"
    )
    with httpx.Client(base_url=server, headers={"X-RM-Id": "AD001"}, timeout=30) as client:
        added = client.post("/api/v1/knowledge/documents", json={"filename": "青藤<img>.md", "text": text})
        assert added.status_code == 201, added.text
        answer = widget.ask("青藤驿站的开放时间是什么时候？")
        answer.locator("button.cite").first.click()
        expect(widget.side.locator("mark")).to_be_visible()
        quiet(page, page.locator("rm-assistant .main"))
        for document in client.get("/api/v1/knowledge/documents").json()["documents"]:
            if "onerror" in document["title"]:
                client.delete(f"/api/v1/knowledge/documents/{document['id']}")


def poisoned(value: Any, payload: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {k: poisoned(v, payload, k) for k, v in value.items()}
    if isinstance(value, list):
        return [poisoned(v, payload, key) for v in value]
    return payload if isinstance(value, str) and key not in KEEP else value


@pytest.mark.parametrize(
    "question",
    [
        "董志强是什么层级？",
        "我名下有哪些快流失的客户？",
        "给退休客户选个 300 元以内的生日礼",
        "帮我审一下这段文案：存款利率全市最高，欢迎到网点咨询",
        "写个微信邀请：周六下午两点财富沙龙",
        "邀约后提前几天再确认？",
    ],
)
def test_names_of_customers_gifts_and_sources_run_nothing(
    page: Page, server: str, widget, question: str
) -> None:
    widget.ask(question)
    payload = "<img src=x onerror=window.__xss=1><svg onload=window.__xss=1>"

    def spoil(route: Any) -> None:
        whole = route.fetch().json()
        for message in whole["messages"]:
            if message.get("reply"):
                spoilt = poisoned(message["reply"]["tool_calls"], payload)
                message["reply"]["tool_calls"] = spoilt
                message["reply"]["citations"] = poisoned(message["reply"]["citations"], payload)
                message["reply"]["notices"] = [payload]
        route.fulfill(body=json.dumps(whole), content_type="application/json")

    page.route("**/api/v1/conversations/*", spoil)
    page.reload()
    expect(page.get_by_role("article", name="助手").locator(".notices")).to_contain_text("<img")
    quiet(page, page.get_by_role("article"))


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
