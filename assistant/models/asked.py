"""Where one request of a message ends and the next begins, and what each asks for: learned clause by clause.

People ask for several things at once in any order and with any joint, or with none (她是什么层级，生日送啥); and they
tell a long story around one request. A tagger over clauses learns both, from labelled messages and from pairs of
labelled requests joined as people join them.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path

from assistant.models.eventparts import EXAMPLES as EVENTS
from assistant.models.eventparts import EventExample
from assistant.models.intents import TOOL_INTENTS, Intent, Utterance, load_examples, masked
from assistant.models.learning import kept, key_of
from assistant.models.tagging import Features, Tagger, stretches
from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import Frozen, load_jsonl, load_yaml

EXAMPLES, JOINTS = FOLDER / "requests.jsonl", FOLDER / "joints.yaml"
_SOURCES = (
    "requests.jsonl",
    "joints.yaml",
    "utterances.jsonl",
    "events.jsonl",
    "lexicon.yaml",
    "safety.yaml",
)
_JOINED = 3000  # messages made of labelled requests
_OFTEN = 4  # a message that someone wrote as a whole tells more than one that was joined
_CUES = ("gift", "invite", "check", "segment", "list", "knowledge", "question")
Span = tuple[int, int]


class Part(Frozen):
    """A stretch of a message that asks for one thing."""

    text: str
    intent: Intent


class Request(Frozen):
    """A message and what it asks for, in order; together the parts are all of it. ◯ stands for a name."""

    text: str
    parts: tuple[Part, ...]


class _Joints(Frozen):
    """The shape of ``joints.yaml``."""

    between: tuple[str, ...]
    numbers: tuple[tuple[str, str, str], ...]
    leads: tuple[str, ...]
    opening: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One thing asked for, and where it stands in the message."""

    intent: str
    start: int
    end: int


@dataclass(frozen=True)
class Requests:
    """What a message asks for. ``alone`` is the likeliest intent of the message as one request.

    ``alone_by`` is how much more speaks for it than for any other, ``several_by`` how much more speaks for the
    ``parts`` than for one request; both in the tagger's scores.
    """

    parts: tuple[Asked, ...]
    alone: str
    alone_by: float
    several_by: float


NOTHING = Requests((), "", 0.0, 0.0)


class RequestModel:
    """Tells the requests of a message apart."""

    def __init__(self, tagger: Tagger, lexicon: Lexicon) -> None:
        self._tagger, self._lexicon, self._opening = tagger, lexicon, _opening(load_joints())

    def asked(self, folded: str) -> Requests:
        """The requests of a folded text in which names are ◯, one character of the name each."""
        spans = _clauses(folded, self._opening)
        if not spans:
            return NOTHING
        features = _features(folded, spans, self._lexicon)
        tags = self._tagger.tags(features)
        wholes = [[f"B-{intent}", *[f"I-{intent}"] * (len(spans) - 1)] for intent in TOOL_INTENTS]
        best, *each = self._tagger.scores(features, [tags, *wholes])
        most, next_, *_ = sorted(each, reverse=True)
        parts = tuple(
            Asked(intent, spans[first][0], spans[end - 1][1]) for intent, first, end in stretches(tags)
        )
        return Requests(parts, TOOL_INTENTS[each.index(most)], most - next_, best - most)


def load_joints(path: Path = JOINTS) -> _Joints:
    """How requests are joined. Raises DataFileError."""
    return load_yaml(path, _Joints)


def _opening(joints: _Joints) -> re.Pattern[str]:
    words = "|".join(joints.opening)
    return re.compile(
        rf"[，,。；;！!？?\n：:、\s/|]+|(?<=[”」』】\"])|(?=[“「『【])|(?<=.)(?={words})"
        r"|(?<=[a-z]) (?=and |also |then |plus )"
    )


def _clauses(folded: str, opening: re.Pattern[str]) -> list[Span]:
    spans: list[Span] = []
    start = 0
    for mark in [*opening.finditer(folded), None]:
        end = mark.start() if mark else len(folded)
        if folded[start:end].strip():
            spans.append((start, end))
        start = mark.end() if mark else end
    return spans


def _features(folded: str, spans: Sequence[Span], lexicon: Lexicon) -> Features:
    texts = [masked(re.sub("◯+", "◯", folded[a:b])) for a, b in spans]
    cued = [[cue for cue in _CUES if lexicon.has(cue, text)] for text in texts]
    pairs = [_grams(text, 2) for text in texts]
    found: list[list[str]] = []
    for i, text in enumerate(texts):
        seen = [*_grams(text, 1), *pairs[i], *_grams(text, 3), *_grams(text, 4)]
        seen += [f"cue {cue}" for cue in cued[i]]
        for side, j in (("<", i - 1), (">", i + 1)):
            if 0 <= j < len(texts):
                seen += [f"{side}{gram}" for gram in pairs[j]]
                seen += [f"{side}cue {cue}" for cue in cued[j]]
            else:
                seen.append(f"{side}none")
        gap = folded[spans[i - 1][1] : spans[i][0]].strip()[:2] if i else "first"
        bare = text.strip()
        seen += [f"gap {gap}", f"opens {bare[:2]}", f"opens {bare[:3]}"]
        seen += [f"length {min(6, len(text) // 3)}", f"clauses {min(4, len(texts))}"]
        found.append(seen)
    return found


def _grams(text: str, length: int) -> set[str]:
    return {text[i : i + length] for i in range(len(text) - length + 1)}


def _joined(examples: Sequence[Utterance], joints: _Joints) -> Iterator[Request]:
    """Requests joined at random, always the same."""
    chance = random.Random(5)  # noqa: S311  # keeps no secret
    texts: dict[Intent, list[str]] = {intent: [] for intent in TOOL_INTENTS}
    for example in examples:
        texts[example.intent].append(example.text.strip("。；，"))
    for _ in range(_JOINED):
        intents = chance.sample(TOOL_INTENTS, chance.choice((2, 2, 2, 3)))
        pieces = [chance.choice(texts[intent]) for intent in intents]
        if chance.random() < 0.25:
            numbers, lead, gap = (
                chance.choice(g) for g in (joints.numbers, joints.leads, (" ", "，", "；", "\n", "。"))
            )
            pieces = [f"{gap if i else lead}{numbers[i]}{piece}" for i, piece in enumerate(pieces)]
        else:
            pieces = [
                f"{chance.choice(joints.between) if i else ''}{piece}" for i, piece in enumerate(pieces)
            ]
        parts = tuple(Part(text=t, intent=i) for t, i in zip(pieces, intents, strict=True))
        yield Request(text="".join(pieces), parts=parts)


def _labelled(request: Request, lexicon: Lexicon, opening: re.Pattern[str]) -> tuple[Features, list[str]]:
    folded = lexicon.fold(request.text)
    spans = _clauses(folded, opening)
    ends: list[int] = []
    for part in request.parts:
        ends.append(request.text.index(part.text, ends[-1] if ends else 0) + len(part.text))
    tags: list[str] = []
    before = -1
    for start, end in spans:
        middle = (start + end) // 2
        place = next((i for i, stop in enumerate(ends) if middle < stop), len(ends) - 1)
        tags.append(f"{'I' if place == before else 'B'}-{request.parts[place].intent}")
        before = place
    return _features(folded, spans, lexicon), tags


def learned(
    written: Sequence[Request],
    examples: Sequence[Utterance],
    events: Sequence[EventExample],
    lexicon: Lexicon,
) -> Tagger:
    """A tagger fitted on messages someone wrote, on single requests, and on these joined."""
    joints = load_joints()
    opening = _opening(joints)
    ours = [e for e in examples if e.intent in TOOL_INTENTS and not e.followup]
    told: list[tuple[str, Intent]] = [
        *((e.text, e.intent) for e in ours),
        *((e.text, "invite") for e in events),
    ]
    single = (Request(text=text, parts=(Part(text=text, intent=intent),)) for text, intent in told)
    asked = chain(single, _joined(ours, joints), *[written] * _OFTEN)
    return Tagger.fitted(_labelled(request, lexicon, opening) for request in asked)


@lru_cache(2)
def request_model(lexicon: Lexicon, cache: Path | None = None) -> RequestModel:
    """Learned once a process, and once a data folder where ``cache`` keeps it."""
    key = key_of((FOLDER / name).read_bytes() for name in _SOURCES)

    def fit() -> dict[str, Tagger]:
        events = load_jsonl(EVENTS, EventExample)
        return {"requests": learned(load_jsonl(EXAMPLES, Request), load_examples(), events, lexicon)}

    return RequestModel(kept(cache, "requests", key, fit, Tagger.from_arrays)["requests"], lexicon)
