"""Makes people, their holdings and their transactions. Pure: the same seed and day give the same book."""

import math
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tools.base import Caller
from tools.customers.demo.vocab import Archetype, Vocab
from tools.customers.model import Customer, GiftGiven, Holding, Sex, Transaction
from tools.values import CHANNELS, Channel, Product

PER_MANAGER = 54
CLEAN = 12
MONTHS = 18
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Book:
    """Everything that is inserted."""

    staff: tuple[Caller, ...]
    customers: tuple[Customer, ...]
    transactions: tuple[Transaction, ...]


def make_book(vocab: Vocab, today: date, seed: int) -> Book:
    """The book of every manager; each begins with customers in plain good order."""
    rng = random.Random(seed)  # noqa: S311  (demo data, not secrets)
    staff = tuple(Caller(s.id, s.name, s.role) for s in vocab.staff)
    used: set[str] = set()
    people: list[Customer] = []
    booked: list[Transaction] = []
    for manager in (s for s in staff if s.role == "rm"):
        for place in range(PER_MANAGER):
            # Towards the end of each book one name is borne by two customers.
            twin = people[-8].name if place == PER_MANAGER - 1 else None
            archetype = rng.choices(vocab.archetypes, [a.weight for a in vocab.archetypes])[0]
            person = _person(
                vocab, archetype, today, rng, manager.id, len(people) + 1, place < CLEAN, used, twin
            )
            people.append(person)
            booked.extend(_transactions(person, archetype, vocab, today, rng, place))
    return Book(staff, tuple(people), tuple(booked))


def _person(
    vocab: Vocab,
    archetype: Archetype,
    today: date,
    rng: random.Random,
    manager_id: str,
    number: int,
    clean: bool,
    used: set[str],
    twin: str | None,
) -> Customer:
    sex: Sex = rng.choice(("male", "female"))
    name = twin or _name(vocab, sex, rng, used)
    age = rng.randint(*archetype.ages)
    birthday = date(today.year - age, 1, 1) + timedelta(days=rng.randrange(365))
    place = rng.choices(vocab.cities, [c.weight for c in vocab.cities])[0]
    occupation = rng.choice(archetype.occupations)
    low, high = archetype.assets
    assets = math.exp(rng.uniform(math.log(low), math.log(high)))
    opened = today - timedelta(days=rng.randint(500 if clean else 20, 5200))
    limit = (
        Decimal(rng.choice((10, 20, 30, 50, 80, 150))) * 1000 if archetype.name != "retiree" else Decimal(0)
    )
    chance = 1.0 if not clean else 0.0
    official = rng.random() < 0.04 * chance and archetype.name == "family"
    state = not official and rng.random() < 0.06 * chance
    tags = rng.sample(archetype.tags, rng.randint(2, 4))
    return Customer(
        id=f"C{number:05}",
        manager_id=manager_id,
        name=name,
        sex="unknown" if rng.random() < 0.02 * chance else sex,
        birthday=birthday,
        occupation=rng.choice(vocab.official_occupations) if official else occupation.name,
        employer=rng.choice(vocab.state_employers) if state else "",
        title="" if official else occupation.title,
        city=place.city,
        region=place.region,
        family=rng.choice(archetype.family),
        mobile=f"1990000{number:04}",
        id_card=_id_card(birthday, number),
        address=f"{place.city}市城东区{rng.choice(place.streets)}{rng.randint(1, 200)}号",
        address_changes_12m=rng.choice((0, 0, 0, 1, 1, 4)) if not clean else 0,
        opened_on=opened,
        tier_since=max(opened, today - timedelta(days=rng.randint(30, 1400))),
        annual_income=Decimal(rng.randint(*archetype.income) // 1000 * 1000),
        holdings=_holdings(archetype, vocab, assets, today, rng),
        credit_limit=limit,
        credit_used=(limit * Decimal(rng.randint(0, 70)) / 100).quantize(Decimal("0.01")),
        tags=tuple(tags),
        notes=tuple(rng.sample(vocab.notes, rng.randint(0, 2))),
        risk_level=rng.choices(("low", "medium", "high"), (78, 17, 5))[0] if not clean else "low",
        public_official=official,
        state_enterprise_staff=state,
        blacklisted=rng.random() < 0.02 * chance,
        abnormal_account=rng.random() < 0.02 * chance,
        consents=_consents(rng, clean),
        allergies=(rng.choice(vocab.allergies),) if rng.random() < 0.08 * chance else (),
        taboos=(rng.choice(vocab.taboos),) if rng.random() < 0.08 * chance else (),
        gifts=_gifts(vocab, today, rng) if not clean else (),
    )  # fmt: skip


def _name(vocab: Vocab, sex: Sex, rng: random.Random, used: set[str]) -> str:
    given = vocab.given["female" if sex == "female" else "male"]
    while True:
        name = rng.choice(vocab.surnames) + rng.choice(given)
        if name not in used:
            used.add(name)
            return name


def _id_card(birthday: date, number: int) -> str:
    """Well-formed (GB 11643) under area code 999999, which no place bears."""
    body = f"999999{birthday:%Y%m%d}{number % 1000:03}"
    total = sum(int(d) * w for d, w in zip(body, _ID_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _consents(rng: random.Random, clean: bool) -> frozenset[Channel]:
    personal: tuple[Channel, ...] = ("wechat", "sms", "phone", "letter", "email", "app_push")
    agreed = personal if clean else tuple(c for c in personal if rng.random() < 0.72)
    always = tuple(c for c in CHANNELS if c not in personal)
    return frozenset((*agreed, *always))


def _holdings(
    archetype: Archetype, vocab: Vocab, assets: float, today: date, rng: random.Random
) -> tuple[Holding, ...]:
    held: list[Holding] = []
    for product, share in archetype.mix.items():
        balance = Decimal(assets * share * rng.uniform(0.7, 1.3)).quantize(Decimal("0.01"))
        ends = product in ("deposit", "wealth_management")
        name = rng.choice(vocab.products[product])
        matures = today + timedelta(days=rng.randint(3, 700)) if ends and name != "活期存款" else None
        held.append(Holding(product=product, name=name, balance=balance, matures_on=matures))
    if "房贷还款" in {k.kind for k in archetype.kinds}:
        loan: Product = "loan"
        held.append(
            Holding(product=loan, name="个人住房贷款", balance=Decimal(rng.randint(20, 180) * 10_000))
        )
    return tuple(held)


def _gifts(vocab: Vocab, today: date, rng: random.Random) -> tuple[GiftGiven, ...]:
    chosen = rng.sample(vocab.gift_history, rng.choice((0, 0, 1, 1, 2)))
    return tuple(
        GiftGiven(
            gift_id=g.gift_id,
            name=g.name,
            given_on=today - timedelta(days=rng.randint(20, 900)),
            price=Decimal(g.price),
            occasion=rng.choice(("birthday", "spring_festival", "event_souvenir")),
        )
        for g in chosen
    )


def _transactions(
    person: Customer, archetype: Archetype, vocab: Vocab, today: date, rng: random.Random, place: int
) -> list[Transaction]:
    """Eighteen months in the archetype's rhythm; some fall silent, some slow down, as real books do."""
    troubled = place >= CLEAN
    silent_days = rng.randint(190, 420) if troubled and place % 13 == 12 else 0
    slowing = troubled and place % 9 == 8
    booked: list[Transaction] = []
    for month in range(MONTHS):
        start = today - timedelta(days=30 * (month + 1))
        for spending in archetype.kinds:
            often = spending.monthly if not (slowing and month < 3) else spending.monthly * 0.25
            for _ in range(int(often) + (rng.random() < often % 1)):
                day = start + timedelta(days=rng.randrange(30))
                if (today - day).days < silent_days or day < person.opened_on:
                    continue
                low, high = spending.amount
                amount = Decimal(math.exp(rng.uniform(math.log(low), math.log(high)))).quantize(
                    Decimal("0.01")
                )
                booked.append(
                    Transaction(
                        id=f"{person.id}-{len(booked) + 1:05}",
                        customer_id=person.id,
                        booked_on=day,
                        amount=amount,
                        kind=spending.kind,
                        channel=rng.choice(vocab.channels),
                    )
                )
    return booked
