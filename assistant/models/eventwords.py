"""What a message says about an event: name, time, place, host, highlights, seats, reply date."""

import re
from datetime import datetime
from typing import Any

from tools.invitations.dates import When, parse_when

_KIND = (
    r"沙龙|讲座|品鉴会|品酒会|酒会|音乐会|论坛|训练营|财商营|夏令营|冬令营|[一-鿿]{1,3}营(?!业|"
    r"销|养|商)|课堂|公开课|答谢会|答谢宴|闭门会|体验日|体验课|体验活动|路演|"
    r"峰会|晚宴|晚会|年会|读书会|茶会|茶话会|"
    r"观影(?:会|活动|专场)?|[一-鿿]{0,4}专场|健步走|徒步|比赛|大赛|邀请赛|球赛|"
    r"宣讲会|宣讲|见面会|分享会|交流会|座谈会|研讨会|恳谈会|说明会|推介会|发布会|"
    r"策略会|报告会|策略报告会|品鉴|插花(?:课|活动|沙龙)?|手工(?:课|活动|坊)?|"
    r"烘焙(?:课|活动)?|义诊|体检(?:日|活动)|健康(?:讲堂|日)|大讲堂|讲堂|工作坊|"
    r"进社区|进校园|进企业|进乡村|[一-鿿]{2,4}宣传(?:活动|日|周)?|开放日|嘉年华|游园会|采摘(?:活动|节)?|运动会|亲子日|亲子活动|联谊会?|派对|"
    r"画展|书画展|展览|演唱会|话剧|音乐剧|午宴|宴会|游学|研学|"
    r"家宴|寿宴|马拉松|骑行|露营|庙会|灯会|灯谜会|市集|团建|培训|[一-鿿]{0,4}会议(?!室|中心|厅)|私享会|鉴赏会|雅集|客户活动|答谢活动|"
    r"[一-鿿]{2,6}夜(?=之|场|$|[，,。\s的])|主题活动|(?:[一-鿿]{2,8})活动|[一-鿿]{2,6}会(?!员|计|议|不|来|所|馆|展中心|"
    r"合|场|费)|[一-鿿]{2,4}课(?!程表|题|堂)|[一-鿿]{2,4}(?:节(?![后前日目奏省约点假])|展|宴|赛|秀)"
)
_ENGLISH_KIND = (
    r"(?:salon|seminar|tasting|evening|night|breakfast|brunch|lunch|run|walk|hike|picnic|show|fair|market|course|"
    r"lesson|session|match|race|"
    r"festival|reading|club night|gathering|drinks|stargazing|dinner|concert|forum|workshop|lecture|webinar|"
    r"reception|party|gala|tour|summit|briefing|roundtable|talk|class|camp|luncheon|"
    r"tea party|ceremony|screening|event|exhibition|tournament|outing|open day)"
)
_BREAK = r"[，,。；;！!？?\n：:\s“”\"「」《》]"
_TITLE = re.compile(
    rf"(?:^|(?<={_BREAK[:-1]}])|)([^，,。；;！!？?\n：:“”\"「」《》()（）]{{0,24}}?(?:{_KIND}))(?![一-鿿]{{0,1}}(?:所|员))"
)
_LONGER = re.compile(rf"(?:(?![邀请参加来给和跟并及])[一-鿿]){{0,4}}?(?:{_KIND})")
_ENGLISH_TITLE = re.compile(
    rf"(?:(?:the|our|a|an|for|to)\s+)?((?:[a-z0-9'&-]+\s+){{0,4}}{_ENGLISH_KIND})\b", re.IGNORECASE
)
_NAMED = re.compile(
    r"(?:活动(?:名称|主题|名字|名)?|主题|名称|题目|叫做?|名为|event|title)\s*(?:(?:是|"
    r"为|叫|改成|改为|换成|[：:])\s*[“\"「《]?|[“\"「《])([^，,。；;\n”\"」》]{2,40})"
)
_QUOTED = re.compile(r"[“\"「《『]([^”\"」》』]{2,40})[”\"」》』]")
_LEAD = re.compile(
    r"^(?:.*?(?:参加|出席|来参与|参与|莅临|赏光|光临|体验|来听|听|来看|来品|"
    r"来玩|举办|举行|办|搞|组织|开展|有一?[个场次]|有|一[场次个]|这[场个次]|"
    r"关于|通知|邀约|邀请|喊|请|约|(?<!未)来|去|到|的是|场|面向|(?<!补)给|为|让|发|"
    r"写[一条个封]*))"
)
_EDGE = re.compile(
    r"^(?:[那这][个场次]|我们行?|本行|我行|咱们?行?|支行|网点|银行|客户|他们?|她们?|您|大家|"
    r"都?来|去|参加|出席|的|了|个|场|一个|一场|次|在|于|是|和|到|将|会|要|想|"
    r"有|办|举办|搞|开|版|条|封|段|份|微信|短信|邮件|电话|海报|朋友圈|邀请函|"
    r"邀约|邀请|邀|请|里|上(?!午)|下(?!午)|\s|[、，,:：])+"
)
_VENUE_WORD = (
    r"支行|分行|网点|营业部|总部|大厦|酒店|饭店|会所|中心|大剧院|剧院|剧场|影院|"
    r"影城|大厅|[一二三四五六七八九十\d]+\s*[楼层]|会议室|多功能厅|贵宾厅|厅|"
    r"馆|公园|茶楼|茶室|茶舍|咖啡厅|咖啡馆|书店|书院|庄园|酒庄|广场|俱乐部|高尔夫球场|"
    r"练习场|球场|体育场|会馆|茶馆|文化宫|少年宫|展厅|农庄|学校|社区|园区|农场|基地|美术馆|博物馆|图书馆|艺术馆|码头|活动中心|影城|公馆|集合点|[东南西北正前后]门|露台|草坪|天台|大院|院子|"
    r"湿地|景区|码头|lobby(?: bar)?|rooftop|bar|park|"
    r"[一-鿿]{2,3}(?:楼|轩|阁|苑|斋)(?![上下层])|餐厅|私房菜|山庄|度假村|礼堂|教室|中庭|大堂|财富中心|室|branch|hotel|centre|"
    r"center|hall|club|lounge|theatre|theater|room|museum|office"
)
MENDED = re.compile(
    r"啊不|其实是|看下表|…是|不对|搞错|弄错|说错|记错|记岔|看错|应该是|更正|还是|改成|改到|才对|哦不"
)
_VENUE_SAID = re.compile(
    r"(?:地点|地址|场地|位置|会场|venue)\s*(?:就?(?:在|是|定在|设在|放在|改[到成为在]|"
    r"换[到成]|变[成更到]*为?|挪到|移到|[：:]))?\s*(?:了)?\s*([^，,。；;！!？?\n了]{2,30})"
)
_VENUE_IN = re.compile(
    rf"(?:在|于|到|来|设在|改到|换到|改在|换成|改成|(?<![a-z])(?:at|in)(?![a-z]))\s*(?:我们行?的?|"
    rf"本行|我行|咱们?行?的?|the |our )?([^，,。；;！!？?\n在来到]{{0,18}}?(?:{_VENUE_WORD})"
    rf"(?:(?:[一-鿿]{{0,4}}(?:活动中心|中心|[东南西北正前后]门)|[一二三四五六七八九十\d]+\s*[楼层]|"
    rf"贵宾厅|多功能厅|会议室|大厅|大堂|[一-鿿]{{0,4}}厅|[一-鿿]{{0,4}}室){{0,2}}))",
    re.IGNORECASE,
)
_ENGLISH_VENUE = re.compile(
    r",\s*((?:[A-Z][\w'&-]*\s){1,3}(?i:Branch|Hotel|Hall|Club|Centre|Center|Lounge|Museum|Theatre))\b"
)
_VENUE_OF = re.compile(rf"(?:^|[，,。\s])([^，,。；;！!？?\n\s的]{{0,14}}(?:{_VENUE_WORD}))的")
_VENUE_HOLDS = re.compile(
    rf"(?:^|[，,。\s])([^，,。；;！!？?\n\s的]{{0,10}}(?:{_VENUE_WORD}))(?=有|办|举办|举行|搞|开)"
)
_HOUSE_NUMBER = re.compile(r"[^月日\d第，,]{2,6}(?:[一二三四五六七八九十]{1,2}|\d{1,4})号(?:院|楼|馆|公馆)?")
_GARDEN = re.compile(r"(?!公园|校园|幼儿园)[一-鿿]{1,4}(?:园|苑|轩|阁|斋|府|居|草堂|山房|楼)")
_HOST = re.compile(
    r"(?:(主讲人?|讲师|特邀嘉宾|嘉宾(?!礼|席)|分享人|特邀)|(?:主持人?|主办方?|host(?:ed by)?|"
    r"speaker))\s*(?:是|为|有|：|:|由|请的是|请了|换成|改成|改为)?\s*([^，,。；;！!？?\n]{2,24})"
)
_HOST_NOW = re.compile(
    r"(?:主讲人?|讲师|嘉宾|老师|律师|教授|医生|专家|主持人?|分享人|讲课的)[^，,。]{0,8}(?:换|改|变)(?:了|人了?|成)?[，,\s]*(?:现在|改|换|变)?(?:是|成|为|由|请)\s*"
    r"([^，,。；;！!？?\n]{2,16}?)(?=来?讲|来|$|[，,。；;！!？?\n])"
)
_HIGHLIGHTS = re.compile(
    r"(?:(?:亮点|看点|highlights?)\s*(?:有?[一二三四五几两\d]个?|是|有|为|包括|包含|[：:]|include)*|(?:特色|内容|环节)\s*(?:是|有|为|包括|包含|[：:])+)"
    r"\s*([^，,。；;\n]{2,80})"
)
_ALSO = re.compile(
    r"[，,](?:现场|届时|会上|当天)?(?:还|另外?|并|也)?(?:有|备有|设有|提供|安排了?)(?!个|几|没|什么|啥|谁|哪|空|时间|需要|意向|兴趣|限|名额|人)"
    r"((?:免费|专家|现场|精美|一对一|茶歇|下午茶|点心|抽奖|互动|体验|咨询|义诊|量|测)[^，,。；;！!？?\n]{0,14})(?=[，,。；;！!？?\n]|$)"
)
_SEATS = re.compile(
    r"(?:限|名额|席位|座位|仅收?|只收?|共|上限|limited to|seats?)\s*(?:额|有|限|是|"
    r"只有|剩|to|for|：|:)?\s*(\d{1,4})\s*(?:人|位|席|座|名|个|户|组|家庭|seats|"
    r"guests|people)?|(\d{1,4})\s*(?:个)?(?:名额|席位|座位|席|个位置|seats)"
)
_RSVP = re.compile(
    r"(?:请?(?:在|于)|报名截止|截止(?:到|时间|日期)?|回复截止|最晚)?\s*([^，,。；;\n\s]{2,14}?)\s*(?:之?前|"
    r"截止)\s*(?:请)?(?:报名|回复|确认|答复|回执|告知|反馈)|(?:报名截止|截止日期?|"
    r"rsvp by|reply by)\s*(?:是|到|为|：|:)?\s*([^，,。；;\n]{2,20})",
    re.IGNORECASE,
)


_DOING = re.compile(
    r"(?:行里|网点里?|支行里?|咱们?这|我们?这|店里)(?:一起|要|会|搞|办|有)?((?:包|做|喝|品|写|画|看|听|吃|学|采|插|剪|编)[一-鿿]{1,5})(?=[，,。！!\s]|$)|(?:(?<!未|下|上|出|起|近)来(?:我?们?行里?|网点|支行|这边|家里)?|到(?:我?们?行里|网点)|一起|参加|"
    r"去)(?:参加|听|看)?(?!活动|我们?的?活动|参加|邀)((?:喝|坐|聊|吃|打|听|看|"
    r"品|玩|学|包|做|逛|爬|钓|骑|跑|练|采摘|体验|观|赏|品尝)[^，,。；;！!？?\n的\s]{1,11})"
)

_HELD = re.compile(
    r"(?:有|办|举办|举行|搞|开)(?:一?[场个次期])([一-鿿a-z0-9]{3,12}?)(?=[，,。；;！!？?\n\s]|$)"
    r"|有([一-鿿]{3,10}?(?:剧场|剧|秀|戏|宴|赛|营|课|会|展|夜))(?=[，,。；;！!？?\n\s]|$)"
)
"""周六支行有防诈骗小剧场: what is on."""
_NAME_ALONE = re.compile(r"[一-鿿a-zA-Z0-9]{3,14}")
_NO_NAME = re.compile(
    r"邀|请|写|拟|编|发|[给帮让把向]|客户|[她他您你我]|微信|短信|邮件|电话|海报|朋友圈|话术|文案|"
    r"[版条封段稿份个]$|点$|一点|正式|活泼|亲切|简短|语气|风格|免费|名额|限|报名|预算|地点|时间|上午|下午|晚上|"
    r"可以|需要|谢谢|麻烦|尽快|今天|急|[吗呢吧么]|[记搞弄说看]|错|岔|忘|不对|改|价|样|定了|日子|日期|应该|没|先别|推送|[一二两三四五]版"
)
_TAKEN_PART_IN = re.compile(
    r"(?:参加|出席|参与)(?:一下|我们?行?的?|本行的?|一?[场个次期])?(?!活动)([一-鿿a-z0-9]{3,14}?)(?=[，,。；;！!？?\n\s]|$|的(?:微信|短信|话术|邀|邮件|电话))"
    r"|(?:^|[，,\s])(?:(?:来|去)(?:聊聊?|谈谈?))?(?=聊|谈|喝|品|打(?!电话))([一-鿿]{3,10}?)(?=[，,。；;！!？?\n\s]|$)"
    r"|(?:邀请|邀约|约|邀|请)[^，,。！!？?\n]{0,8}?(?:客户|老板|企业主|他们?|她们?|\s)(?=(?:去|来|一起|周末)*"
    r"(?:打|喝|吃|听|看|爬|钓|骑|跑|品|逛))(?:去|来|一起|周末)*([一-鿿]{2,8}?)(?=[，,。；;！!？?\n\s]|$|的)"
)


_MOVED = re.compile(r"时间|改[到成为在]|换[到成]|挪到|推迟|提前到")
_LEFT_OPEN = re.compile(
    r"(地点|地址|场地|时间|日期)(?:先|就|都)*(?:别写|不写|空着|空出来|待定|删掉?|去掉|不填|别填|先空)"
)
_ANY_EVENT = re.compile(
    r"(?:来|去|到|我们?的?|咱们?的?|本行|参加|一个|个|下|周[一二三四五六日]|帮我?|给我?|请|写|拟|来|出|一?[条封份段])*(?:参加)?(?:个|的)?(?:客户)?活动"
)
_EVERY = re.compile(
    r"(?:每逢?|逢)(?:个?(?:周|星期|礼拜)[一二三四五六日天末]|月[初中底末]?|天|晚)(?:的)?(?:上午|中午|下午|晚上?|早上?)?"
    r"\s*(?:(?:\d{1,2}|[一二三四五六七八九十两]{1,3})(?:[点时]半?(?:\d{1,2}分?)?|[:：]\d{2}))?"
)
_PART = re.compile(r"凌晨|清晨|早上|上午|中午|午后|下午|傍晚|晚上|夜里|早|晚")
_HOUR = re.compile(
    r"(?:凌晨|清晨|早上|早|上午|中午|午后|下午|傍晚|晚上|晚|夜里)?\s*(?:\d{1,2}|[一二三四五六七八九十两]{1,3})\s*"
    r"(?:[点时](?:半|一刻|三刻|整|\d{1,2}分?|[一二三四五十]{1,3}分?)?|[:：]\d{2})"
    r"|(?:at )?\d{1,2}(?::\d{2})?\s*(?:am|pm)",
    re.IGNORECASE,
)


GUESS = "guess"


def event_of(text: str, now: datetime, names: tuple[str, ...], *, inviting: bool = False) -> dict[str, Any]:
    """The fields of an event that ``text`` gives, in the user's words; empty where it gives none.

    Where someone is being invited (``inviting``) to a time or place, the clause left over may name the event:
    it stands under ``GUESS``, for whoever knows of no other name.
    """
    event: dict[str, Any] = {}
    if said := _RSVP.search(text):
        event["rsvp_by"] = (said[1] or said[2]).strip()
        text = _cut(text, said.span())
    if said := _HIGHLIGHTS.search(text):
        parts = [p.strip() for p in re.split(r"[、/和及]|以及", said[1]) if p.strip()]
        event["highlights"] = parts[:10]
        text = _cut(text, said.span())
    for also in _ALSO.finditer(text):
        event.setdefault("highlights", []).append(also[1])
        text = text.replace(also[0], "", 1)
    if said := _SEATS.search(text):
        event["seats"] = int(said[1] or said[2])
        text = _cut(text, said.span())
    when, text = _regularly(text) or _when(text, now)
    if not when and _MOVED.search(text) and (hour := _HOUR.search(text)):
        when, text = hour[0].strip(), _cut(text, hour.span())
    if when:
        event["starts_at"] = when
    if said := _HOST_NOW.search(text):
        event["host"] = said[1].strip()
        text = _cut(text, said.span())
    elif said := _HOST.search(text):
        event["host"] = f"{said[1] or ''}{said[2].strip()}"
        text = _cut(text, said.span())
    if said := _LEFT_OPEN.search(text):
        event["venue" if said[1] in ("地点", "地址", "场地") else "starts_at"] = ""
        text = _cut(text, said.span())
    venue, text = _venue(text) if event.get("venue") is None else ("", text)
    if venue:
        event["venue"] = venue
    title = _title(text, names)
    title = "" if _ANY_EVENT.fullmatch(title) else title
    if title:
        event["title"] = title
    elif inviting and {"starts_at", "venue"} & event.keys():
        event[GUESS] = _left_over(text, names)
    return {name: value for name, value in event.items() if value or name != GUESS}


def any_event(words: str) -> bool:
    """Whether ``words`` are no name: 我们的活动."""
    return bool(_ANY_EVENT.fullmatch(words))


def when_of(text: str, now: datetime) -> str:
    """Date and time as said; "" where there are none."""
    return (_regularly(text) or _when(text, now))[0]


def _left_over(text: str, names: tuple[str, ...]) -> str:
    """The one clause that is neither request, recipient nor manner: 微信群发，亲子马拉松，早上七点."""
    for name in names:
        text = text.replace(name, "")
    clauses = [clause.strip() for clause in re.split(_BREAK, text)]
    named = [c for c in clauses if _NAME_ALONE.fullmatch(c) and not _NO_NAME.search(c)]
    return named[0] if len(named) == 1 else ""


def moved(old: str, new: str) -> str:
    """The moment after a change that names only its day or only its hour (时间改成周六, 改到下午三点)."""
    days, hours = [], []
    for said in (new, old):
        hour = _HOUR.search(said)
        hours.append(hour[0].strip() if hour else "")
        days.append(said.replace(hour[0], "").strip(" 钟整") if hour else said)
    part = _PART.match(hours[1])
    if hours[0] and part and not _PART.match(hours[0]):
        hours[0] = part[0] + hours[0]  # 改到四点 of an afternoon is 下午四点
    month = re.match(r"\s*(?:(?:今|明)年)?(?:\d{1,2}|[一二三四五六七八九十]{1,2})月", days[1])
    if month and re.fullmatch(r"\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})[号日]\s*", days[0]):
        days[0] = month[0] + days[0]  # 6月18日, and then 是28号
    return f"{days[0] or days[1]}{hours[0] or hours[1]}"


def _regularly(text: str) -> tuple[str, str] | None:
    """每周三晚7点 as it was said: such an event has no one date."""
    said = _EVERY.search(text)
    return (said[0].strip(), _cut(text, said.span())) if said else None


def _when(text: str, now: datetime) -> tuple[str, str]:
    when: When | None = parse_when(text, now)
    if when is None or (when.clock_only and len(when.text.strip()) < 2):
        return "", text
    words, rest = when.text.strip(), _cut(text, (when.start, when.end))
    if when.date is None and (more := parse_when(rest, now)) and more.date:
        return f"{more.text}{words}", _cut(rest, (more.start, more.end))
    mended = next((m for m in reversed([*MENDED.finditer(rest)]) if parse_when(rest[m.end() :], now)), None)
    if mended and (later := parse_when(rest[mended.end() :], now)) and later.date:
        behind = rest[: mended.end()] + rest[mended.end() :].replace(later.text, "，", 1)
        return _when(later.text, now)[0] if len(later.text) > 3 else later.text.strip(), behind
    day_alone = when.date and not (when.time or when.part)
    if day_alone and (more := parse_when(rest, now)) and more.date is None and more.time:
        return f"{words}{more.text}", _cut(rest, (more.start, more.end))
    return words, rest


def _venue(text: str) -> tuple[str, str]:
    if said := _VENUE_SAID.search(text):
        return _trim_venue(said[1]), _cut(text, said.span())
    if said := _VENUE_IN.search(text):
        return _trim_venue(said[1]), text[: said.start()] + (
            "" if re.match(r"\s*的", text[said.end() :]) else "，"
        ) + text[said.end() :]
    if said := _ENGLISH_VENUE.search(text):
        return said[1], _cut(text, said.span())
    if said := _VENUE_HOLDS.search(text):
        return _trim_venue(said[1]), _cut(text, said.span())
    if said := _VENUE_OF.search(text):
        return _trim_venue(said[1]), _cut(text, said.span())
    for chunk in re.finditer(r"[^，,。；;！!？?\n\s：:]{2,26}", text):
        if _HOUSE_NUMBER.fullmatch(chunk[0]) or _GARDEN.fullmatch(chunk[0]):
            return chunk[0], _cut(text, chunk.span())
        if re.search(rf"(?:{_VENUE_WORD})(?:集合|见|见面)?$", chunk[0], re.IGNORECASE) and not re.search(
            rf"(?:{_KIND})$|邀|写|客户", chunk[0]
        ):
            return _trim_venue(chunk[0]), _cut(text, chunk.span())
    return "", text


def _trim_venue(words: str) -> str:
    return re.sub(
        r"^(?:在|到|是|为|改成?|换成?|[：:\s])+|(?:举办|举行|开|办|见|集合|重新.*|再.*|吧|哈|啦|的|\s)+$",
        "",
        words.strip(),
    )


def _title(text: str, names: tuple[str, ...]) -> str:
    for name in names:
        text = text.replace(name, " ")
    if said := _NAMED.search(text):
        return _clean(said[1])
    for quoted in _QUOTED.finditer(text):
        if re.search(f"{_KIND}|{_ENGLISH_KIND}", quoted[1], re.IGNORECASE):
            return quoted[1].strip()
    for match in _TITLE.finditer(text):
        more = _LONGER.match(text, match.end(1))
        title = _clean(match[1] + (more[0] if more else ""))
        if title and not re.fullmatch(
            r"(?:客户|参加|举办|一个|这个|那个|邀请|邀约)?(?:活动|会|课|节)|(?:说|什么|"
            r"会不|机|社|约)会|.{0,2}(?:中秋节|春节|端午节)|机会|.*(?:一下会|会不会)|.*一样的.{0,3}",
            title,
        ):
            return title
    if said := _ENGLISH_TITLE.search(text):
        said_title = re.sub(r"^.*\b(?:to|for|at|an?|the|our)\s+", "", said[1], flags=re.IGNORECASE)
        return re.sub(
            r"^(?:(?:please|you|could|can|write|draft|an?|the|our|my|to|for|invite|invitation|"
            r"invitations?|sms|wechat|email|message|letter|client|customers?|clients?|"
            r"in|english|attend|join|come|of|private|by|with|about)\s+)+",
            "",
            said_title,
            flags=re.IGNORECASE,
        ).strip()
    if said := _HELD.search(text):
        return str(next(filter(None, said.groups()))).strip()
    if said := _DOING.search(text) or _TAKEN_PART_IN.search(text):
        return str(next(filter(None, said.groups()))).strip()
    return ""


def _clean(words: str) -> str:
    """The name without the request that leads to it (请他来参加 …)."""
    words = words.strip()
    for _ in range(4):
        lead = _LEAD.match(words)
        rest = words[lead.end() :] if lead else words
        if lead and re.search(_KIND, rest) and len(rest.strip()) >= 2:
            words = rest
        shorter = _EDGE.sub("", words)
        if len(shorter) >= 2:
            words = shorter
    words = re.split(r"\s+", words)[-1] if re.search(r"[一-鿿]", words) else words
    tail = words.rsplit("的", 1)
    if len(tail) == 2 and len(tail[1]) >= 3:
        words = tail[1]
    return words.strip(" 的了，,、—-")


def _cut(text: str, span: tuple[int, int]) -> str:
    return text[: span[0]] + "，" + text[span[1] :]
