"""Talking with the assistant in a browser: typing, streaming, stopping, coming back."""

import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from starlette.types import ASGIApp

sys.path.insert(0, str(Path(__file__).parent.parent / "servers"))
from scripted_openai import Step

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_question_in_chinese_is_answered_on_the_demo_page(page: Page, server: str, widget) -> None:
    answer = widget.ask("邀约后提前几天再确认？")
    expect(answer).to_contain_text("3天")
    expect(answer.locator(".step.ok")).to_contain_text("已查知识库")
    expect(widget.box).to_have_value("")


def test_words_appear_before_the_answer_is_complete(page: Page, widget) -> None:
    page.evaluate(
        """() => { const root = document.querySelector('rm-assistant').shadowRoot; window.lengths = new Set();
        new MutationObserver(() => { const a = root.querySelector('[aria-busy] .answer');
          if (a) window.lengths.add(a.textContent.length); }).observe(root, {childList: true, subtree: true}); }"""
    )
    answer = widget.ask("我名下有哪些快流失的客户？")
    lengths = page.evaluate("[...window.lengths]")
    assert len(lengths) >= 3 and lengths == sorted(lengths)
    assert len(answer.locator(".answer").inner_text()) > 40


def test_a_follow_up_stays_in_the_same_conversation(page: Page, widget) -> None:
    sent = []
    page.on("request", lambda r: sent.append(r.post_data_json) if r.url.endswith("/api/v1/chat") else None)
    widget.ask("董志强是什么层级？")
    widget.ask("他能送什么生日礼？")
    assert "conversation_id" not in sent[0]
    assert re.fullmatch(r"\w+", sent[1]["conversation_id"])


def test_enter_that_ends_a_composition_does_not_send(page: Page, widget) -> None:
    widget.box.fill("kehu")
    for init in ("{isComposing: true}", "{keyCode: 229}"):
        widget.box.evaluate(
            f"e => e.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, ...{init}}}))"
        )
    expect(widget.answers).to_have_count(0)
    widget.box.press("Shift+Enter")
    expect(widget.box).to_have_value("kehu\n")
    widget.box.press("Enter")
    expect(widget.answers).to_have_count(1)


def test_the_next_step_is_one_press_away_and_only_after_the_last_answer(page: Page, widget) -> None:
    widget.ask("给老客户选个三百块以内的生日礼")
    steps = page.get_by_role("group", name="接着可以问")
    steps.get_by_role("button", name="便宜一点").click()
    expect(widget.answers).to_have_count(2)
    widget.settled()
    expect(steps).to_have_count(1)
    page.reload()
    expect(widget.answers).to_have_count(2)
    expect(steps).to_have_count(1)
    steps.get_by_role("button", name="换一批").click()
    expect(widget.answers).to_have_count(3)
    widget.settled()
    expect(widget.answers.last.locator(".answer")).to_contain_text("元")


def test_a_stream_of_two_hundred_pieces_a_second_loses_nothing(
    page: Page, visit: Callable, llm: Callable[..., AbstractContextManager[str]]
) -> None:
    said = "".join(
        f"{a}{b}要先听客户说，再讲服务。" for a in "春夏秋冬" for b in "东南西北中上下左右前后内外远近高低"
    )
    with llm(Step(text=said * 3, pace_s=0.005)) as url:
        answer = visit(url).ask("怎么开口？").locator(".answer")
        shown = "".join(answer.inner_text().split())
    assert shown == said * 3


def test_stop_ends_a_running_answer(page: Page, widget) -> None:
    page.route("**/api/v1/chat", lambda route: None)
    widget.box.fill("活动预算怎么分？")
    widget.box.press("Enter")
    expect(widget.answers.last).to_have_attribute("aria-busy", "true")
    widget.box.fill("下一句")
    widget.box.press("Enter")
    expect(widget.panel).to_contain_text("答完再发")
    expect(widget.box).to_have_value("下一句")
    widget.press("停止")
    widget.settled()
    expect(widget.answers.last).to_contain_text("已停止")
    page.unroute("**/api/v1/chat")
    widget.answers.last.get_by_role("button", name="重试").click()
    widget.settled()
    expect(widget.answers.last.locator(".answer")).to_contain_text("30%")


def test_a_step_says_what_is_asked_while_it_runs(page: Page, widget) -> None:
    page.evaluate(
        """() => { const root = document.querySelector('rm-assistant').shadowRoot; window.steps = new Set();
        new MutationObserver(() => root.querySelectorAll('.step.running').forEach(
          (s) => window.steps.add(s.textContent))).observe(root, {childList: true, subtree: true}); }"""
    )
    answer = widget.ask("给退休客户选个 300 元以内的生日礼")
    assert "正在选礼品退休养老 · 生日 · 300 元" in page.evaluate("[...window.steps]")
    expect(answer.locator(".step.ok")).to_have_text("已选礼品退休养老 · 生日 · 300 元")
    expect(page.locator("rm-assistant .step.running")).to_have_count(0)


def test_edit_and_resend(widget) -> None:
    answer = widget.ask("活动预算怎么分？")
    answer.get_by_role("button", name="改一改再问").click()
    expect(widget.box).to_have_value("活动预算怎么分？")
    widget.box.fill("活动怎么分工？")
    widget.box.press("Enter")
    widget.settled()
    expect(widget.answers.last.locator(".answer")).to_contain_text("分工")


def test_an_answer_that_broke_off_is_fetched_when_the_server_has_it(page: Page, widget) -> None:
    def cut(route: Route) -> None:
        whole = route.fetch().text()
        route.fulfill(body=whole[: whole.index("TEXT_MESSAGE_START") - 20], content_type="text/event-stream")

    page.route("**/api/v1/chat", cut)
    widget.box.fill("活动预算怎么分？")
    widget.box.press("Enter")
    expect(widget.answers.last.locator(".answer")).to_contain_text("30%")
    expect(widget.answers.last).not_to_contain_text("没有完成")


def test_a_page_opened_while_the_server_is_away_keeps_the_conversation(page: Page, widget) -> None:
    widget.ask("活动预算怎么分？")
    page.route("**/api/**", lambda route: route.abort())
    page.reload()
    expect(widget.panel).to_contain_text("连不上服务器")
    page.unroute("**/api/**")
    widget.press("重新打开对话")
    expect(widget.answers.locator(".answer")).to_contain_text("30%")


def test_a_question_asked_while_a_conversation_opens_stays_on_screen(page: Page, widget) -> None:
    widget.ask("活动预算怎么分？")
    held: list[Route] = []
    page.route("**/api/v1/conversations/*", lambda route: held.append(route))
    page.reload()
    answer = widget.ask("活动怎么分工？")
    with page.expect_response("**/api/v1/conversations/*"):
        held.pop().continue_()
    page.wait_for_timeout(200)
    expect(answer.locator(".answer")).to_contain_text("分工")


def test_offline_is_said_and_the_draft_stays(page: Page, widget) -> None:
    widget.box.fill("写到一半的话")
    page.context.set_offline(True)
    expect(widget.panel).to_contain_text("网络断开，草稿已保留")
    page.context.set_offline(False)
    expect(widget.panel).to_contain_text("已恢复连接")
    expect(widget.box).to_have_value("写到一半的话")


def test_a_long_answer_is_read_from_its_beginning(page: Page, widget) -> None:
    answer = widget.ask("我名下有哪些快流失的客户？")
    expect(answer.locator(".step").first).to_be_in_viewport()
    widget.ask("董志强是什么层级？")
    expect(widget.answers.last.locator(".step").first).to_be_in_viewport()


def test_each_seat_keeps_its_own_conversation(page: Page, server: str, widget) -> None:
    widget.ask("活动预算怎么分？")
    widget.box.fill("林晓的草稿")
    page.goto(f"{server}/?as=RM002")
    widget.open()
    expect(widget.box).to_have_value("")
    expect(widget.answers).to_have_count(0)
    page.goto(server)
    expect(widget.answers).to_have_count(1)
    expect(widget.box).to_have_value("林晓的草稿")


def test_history_lists_finds_reopens_and_deletes(page: Page, widget) -> None:
    widget.ask("生日礼每年限额是多少，蓝色灯塔？")
    widget.press("新对话")
    expect(widget.answers).to_have_count(0)
    widget.press("历史对话")
    widget.side.get_by_label("搜索").fill("蓝色灯塔")
    items = widget.side.get_by_role("listitem")
    expect(items).to_have_count(1)
    items.get_by_role("button").first.click()
    expect(page.get_by_role("article", name="我")).to_contain_text("蓝色灯塔")
    expect(widget.answers.locator(".answer")).not_to_be_empty()
    widget.press("历史对话")
    widget.side.get_by_label("搜索").fill("蓝色灯塔")
    expect(items).to_have_count(1)
    with page.expect_download() as saved:
        items.get_by_role("button", name="导出 Markdown").click()
    assert saved.value.suggested_filename.endswith(".md")
    assert "蓝色灯塔" in Path(saved.value.path()).read_text(encoding="utf-8")
    with page.expect_download() as word:
        items.get_by_role("button", name="导出 Word").click()
    assert word.value.suggested_filename.endswith(".docx")
    items.get_by_role("button", name="删除").click()
    expect(items).to_contain_text("蓝色灯塔")
    items.get_by_role("button", name="确认删除").click()
    expect(items).to_have_text("没有内容")
    expect(widget.answers).to_have_count(0)


def test_a_slow_answer_to_an_earlier_search_does_not_replace_a_later_one(page: Page, widget) -> None:
    widget.ask("生日礼每年限额是多少，红色灯塔？")
    widget.press("新对话")
    held: list[Route] = []
    page.route("**/api/v1/conversations?limit=50&q=", lambda route: held.append(route))
    widget.press("历史对话")
    widget.side.get_by_label("搜索").fill("没有这样的对话")
    items = widget.side.get_by_role("listitem")
    expect(items).to_have_text("没有内容")
    with page.expect_response("**/api/v1/conversations?limit=50&q="):
        held.pop().continue_()
    page.wait_for_timeout(200)
    expect(items).to_have_text("没有内容")


def test_feedback_with_a_reason_reaches_the_server(page: Page, widget) -> None:
    answer = widget.ask("活动预算怎么分？")
    with page.expect_response("**/api/v1/feedback") as rated:
        answer.get_by_role("button", name="没帮助").click()
    assert rated.value.ok
    with page.expect_response("**/api/v1/feedback") as again:
        answer.get_by_label("哪里不好").fill("没有说比例")
        answer.get_by_label("哪里不好").press("Enter")
    assert again.value.request.post_data_json["comment"] == "没有说比例"
    expect(answer).to_contain_text("谢谢反馈")
    expect(answer.get_by_label("哪里不好")).to_be_hidden()
    expect(answer.get_by_role("button", name="没帮助")).to_have_attribute("aria-pressed", "true")


def test_feedback_that_did_not_arrive_is_not_thanked_for(page: Page, widget) -> None:
    answer = widget.ask("活动预算怎么分？")
    page.route("**/api/v1/feedback", lambda route: route.abort())
    answer.get_by_role("button", name="有帮助").click()
    expect(widget.panel).to_contain_text("连不上服务器")
    expect(answer).not_to_contain_text("谢谢反馈")


def test_at_picks_a_customer(page: Page, widget) -> None:
    widget.box.press_sequentially("给@董")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("董")
    name = options.nth(1).inner_text().split()[0]
    widget.box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(widget.box).to_have_attribute("aria-activedescendant", "option-1")
    widget.box.press("Enter")
    expect(widget.box).to_have_value(f"给{name}")
    widget.box.press_sequentially("@董")
    expect(options.first).to_be_visible()
    widget.box.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    expect(widget.panel).to_be_visible()
    widget.box.press("Backspace")
    widget.box.press("Backspace")
    expect(page.get_by_role("listbox")).to_be_hidden()


def test_pasting_long_copy_offers_a_review(page: Page, widget) -> None:
    copy = "本行新一期理财产品保本保收益，收益全市最高，名额有限先到先得，欢迎新老客户周末到网点详询，" * 2
    page.evaluate("text => navigator.clipboard.writeText(text)", copy)
    widget.box.press("Control+v")
    offer = widget.panel.get_by_role("button", name="合规预审这段文案")
    expect(offer).to_be_visible()
    widget.box.fill("")
    expect(offer).to_be_hidden()
    widget.box.press("Control+v")
    widget.press("合规预审这段文案")
    widget.settled()
    expect(page.locator("rm-assistant .card.compliance")).to_be_visible()
    expect(widget.box).to_have_value("")


def test_keys_open_and_close_the_panel(page: Page, server: str, widget) -> None:
    widget.box.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_focused()
    page.keyboard.press("Control+Shift+K")
    expect(widget.box).to_be_focused()
    page.keyboard.press("Control+Shift+K")
    expect(widget.panel).to_be_hidden()


def test_a_reload_keeps_conversation_and_draft(page: Page, widget) -> None:
    text = widget.ask("活动预算怎么分？").locator(".answer").inner_text()
    widget.box.fill("写到一半的话")
    page.reload()
    expect(widget.panel).to_be_visible()
    expect(widget.box).to_have_value("写到一半的话")
    expect(widget.answers.locator(".answer")).to_have_text(text, use_inner_text=True)


def test_a_lost_server_leaves_the_draft_and_a_retry(page: Page, widget) -> None:
    widget.ask("活动预算怎么分？")
    page.route("**/api/**", lambda route: route.abort())
    widget.box.fill("活动怎么分工？")
    widget.box.press("Enter")
    widget.box.fill("下一句草稿")
    failed = widget.answers.last
    expect(failed).to_contain_text("连不上服务器")
    page.unroute("**/api/**")
    failed.get_by_role("button", name="重试").first.click()
    widget.settled()
    expect(widget.answers.last.locator(".answer")).to_contain_text("分工")
    expect(widget.box).to_have_value("下一句草稿")


def test_a_server_that_restarts_is_found_again_with_the_conversation(
    page: Page,
    visit: Callable,
    serve: Callable[..., AbstractContextManager[str]],
    variant: Callable[..., ASGIApp],
) -> None:
    with serve(variant()) as url:
        widget = visit(url)
        first = widget.ask("活动预算怎么分？").locator(".answer").inner_text()
    widget.box.fill("活动怎么分工？")
    widget.box.press("Enter")
    failed = widget.answers.last
    expect(failed).to_contain_text("连不上服务器", timeout=30_000)
    with serve(variant(), port=int(url.rsplit(":", 1)[1])):
        failed.get_by_role("button", name="重试").first.click()
        widget.settled()
        expect(widget.answers.last.locator(".answer")).to_contain_text("分工")
        page.reload()
        expect(widget.answers.first.locator(".answer")).to_have_text(first, use_inner_text=True)


def test_the_whole_page_chat_does_not_change_the_docked_panel(page: Page, server: str, widget) -> None:
    page.goto(f"{server}/chat")
    expect(widget.panel).to_have_css("width", "1200px")
    page.goto(server)
    assert widget.panel.bounding_box()["width"] < 500


def test_english_where_the_host_asks_for_it(hosted: Callable) -> None:
    page = hosted(attributes="data-lang=en").page
    page.get_by_role("button", name="Open the assistant").click()
    expect(page.get_by_label("Message")).to_be_focused()
