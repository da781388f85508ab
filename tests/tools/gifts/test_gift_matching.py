"""Which gifts come out, in what order and with what explanation."""

from datetime import date

import pytest

BUDGET = 300


def traits(desk, item):
    catalogue = desk.advisor._catalogue.current()
    return catalogue.gifts[catalogue.by_id[item.gift_id]].traits


@pytest.mark.parametrize(
    ("wish", "trait"),
    [
        ("茶", "茶"),
        ("爱喝普洱", "茶"),
        ("健康类", "健康"),
        ("养生的", "健康"),
        ("给小孩的", "亲子"),
        ("送她儿子", "亲子"),
        ("寓意好", "寓意"),
        ("文创", "文创"),
        ("科技感", "科技"),
        ("实用的", "实用"),
        ("有面子的", "体面"),
        ("差旅用得上", "旅行"),
        ("环保一点", "环保"),
    ],
)
def test_a_wish_in_the_users_words_leads_the_list(desk, wish, trait):
    advice = desk.ask(segment="affluent", preferences=[wish], budget=BUDGET)
    assert trait in traits(desk, advice.items[0])
    assert any("要求" in text for text in advice.items[0].why)


@pytest.mark.parametrize(
    ("exclude", "trait"),
    [("酒", "酒"), ("不要酒", "酒"), ("别送吃的", "食品"), ("茶叶", "茶"), ("电子产品", "科技")],
)
def test_exclusions_hold_in_every_wording(desk, exclude, trait):
    for where in ("exclude", "preferences"):
        words = exclude if where == "exclude" or exclude.startswith(("不", "别")) else f"不要{exclude}"
        advice = desk.ask(segment="private", occasion="spring_festival", top_k=20, **{where: [words]})
        assert advice.items
        assert not any(trait in traits(desk, item) for item in advice.items)


def test_one_kind_of_tea_can_be_left_out(desk):
    names = [i.name for i in desk.ask(segment="affluent", preferences=["茶叶，客户不喝绿茶"], top_k=20).items]
    assert "茶" in names[0]
    assert not any("绿茶" in name for name in names)


def test_a_named_gift_comes_first(desk):
    assert "保温杯" in desk.ask(segment="affluent", preferences=["保温杯"]).items[0].name
    assert "耳机" in desk.ask(segment="affluent", preferences=["蓝牙耳机"]).items[0].name


def test_a_wish_nothing_meets_is_admitted(desk):
    advice = desk.ask(segment="affluent", preferences=["热气球模型"], budget=200)
    assert advice.items
    assert any(r.code == "preference_unmatched" and "热气球模型" in r.text for r in advice.reasons)


@pytest.mark.parametrize(
    ("changes", "banned"),
    [
        ({"allergies": ("花生过敏",)}, "坚果"),
        ({"allergies": ("海鲜",)}, "海鲜"),
        ({"taboos": ("清真饮食",)}, "酒"),
        ({"taboos": ("信佛，吃素",)}, "肉"),
        ({"notes": ("查出痛风，少聚餐",)}, "海鲜"),
        ({"notes": ("不喝酒",)}, "酒"),
        ({"sex": "male"}, "女士"),
    ],
)
def test_allergies_taboos_and_remarks_close_off_contents(desk, changes, banned):
    who = desk.book.add(tier="private", **changes)
    for occasion in ("spring_festival", "mid_autumn", "birthday"):
        for item in desk.ask(customer=who, occasion=occasion, top_k=20).items:
            assert banned not in traits(desk, item)


@pytest.mark.parametrize("wish", ["座钟", "鲜梨", "菊花茶"])
def test_things_of_ill_omen_are_never_chosen_even_when_asked_for(desk, wish):
    advice = desk.ask(segment="affluent", occasion="other", preferences=[wish])
    assert not any(traits(desk, item) & {"钟", "梨", "菊"} for item in advice.items)
    assert any("忌讳" in text for text in advice.alternatives)


def test_an_umbrella_is_no_wedding_gift_and_elsewhere_carries_a_caution(desk, make_desk):
    wedding = desk.ask(segment="affluent", occasion="wedding", preferences=["雨伞"], top_k=20)
    assert not any("伞" in item.name for item in wedding.items)
    summer = make_desk(today=date(2026, 7, 8)).ask(
        segment="mass", occasion="win_back", preferences=["两用伞"]
    )
    assert "伞" in summer.items[0].name
    assert any("散" in text for text in summer.items[0].cautions)


def test_the_same_gift_never_twice_in_24_months(desk, given):
    first = desk.ask(customer=desk.book.add()).items[0]
    again = desk.ask(customer=desk.book.add(gifts=(given(first.gift_id, date(2025, 3, 1)),)), top_k=20)
    assert first.gift_id not in {item.gift_id for item in again.items}
    long_ago = desk.ask(customer=desk.book.add(gifts=(given(first.gift_id, date(2024, 11, 1)),)))
    assert first.gift_id == long_ago.items[0].gift_id


def test_interests_life_stage_and_region_are_used_and_said(desk):
    golfer = desk.book.add("G", tier="private", tags=("高尔夫",), personas=("business_owner",))
    advice = desk.ask(customer=golfer, budget=3000)
    assert any("高尔夫" in "".join(item.why) for item in advice.items)
    parent = desk.book.add("P", life_stage="parenting", tags=("亲子活动",))
    assert "亲子" in traits(desk, desk.ask(customer=parent, budget=200).items[0])
    north = desk.ask(segment="retiree", region="哈尔滨", occasion="other", budget=260)
    assert any("北方" in "".join(item.why) for item in north.items)


def test_feast_gifts_stay_with_their_feast(desk):
    for occasion, name in (("birthday", "粽"), ("spring_festival", "月饼"), ("dragon_boat", "春联")):
        items = desk.ask(segment="private", occasion=occasion, top_k=20).items
        assert not any(name in item.name for item in items)
    assert any("月饼" in i.name or "中秋" in "".join(i.why) for i in desk.ask(occasion="mid_autumn").items)


def test_a_budget_is_used_from_its_upper_part(desk):
    items = desk.ask(segment="platinum", budget=1000).items
    assert sum(item.price >= 700 for item in items) >= 3
    cheap = desk.ask(segment="platinum", budget=1000, preferences=["不要太贵"]).items
    assert max(item.price for item in cheap) < 700


def test_the_top_is_varied(desk):
    for tier in ("mass", "affluent", "platinum", "private"):
        assert len({item.category for item in desk.ask(segment=tier).items}) >= 3


def test_the_points_in_the_explanation_never_exceed_the_score(desk):
    for item in desk.ask(segment="retiree", preferences=["健康"], budget=400).items:
        points = sum(float(text.rsplit("+", 1)[1].rstrip("分）")) for text in item.why)
        assert item.why
        assert 0 < points <= item.score + 0.3


def test_stock_short_offers_a_substitute_and_words_for_the_customer(desk):
    advice = desk.ask(segment="affluent", preferences=["智能相框"], budget=600)
    assert not any(item.name == "智能相框" for item in advice.items)
    assert any("智能相框" in text and "改送" in text for text in advice.alternatives)
    assert any("话术" in text for text in advice.alternatives)


def test_a_batch_needs_the_stock(desk):
    for quantity in (50, 300, 700):
        items = desk.ask(segment="mass", occasion="event_souvenir", quantity=quantity, top_k=20).items
        assert all(item.stock >= quantity for item in items)


def test_nothing_fits_says_why_and_what_is_nearest(desk):
    advice = desk.ask(budget=5)
    assert advice.decision == "allowed"
    assert advice.items == ()
    assert any(r.code == "nothing_fits" and "5元" in r.text for r in advice.reasons)
    assert any("最接近" in text for text in advice.alternatives)
    many = desk.ask(quantity=9000)
    assert any(r.code == "nothing_fits" and "库存" in r.text for r in many.reasons)


def test_the_way_follows_the_tier(desk):
    assert any("当面" in item.fulfilment for item in desk.ask(segment="private").items)
    assert not any("当面" in item.fulfilment for item in desk.ask(segment="mass", budget=60).items)


def test_the_same_request_gives_the_same_answer(make_desk):
    asked = {"segment": "business_owner", "occasion": "new_year", "preferences": ["商务"], "top_k": 20}
    assert make_desk().ask(**asked) == make_desk().ask(**asked)
