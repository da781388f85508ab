"""Segmentation, expressed once: Ibis turns these expressions into the SQL of whatever engine holds the data.

``measured`` reads the log where it lives; ``placed`` turns the figures of every customer into segments.
Both use integers, decimals and dates alone, and no date arithmetic, so that every engine gives the same
answer to the last digit. Both compile for DuckDB, PostgreSQL, Trino and Spark (tests compile all four and
compare the first two). Where the log lives in a warehouse, its driver is installed beside this package and
the log is named by an Ibis URL; only one row a customer leaves the warehouse, and no right but SELECT is needed::

    pip install 'ibis-framework[trino]'
    rm-assistant segments build --log trino://analyst@trino.bank:8080/hive/dwh --table card_log

    pip install 'ibis-framework[pyspark]'
    rm-assistant segments build --log 'pyspark://?spark.master=yarn' --table dwh.card_log

The table, or a view over it, has the columns customer_id (text), booked_on (date), amount (positive yuan,
decimal), kind (text) and channel (text, empty where it is not known).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from tools.segments.policy import BehaviourRule, Policy

if TYPE_CHECKING:
    from ibis.expr.types import Table, Value

YEAR, RECENT = 365, 90
"""Days of the window that is scored, and of its recent part; the rest of it is three quarters long."""
QUARTERS_BEFORE = 3


def measured(log: "Table", policy: Policy, day: date) -> "Table":
    """One row a customer who ever transacted: what the log holds up to ``day``; later rows do not count."""
    log = log.filter(log.booked_on <= day)
    within, recent = log.booked_on > day - timedelta(days=YEAR), log.booked_on > day - timedelta(days=RECENT)
    behaviours = dict(zip(behaviour_columns(policy), policy.behaviours, strict=True))
    # Every condition is a column of its own, so that an engine evaluates it once: a third of the time.
    marked = log.select(
        "customer_id",
        "booked_on",
        "amount",
        within=within,
        recent=recent,
        credit=within & log.kind.isin(policy.lifecycle.credit_kinds),
        **{name: within & _shows(log, rule) for name, rule in behaviours.items()},
    )

    def total(where: "Value") -> "Value":
        return marked.amount.sum(where=where).fill_null(0).cast("decimal(38, 2)")

    return marked.group_by("customer_id").aggregate(
        last_on=marked.booked_on.max(),
        transactions=marked.count(where=marked.within),
        amount=total(marked.within),
        recent=marked.count(where=marked.recent),
        credit_year=total(marked.credit),
        credit_recent=total(marked.credit & marked.recent),
        **{name: marked.count(where=marked[name]) for name in behaviours},
    )


def behaviour_columns(policy: Policy) -> tuple[str, ...]:
    """The column that counts the transactions behind each behaviour of the policy, in its order."""
    return tuple(f"behaviour_{number}" for number in range(len(policy.behaviours)))


def _shows(log: "Table", rule: BehaviourRule) -> "Value":
    """Whether a transaction counts for a behaviour."""
    import ibis

    asked = [
        column.isin(wanted)
        for column, wanted in ((log.kind, rule.kinds), (log.channel, rule.channels))
        if wanted
    ]
    return ibis.and_(*asked)


def placed(people: "Table", figures: "Table", policy: Policy, day: date) -> "Table":
    """One row a customer whose account was open on ``day``: figures, scores and segments.

    ``people`` has customer_id, opened_on, assets and credit_limit; ``figures`` is what ``measured`` gives.
    Who never transacted has been silent since the account was opened.
    """
    import ibis

    known = people.filter(people.opened_on <= day)
    joined = known.left_join(figures, "customer_id")
    facts = joined.select(
        *people.columns,
        last_on=figures.last_on.coalesce(people.opened_on),
        transacted=figures.last_on.notnull(),
        transactions=figures.transactions.fill_null(0),
        amount=figures.amount.fill_null(0),
        recent=figures.recent.fill_null(0),
        before=(figures.transactions - figures.recent).fill_null(0),
        credit_recent=figures.credit_recent.fill_null(0),
        credit_before=(figures.credit_year - figures.credit_recent).fill_null(0),
        **{name: figures[name].fill_null(0) for name in behaviour_columns(policy)},
    )
    ranked = facts.mutate(
        later=ibis.rank().over(order_by=facts.last_on.desc()),
        rarer=ibis.rank().over(order_by=facts.transactions),
        smaller=ibis.rank().over(order_by=facts.amount),
        others=facts.count().over() - 1,
    )
    scored = ranked.select(
        *facts.columns,
        recency=6 - _fifth(ranked.later, ranked.others),
        frequency=_fifth(ranked.rarer, ranked.others),
        monetary=_fifth(ranked.smaller, ranked.others),
        tier=_first(
            [(ranked.assets >= rule.at_least, rule.tier) for rule in policy.tiers], policy.tiers[-1].tier
        ),
        **_drops(ranked, policy),
    )
    staged = scored.mutate(rfm=_named(scored, policy), lifecycle=_lifecycle(scored, policy, day))
    return staged.mutate(value_class=_value_class(staged))


def _fifth(rank: "Value", others: "Value") -> "Value":
    """In which fifth of the book a value lies, 1–5: one more than the number of quintile cuts below it.

    A value lies above the linearly interpolated cut at i/5 (as pandas and numpy have it) exactly where the
    share of smaller values, rank / others, is above i/5; so no cut is computed and nothing is rounded.
    """
    return _first([(rank * 5 > others * fifth, fifth + 1) for fifth in (4, 3, 2, 1)], 1)


def _drops(facts: "Table", policy: Policy) -> dict[str, Any]:
    """Whether the last quarter fell below its share of the quarters before, for customers who had enough."""
    rule = policy.lifecycle
    share = int(rule.drop_ratio * 1000)
    pairs = {
        "frequency_drop": (facts.recent, facts.before, rule.drop_minimum),
        "credit_drop": (facts.credit_recent, facts.credit_before, rule.credit_minimum),
    }
    return {
        name: (before >= least * QUARTERS_BEFORE) & (recent * (1000 * QUARTERS_BEFORE) < before * share)
        for name, (recent, before, least) in pairs.items()
    }


def _named(scored: "Table", policy: Policy) -> "Value":
    """The usual name of a combination of high and low scores."""
    high = [score >= 3 for score in (scored.recency, scored.frequency, scored.monetary)]
    cases = []
    for key, name in policy.rfm.items():
        holds = [value if digit == "1" else ~value for value, digit in zip(high, key, strict=True)]
        cases.append((holds[0] & holds[1] & holds[2], name))
    return _first(cases[:-1], cases[-1][1])


def _lifecycle(scored: "Table", policy: Policy, day: date) -> "Value":
    """Where the customer stands; silence outweighs age, a falling quarter outweighs loyalty."""
    rule = policy.lifecycle

    def ago(days: int) -> date:
        return day - timedelta(days=days)

    return _first(
        [
            (scored.opened_on >= ago(rule.new_days), "new"),
            (scored.last_on <= ago(rule.lost_days), "lost"),
            (scored.last_on <= ago(rule.dormant_days), "dormant"),
            (scored.frequency_drop | scored.credit_drop, "at_risk"),
            (scored.opened_on <= ago(rule.mature_days), "mature"),
        ],
        "active",
    )


def _value_class(staged: "Table") -> "Value":
    """高价值, 潜力, 长尾 by money and frequency; 流失 where they are leaving."""
    return _first(
        [
            (staged.lifecycle.isin(("lost", "at_risk", "dormant")), "churning"),
            ((staged.monetary >= 4) & (staged.frequency >= 3), "high_value"),
            ((staged.monetary >= 3) | (staged.frequency >= 4), "potential"),
        ],
        "long_tail",
    )


def _first(cases: Sequence[tuple[Any, Any]], otherwise: Any) -> "Value":
    import ibis

    return ibis.cases(*cases, else_=otherwise)
