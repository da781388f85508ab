"""Gift advice as the short text a model or a console reads."""

from tools.gifts.model import GiftAdvice, GiftItem, Reason
from tools.gifts.words import Words, load_words, money
from tools.values import Language

WHY_SHOWN = 3


def render(advice: GiftAdvice, language: Language, words: Words | None = None) -> str:
    """The decision, its basis, the suggestions with why and how, and lawful alternatives."""
    known = words or load_words()
    text = known.render[language]
    decision = text[advice.decision]
    occasion = known.label("occasion", advice.occasion) if language == "zh" else advice.occasion
    lines = [text["head"].format(recipient=advice.recipient, occasion=occasion, decision=decision)]
    lines += [text["reasons"], *(f"- {_reason(reason, text)}" for reason in advice.reasons)]
    if advice.items:
        lines.append(text["items"])
    for number, item in enumerate(advice.items, 1):
        lines += _item(number, item, text)
    if advice.alternatives:
        lines.append(text["alternatives" if advice.decision == "refused" else "options"])
        lines += [f"- {way}" for way in advice.alternatives]
    return "\n".join(lines)


def _reason(reason: Reason, text: dict[str, str]) -> str:
    basis = "；".join(b.cited for b in reason.basis)
    return reason.text + (text["basis"].format(basis=basis) if basis else "")


def _item(number: int, item: GiftItem, text: dict[str, str]) -> list[str]:
    lines = [
        text["item"].format(
            n=number,
            name=item.name,
            gift_id=item.gift_id,
            category=item.category,
            price=money(item.price),
            stock=item.stock,
        ),
        text["why"].format(why="；".join(item.why[:WHY_SHOWN])),
        text["way"].format(way=item.fulfilment),
    ]
    if item.cautions:
        lines.append(text["cautions"].format(cautions="；".join(item.cautions)))
    return lines
