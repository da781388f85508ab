"""How a reader is addressed, in Chinese and in English."""

import re

from tools.customers.model import COMPOUND_SURNAMES, Customer
from tools.invitations.letters import Lexicon, Words
from tools.values import Language, Persona

_LATIN_TITLE = {"male": "Mr.", "female": "Ms."}


def address(
    customer: Customer | None, persona: Persona | None, language: Language, words: Words, lexicon: Lexicon
) -> str:
    """李总, 王女士, Ms. Wang; the full name where the sex is unknown; a general word without a customer."""
    if customer is None:
        return words.words.get(f"nobody_{persona}", words.words["nobody"])
    if language == "zh":
        return customer.address_form
    title = _LATIN_TITLE.get(customer.sex)
    name = latin_name(customer.name, lexicon)
    return f"{title} {name.split()[0]}" if title and customer.name != name else name


def latin_name(name: str, lexicon: Lexicon) -> str:
    """Hanyu Pinyin, surname first with its own reading (曾 Zeng); a Latin name stays as it is."""
    if not re.search(r"[\u4e00-\u9fff]", name):
        return name
    cut = 2 if name[:2] in COMPOUND_SURNAMES else 1
    surname = lexicon.surnames.get(name[:cut]) or _pinyin(name[:cut])
    return f"{surname} {_pinyin(name[cut:])}".strip()


def _pinyin(name: str) -> str:
    from pypinyin import lazy_pinyin  # its dictionary takes 200 ms to load; only English drafts need it

    return "".join(lazy_pinyin(name, v_to_u=False)).capitalize()
