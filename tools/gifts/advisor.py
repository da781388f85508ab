"""Gift advice: find the recipient, judge the request, match the catalogue, put it in words.

``recommend`` shows the whole way; each step lives in its own module.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from prompts.datafile import DataFileError
from tools.base import Caller
from tools.gifts.catalogue import CATALOGUE_FILE, CatalogueSource, Gift, row_rules
from tools.gifts.eligibility import Case, Ruling, judge
from tools.gifts.lexicon import Lexicon, load_lexicon
from tools.gifts.matching import Match, Matcher, Outcome
from tools.gifts.model import GiftAdvice, GiftItem, GiftRequest
from tools.gifts.policy import POLICY_FILE, Policy, load_policy
from tools.gifts.recipient import Customers, Directory, Segments
from tools.gifts.scoring import Need
from tools.gifts.words import Words, load_words, money

LAWFUL_SAMPLES = 2


def open_advisor(
    data_dir: Path | None, customers: Customers, segments: Segments, clock: Callable[[], date]
) -> "GiftAdvisor":
    """The adviser over the catalogue and policy of ``data_dir``, or the shipped. Raises DataFileError."""
    policy, lexicon, words = load_policy(data_dir), load_lexicon(), load_words()
    lacking = policy.lacking(lexicon.codes)
    if lacking:
        raise DataFileError(str(POLICY_FILE), 1, "reasons", f"no text for {', '.join(lacking)}")
    path = data_dir / CATALOGUE_FILE if data_dir else None
    source = CatalogueSource(path, row_rules(policy, lexicon, words))
    return GiftAdvisor(source, policy, customers, segments, clock, lexicon, words)


class GiftAdvisor:
    """Advice on one gift. ``clock`` gives the local day, or an instant of it."""

    def __init__(
        self,
        catalogue: CatalogueSource,
        policy: Policy,
        customers: Customers,
        segments: Segments,
        clock: Callable[[], date],
        lexicon: Lexicon,
        words: Words,
    ) -> None:
        self._catalogue = catalogue
        self._policy = policy
        self._lexicon = lexicon
        self._words = words
        self._clock = clock
        self._directory = Directory(customers, segments, policy, lexicon, words)
        self._matcher = Matcher(policy, words)

    def recommend(self, request: GiftRequest, caller: Caller) -> GiftAdvice:
        """Advice for the recipient of ``request``. Raises NotFound or Ambiguous for the customer."""
        now = self._clock()
        today = date(now.year, now.month, now.day)
        wishes = self._lexicon.wishes(request.preferences, request.exclude)
        recipient = self._directory.recipient(request, wishes, caller, today)
        case = Case(request, recipient, wishes, self._policy, self._lexicon, self._words, today)
        ruling = judge(case)
        need = self._need(case, ruling)
        if ruling.refused and not ruling.offer_gifts:
            return self._advice(case, ruling, ())
        outcome = self._matcher.choose(self._catalogue.current(), need)
        if ruling.refused:
            ruling.alternatives.extend(self._lawful_gifts(outcome))
            return self._advice(case, ruling, ())
        items = tuple(self._item(case, ruling, match) for match in outcome.matches)
        self._explain(case, ruling, need, outcome)
        return self._advice(case, ruling, items)

    def _need(self, case: Case, ruling: Ruling) -> Need:
        request, limits = case.request, ruling.limits
        limit = min(limits.per_gift or Decimal(0), limits.remaining_this_year or Decimal(0))
        if case.recipient.customer:
            limit = min(limit, (limits.remaining_this_year or Decimal(0)) / request.quantity)
        rule = self._policy.occasions[request.occasion]
        return Need(request, case.recipient, case.wishes, ruling.cap, limit, case.today, rule)

    def _advice(self, case: Case, ruling: Ruling, items: tuple[GiftItem, ...]) -> GiftAdvice:
        decision = "refused" if ruling.refused else "needs_approval" if ruling.approval else "allowed"
        return GiftAdvice(
            decision=decision,
            reasons=tuple(ruling.reasons),
            limits=ruling.limits,
            items=items,
            alternatives=tuple(dict.fromkeys(ruling.alternatives)),
            recipient=case.recipient.label,
            occasion=case.request.occasion,
            budget=case.request.budget,
        )

    def _lawful_gifts(self, outcome: Outcome) -> list[str]:
        template = self._words.alternatives["lawful_gift"]
        chosen = (match.gift for match in outcome.matches[:LAWFUL_SAMPLES])
        texts = [template.format(name=g.name, price=money(g.price), category=g.category) for g in chosen]
        return [*texts, self._words.alternatives["no_condition"]]

    def _item(self, case: Case, ruling: Ruling, match: Match) -> GiftItem:
        gift = match.gift
        way = self._way(case, ruling, gift)
        return GiftItem(
            gift_id=gift.gift_id,
            name=gift.name,
            category=gift.category,
            price=gift.price,
            score=match.score,
            why=match.why,
            fulfilment=self._words.label("way", way),
            stock=gift.stock,
            cautions=tuple(self._cautions(case, gift, way)),
        )

    def _way(self, case: Case, ruling: Ruling, gift: Gift) -> str:
        """The best way of the tier that the gift allows; in person where an alert closes the rest."""
        order = [way for way in self._policy.ways[case.recipient.tier] if way not in ruling.avoid_ways]
        return next((way for way in order if way in gift.ways), "in_person")

    def _cautions(self, case: Case, gift: Gift, way: str) -> list[str]:
        texts, cautions = self._words.cautions, list[str]()
        quantity, customer = case.request.quantity, case.recipient.customer
        approval = self._policy.approval_for(gift.price, quantity)
        if approval:
            total = money(gift.price * quantity)
            cautions.append(texts["approval"].format(price=money(gift.price), total=total, by=approval.by))
        risky = [thing for thing in gift.contains if thing in self._policy.allergens]
        if risky and not (customer and customer.allergies):
            cautions.append(texts["allergen"].format(things="、".join(risky)))
        if self._policy.alcohol in gift.contains:
            cautions.append(texts["alcohol"])
        touched = (rule for rule in self._policy.taboos if rule.thing in gift.traits)
        cautions.extend(texts["taboo"].format(thing=rule.thing, why=rule.why) for rule in touched)
        if gift.lead_days:
            cautions.append(texts["lead"].format(days=gift.lead_days))
        if gift.stock - quantity <= 2 * gift.warn_at:
            cautions.append(texts["stock"].format(stock=gift.stock, warn=gift.warn_at))
        if way == "app" and customer and "app_push" not in customer.consents:
            cautions.append(texts["consent"])
        return cautions

    def _explain(self, case: Case, ruling: Ruling, need: Need, outcome: Outcome) -> None:
        """Reasons and ways on that only the matching could know."""
        policy = self._policy
        steps = {
            step.by: step
            for match in outcome.matches
            if (step := policy.approval_for(match.gift.price, case.request.quantity))
        }
        for step in steps.values():
            values = {"above": money(step.above), "total": money(step.total_above), "by": step.by}
            ruling.sign("approval_amount", **values)
        if outcome.unmatched:
            ruling.note("preference_unmatched", words="、".join(outcome.unmatched))
        if outcome.cause:
            self._nothing(case, ruling, need, outcome)
        if outcome.short and outcome.matches:
            self._substitute(ruling, outcome.short, outcome.matches[0].gift)
        asked = self._lexicon.contents(case.wishes.said)
        for rule in policy.taboos:
            if rule.always and rule.thing in asked:
                template = self._words.alternatives["taboo_asked"]
                ruling.alternatives.append(template.format(thing=rule.thing, why=rule.why))

    def _nothing(self, case: Case, ruling: Ruling, need: Need, outcome: Outcome) -> None:
        cause = self._words.causes[outcome.cause or "budget"].format(
            months=self._policy.repeat_months, quantity=case.request.quantity, cap=money(need.cap)
        )
        ruling.note("nothing_fits", cause=cause)
        gift = outcome.nearest
        if gift:
            dearer = gift.price > need.cap
            template = self._words.alternatives["nearest_price" if dearer else "nearest"]
            text = template.format(
                name=gift.name, price=money(gift.price), gap=money(gift.price - need.cap), stock=gift.stock
            )
            ruling.alternatives.insert(0, text)

    def _substitute(self, ruling: Ruling, short: Gift, other: Gift) -> None:
        texts = self._words.alternatives
        ruling.alternatives.append(
            texts["substitute"].format(name=short.name, stock=short.stock, other=other.name)
        )
        ruling.alternatives.append(texts["script"].format(name=short.name, other=other.name))
