"""Money and counts as people write them: 五百, 500块, 2k, 人均三百, 两三百, 一万二, 总共5000, 三张红票子.

Every number of a text is found first and then told apart by what stands around it: a currency or a word of
spending makes it money, a counter makes it a count or something else (岁, 月, 楼), and one that nothing
claims may be money where the talk is of gifts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from assistant.models.numerals import CN, VALUE, number

_RANGE = r"\s*(?:-|~|—|–|～|到|至|\bto\b)\s*"
_FIGURE = re.compile(rf"(?<![\d.a-z])(?P<low>{VALUE})(?:{_RANGE}(?P<high>{VALUE}))?")
_SPENT_BEFORE = re.compile(
    r"(?:预算|经费|费用|标准|超过?|多[过于]|少于|低于|高于|不逾|不?过(?=\D{0,2}$)|撑死|人均|人头费?|单价|单[份件]|"
    r"每[个人份位户家单对]|一[人份家](?=\D{0,3}$)|控制|价位|价格|价钱|大概|大约|差不多|[顶最]多|到顶|上限|不高于|≤|<=?|¥|￥|\$|~|"
    r"\brmb|\bcny|\b(?:under|below|max|budget|around|about|within|up to|limit|cap|spend|than|over|exceed(?:ing)?)|"
    r"(?<!人数)(?:改[成为到]?|调[成到整]+[到为]?|换成|变成)|提到|提高到|[降放加涨][低宽]?到|[压砍减缩]到|"
    r"总(?:共|预算|额|价|盘子|额度|数|经费)?|一共|合计|拢共|共(?!同)|通共|花|掏|出|批了?|拨|申请|报|"
    r"封顶|给到|整|按|就|whole pot)"
    r"(?:的?(?:预算|费用|经费|钱))?\s*(?:只?给|只有|是|为|到|在|了|大概|大约|约|也就|就|按|放宽到|应该是?|限|定|的?是|"
    r"only|of|is|at|to|for|:|：|\s)*$"
)
_SPENT_AFTER = re.compile(
    r"\s*(?:[多来]?\s*(?:元|块|快(?=以|之|内|左|上|钱)|圆|蚊|文(?![案化])|员(?!工)|园(?=以|之|[内左上])|毛爷爷|大洋|人民币|\brmb|\bcny|yuan|kuai|bucks|刀)|"
    r"[多来]?\s*(?:以内|以下|以里|之内|之下|內|内|左右|上下|往下|往里|樓下|楼下|朝下|封顶|到顶|打住|为限|为度|为宜|为?上限|顶天|出头|"
    r"max|tops|limit|ish|or less|or so|的?预算|的?标准|的?价位|的?档|/[人份位]|per|each|apiece|a head|"
    r"一[份个人位对](?!半)|每[人份位]|的?样子|够))"
)
_NOTES = re.compile(r"\s*张(?:大?红(?:票子?|钞|的|色)?|毛爷爷|老人头|百元|大钞|一百的)")
_TENS = re.compile(r"\s*张大团结")
_COUNTED = re.compile(
    r"\s*[多来余几]?\s*(?:-\s*person|of (?:them|those|us)\b|(?:[a-z-]+ ){0,3}(?:people|persons|guests?|clients?|"
    r"customers?|sets?|gifts?|"
    r"souvenirs?|pieces?|copies|kids|families|couples)\b|对(?=新人|夫妻|夫妇|情侣|，|,|$)|份|套(?!房)|盒|袋|[位名](?!下)|户|组家庭|"
    r"组(?!长)|家(?=[，,。\s]|$|客户|企业|人|公司|店)|件(?!事)|人(?!民|均|份|家|情|的(?:活动|会|场|规模))|"
    r"个(?=[一-鿿]{0,6}(?:客|人|朋友|嘉宾|老板|家庭|孩子|小孩|老人|阿姨|大爷|大妈|老师|学员|会员|宝宝|妈妈|来宾|高管|家长|商户|得奖|礼|白金|私行|财富|大众|高净值|企业主|贵宾|"
    r"vip|退休)|$|[，,。\s])|"
    r"(?=(?:嘉宾|来宾|客户|老客户|小朋友|家长|学员)))"
)
_OTHER = re.compile(
    r"\s*(?:岁|个?月|号|日|天|点(?!心)|时(?!尚)|年|周|%|％|版|条|字|分(?![之])|楼|层|th|st|nd|次|期|届|幢|栋|室|排|座|席|"
    r"折|倍|成(?!本)|笔|款|种|样|步|级|代|度|场|桌|杯|瓶|斤|克|万?元?资产|[/:：]\d|个(?!$)|张|年级|班|环|线|路|"
    r"小时|分钟|秒|大寿|周岁|旬|周年|载|世同堂|老店|g\b|kg|pm|am|o'clock)"
)
_OTHER_BEFORE = re.compile(
    r"(?:(?:第|人数|原[来先本]是?|之前是?|上次|本来是?|资产|身家|存款|存|贷|年薪|尾号|编号|腊月|正月|农历)\s*|[a-z\d.]|\d[:：/])$"
)
_EACH = re.compile(
    r"人均|每(?:人|份|位|个|户|家|单)|单(?:价|份|个)|一(?:份|个人|人|位|家|户)(?=\D{0,8}$)|各|/份|/人|"
    r"\beach|\bper\b|apiece"
)
_EACH_AFTER = re.compile(
    r"[元块钱蚊多来\s]*(?:以内|左右|上下)?\s*(?:一(?:份|个人|人|位|家|个(?!月))|每(?:人|份|位|个)|"
    r"/[人份位]|each|per\b|apiece|a (?:head|piece))"
)
_TOTAL = re.compile(
    r"总|一共|合计|共(?!同)|全部|拢共|通共|统共|加一?起来?|盘子|批了|拨了|whole|in total|total|altogether|overall"
)
_TOTAL_AFTER = re.compile(
    r"[元块钱蚊]{0,2}(?:的?预算|礼品费|经费)?(?:[，,\s]*(?:是?总|一共|合计|共|包圆|in total|total|"
    r"altogether|all in)(?!.{0,6}(?:人|位|份|个|户|盒))"
    r"|[，,\s].{0,8}(?:人|客户|位|家|户)(?:一起|来)?分(?!别))"
)
_BROUGHT = re.compile(r"(?:引荐|介绍|推荐|带|转介绍|拉|生|养)(?:过?来?了|来|过)?$")
_LESS = re.compile(r"(?:少|便宜|减|降|省|贵)(?:个|了|点|大概)*$")
_ALONE_BEFORE = re.compile(r"(?:^|[^\da-z.]|◯)$")
_ALONE_AFTER = re.compile(r"$|[^\w]|[的送吧挑买呗哈啊呀哦咯嘛就行搞这预]")
_MENDED = re.compile(
    r"不对|说错|写错|多写|算了|等等|改|还是|哦不|呃|错了|更正|actually|sorry|make (?:it|that)"
)
_RESPECTIVE = re.compile(
    rf"(?:分别|各自|依次|respectively)[^\d{CN}十百千，。]{{0,10}}((?:{VALUE})(?:\s*(?:元|块)?\s*[和、与跟,，]\s*(?:{VALUE}))+)"
)
_BESIDE_NAME = re.compile(rf"◯\s*(?:的?(?:给|要|是|预算))?({VALUE})")
_CLAUSE = re.compile(r"[，,。；;！!？?\n～~…]|——|\s{2,}")
_ORDINAL = re.compile(
    rf"第\s*(?P<n>\d{{1,2}}|[{CN}十]{{1,2}})(?!\s*(?:步|时间|次|季|年|天|期|反应))\s*(?:个|款|条|份|种|位|版|件|样|"
    rf"项|名)?|\b(?P<en>first|second|third|fourth|fifth)\b|(?P<head>[头打]头?一[位个名款条份])|(?P<last>最后(?:一)?[个款条份种位])"
)
_ENGLISH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_ENGLISH_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5}
_VARIANTS = re.compile(
    rf"(?P<n>\d|[{CN}]|\b(?:two|three|four|five)\b)\s*(?:个|种|套|条|份|款)?\s*(?:不同|不一样|different)?的?\s*(?:说法|写法|版本|版(?!面)|"
    rf"稿(?!件|子?费)|"
    rf"种写法|条?(?:短信|微信|邮件|话术)?备选|种风格|种说法|个方案|条备选|个备选|version|variant|draft|option)"
    rf"|(?:写|来|想|出|拟|要|整|编|给我)\s*(?P<m>[2-5二两三四五])\s*(?:个|条|段|种)(?:不一样|不同)?的?(?!客户|人|朋友|家庭|礼)(?=.{{0,20}}(?:微信|短信|邀请|邀约|话术|朋友圈|圈))"
)
LEAST, MOST = 10, 1_000_000  # yuan: what is less is a count, what is more is somebody's assets
LEAST_BARE = 50  # without a word of money: smaller numbers are ages and counts


@dataclass(frozen=True)
class Money:
    """An amount in yuan, ``each`` or ``total`` where that was said."""

    amount: Decimal
    each: bool = False
    total: bool = False


@dataclass(frozen=True)
class _Figure:
    """A number (of a range the upper end) with its place, and how surely it is money: 2 said, 1 maybe, 0 no."""

    amount: Decimal
    start: int
    end: int
    sure: int


def _figures(text: str) -> Iterator[_Figure]:
    for match in _FIGURE.finditer(text):
        written = match["high"] or match["low"]
        amount, end = number(written), match.end()
        if amount is None:
            continue
        before = text[max(0, match.start() - 16) : match.start()]
        if notes := _NOTES.match(text, end) or _TENS.match(text, end):
            worth = 10 if _TENS.match(text, end) else 100
            yield _Figure(amount * worth, match.start(), notes.end(), 2)
            continue
        yield _Figure(amount, match.start(), end, _sure(text, match, before))


def _sure(text: str, match: re.Match[str], before: str) -> int:
    end = match.end()
    if _OTHER_BEFORE.search(before) or _LESS.search(before):
        return 0
    if _SPENT_AFTER.match(text, end):
        return 2
    if _COUNTED.match(text, end) or _OTHER.match(text, end):
        return 0
    if _SPENT_BEFORE.search(before):
        return 2
    round_sum = re.search(r"[百千]", match[0])  # 一千二能买点啥: nothing else is counted so
    alone = _ALONE_BEFORE.search(before) and (round_sum or _ALONE_AFTER.match(text, end))
    return 1 if alone else 0


def money(text: str, *, bare: bool = False) -> Money | None:
    """The amount of money in folded ``text``, the last where several are said; with ``bare`` a lone number
    counts as well, and one behind a correction (两千——不对，两百) outdoes what was said before it."""
    found = [f for f in _figures(text) if f.sure == 2 and 1 < f.amount <= MOST]
    if bare:
        found += [f for f in _figures(text) if f.sure == 1 and LEAST_BARE <= f.amount <= MOST]
        found.sort(key=lambda f: f.start)
    if not found:
        return None
    chosen = max(found, key=lambda f: (f.sure, f.start))
    mended = found[-1]
    if mended is not chosen and _MENDED.search(text, chosen.end, mended.start):
        chosen = mended
    clause = text[_clause_start(text, chosen.start) : chosen.start]
    total = _TOTAL.search(clause) or _TOTAL_AFTER.match(text, chosen.end)
    each = _EACH.search(clause) or _EACH_AFTER.match(text, chosen.end)
    return Money(chosen.amount, bool(each and not _TOTAL.search(clause)), bool(total))


def _clause_start(text: str, at: int) -> int:
    return max((m.end() for m in _CLAUSE.finditer(text, 0, at)), default=0)


def respective(text: str) -> tuple[Decimal, ...]:
    """The amounts of 分别600和300 or of ◯五百、◯八百, in their order; empty where none are dealt out."""
    named = [number(written) for written in _BESIDE_NAME.findall(text)]
    if len(named) > 1 and len(named) == text.count("◯"):
        return tuple(amount for amount in named if amount and amount >= LEAST)
    match = _RESPECTIVE.search(text)
    if match is None:
        return ()
    found = (number(written) for written in re.findall(VALUE, match[1]))
    return tuple(amount for amount in found if amount and amount >= LEAST)


_SMALL = re.compile(rf"(?<![\d.万第每a-z])(?P<n>\d{{1,5}}|(?:(?!一[份个位人家])[{CN}十百廿卅]){{1,5}})")


def count(text: str) -> int | None:
    """How many gifts or people; None where no count is given."""
    counted: list[int] = []
    for match in _SMALL.finditer(text):
        value, before = number(match["n"]), text[max(0, match.start() - 6) : match.start()]
        if not value or not 1 < value <= 10_000 or _BROUGHT.search(before):
            continue
        if said := _COUNTED.match(text, match.end()):
            if re.search(r"[份套盒袋]$|sets?$", said[0]):
                return int(value)  # gifts are counted: 六个老师，七份
            counted.append(int(value))
    return counted[0] if counted else None


def ordinal(text: str) -> int | None:
    """第二个 → 2, the third → 3, 最后一个 → -1."""
    match = _ORDINAL.search(text)
    if match is None:
        return None
    if match["last"]:
        return -1
    if match["head"]:
        return 1
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
        not spent.each and many > 1 and spent.amount >= 1000 and spent.amount / many >= LEAST
    )
    if shared and not spent.each and many > 1:
        return (spent.amount / many).quantize(Decimal("0.01")).normalize() + Decimal(0)
    return spent.amount
