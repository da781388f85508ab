"""The details of a message besides people, copy and event: occasion, money, wishes, channel, filters."""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from assistant.models.amounts import (
    Money,
    count,
    money,
    ordinal,
    per_gift,
    respective,
    variants,
)
from assistant.models.numerals import number
from assistant.models.words import Lexicon
from tools.customers.model import COMPOUND_SURNAMES

_ITEM_NOUN = re.compile(r"(?:的|一点|点|类|礼物|礼品|东西|之类|什么|吧|啊|哦|呢)+$")
_DAYS = re.compile(r"(?:未来|最近|近|接下来|within|next)?\s*(\d{1,3})\s*(?:天|日|days?)\s*(?:内|之内|以内)?")
_MONTH = re.compile(r"(?<!\d)(\d{1,2})\s*月(?:份)?(?!\d*[日号])")
_AGE = re.compile(r"(\d{2})\s*岁(?:以上|往上|\+)")
_ASSETS = re.compile(
    r"(?:资产|aum|存款|身家)[^\d]{0,6}(\d+(?:\.\d+)?)\s*(万|亿)?(?:元)?\s*(?:以上|往上|\+|起)|(?:资产|aum)(?:超过?|大于|高于|≥|>)\s*(\d+(?:\.\d+)?)\s*(万|亿)?"
)
_SUM_FROM = re.compile(r"(\d+(?:\.\d+)?|[一二两三四五六七八九十百千]{1,4})万(?:元|块)?(?:以上|往上|\+|起)")
_AND_NOT = re.compile(r"(?:也|又|还)?(?:别送?|不要|不送|勿)|[和跟及、也]")
_CHANGED_TO = re.compile(r"(?:改[成为到]|换[成到]|应该是)(.{2,20})$")
_NOT_WHOM = re.compile(
    r"退休礼|要退休|快退休|退休了|刚退休|荣休|(?:升|晋|跃|达到|成为|成了|够上)[^，,。]{0,5}(?:白金|私行|贵宾|财富|钻石|vip)(?!的?客户)"
)
"""Tells the occasion, not whom the gift is for."""
_NO_WISH = re.compile(r"东西|大概|左右|[\d百千]{1,4}(?:元|块|$)|就是|随便")
_NOT_BY = re.compile(
    r"(?:从来?不|不怎么|不太|不|没|少)(?:看|用|有|开|常看|爱看|会用|收)(?:电子)?(?:邮箱|邮件|短信|微信|朋友圈)"
)
_CORRECTS = re.compile(r"^.{0,6}(?:不对|不是|错了|搞错|弄错|记错|说错|讲错|记混|记岔|更正)")
_LIVES_IN = re.compile(
    r"住(?:在)?([一-鿿]{2,4}?)(?:市|那边|这边)?的(?:客户|人|企业主|老板|退休|白领|私行|老人)"
)
_EACH_OF = re.compile(r"各(?:一|写|来|出|拟|发|要)|都(?:写|来|出|要|拟)|one each|both")
_CITY = re.compile(
    r"(?:住在?|在|常住|城市是|^|我的|名下)(北京|上海|广州|深圳|杭州|南京|成都|重庆|武汉|苏州|天津|西安|青岛|厦门|宁波|大连|长沙|郑州|济南|合肥|福州|昆明|沈阳|哈尔滨|无锡|东莞|佛山)"
)
_SURNAME = re.compile(rf"姓({'|'.join(sorted(COMPOUND_SURNAMES))}|[一-鿿])(?:的|有|$|[?？])")
_CONSENT = re.compile(
    r"(?<![没未不])(?:同意|授权)(?:了|过|接收|收)?(?:微信|短信|电话|邮件|信函|app|推送|营销)", re.I
)
_TAG = re.compile(r"(?:喜欢|爱好?|爱|标签(?:是|为|有)?|带)([一-鿿a-z]{2,6}?)(?:标签)?(?:的|$|[?？])")


@dataclass(frozen=True)
class Slots:
    """What was said; None and empty where it was not. ``budget`` is for one gift."""

    occasion: str | None = None
    segment: str | None = None
    spent: Money | None = None
    respective: tuple[Decimal, ...] = ()
    quantity: int | None = None
    preferences: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    linked_to: str | None = None
    channel: str | None = None
    channels: tuple[str, ...] = ()
    product: str | None = None
    tone: str | None = None
    variants: int | None = None
    language: str | None = None
    ordinal: int | None = None
    price_wish: int = 0
    filter: dict[str, Any] = field(default_factory=dict)

    def filled(self, whole: "Slots") -> "Slots":
        """What this part of a message leaves out, from the whole; wishes stay with the part that says them."""
        shared = ("occasion", "segment", "spent", "quantity", "linked_to", "channel", "tone", "language")
        return replace(self, **{n: getattr(whole, n) for n in shared if getattr(self, n) is None})

    @property
    def budget(self) -> Decimal | None:
        return per_gift(self.spent, self.quantity)


def slots_of(text: str, lexicon: Lexicon, *, month: int, bare: bool) -> Slots:
    """Read them from folded ``text`` without names; ``bare`` lets a lone number be money."""
    exclude = _dislikes(text, lexicon)
    linked = _linked(text, lexicon)
    wish = -1 if lexicon.has("cheaper", text) else 1 if lexicon.has("dearer", text) else 0
    return Slots(
        occasion=_occasion(text, lexicon),
        segment=lexicon.first("segments", _NOT_WHOM.sub("", text)),
        spent=money(text, bare=bare),
        respective=respective(text),
        quantity=count(text),
        preferences=_likes(text, exclude, lexicon),
        exclude=exclude,
        linked_to=linked,
        channel=lexicon.first("channels", _NOT_BY.sub("", text)),
        channels=_channels(text, lexicon),
        product=lexicon.first("products", text),
        tone=lexicon.first("tones", text),
        variants=variants(text),
        language=_language(text, lexicon),
        ordinal=ordinal(text),
        price_wish=wish,
        filter=_filter(text, lexicon, month),
    )


def _language(text: str, lexicon: Lexicon) -> str | None:
    wanted = {"zh-Hant": "traditional_version", "en": "english_version", "zh": "chinese_version"}
    return next((name for name, concept in wanted.items() if lexicon.has(concept, text)), None)


def _occasion(text: str, lexicon: Lexicon) -> str | None:
    """The occasion; of two, the one that the other is changed to (中秋来不及，改成元旦)."""
    changed = _CHANGED_TO.search(text)
    told = lexicon.first("occasions", changed[1]) if changed else None
    if told is None and _CORRECTS.match(text):  # 啊不对中秋早过了是春节: the one said last
        said = {
            name: max((m.start() for m in lexicon.patterns[f"occasions.{name}"].finditer(text)), default=-1)
            for name in lexicon.words.occasions
            if name not in ("other", "service_apology")
        }
        told = max(said, key=lambda name: said[name]) if max(said.values()) >= 0 else None
    found = told or lexicon.first("occasions", text)
    return str(found) if found else None


def _channels(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    """Where one of each is wanted: 微信和短信各一版."""
    if not _EACH_OF.search(text):
        return ()
    return tuple(name for name in lexicon.words.channels if lexicon.has(f"channels.{name}", text))


def _linked(text: str, lexicon: Lexicon) -> str | None:
    if not lexicon.has("link_conditions", text):
        return None
    return str(lexicon.first("links", text)) if lexicon.first("links", text) else None


def _likes(text: str, exclude: tuple[str, ...], lexicon: Lexicon) -> tuple[str, ...]:
    found: list[str] = []
    for match in lexicon.patterns["likes"].finditer(text):
        if not re.search(r"[不没]$", text[: match.start()]):
            found.append(_bare(next(g for g in match.groups() if g)))
    for match in lexicon.patterns["preferences"].finditer(text):
        found.append(match[0])
    found = [w for w in found if not _NO_WISH.search(w)]
    kept = [w for w in dict.fromkeys(found) if w and not any(w in e or e in w for e in exclude)]
    return tuple(w for w in kept if not any(w != other and w in other for other in kept))[:6]


def _dislikes(text: str, lexicon: Lexicon) -> tuple[str, ...]:
    found = [
        _bare(word)
        for match in lexicon.patterns["dislikes"].finditer(text)
        for word in _AND_NOT.split(next(g for g in match.groups() if g))
    ]
    return tuple(
        dict.fromkeys(
            w
            for w in found
            if w
            and not re.search(
                r"^[了过吧呢啊]$|^(?:太|要|用|能|会|想)|送(?!子)|礼$|预算|客户|超过?\d|贵$|^(?:too|very|so|a|the|more)\b",
                w,
            )
        )
    )[:6]


def _bare(words: str) -> str:
    return re.sub(r"^(?:一?[个份款盒套点些])", "", _ITEM_NOUN.sub("", words.strip())).strip()


def _filter(text: str, lexicon: Lexicon, month: int) -> dict[str, Any]:
    """The conditions of a customer list."""
    found: dict[str, Any] = {}
    segment = lexicon.first("segments", text)
    value = lexicon.first("value_classes", text)
    if segment:
        found["segment"] = segment
    if lexicon.has("churn", text):
        found["churn_risk"] = True
    elif lifecycle := lexicon.first("lifecycles", text):
        found["lifecycle"] = lifecycle
    if value and not segment:
        found["value_class"] = value
    found |= _dates(text, month)
    if (product := lexicon.first("products", text)) and re.search(r"持有|有|买了|到期|办了|hold|matur", text):
        found["product"] = product
    if said := _ASSETS.search(text):
        written, unit = (said[1], said[2]) if said[1] else (said[3], said[4])
        found["min_assets"] = str(Decimal(written) * {"万": 10_000, "亿": 100_000_000}.get(unit or "", 1))
    elif said := _SUM_FROM.search(text):
        found["min_assets"] = str((number(said[1]) or Decimal(0)) * 10_000)
    if said := _AGE.search(text):
        found["min_age"] = int(said[1])
    if said := _CITY.search(text) or _LIVES_IN.search(text):
        found["city"] = said[1]
    if said := _SURNAME.search(text):
        found["surname"] = said[1]
    if _CONSENT.search(text) and (channel := lexicon.first("channels", text)):
        found["consent"] = channel
    if (said := _TAG.search(text)) and not segment:
        found["tag"] = _bare(said[1])
    if re.search(r"资产(?:最高|最多|排名|排序|从高|大小|多少|高低)|按资产|最有钱|by assets", text):
        found["sort"] = "assets"
    return found


def _dates(text: str, month: int) -> dict[str, Any]:
    days = _days(text)
    named = _MONTH.search(text)
    which = int(named[1]) if named and 1 <= int(named[1]) <= 12 else None
    if which is None and re.search(r"(?:这|本|当)个?月|this month", text):
        which = month
    if which is None and re.search(r"下个?月|next month", text):
        which = month % 12 + 1
    if re.search(r"到期|matur", text):
        return {"matures_month": which} if which and not days else {"matures_within_days": days or 30}
    if re.search(r"周年|开户.{0,4}年|anniversar", text):
        return {"anniversary_month": which or month}
    if re.search(r"生日|寿|birthday", text):
        return {"birthday_within_days": days} if days else {"birthday_month": which or month}
    return {}


def _days(text: str) -> int | None:
    if said := _DAYS.search(text):
        return min(366, int(said[1]))
    if re.search(r"(?:这|本)(?:周|星期|礼拜)|一周内|七天|this week", text):
        return 7
    if re.search(r"下(?:周|星期|礼拜)|两周|next week", text):
        return 14
    return 90 if re.search(r"三个月|一季度|季度内", text) else None
