"""Who may get a gift, up to what, on whose signature: decisions, codes and bases."""

from datetime import date

import pytest

from tools.errors import NotFound
from tools.gifts.render import render


def codes(advice):
    return {reason.code for reason in advice.reasons}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"blacklisted": True}, "blacklisted"),
        ({"abnormal_account": True}, "abnormal_account"),
        ({"public_official": True}, "public_official"),
        ({"state_enterprise_staff": True}, "state_enterprise_staff"),
        ({"lifecycle": "dormant"}, "dormant"),
        ({"lifecycle": "lost"}, "lost"),
        ({"employer": "某市财政局"}, "public_official"),
        ({"occupation": "央企部门经理"}, "state_enterprise_staff"),
        ({"birthday": date(2012, 5, 1)}, "minor_recipient"),
        ({"notes": ("上月母亲去世",)}, "quiet_mourning"),
    ],
)
def test_excluded_recipients_get_no_gift_but_a_way_on(desk, changes, code):
    advice = desk.ask(customer=desk.book.add(**changes), budget=300)
    assert advice.decision == "refused"
    assert code in codes(advice)
    assert advice.items == ()
    assert advice.alternatives
    assert all(reason.basis for reason in advice.reasons)
    assert advice.limits.per_gift == 0


def test_officials_are_refused_with_the_article_and_offered_no_goods(desk):
    advice = desk.ask(customer=desk.book.add(public_official=True))
    assert any(b.article == "第五十九条" for reason in advice.reasons for b in reason.basis)
    names = [gift.name for gift in desk.advisor._catalogue.current().gifts]
    assert not any(name in text for name in names for text in advice.alternatives)


def test_a_described_official_is_refused_without_a_customer(desk):
    assert desk.ask(segment="affluent", preferences=["对方是税务局的科长"]).decision == "refused"


def test_a_retired_civil_servant_is_not_taken_for_one_in_office(desk):
    assert desk.ask(customer=desk.book.add(occupation="退休公务员")).decision != "refused"


@pytest.mark.parametrize(
    ("link", "instrument"),
    [
        ("deposit", "商业银行法"),
        ("wealth_management", "理财公司理财产品销售"),
        ("fund", "基金销售机构"),
        ("insurance", "保险法"),
    ],
)
def test_forbidden_links_are_refused_with_their_instrument_and_lawful_ways(desk, link, instrument):
    advice = desk.ask(segment="platinum", linked_to=link)
    assert advice.decision == "refused"
    assert advice.items == ()
    assert f"link_{link}" in codes(advice)
    assert any(instrument in b.instrument for reason in advice.reasons for b in reason.basis)
    assert len(advice.alternatives) >= 3


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("存款满五十万就送", "deposit"),
        ("买理财送的伴手礼", "wealth_management"),
        ("申购基金就送", "fund"),
        ("投保送礼", "insurance"),
    ],
)
def test_a_link_hidden_in_the_words_is_refused_too(desk, words, link):
    advice = desk.ask(segment="affluent", preferences=[words], linked_to="none")
    assert advice.decision == "refused"
    assert f"link_{link}" in codes(advice)


@pytest.mark.parametrize("link", ["credit_card", "digital_activity", "event"])
def test_allowed_links_carry_their_conditions(desk, link):
    advice = desk.ask(segment="affluent", occasion="event_souvenir", linked_to=link)
    assert advice.decision == "allowed"
    assert advice.items
    assert f"link_{link}" in codes(advice)


def test_a_loan_link_needs_a_signature(desk):
    assert desk.ask(segment="affluent", linked_to="loan", budget=100).decision == "needs_approval"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("送张超市购物卡", "prepaid_card"),
        ("直接给个红包", "cash"),
        ("500元加油卡", "prepaid_card"),
        ("代金券", "voucher"),
        ("一根小金条", "precious_metal"),
        ("送点股票", "securities"),
        ("两条烟", "tobacco"),
        ("送她一份意外险", "insurance"),
        ("开光手串", "superstition"),
        ("给他太太买张美容卡", "prepaid_card"),
        ("降三高的保健品", "efficacy"),
    ],
)
def test_forbidden_kinds_asked_for_are_refused_and_lawful_gifts_named(desk, words, kind):
    advice = desk.ask(segment="affluent", preferences=[words], budget=500)
    assert advice.decision == "refused"
    assert f"forbidden_{kind}" in codes(advice)
    assert advice.items == ()
    assert any("“" in text for text in advice.alternatives)


def test_a_forbidden_kind_beside_a_lawful_wish_is_left_out_with_its_reason(desk):
    advice = desk.ask(segment="affluent", preferences=["购物卡或者茶叶"], budget=300)
    assert advice.decision == "allowed"
    assert "forbidden_prepaid_card" in codes(advice)
    assert "茶" in advice.items[0].name


def test_not_wanting_cash_is_no_request_for_it(desk):
    advice = desk.ask(segment="affluent", preferences=["不要现金和购物卡，要实用的"], budget=200)
    assert advice.decision == "allowed"
    assert not any(code.startswith("forbidden") for code in codes(advice))


def test_risk_lowers_the_limit_and_pauses_promotions(desk):
    low = desk.ask(customer=desk.book.add("L"))
    high = desk.ask(customer=desk.book.add("H", risk_level="high"))
    assert high.limits.per_gift < low.limits.per_gift
    assert high.decision == "needs_approval"
    assert "risk_lowered" in codes(high)
    assert desk.ask(customer="H", occasion="card_activation").decision == "refused"


def test_the_year_runs_out(desk, given):
    spent = (given("A", date(2026, 2, 1), 1300), given("B", date(2026, 5, 1), 1090))
    advice = desk.ask(customer=desk.book.add(gifts=spent))
    assert advice.decision == "refused"
    assert "year_limit_reached" in codes(advice)
    last_year = (given("A", date(2025, 2, 1), 1300), given("B", date(2025, 5, 1), 1090))
    assert desk.ask(customer=desk.book.add(gifts=last_year)).decision != "refused"


def test_a_second_birthday_gift_in_a_year_is_signed_for(desk, given):
    advice = desk.ask(
        customer=desk.book.add(gifts=(given("A", date(2026, 1, 5), 50, "birthday"),)), budget=200
    )
    assert advice.decision == "needs_approval"
    assert "occasion_used" in codes(advice)


def test_a_gift_too_soon_after_the_last_is_signed_for(desk, given):
    advice = desk.ask(customer=desk.book.add(gifts=(given("A", date(2026, 11, 1)),)), budget=200)
    assert "quiet_recent_gift" in codes(advice)
    apology = desk.ask(customer="T1", occasion="service_apology", budget=200)
    assert "quiet_recent_gift" not in codes(apology)


def test_reporting_dates_are_quiet_for_business_occasions(make_desk):
    desk = make_desk(today=date(2026, 12, 30))
    assert "quiet_reporting_date" in codes(desk.ask(occasion="tier_upgrade", segment="affluent"))
    assert "quiet_reporting_date" not in codes(desk.ask(occasion="birthday", segment="affluent"))


def test_frequent_address_changes_raise_an_alert_and_stop_parcels(desk):
    advice = desk.ask(customer=desk.book.add(tier="platinum", address_changes_12m=4), top_k=20)
    assert "address_changes" in codes(advice)
    assert not any("快递" in item.fulfilment for item in advice.items)


def test_amounts_above_a_step_need_a_signature(desk):
    assert desk.ask(segment="private", budget=450).decision == "allowed"
    dear = desk.ask(segment="private", budget=2000)
    assert dear.decision == "needs_approval"
    assert any(item.price > 500 and "审批" in "".join(item.cautions) for item in dear.items)


def test_a_batch_keeps_the_reserve(desk):
    advice = desk.ask(segment="mass", occasion="event_souvenir", budget=100, quantity=50)
    assert "reserve_kept" in codes(advice)
    assert advice.items
    assert all(item.price <= 85 for item in advice.items)


def test_a_budget_above_the_limit_is_cut_and_said_so(desk):
    advice = desk.ask(segment="mass", budget=2000)
    assert "budget_over_limit" in codes(advice)
    assert max(item.price for item in advice.items) <= advice.limits.per_gift


def test_nobody_named_is_the_public_with_mass_limits(desk):
    advice = desk.ask(budget=100)
    assert "general_public" in codes(advice)
    assert advice.limits == desk.ask(segment="mass").limits
    assert advice.recipient


def test_missing_consent_is_pointed_out(desk):
    assert "consent_missing" in codes(desk.ask(customer=desk.book.add(consents=frozenset())))


def test_an_unknown_customer_stays_unknown(desk):
    with pytest.raises(NotFound):
        desk.ask(customer="nobody")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_short_answer_names_every_gift_and_basis(desk, language):
    advice = desk.ask(segment="private", budget=2000, preferences=["茶"])
    text = render(advice, language)
    assert all(item.name in text for item in advice.items)
    assert all(b.instrument in text for reason in advice.reasons for b in reason.basis)
    assert "{" not in text
