"""Which customers a reference means: an id, a name, a name in Traditional characters, or a mistyped one."""

from collections.abc import Sequence
from functools import cache

from tools.customers.model import COMPOUND_SURNAMES

TITLES = ("先生", "女士", "小姐", "总", "老师", "主任", "阿姨", "大爷", "叔叔", "姐", "哥", "老板", "经理")


def matches(reference: str, names: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Ids that ``reference`` names, by the closest reading that names any; several mean it is ambiguous."""
    wanted = reference.strip()
    exact = tuple(id_ for id_, name in names if wanted.upper() == id_.upper() or wanted == name)
    if exact or not wanted:
        return exact
    simple = _simplified(wanted)
    same = tuple(id_ for id_, name in names if simple == name)
    if same:
        return same
    if titled := _surname_of(simple):
        return tuple(id_ for id_, name in names if name.startswith(titled))
    sound = _sound(simple)
    return tuple(id_ for id_, name in names if len(name) == len(simple) and _sound(name) == sound)


def _surname_of(text: str) -> str:
    """The surname where the text is surname and title (王总, 欧阳女士); empty otherwise."""
    for title in TITLES:
        surname = text.removesuffix(title)
        if surname != text and (len(surname) == 1 or surname in COMPOUND_SURNAMES):
            return surname
    return ""


@cache
def _sound(text: str) -> str:
    from pypinyin import lazy_pinyin  # 50 MB: only where a name was mistyped

    return " ".join(lazy_pinyin(text))


def _simplified(text: str) -> str:
    import opencc

    return str(opencc.OpenCC("t2s").convert(text))
