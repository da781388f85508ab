"""Segments from what is known of a person, not from their transactions: persona and stage of life. Pure."""

from datetime import date
from decimal import Decimal

from tools.segments.policy import PersonaRule, Policy, StageRule
from tools.values import LifeStage, Persona


def personas(words: str, age: int | None, assets: Decimal | None, policy: Policy) -> tuple[Persona, ...]:
    """At most two, most telling first."""
    return tuple(r.persona for r in policy.personas if _is_persona(r, words, age, assets))[:2]


def life_stage(words: str, age: int | None, policy: Policy) -> LifeStage | None:
    """The first stage whose words and bounds hold."""
    return next((r.stage for r in policy.life_stages if _is_stage(r, words, age)), None)


def age_on(birthday: date, today: date) -> int:
    return today.year - birthday.year - ((today.month, today.day) < (birthday.month, birthday.day))


def _is_persona(rule: PersonaRule, words: str, age: int | None, assets: Decimal | None) -> bool:
    said = any(word in words for word in rule.words)
    if rule.min_assets is not None:
        return said or (assets is not None and assets >= rule.min_assets)
    if rule.min_age is not None:
        return said or (age is not None and age >= rule.min_age)
    if rule.max_age is not None and age is not None and age > rule.max_age:
        return False
    return said


def _is_stage(rule: StageRule, words: str, age: int | None) -> bool:
    if rule.max_age is not None and age is not None and age > rule.max_age:
        return False
    said = any(word in words for word in rule.words)
    if rule.min_age is None:
        return said
    return (age is not None and age >= rule.min_age) or (age is None and said)
