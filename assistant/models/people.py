"""Whom a message is about: customers of the caller's book, names it does not know, titles, ids."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from pypinyin import lazy_pinyin

from assistant.models.words import Lexicon

_LATIN_NAME = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
Known = Sequence[tuple[str, str]]  # (id, name)
_ID = re.compile(r"(?<![a-z0-9])(?:[a-z]{1,4}[-_]?\d{3,10})(?![a-z0-9])", re.IGNORECASE)
_BEFORE = (
    r"(?:给|帮|替|为|请|邀请|邀|喊|叫|约|查(?:一?下|查|询)?|看(?:看|下|一下)?|"
    r"跟|和|与|向|对|客户|是|、|，|换成|改成|改为|那|通知|了解(?:一?下)?|关于|"
    r"送|把|^|\s)"
)
_AFTER = (
    r"(?=的|过|要|生|在|是|，|,|、|。|？|\?|送|来|参加|和|跟|与|属|什么|啥|下|"
    r"这|那|最近|今|明|上|分|层|画像|情|资|怎|该|算|呢|开户|结婚|乔迁|搬|退休|"
    r"升|买|投诉|他|她|女士|先生|选|挑|推荐|准备|预算|喜|爱|家|女|儿|孩|周|一|"
    r"两|中秋|春节|端午|去|\d|\s|$)"
)
_ENGLISH_NAME = re.compile(
    r"(?:for|to|about|invite|client|customer|is|mr\.?|ms\.?|mrs\.?)\s+((?:mr\.?|"
    r"ms\.?|mrs\.?)?\s?[A-Z][a-z]+(?:\s[A-Z][a-z]+){0,2})"
)
_COMMON_ENGLISH = re.compile(
    r"^(?:I|We|My|The|A|An|This|Mid|Spring|Chinese|Dragon|New|Christmas|SMS|"
    r"WeChat|Friday|Monday|Tuesday|Wednesday|Thursday|Saturday|Sunday|Private|"
    r"Platinum|January|February|March|April|May|June|July|August|September|October|"
    r"November|December|English|Wine|Family|CNY)\b"
)


_HOSTING = re.compile(
    r"(?:主讲人?|嘉宾|讲师|主持人?|特邀|专家|分享人|speaker|host)(?:是|为|：|:|换成|改成|改为|有|请了|请的是|由)?\s*$"
)


@dataclass(frozen=True)
class People:
    """References in the order in which they are written, each as a tool understands it."""

    references: tuple[str, ...] = ()
    spans: tuple[tuple[int, int], ...] = ()
    pronoun: bool = False
    candidates: tuple[tuple[str, str], ...] = ()  # several customers fit a title such as 王总

    def only(self, known: Known) -> "People":
        """Without names that no customer of the caller's bears."""
        ours = {word for pair in known for word in pair}
        kept = tuple(name for name in self.references if name in ours)
        return replace(self, references=kept, spans=self.spans if kept else ())


def as_names(folded: str, spans: Sequence[tuple[int, int]]) -> str:
    """``folded`` with ◯ for every character of a name."""
    for start, end in spans:
        folded = folded[:start] + "◯" * (end - start) + folded[end:]
    return folded


def people(text: str, folded: str, known: Known, lexicon: Lexicon) -> People:
    """Find them in ``text``; ``folded`` is the same text folded, character by character."""
    found = [*_known(text, folded, known, lexicon)]
    taken = [span for _, span in found]
    candidates: tuple[tuple[str, str], ...] = ()
    for title, span in _titled(text, folded, lexicon):
        if _overlaps(span, taken) or _HOSTING.search(folded[: span[0]]):
            continue
        fitting = tuple((i, n) for i, n in known if n.startswith(title[0]) and n not in dict(found))
        if len(fitting) > 1:
            candidates = fitting
        found.append((fitting[0][1] if len(fitting) == 1 else title, span))
        taken.append(span)
    if not found:
        found += [
            (name, span) for name, span in _unknown(text, folded, lexicon) if not _overlaps(span, taken)
        ][:3]
    found = [(name, span) for name, span in found if not _HOSTING.search(folded[: span[0]])]
    found.sort(key=lambda item: item[1])
    unique = dict(reversed([(name, span) for name, span in reversed(found)]))
    rest = _without(folded, [span for _, span in found])
    return People(tuple(unique), tuple(span for _, span in found), lexicon.has("pronouns", rest), candidates)


def _known(text: str, folded: str, known: Known, lexicon: Lexicon) -> Iterator[tuple[str, tuple[int, int]]]:
    taken: list[tuple[int, int]] = []
    for id_, name in sorted(known, key=lambda item: -len(item[1])):
        for said in (name, id_):
            spans = [span for span in _where(said, text, folded, lexicon) if not _overlaps(span, taken)]
            taken += spans
            yield from ((said, span) for span in spans)
            if spans:
                break
    for match in _ID.finditer(text):
        if not _overlaps(match.span(), taken):
            yield match[0], match.span()


def _where(said: str, text: str, folded: str, lexicon: Lexicon) -> list[tuple[int, int]]:
    """Every place where a name or id stands, also romanised as in Zhang Suyun."""
    if not said:
        return []
    for written, searched in ((_folded(lexicon, said), folded), (said, text)):
        if written in searched:
            return [m.span() for m in re.finditer(re.escape(written), searched)]
    if _LATIN_NAME.search(text) and re.fullmatch(r"[一-鿿]{2,4}", said):
        for spelt in romanised(said):
            if found := [m.span() for m in re.finditer(rf"\b{spelt}\b", text, re.IGNORECASE)]:
                return found
    return []


_folded = lru_cache(65_536)(Lexicon.fold)  # the names of a book are looked for in every message


@lru_cache(4096)
def romanised(name: str) -> tuple[str, ...]:
    """How a Chinese name is written in English, as patterns: Zhang Suyun, Suyun Zhang, Zhang Su-yun."""
    sounds = lazy_pinyin(name)
    length = 2 if len(sounds) == 4 else 1
    family, given = "".join(sounds[:length]), "[ -]?".join(sounds[length:])
    return rf"{family},?\s+{given}", rf"{given}\s+{family}"


def _titled(text: str, folded: str, lexicon: Lexicon) -> Iterator[tuple[str, tuple[int, int]]]:
    words = lexicon.words
    surname = f"(?:{'|'.join(words.compound_surnames)}|[{words.surnames}])"
    titles = "|".join(words.titles)
    for match in re.finditer(
        rf"{surname}(?:{titles})(?![一-鿿]?(?:行|部|结|共|预|额|价|数|资产|是|会$))|{surname}总(?=是|的|要)",
        folded,
    ):
        before = folded[: match.start()]
        stands_free = not re.search(r"[一-鿿]$", before) or re.search(_BEFORE + "$", before)
        if stands_free and not match[0].startswith(words.not_names):
            yield text[slice(*match.span())], match.span()


def _unknown(text: str, folded: str, lexicon: Lexicon) -> Iterator[tuple[str, tuple[int, int]]]:
    words = lexicon.words
    stop = "|".join(map(re.escape, words.not_names))
    compound = "|".join(words.compound_surnames)
    name = rf"(?!{stop})(?:(?:{compound})[一-鿿]{{1,2}}?|[{words.surnames}][一-鿿]{{1,2}}?)"
    for match in re.finditer(rf"{_BEFORE}\s?({name}){_AFTER}", folded):
        if _like_a_name(match[1], lexicon):
            yield text[slice(*match.span(1))], match.span(1)
    for match in _ENGLISH_NAME.finditer(text):
        if not _COMMON_ENGLISH.match(match[1]):
            yield match[1].strip(), match.span(1)


def _like_a_name(name: str, lexicon: Lexicon) -> bool:
    """No ordinary word: none of its characters is grammar, and it names no segment, occasion or channel."""
    if name[:2] in lexicon.ordinary:
        return False
    if re.search(
        r"[的了吗呢咋啥我你他她它这那哪什么几个来去给把被是不没要有在和就都也还再又客户礼送行金卡年月日周时间期话费品点钱元块人家位条份款版]",
        name[1:],
    ):
        return False
    groups = ("occasions", "segments", "channels", "products", "tones", "lifecycles")
    return not any(lexicon.first(group, name) for group in groups)


def _overlaps(span: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _without(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
