"""Finds the copy to be checked inside a message and hands it over verbatim.

The request may stand before it (after a colon or a line break), behind it, or around a quotation.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from assistant.models.words import Lexicon

_PAIRS = {
    "“": "”",
    '"': '"',
    "「": "」",
    "『": "』",
    "'": "'",
    "‘": "’",
    "【": "】",
    "《": "》",
    "`": "`",
    "<": ">",
}
_TAIL = re.compile(
    r"(?:(?<=[。！!？?…~～\n”\"」』'’；;])|——+|—|-{2,}|[，,\s]+)\s*([^。！!？?\n“”\"「」]{2,28}[?？。~～!！]*)\s*$"
)
_INLINE = re.compile(
    r"^(?:请|麻烦|劳驾|帮我?|帮忙|给我?|替我|再|please|pls|can you|could you|\s)*"
    r"(?:审核?|检查|查|看|瞅瞅?|把把?关|过目|check|review|proofread)"
    r"(?:一?[下查看]|1下|看|审)?(?:this|the following)?"
    r"(?:这|下面|以下)?(?:[条句段个份篇则])?(?:.{0,6}(?:文案|话术|话|短信|内容|海报|标语|稿子?|copy|text|message|post))?"
    r"(?:合不合规|合规吗|合规性|能不能发|能发吗|行不行|有没有问题)?\s*[，,。\s]+(?=\S)"
)
_CLOSING = re.compile(
    r"审|合规|违规|能用|能说|可以用|可以说|过得了|帮.{0,2}看|看[下看一]|行不行|行吗|可以[吗么]|咋样|怎么样|合适[吗么不]|妥[吗不]|中不中"
)
_CLOSES = re.compile(r"(?:[吗么不呢吧嘛没]|一下|看看|看下|谢谢|拜托|辛苦|ok|行)\s*[?？。~～!！]*$|[?？]")
"""How a closing remark to a colleague ends."""
_ASKS = re.compile(
    r"审|合规|违规|违法|能发|能贴|看一眼|能用|可以发|可以用|可以不|可以吗|能不能|可不可以|"
    r"过得了|过不过|检查|帮看|看[下看一]|把关|问题|毛病|踩|行不行|行吗|可以吗|"
    r"咋样|怎么样|ok|check|review|complian|post|send|publish|vet|print|go(?:es)? (?:out|on|live)|too much|all right|"
    r"这[么样][写说]|"
    r"(?:想|要|准备|打算)(?:给.{1,4})?发|发给客户|"
    r"合适|妥|中不中|文案|话术|这[句条段]|下面|以下|如下|查"
)
_GENERIC = re.compile(
    r"(?:my|the|an?|this|our|some)?\s*(?:copy|text|post|message|draft|sms|ad)s?\W*$", re.IGNORECASE
)
_LABELLED = re.compile(
    r"\s*[【\[(（]\s*(?:请|帮)?(?:审核?|预审|合规|合规预审|送审|check)\s*[】\])）]\s*[：:]?\s*(\S.{5,})$",
    re.S,
)
_AND_THEN = re.compile(
    r"(?<=[。！!；;\n，,？?”\"])\s*(?:对了[，,])?(?:顺便|顺带|另外|完了|然后|接着|还有|再)[^。！!]{0,6}?"
    r"(?:帮我?|给(?![您你大各])|查|写|拟|推荐|挑|选|看看|约|邀请).{4,}$",
    re.S,
)
"""Another request behind the copy: 顺便给她推荐个生日礼. Copy itself speaks to 您 and 大家."""
_REPORTED = re.compile(r"\s*(?:有?(?:个|位)?客户|他|她|领导|对方)们?(?:说|问|嫌|要|想|让|觉得|非)")
"""Tells us what someone wants: no copy."""
_GIVES = re.compile(
    r"^(?!.*(?:审|文案|话术|[这那][样么句条段]))[^，,]*(?<![发播投])送.{0,6}(?:礼|东西|[点个份些])"
)
"""Asks whether something may be given, not whether words may be said."""
_QUOTED_LAST = re.compile(
    r"(?<=[；;。\n、])[^；;。\n“\"「『]{0,6}[“\"「『]([^“”\"「」『』]{6,})[”\"」』]\s*$"
)
_SPOKEN_HEAD = re.compile(
    r"^[^，,。：:！!？?\s“\"「]{0,12}(?:听听|看看|瞅瞅|听一下|看一下)[^，,。：:！!？?\s“\"「]{0,4}?"
    r"(?:中不中|行不行|行吗|咋样|妥不妥|合不合规|能不能[说发讲]|有没有(?:毛病|问题))[啊呀呢哈哦嘛]?(?=[^\s，,。？?！!]{8})"
)
_LEAD_IN = re.compile(
    r"^[^：:\n。！!？?]{0,14}(?:(?:让|叫|要)我们?(?:就?这么|照着?)?(?:发|转|念|说)|(?:写|拟|编|发来|转来|给)的?)"
    r"[^：:\n。！!？?]{0,6}[：:]\s*(?=\S{6})"
)
"""Who wants the copy to be sent, said before it: 老板让我发这个：…"""
_POINTED = 14
"""Characters within which 刚才那条 points at what was shown rather than being copy."""
_LABEL = re.compile(r"^(?:文案|话术|内容|原文|短信|朋友圈|海报|微信|正文|标题|copy|text|message)$")


@dataclass(frozen=True)
class Pasted:
    """``copy`` verbatim, and what is left of the message: the ``request`` around it."""

    copy: str
    request: str


def pasted(text: str, lexicon: Lexicon) -> Pasted | None:
    """The copy in ``text`` where checking is asked for; None where there is none."""
    return (
        _labelled(text)
        or _run_on(text)
        or _quoted(text, lexicon)
        or _behind_sender(text, lexicon)
        or _behind_head(text, lexicon)
        or _behind_question(text, lexicon)
        or _before_tail(text, lexicon)
        or _inline(text)
    )


def _labelled(text: str) -> Pasted | None:
    """【审核】 in front of the copy."""
    match = _LABELLED.match(text)
    return Pasted(_bare(match[1]), text[: match.start(1)]) if match else None


def _run_on(text: str) -> Pasted | None:
    """Spoken into the phone without a stop: 我念一段你听听中不中啊大爷大娘听好了…"""
    match = _SPOKEN_HEAD.match(text)
    return Pasted(_bare(text[match.end() :]), match[0]) if match else None


def _quoted(text: str, lexicon: Lexicon) -> Pasted | None:
    """One quotation that the request stands around: everything outside is short and asks."""
    if fence := re.search(r"```(?:\w*\n)?(.+?)```", text, re.S):
        return Pasted(fence[1].strip("\n"), text[: fence.start()] + text[fence.end() :])
    spans = [
        (i, text.rfind(close))
        for i, c in enumerate(text)
        if (close := _PAIRS.get(c)) and text.rfind(close) > i + 4
    ]
    if not spans:
        return None
    start, end = min(spans)
    outside = text[:start] + " " + text[end + 1 :]
    before = text[:start].rstrip()
    inner = text[start + 1 : end]
    if (
        "【" in text[start : start + 1]
        or not _asks(outside, lexicon)
        or len(outside) > 60
        or len(outside) > 2 * len(inner) + 20
    ):
        return None
    if re.search(r"[：:]\s*\S", before) and not re.search(r"[：:]$", before):
        return None
    return Pasted(inner.strip(), outside)


def _behind_head(text: str, lexicon: Lexicon) -> Pasted | None:
    for match in re.finditer(r"[：:\n]|——+", text):
        head, rest = text[: match.start()], text[match.end() :].strip()
        if len(head) > 70 or (head.strip() and len(rest) >= 4 and _asks(head, lexicon)):
            break
    else:
        return None
    if len(head) > 70:
        return None
    then = _AND_THEN.search(rest)
    rest, more = (rest[: then.start()].rstrip("，,"), "，" + then[0].strip()) if then else (rest, "")
    tail = _tail(rest, lexicon)
    if tail and not _CLOSES.search(tail.words) and _asks_for_check(lexicon.fold(head), lexicon):
        tail = None  # the head has asked already: what orders us about down there is copy
    copy = rest[: tail.start].rstrip("—-， ,") if tail else rest
    return Pasted(_bare(copy), head + (" " + tail.words if tail else "") + more)


def _behind_sender(text: str, lexicon: Lexicon) -> Pasted | None:
    """过审一下 短信 【本行】… : the sender in its brackets begins the copy."""
    at = text.find("【")
    head = text[:at].strip()
    if (
        not 0 < at <= 24
        or not head
        or len(text) - at < 12
        or not _asks_for_check(lexicon.fold(head), lexicon)
    ):
        return None
    tail = _tail(text[at:], lexicon)
    copy = text[at:][: tail.start] if tail else text[at:]
    return Pasted(copy.strip(), head + (" " + tail.words if tail else ""))


def _behind_question(text: str, lexicon: Lexicon) -> Pasted | None:
    """合规不？ and then the copy."""
    match = re.match(
        r"([^。！!？?\n]{2,16}(?:[？?]|[吗么不](?=\s)|(?<=[讲说写发]可以)[吗么不][，,]|(?<=[讲说写发])行[吗么不][，,]))\s*(\S.{7,})$",
        text,
        re.S,
    )
    if match is None or not _asks_for_check(lexicon.fold(match[1]), lexicon):
        return None
    return Pasted(_bare(match[2]), match[1])


def _before_tail(text: str, lexicon: Lexicon) -> Pasted | None:
    tail = _tail(text, lexicon)
    copy = text[: tail.start].rstrip("—-， ,\n") if tail else ""
    if tail is None or len(copy) < 6 or _REPORTED.match(copy) or _GIVES.search(tail.words):
        return None
    if quoted := _QUOTED_LAST.search(copy):
        return Pasted(quoted[1].strip(), f"{copy[: quoted.start()]} {tail.words}")
    copy = _LEAD_IN.sub("", copy)
    if len(copy) <= _POINTED + 4 and re.search(r"[呢吗么吧][?？]?$|[?？]$", copy):
        return None  # 那我该怎么改呢？给一版合规的: both are asked of us
    if len(copy) <= _POINTED and lexicon.has("last_text", lexicon.fold(copy)):
        return None
    return Pasted(_bare(copy), tail.words)


def _inline(text: str) -> Pasted | None:
    match = _INLINE.match(text)
    rest = text[match.end() :].strip() if match else ""
    if (
        match is None
        or len(rest) < 6
        or _GENERIC.match(rest)
        or re.fullmatch(r".{0,8}(?:吗|呢|谢谢|好吗|可以吗)[?？]?", rest)
    ):
        return None
    return Pasted(_bare(rest), match[0])


class _Tail(NamedTuple):
    """A closing remark: where it starts with what parts it from the copy, and its words."""

    start: int
    words: str


def _tail(text: str, lexicon: Lexicon) -> _Tail | None:
    """A closing remark that asks about the copy before it; clauses before its first asking one are copy."""
    match = _TAIL.search(text)
    if match is None:
        return None
    clauses = [m.span() for m in re.finditer(r"[^，,]+", match[1])]
    for start, end in clauses:
        if _asks_for_check(lexicon.fold(match[1][start:end]), lexicon):
            return _Tail(match.start() if start == 0 else match.start(1) + start - 1, match[1][start:])
    whole = _asks_for_check(lexicon.fold(match[1]), lexicon)
    return _Tail(match.start(), match[1]) if whole else None


def _asks_for_check(folded: str, lexicon: Lexicon) -> bool:
    return lexicon.has("check", folded) or bool(_CLOSING.search(folded))


def _asks(text: str, lexicon: Lexicon) -> bool:
    folded = lexicon.fold(text).strip()
    return bool(_ASKS.search(folded) or _LABEL.match(folded) or lexicon.has("check", folded))


def _bare(copy: str) -> str:
    """Without the one pair of quotation marks that wraps all of it."""
    copy = copy.strip()
    close = _PAIRS.get(copy[:1])
    if (
        close
        and len(copy) > 2
        and copy.endswith(close)
        and copy[1:-1].count(copy[0]) <= (copy[0] == close and 0)
    ):
        return copy[1:-1].strip()
    return copy
