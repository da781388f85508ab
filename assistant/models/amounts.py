"""Money and counts as people write them: 五百, 500块, 2k, 人均三百, 两三百, 一万二, 总共5000."""

import re
from dataclasses import dataclass
from decimal import Decimal

_DIGIT = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "k": 1000, "w": 10_000}
_CN = "零〇一二两俩三四五六七八九"
_VALUE = (
    rf"(?:\d[\d,]*(?:\.\d+)?\s*(?:万|千|百|k(?![a-z])|w(?![a-z]))?[{_CN}\d]?(?![\d.])"
    rf"|[{_CN}]?[十百千][百千万]?把?来?(?:[{_CN}十百千万]*)|[{_CN}]{{1,2}}[十百千万][{_CN}十百千万]*)"
)
_AFTER = (
    r"\s*(?:多|来)?\s*(?:元|块|蚊|圆|rmb|cny|yuan|大洋|人民币|以内|以下|之内|左右|"
    r"上下|封顶|内|预算|毛爷爷|刀|/份|/人|each|per|一份|一个人|每人|每份|的预算)"
)
_BEFORE = (
    r"(?:预算|(?:别|不要|甭|不能|最好别)超过?|少于|低于|撑死|人均|一人|一份|每个|每人|每份|每位|每户|每家|单价|单份|各|不超过?|不超|"
    r"控制在|价位|价格|大概|大约|差不多|顶多|最多|上限|under|below|budget(?: is|"
    r" of| to)?|around|about|within|¥|￥|\$|rmb|cny|改成|改为|改到|改|调到|调成|"
    r"调整到|调整为|换成|变成|提到|提高到|降低到|加|加到|降到|涨到|总(?:共|预算|"
    r"额|价)?|一共|共|合计|花|给(?:个)?)\s*(?:是|为|到|:|：|在|了|大概|约|也就|"
    r"就按|按|放宽到|应该是|弄错了?是|就|only|of)?\s*"
)
_RANGE = r"(?:\s*(?:-|~|—|–|到|至|to)\s*)"
_NOT_MONEY = (
    r"(?!\s*(?:岁|位|个|名|人(?!民)|份|号|月|日|天|点|年|周|%|％|版|条|"
    r"字|分|楼|层|th|户|套|盒|件|次|家|张|席|座|期|万元?资产|[/:]|-?\s*person|"
    r"people|guests|clients|customers))"
)
_MONEY = re.compile(
    rf"(?P<before>{_BEFORE})(?P<a>{_VALUE})(?:{_RANGE}(?P<a2>{_VALUE}))?{_NOT_MONEY}"
    rf"|(?<![\d.])(?P<b>{_VALUE})(?:{_RANGE}(?P<b2>{_VALUE}))?(?={_AFTER})"
)
_BARE = re.compile(
    rf"(?:^|[\s,，、。！!的礼物品选挑个◯])(?P<a>{_VALUE})(?:{_RANGE}(?P<a2>{_VALUE}))?{_NOT_MONEY}(?=$|[\s,，。!！?？~]|的|够|送|吧|挑|买)"
)
_RESPECTIVE = re.compile(
    rf"(?:分别|各自|依次|respectively)[^\d{_CN}十百千，。]{{0,10}}((?:{_VALUE})(?:\s*(?:元|块)?\s*[和、与跟,，]\s*(?:{_VALUE}))+)"
)
_EACH = re.compile(
    r"人均|每(?:人|份|位|个|户|家)|单(?:价|份|个)|一(?:份|个人|人)|各|/份|/人|"
    r"each|per (?:person|head|gift|client)|apiece"
)
_TOTAL = re.compile(r"总|一共|合计|共(?!同)|全部|拢共|加起来|in total|total|altogether|overall")
_TOTAL_AFTER = re.compile(
    r"[元块钱]{0,2}(?:的?预算)?[，,\s]*(?:总|一共|合计|共|in total)(?!.{0,6}(?:人|位|份|个|户|盒))"
)
_COUNT = re.compile(
    rf"(?<![\d.万])(?P<n>\d{{1,5}}|[{_CN}十百]{{1,5}})\s*(?:多|来)?\s*(?:-\s*person|"
    rf"people|persons|guests|clients|customers|sets|gifts|souvenirs|pieces|copies|"
    rf"份|套(?!房)|盒|位|名(?!下)|户|家(?=[，,。\s]|$|客户|企业)|个(?:退休|老|年轻|企业|私行|白金|大众|财富|"
    rf"贵宾|家庭|白领)?(?:客户|人|来宾|嘉宾|朋友|老板)|人(?!民|均|份)|件)"
)
_ORDINAL = re.compile(
    rf"第\s*(?P<n>\d{{1,2}}|[{_CN}十]{{1,2}})(?!\s*(?:步|时间|次|季|年|天|期|反应))\s*(?:个|款|条|份|种|位|版|件|样|"
    rf"项|名)?|\b(?P<en>first|second|third|fourth|fifth)\b|(?P<last>最后(?:一)?[个款条份种位])"
)
_ENGLISH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_ENGLISH_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5}
_VARIANTS = re.compile(
    rf"(?P<n>\d|[{_CN}]|\b(?:two|three|four|five)\b)\s*(?:个|种|套|条|份|款)?\s*(?:不同的?|different)?\s*(?:版本|版(?!面)|"
    rf"种写法|种风格|种说法|个方案|条备选|个备选|version|variant|draft|option)"
    rf"|(?:写|来|想|出|拟|要|给我)\s*(?P<m>[2-5二两三四五])\s*(?:个|条|段|种)(?!客户|人|朋友|家庭|礼)(?=.{{0,20}}(?:微信|短信|邀请|邀约|话术))"
)


@dataclass(frozen=True)
class Money:
    """An amount in yuan, ``each`` or ``total`` where that was said."""

    amount: Decimal
    each: bool = False
    total: bool = False


def number(text: str) -> Decimal | None:
    """The value of digits or Chinese numerals, colloquial endings included (一万二, 两三百, 千把)."""
    raw = re.sub(r"[,\s把来多]", "", text)
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)([万千百kw])?([零〇一二两三四五六七八九\d])?", raw):
        unit = Decimal(_UNIT.get(match[2], 100) if match[2] else 1)
        unit = Decimal(100) if match[2] == "百" else unit
        tail = match[3]
        if tail and not match[2]:
            return Decimal(match[1] + (tail if tail.isdigit() else str(_DIGIT[tail])))
        extra = Decimal(_digit(tail)) * unit / 10 if tail else Decimal(0)
        return Decimal(match[1]) * unit + extra
    return _chinese(raw)


def _digit(character: str) -> int:
    return int(character) if character.isdigit() else _DIGIT[character]


def _chinese(raw: str) -> Decimal | None:
    """五百, 一千二, 两三百 (the upper), 三百五; None for anything else."""
    raw = re.sub(rf"[{_CN}]([{_CN}])(?=[十百千万])", r"\1", raw)
    total = section = digit = unit = 0
    for c in raw:
        if c in _DIGIT:
            digit = _DIGIT[c]
        elif c == "万":
            total, section, digit, unit = (section + digit or 1) * 10_000, 0, 0, 10_000
        elif c in _UNIT:
            unit = _UNIT[c]
            section, digit = section + (digit or 1) * unit, 0
        else:
            return None
    if not raw:
        return None
    colloquial = digit and unit > 10 and raw[-2:-1] in "百千万"
    return Decimal(total + section + (digit * unit // 10 if colloquial else digit))


def money(text: str, *, bare: bool = False) -> Money | None:
    """The last amount of money in folded ``text``; with ``bare`` a lone number counts as well."""
    found = [*_MONEY.finditer(text)]
    if not found and bare:
        found = [*_BARE.finditer(text)]
    for match in reversed(found):
        groups = match.groupdict()
        written = groups.get("a2") or groups.get("b2") or groups.get("a") or groups.get("b") or ""
        amount = number(written)
        low = number(groups.get("a") or groups.get("b") or "")
        if amount is not None and low is not None and amount >= 10:
            around = text[max(0, match.start() - 8) : match.end() + 6]
            total = _TOTAL.search(text[max(0, match.start() - 8) : match.end()])
            total = total or _TOTAL_AFTER.match(text, match.end())
            return Money(amount, bool(_EACH.search(around)), bool(total))
    return None


def respective(text: str) -> tuple[Decimal, ...]:
    """The amounts of 分别600和300, in their order; empty where none are dealt out."""
    match = _RESPECTIVE.search(text)
    if match is None:
        return ()
    found = (number(written) for written in re.findall(_VALUE, match[1]))
    return tuple(amount for amount in found if amount and amount >= 10)


def count(text: str) -> int | None:
    """How many gifts or people; None where no count is given."""
    for match in _COUNT.finditer(text):
        value = number(match["n"])
        if (
            text[max(0, match.start() - 1) : match.start()] not in ("第", "每")
            and value
            and 1 < value <= 10_000
        ):
            return int(value)
    return None


def ordinal(text: str) -> int | None:
    """第二个 → 2, the third → 3, 最后一个 → -1."""
    match = _ORDINAL.search(text)
    if match is None:
        return None
    if match["last"]:
        return -1
    if match["en"]:
        return _ENGLISH[match["en"]]
    value = number(match["n"])
    return int(value) if value else None


def variants(text: str) -> int | None:
    """How many versions are wanted, at most 5."""
    match = _VARIANTS.search(text)
    if match is None or text[max(0, match.start() - 1) : match.start()] == "第":
        return None
    written = match["n"] or match["m"]
    value = _ENGLISH_COUNT.get(written) or number(written)
    return min(5, int(value)) if value else None


def per_gift(spent: Money | None, quantity: int | None) -> Decimal | None:
    """The budget for one gift: a total with a quantity is divided."""
    if spent is None:
        return None
    many = quantity or 1
    shared = spent.total or (
        not spent.each and many > 1 and spent.amount >= 1000 and spent.amount / many >= 10
    )
    if shared and not spent.each and many > 1:
        return (spent.amount / many).quantize(Decimal("0.01")).normalize() + Decimal(0)
    return spent.amount
