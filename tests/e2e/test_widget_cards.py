"""Every card as a thing to use, and sources behind what is said."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COPY = "本行存款利率全市最高，安全有保障，活动当天还有专家讲解资产配置，欢迎到网点咨询。"


def test_segment(widget) -> None:
    card = widget.ask("董志强是什么层级？").locator(".card.segment")
    expect(card.get_by_role("heading", name="董志强")).to_be_visible()
    expect(card.locator("meter")).to_have_count(3)
    expect(card.get_by_role("img", name="近 12 个月交易")).to_be_visible()
    expect(card).to_contain_text("下一步")


def test_customer_list_sorts_and_opens_one(page: Page, widget) -> None:
    card = widget.ask("我名下有哪些快流失的客户？").locator(".card.customers")
    amounts = lambda: [int(t.replace(",", "")) for t in card.locator("td.number").all_inner_texts()]  # noqa: E731
    card.get_by_role("button", name="资产").click()
    down = amounts()
    assert len(down) > 1 and down == sorted(down, reverse=True)
    card.get_by_role("button", name="资产").click()
    assert amounts() == down[::-1]
    name = card.locator("tbody tr").first.get_by_role("button").inner_text()
    card.locator("tbody tr").first.get_by_role("button").click()
    widget.settled()
    expect(widget.answers.last.locator(".card.segment h3")).to_have_text(name)


def test_gifts_go_into_an_invitation(widget) -> None:
    card = widget.ask("给退休客户选个 300 元以内的生日礼").locator(".card.gifts")
    expect(card.locator(".gift-list > li")).not_to_have_count(0)
    first = card.locator(".gift-list > li").first
    expect(first).to_contain_text("库存")
    gift = first.locator("strong").inner_text()
    first.get_by_role("button", name="写进邀约话术").click()
    assert gift in widget.box.input_value()
    expect(widget.box).to_be_focused()


def test_compliance_marks_basis_and_revision(page: Page, widget) -> None:
    card = widget.ask(f"帮我审一下这段文案：😀{COPY}").locator(".card.compliance")
    mark = card.locator("mark", has_text="最高").first
    assert mark.inner_text() in COPY
    mark.focus()
    expect(card.locator(".basis")).to_contain_text("《中华人民共和国广告法》")
    expect(card.locator("del").first).to_be_visible()
    card.get_by_role("button", name="复制修改稿").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "资产配置" in copied and "最高" not in copied
    card.get_by_role("button", name="用修改稿继续").click()
    expect(widget.box).to_have_value(copied)


def test_invitation_copies_and_gives_a_calendar_file(page: Page, widget) -> None:
    card = widget.ask("写个微信邀请：周六下午两点财富沙龙，地点城东支行").locator(".card.invitation")
    expect(card.locator(".bubble").first).to_contain_text("财富沙龙")
    expect(card).to_contain_text("字数")
    card.get_by_role("button", name="复制").click()
    assert "财富沙龙" in page.evaluate("navigator.clipboard.readText()")
    with page.expect_download() as saved:
        card.get_by_role("button", name="日历文件").click()
    assert saved.value.suggested_filename == "invitation.ics"


def test_a_citation_opens_its_source_with_the_passage_marked(widget) -> None:
    answer = widget.ask("邀约后提前几天再确认？")
    answer.locator("button.cite").first.click()
    expect(widget.side.locator("mark")).to_be_in_viewport()
    whole = widget.side.locator(".document").inner_text()
    assert 10 < len(widget.side.locator("mark").inner_text()) < len(whole)
    widget.side.get_by_role("button", name="关闭").click()
    expect(widget.side).to_be_hidden()
