"""Every card as a thing to use, and sources behind what is said."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COPY = "本行存款利率全市最高，安全有保障，活动当天还有专家讲解资产配置，欢迎到网点咨询。"
UNDISCLOSED = "我行新一期理财产品今日起售，期限六个月，欢迎到网点咨询。"


def box(place: Locator) -> dict[str, float]:
    found = place.bounding_box()
    assert found
    return dict(found)


def test_segment(widget) -> None:
    card = widget.ask("董志强是什么层级？").locator(".card.segment")
    expect(card.get_by_role("heading", name="董志强")).to_be_visible()
    expect(card.locator(".pill.strong")).to_have_text("私行客户")
    bars = card.get_by_role("img", name="最近 1/5")
    expect(bars.locator("meter")).to_have_count(3)
    expect(bars).to_contain_text("66 笔/年")
    expect(card.get_by_role("img", name="近 12 个月交易")).to_be_visible()
    expect(card.locator(".signal")).to_contain_text("近3个月 3 笔")
    expect(card.locator(".next-actions li")).not_to_have_count(0)
    expect(card.locator(".never li").first).to_contain_text("《")


def test_customer_list_sorts_and_opens_one(page: Page, widget) -> None:
    card = widget.ask("我名下有哪些快流失的客户？").locator(".card.customers")
    amounts = lambda: [int(t.replace(",", "")) for t in card.locator("td.number").all_inner_texts()]  # noqa: E731
    head = card.get_by_role("columnheader", name="资产")
    head.get_by_role("button").click()
    down = amounts()
    assert len(down) > 1 and down == sorted(down, reverse=True)
    expect(head).to_have_attribute("aria-sort", "descending")
    head.get_by_role("button").click()
    assert amounts() == down[::-1]
    expect(head).to_have_attribute("aria-sort", "ascending")
    card.get_by_role("columnheader", name="层级").get_by_role("button").click()
    expect(card.locator("[aria-sort]")).to_have_text("层级")
    tiers = card.locator("tr:not(.why-now) td:nth-child(2)").all_inner_texts()
    assert tiers == page.evaluate("all => all.toSorted((a, b) => a.localeCompare(b, 'zh'))", tiers)
    first = card.locator("tbody").first
    expect(first.locator(".why-now")).not_to_be_empty()
    name = first.get_by_role("button").inner_text()
    first.get_by_role("button").click()
    widget.settled()
    expect(widget.answers.last.locator(".card.segment h3")).to_have_text(name)


def test_gifts_go_into_an_invitation_and_undo_brings_the_draft_back(page: Page, widget) -> None:
    card = widget.ask("给张素云选个 300 元以内的生日礼").locator(".card.gifts")
    expect(card.locator(".facts")).to_contain_text("单份上限")
    first = card.locator(".gift-list > li").first
    expect(first).to_contain_text("库存")
    expect(first.locator(".pill")).to_contain_text("元")
    expect(first.locator("p")).to_contain_text("适合“生日”")
    expect(first.locator("details li").first).to_be_hidden()
    first.locator("summary").click()
    expect(first.locator("details li").first).to_contain_text("分")
    gift = first.locator("strong").inner_text()
    widget.box.fill("写到一半")
    first.get_by_role("button", name="写进邀约话术").click()
    expect(widget.box).to_have_value(f"给张素云写条微信邀约，活动：客户答谢会（到场礼：{gift}）")
    expect(widget.box).to_be_focused()
    page.keyboard.press("Control+z")
    expect(widget.box).to_have_value("写到一半")


def test_a_refused_gift_shows_why_and_what_to_do_instead(page: Page, widget) -> None:
    card = widget.ask("客户存款满二十万，送点什么好").locator(".card.gifts.refused")
    expect(card.get_by_role("heading", name="不能送")).to_be_visible()
    expect(card).to_contain_text("可以这样做")
    expect(page.get_by_role("group", name="接着可以问")).to_have_count(0)


def test_compliance_marks_basis_and_revision(page: Page, widget) -> None:
    page.evaluate("document.addEventListener('rm-assistant:insert', e => { window.given = e.detail.text; })")
    card = widget.ask(f"帮我审一下这段文案：😀{COPY}").locator(".card.compliance")
    mark, basis = card.locator("mark", has_text="最高").first, card.get_by_role("tooltip")
    assert mark.inner_text() in COPY
    expect(basis).to_be_hidden()
    mark.hover()
    expect(basis).to_contain_text("《中华人民共和国广告法》")
    card.get_by_role("heading").first.hover()
    expect(basis).to_be_hidden()
    mark.focus()
    expect(basis).to_contain_text("《中华人民共和国广告法》")
    page.keyboard.press("Escape")
    expect(basis).to_be_hidden()
    expect(widget.panel).to_be_visible()
    expect(card.locator("del").first).to_be_visible()
    card.get_by_role("button", name="复制修改稿").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "资产配置" in copied and "最高" not in copied
    card.get_by_role("button", name="用修改稿继续").click()
    expect(widget.box).to_have_value(copied)
    assert page.evaluate("window.given") == copied


def test_original_and_correction_stand_side_by_side_with_what_changed(page: Page, widget) -> None:
    card = widget.ask(f"帮我审一下这段文案：{UNDISCLOSED}").locator(".card.compliance")
    before, after = (card.locator(".copy").nth(i) for i in (0, 1))
    left, right = box(before), box(after)
    assert abs(left["y"] - right["y"]) < 2 and left["x"] + left["width"] <= right["x"]
    added = "".join(after.locator("ins").all_inner_texts())
    assert "风险" in added and added not in UNDISCLOSED
    kept = after.evaluate(
        "e => [...e.childNodes].filter(n => n.nodeName !== 'INS').map(n => n.textContent).join('')"
    )
    assert kept and kept in UNDISCLOSED
    page.set_viewport_size({"width": 360, "height": 640})
    assert box(after)["y"] > box(before)["y"]


def test_severity_shows_in_the_colour_of_the_line(widget) -> None:
    copy = "我行新一期理财产品保本保收益，名额有限先到先得，欢迎到网点详询，错过再等一年！"
    card = widget.ask(f"帮我审一下这段文案：{copy}").locator(".card.compliance")
    colour = lambda kind: (  # noqa: E731
        card.locator(f"mark.{kind}").first.evaluate("e => getComputedStyle(e).borderBottomColor")
    )
    assert colour("error") != colour("warning")
    expect(card.locator(".findings li")).not_to_have_count(0)


def test_invitation_variants_copy_and_calendar(page: Page, widget) -> None:
    card = widget.ask("写三版短信邀请：周六下午两点财富沙龙，地点城东支行").locator(".card.invitation")
    preview, tabs = (
        card.locator(".phone.sms .bubble"),
        card.get_by_role("group", name="邀约稿").get_by_role("button"),
    )
    expect(card.locator(".phone")).to_contain_text("短信")
    expect(tabs).to_have_count(3)
    first = preview.inner_text()
    tabs.nth(1).click()
    expect(tabs.nth(1)).to_have_attribute("aria-pressed", "true")
    second = preview.inner_text()
    assert second != first and "财富沙龙" in second
    expect(card).to_contain_text(f"字数 {len(second)}")
    expect(card).to_contain_text("条短信计费")
    card.get_by_role("button", name="复制").click()
    assert page.evaluate("navigator.clipboard.readText()") == second
    with page.expect_download() as saved:
        card.get_by_role("button", name="日历文件").click()
    assert saved.value.suggested_filename == "invitation.ics"
    assert "SUMMARY:财富沙龙" in Path(saved.value.path()).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("question", "place", "look"),
    [
        (
            "写个微信邀请：周六下午两点财富沙龙",
            ".phone.wechat .bubble",
            ("background-color", "rgb(169, 234, 122)"),
        ),
        (
            "写封信邀请张素云周六下午两点参加养老讲座",
            ".phone.letter .bubble",
            ("border-top-left-radius", "4px"),
        ),
        ("写封邮件邀请张素云周六下午两点参加养老讲座", ".phone.email .subject", ("display", "block")),
    ],
)
def test_each_channel_has_its_preview(widget, question: str, place: str, look: tuple[str, str]) -> None:
    shown = widget.ask(question).locator(f".card.invitation {place}")
    expect(shown).to_contain_text("养老讲座" if "养老" in question else "财富沙龙")
    expect(shown).to_have_css(*look)


def test_beside_a_card_a_long_answer_stands_back_until_asked_for(widget) -> None:
    answer = widget.ask("我名下有哪些快流失的客户？")
    short = box(answer.locator(".answer"))["height"]
    assert short < 100
    answer.get_by_role("button", name="展开全文").click()
    assert box(answer.locator(".answer"))["height"] > short * 1.5
    expect(answer.get_by_role("button", name="展开全文")).to_be_hidden()


def test_a_citation_opens_its_source_beside_the_chat_also_after_a_reload(page: Page, widget) -> None:
    widget.ask("邀约后提前几天再确认？")
    for again in (False, True):
        if again:
            page.reload()
        chip = widget.answers.last.locator("button.cite").first
        chip.click()
        mark = widget.side.locator("mark")
        expect(mark).to_be_in_viewport()
        assert 10 < len(mark.inner_text()) < len(widget.side.locator(".document").inner_text())
        side, chat = box(widget.side), box(page.get_by_role("log"))
        assert chat["x"] + chat["width"] <= side["x"] + 1
        widget.side.get_by_role("button", name="关闭").click()
        expect(widget.side).to_be_hidden()
        expect(chip).to_be_focused()


def test_the_sources_of_an_answer_are_named_below_it(widget) -> None:
    sources = widget.ask("董志强是什么层级？").get_by_role("group", name="出处")
    sources.get_by_role("button", name="流失客户怎么挽回").click()
    expect(widget.side.locator("mark")).to_contain_text("流失客户")
