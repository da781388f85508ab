"""Accessibility and layout: axe-core, keyboard, narrow screens; how fast it is there."""

import gzip
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
QUESTIONS = (
    "董志强是什么层级？",
    "我名下有哪些快流失的客户？",
    "给退休客户选个 300 元以内的生日礼",
    "帮我审一下这段文案：存款利率全市最高，安全有保障，活动当天还有专家讲解资产配置",
    "写个微信邀请：周六下午两点财富沙龙",
    "邀约后提前几天再确认？",
)


def grave(page: Page) -> list[str]:
    """Serious and critical findings, with where they are."""
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {v['nodes'][0]['html']} {v['nodes'][0]['failureSummary']}"
        for v in found
        if v["impact"] in ("serious", "critical")
    ]


def test_axe_finds_nothing_grave_closed_open_and_on_the_other_pages(page: Page, server: str, widget) -> None:
    assert grave(page) == []
    widget.press("历史对话")
    expect(widget.side).to_be_visible()
    assert grave(page) == []
    widget.side.get_by_role("button", name="关闭").click()
    widget.press("关闭")
    assert grave(page) == []
    for path in ("/chat", "/embed"):
        page.goto(server + path)
        assert grave(page) == []


def test_axe_finds_nothing_grave_with_every_card_light_and_dark(page: Page, widget) -> None:
    for question in QUESTIONS:
        widget.ask(question)
    expect(page.locator("rm-assistant .card")).to_have_count(5)
    page.locator("rm-assistant mark").first.focus()
    widget.answers.last.locator("button.cite").first.click()
    expect(widget.side.locator("mark")).to_be_visible()
    assert grave(page) == []
    widget.side.get_by_role("button", name="关闭").click()
    assert grave(page) == []
    widget.press("切换深浅色")
    expect(widget.panel).to_have_css("background-color", "rgb(22, 27, 36)")
    assert grave(page) == []


def test_a_narrow_screen_shows_everything_without_sideways_scrolling(page: Page, widget) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    for question in QUESTIONS[:5]:
        widget.ask(question)
    sizes = """() => { const root = document.querySelector('rm-assistant').shadowRoot, log = root.querySelector('.log');
      const wide = [...root.querySelectorAll('.log *')].filter(
        e => !e.closest('.scroll') && e.getBoundingClientRect().right > 361);
      return [document.documentElement.scrollWidth, log.scrollWidth, wide.map(e => e.outerHTML.slice(0, 80))]; }"""
    document, log, wide = page.evaluate(sizes)
    assert document <= 360 and log <= 360 and wide == []
    expect(widget.panel.get_by_role("button", name="发送")).to_be_in_viewport()


def test_every_control_of_the_panel_is_reached_with_tab(page: Page, widget) -> None:
    names = set()
    widget.panel.get_by_role("button", name="新对话").focus()
    for _ in range(14):
        names.add(page.evaluate("document.querySelector('rm-assistant').shadowRoot.activeElement?.ariaLabel"))
        page.keyboard.press("Tab")
    assert {
        "新对话",
        "历史对话",
        "切换深浅色",
        "切换停靠/全高",
        "关闭",
        "对话内容",
        "输入消息",
        "发送",
    } <= names


def test_less_motion_where_the_user_wants_less(page: Page, widget) -> None:
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator("rm-assistant .log")).to_have_css("scroll-behavior", "auto")


def test_the_script_is_small_and_soon_ready(page: Page, server: str, hosted: Callable) -> None:
    body = page.request.get(f"{server}/widget.js").body()
    assert len(gzip.compress(body)) < 60_000
    page.add_init_script(
        "addEventListener('rm-assistant:ready', () => { window.readyAt = performance.now(); })"
    )
    times = []
    for _ in range(3):
        page.goto(server)
        times.append(
            page.evaluate(
                "window.readyAt - performance.getEntriesByName(location.origin + '/widget.js')[0].startTime"
            )
        )
    assert min(times) < 2_000


def test_a_long_conversation_scrolls_smoothly(page: Page, server: str, widget) -> None:
    widget.ask("活动预算怎么分？")

    def repeat(route) -> None:
        whole = route.fetch().json()
        whole["messages"][1]["reply"]["tool_calls"] = []
        whole["messages"] *= 1000
        route.fulfill(json=whole)

    page.route("**/api/v1/conversations/*", repeat)
    page.reload()
    expect(widget.answers).to_have_count(1000, timeout=20_000)
    page.wait_for_timeout(300)
    longest = page.evaluate(
        """async () => { let longest = 0;
        const log = document.querySelector('rm-assistant').shadowRoot.querySelector('.log');
        const seen = new PerformanceObserver(l => {
          for (const e of l.getEntries()) longest = Math.max(longest, e.duration); });
        seen.observe({type: 'longtask'});
        for (let i = 0; i < 20; i++) { log.scrollTo({top: log.scrollHeight * i / 20, behavior: 'instant'});
          await new Promise(requestAnimationFrame); }
        await new Promise(r => setTimeout(r, 50)); return longest; }"""
    )
    assert longest < 1_000


def test_the_accessibility_check_sees_into_the_widget(page: Page, widget) -> None:
    widget.box.evaluate("e => { e.removeAttribute('aria-label'); e.placeholder = ''; e.title = ''; }")
    assert any(finding.startswith("label:") for finding in grave(page))
