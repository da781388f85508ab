"""Which words of a request name the event, its place, its host and what is offered there: learned from examples.

People name an event in any way (包饺子, 看粤剧, 税务新规解读, our flower afternoon) and in any order, so no list of
event words can find it. A tagger over characters (names, figures and Latin words count as one) learns it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.models.eventwords import GUESS, MENDED, any_event, event_of, when_of
from assistant.models.learning import kept, key_of
from assistant.models.tagging import Features, Tagger, stretches
from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import Frozen, load_jsonl
from tools.invitations.dates import parse_when

EXAMPLES = FOLDER / "events.jsonl"
_UNCHANGED = ("不变", "没变", "照旧", "一样", "不动", "没动")
_BEHIND = re.compile(r"\s+(?=\S*[\d月周号点])")  # what follows a list of highlights without a mark
_TITLED = re.compile(r"^(?:换成|改成|改由|由|请|主讲人?|讲师)(?=.{2})")
_NO_TITLE = re.compile(
    r"[我他她你您]|[一待等]会|(?:通常|可能|应该|就|都|才|不)会"
)  # a moment or a verb, no meeting
_GATE = re.compile(r"[东南西北正前后侧]门|[一二三四五六七八九十\d]+[楼层号]|大堂|门口")
_TOKEN = re.compile(r"◯+|\d+|[a-z][a-z'’&-]*|\S|\s+")
_BREAK = frozenset('，,。；;！!？?：:、\n/|"“”「」《》（）()')
_NOW = datetime(2026, 1, 5)
_FAVOURS = {"title": (0.0, 10.0, 25.0), "line": (0.0, 20.0, 45.0)}
"""What is added for the field that is wanted, until one is found: the likeliest is better than a question."""
_SOURCES = ("events.jsonl", "lexicon.yaml")


Span = tuple[int, int]


class EventExample(Frozen):
    """One request with what it says of its event, in its own words; ◯ stands for a customer's name."""

    text: str
    event: str = ""
    venue: str = ""
    when: str = ""
    host: str = ""
    line: str = ""
    highlights: tuple[str, ...] = ()


class EventModel:
    """Finds the parts of an event in a folded text whose names are ◯."""

    def __init__(self, tagger: Tagger, lexicon: Lexicon) -> None:
        self._tagger, self._lexicon = tagger, lexicon

    def parts(
        self, folded: str, now: datetime = _NOW, wanted: str = "title"
    ) -> dict[str, tuple[tuple[int, int], ...]]:
        """Field → where it stands; the one that is ``wanted`` is found wherever it may be."""
        tokens = [m.span() for m in _TOKEN.finditer(folded)]
        features = _features(folded, tokens, now, self._lexicon)
        found: dict[str, tuple[tuple[int, int], ...]] = {}
        for favour in _FAVOURS[wanted]:
            found = {}
            for name, first, end in stretches(self._tagger.tags(features, {f"B-{wanted}": favour})):
                found[name] = (*found.get(name, ()), (tokens[first][0], tokens[end - 1][1]))
            if wanted in found:
                break
        return found


def merged(
    told: Mapping[str, Any], found: Mapping[str, Sequence[Span]], text: str, folded: str, now: datetime
) -> dict[str, Any]:
    """What the words of events tell (``told``) with what the learned model ``found`` in ``text``."""
    event = {name: value for name, value in told.items() if value not in _UNCHANGED}
    if any_event(str(event.get("title", ""))) or _NO_TITLE.match(str(event.get("title", ""))):
        del event["title"]
    if titles := [span for span in found.get("title", ()) if not any_event(text[slice(*span)])]:
        event.pop(GUESS, None)
        event["title"] = text[slice(*_best_title(titles, _place(told.get("title"), text)))].strip()
    if places := found.get("venue"):
        event["venue"] = _one_place(places, _place(told.get("venue"), text), text)
    if lines := [words for span in found.get("line", ()) if len(words := text[slice(*span)].strip()) > 2]:
        event["line"] = lines[0]
    hosts = [text[slice(*span)].strip() for span in found.get("host", ())]
    hosts = [_TITLED.sub("", host) for host in hosts]
    if hosts and hosts[0] not in str(event.get("host", "")):
        event["host"] = hosts[0]
    offered = [text[slice(*span)].strip() for span in found.get("highlight", ())]
    listed = [_BEHIND.split(words)[0] for words in told.get("highlights", ())]
    offered = [*(w for w in listed if not _place(event.get("venue"), w)), *offered]
    kept = [w for w in dict.fromkeys(offered) if not any(w != other and w in other for other in offered)]
    if kept:
        event["highlights"] = [w for w in kept if len(w) > 2][:10]
    if "starts_at" not in event and (when := when_of(folded, now)):
        event["starts_at"] = when
    return event


def _place(words: str | None, text: str) -> Span | None:
    start = text.find(words) if words else -1
    return (start, start + len(words or "")) if start >= 0 else None


def _best_title(spans: Sequence[Span], hinted: Span | None) -> Span:
    """The span that words of events point at too, and as far as both reach; else the longest."""
    for start, end in spans:
        if hinted and start < hinted[1] and hinted[0] < end:
            joint = min(start, hinted[0]), max(end, hinted[1])
            return joint if joint[1] - joint[0] <= end - start + 3 else (start, end)
    return max(spans, key=lambda span: span[1] - span[0])


def _one_place(spans: Sequence[Span], hinted: Span | None, text: str) -> str:
    """Where it is: the last place said where one is corrected, a gate or floor with the place it belongs to."""
    first, last = spans[0], spans[-1]
    if last != first and MENDED.search(text[first[1] : last[0]]):
        return text[slice(*last)].strip()
    words = text[slice(*first)].strip()
    if hinted and hinted[0] <= first[0] and first[1] <= hinted[1] and hinted[1] - hinted[0] <= len(words) + 4:
        words = text[slice(*hinted)].strip()
    more = text[slice(*last)].strip()
    return f"{words}{more}" if last != first and _GATE.fullmatch(more) else words


def _features(folded: str, tokens: Sequence[tuple[int, int]], now: datetime, lexicon: Lexicon) -> Features:
    symbols = [_symbol(folded[a:b]) for a, b in tokens]
    timed = _times(folded, now)
    ways = [
        m.span()
        for name in lexicon.words.channels
        for m in lexicon.patterns[f"channels.{name}"].finditer(folded)
    ]
    kinds = [
        _kind(symbol) + "t" * _within(at, timed) + "c" * _within(at, ways)
        for symbol, (at, _) in zip(symbols, tokens, strict=True)
    ]
    starts: list[int] = []
    for i in range(len(symbols)):
        starts.append(
            0 if i == 0 or symbols[i - 1] in _BREAK or symbols[i - 1] == " " else min(6, starts[-1] + 1)
        )
    ends = [0] * len(symbols)
    for i in range(len(symbols) - 2, -1, -1):
        ends[i] = 0 if symbols[i + 1] in _BREAK or symbols[i + 1] == " " else min(6, ends[i + 1] + 1)
    pad = ["<", "<", "<", "<", *symbols, ">", ">", ">", ">"]
    kpad = ["<", "<", *kinds, ">", ">"]
    hints = ["", *_hints(folded, tokens, now), ""]
    found: list[list[str]] = []
    for i in range(len(symbols)):
        c = pad[i : i + 9]
        k = kpad[i : i + 5]
        found.append(
            [
                *(f"{n}{s}" for n, s in enumerate(c[1:8])),
                *(f"b{n}{c[n]}{c[n + 1]}" for n in range(1, 7)),
                *(f"t{n}{c[n]}{c[n + 1]}{c[n + 2]}" for n in range(1, 6)),
                f"q{c[1]}{c[2]}{c[3]}{c[4]}",
                f"r{c[4]}{c[5]}{c[6]}{c[7]}",
                f"k{k[1]}{k[2]}{k[3]}",
                f"K{k[0]}{k[1]}{k[2]}{k[3]}{k[4]}",
                f"s{starts[i]}",
                f"e{ends[i]}",
                f"S{starts[i]}{ends[i]}{k[2]}",
                f"l{c[4]}{starts[i]}",
                f"m{c[4]}{ends[i]}",
                f"o{hints[i]}{hints[i + 1]}{hints[i + 2]}",
                f"p{hints[i + 1]}{k[1]}{k[2]}{k[3]}",
            ]
        )
    return found


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _symbol(word: str) -> str:
    if word[0].isdigit():
        return "0"
    return "◯" if word[0] == "◯" else "\n" if "\n" in word else " " if word.isspace() else word


def _kind(symbol: str) -> str:
    if symbol in _BREAK or symbol in (" ", "\n"):
        return "p"
    if symbol == "◯" or symbol == "0":
        return symbol
    return "a" if symbol[0].isascii() else "h"


def _hints(folded: str, tokens: Sequence[tuple[int, int]], now: datetime) -> list[str]:
    told = event_of(folded, now, ("◯",), inviting=True)
    marks = ["-"] * len(tokens)
    for letter, field in (("t", "title"), ("v", "venue"), ("h", "host")):
        words = str(told.get(field) or (told.get(GUESS) if field == "title" else "") or "")
        start = folded.find(words) if words else -1
        for i, (a, b) in enumerate(tokens):
            if start >= 0 and a < start + len(words) and b > start:
                marks[i] = letter.upper() if a == start else letter
    return marks


def _times(folded: str, now: datetime) -> list[tuple[int, int]]:
    """Where date and time stand, both where they stand apart."""
    found: list[tuple[int, int]] = []
    rest = folded
    for _ in range(2):
        when = parse_when(rest, now)
        if when is None:
            break
        found.append((when.start, when.end))
        rest = rest[: when.start] + "，" * (when.end - when.start) + rest[when.end :]
    return found


def _labelled(example: EventExample, lexicon: Lexicon) -> tuple[Features, list[str]]:
    folded = lexicon.fold(example.text)
    tokens = [m.span() for m in _TOKEN.finditer(folded)]
    tags = ["O"] * len(tokens)
    fields = [
        ("title", example.event),
        ("venue", example.venue),
        ("host", example.host),
        ("line", example.line),
    ]
    for name, words in [*fields, *(("highlight", words) for words in example.highlights)]:
        start = example.text.find(words) if words else -1
        inside = [i for i, (a, b) in enumerate(tokens) if start >= 0 and a < start + len(words) and b > start]
        if all(tags[i] == "O" for i in inside):
            for i in inside:
                tags[i] = f"{'B' if i == inside[0] else 'I'}-{name}"
    return _features(folded, tokens, _NOW, lexicon), tags


def learned(examples: Sequence[EventExample], lexicon: Lexicon) -> Tagger:
    """A tagger fitted on ``examples``."""
    return Tagger.fitted(_labelled(example, lexicon) for example in examples)


@lru_cache(2)
def event_model(lexicon: Lexicon, cache: Path | None = None) -> EventModel:
    """Learned once a process, and once a data folder where ``cache`` keeps it."""
    key = key_of((FOLDER / name).read_bytes() for name in _SOURCES)

    def fit() -> dict[str, Tagger]:
        return {"events": learned(load_jsonl(EXAMPLES, EventExample), lexicon)}

    return EventModel(kept(cache, "events", key, fit, Tagger.from_arrays)["events"], lexicon)
