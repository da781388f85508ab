"""Which part of a message is copy and which is talk about it, learned clause by clause.

People paste copy with no mark at all: before the question, behind it, or in its middle. Each clause is scored
by a linear model over character n-grams, taught by labelled requests and by the labelled copy of the compliance
sets; the stretch of clauses that reads most like copy is taken.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from pathlib import Path

from assistant.models.copytext import Pasted
from assistant.models.intents import DATA, Utterance, load_examples
from assistant.models.learning import Classifier, kept, key_of
from assistant.models.words import FOLDER, Lexicon
from prompts.datafile import load_jsonl
from tools.compliance.evaluation import FOLDER as LABELLED
from tools.compliance.evaluation import UNTOUCHED, Case

_CLAUSE = re.compile(r"[^，,。！!？?；;：:\n\s“”\"「」『』【】→←—…]+[，,。！!？?；;…]*")
_OPENS = re.compile(r"(?:^|[：:\n“\"「『【→]|——)\s*$")
_CLOSES = re.compile(r"\s*(?:$|[\n”\"」』】←]|——)")
_CHINESE = re.compile("[一-鿿]")
_QUOTED = re.compile(r"[“\"「『]([^“”\"「」『』]{6,})[”\"」』]")
_MOST = 3.0  # no clause weighs more than this, for or against
_OPENING = 0.8  # a colon, a line break or a quotation mark speaks for an edge
_LEAST = 1.5
_SHORTEST = 6
_EDGE = "，,。、：: "
_ASKING = re.compile(
    r"(?:这么|这样|这话|这句|就|客户.{0,6}|我)?(?:能不能|可不可以|可唔可以|是不是|会不会|算不算|行不行|得唔得|有没有|能|可以|可|得)"
    r"[^，,。！!？?；;]{0,14}(?:吗|么|不|没|无|啊|呢|嘛|呀|唔)?[?？]?\s*$"
)
"""A question about the copy that runs on in its last clause: …给孩子一套房首付能不能印在折页上."""
_SHOWN = 2500  # clauses of the compliance sets are enough


@dataclass(frozen=True)
class CopyModel:
    """Scores clauses: above 0 copy, below 0 talk."""

    lexicon: Lexicon
    model: Classifier

    def pasted(self, text: str) -> Pasted | None:
        """The stretch of ``text`` that reads most like copy, without a question that runs on behind it."""
        found = self._span(text)
        if found is None:
            return None
        start, end = _whole_quotation(text, *found)
        asking = _ASKING.search(text, start, end)
        if asking and asking.start() - start >= _SHORTEST:
            end = asking.start()
        copy = text[start:end].rstrip(_EDGE) if asking else text[start:end].rstrip("，,、：: ")
        return Pasted(copy, f"{text[:start]} {text[end:]}")

    def _span(self, text: str) -> tuple[int, int] | None:
        clauses = [(m.start(), m.end()) for m in _CLAUSE.finditer(text)]
        weights = [self._weight(text[start:end]) for start, end in clauses]
        best, chosen = _LEAST, None
        for first, (start, _) in enumerate(clauses):
            total = _OPENING if _OPENS.search(text[:start]) else 0.0
            for last in range(first, len(clauses)):
                total += weights[last]
                end = clauses[last][1]
                score = total + (_OPENING if _CLOSES.match(text, end) else 0.0)
                if score > best and end - start >= _SHORTEST:
                    best, chosen = score, (start, end)
        return chosen

    def _weight(self, clause: str) -> float:
        copy = self.model.scores(_plain(self.lexicon.fold(clause)))["copy"]
        length = min(1.0, len(clause) / 6)
        return max(-_MOST, min(_MOST, log(copy / max(1e-6, 1 - copy)))) * length


def _whole_quotation(text: str, start: int, end: int) -> tuple[int, int]:
    """A stretch that lies in a quotation is all of the quotation."""
    for quoted in _QUOTED.finditer(text):
        if quoted.start() < start < quoted.end():
            return quoted.start(1), max(quoted.end(1), min(end, quoted.end(1)))
    return start, end


def _plain(clause: str) -> str:
    return f" {re.sub(r'[0-9]+', '0', clause)} "


def _clauses(text: str) -> list[str]:
    return [m[0] for m in _CLAUSE.finditer(text)]


def _labelled(examples: Sequence[Utterance]) -> tuple[list[str], list[str]]:
    copy: list[str] = []
    talk: list[str] = []
    for example in examples:
        if example.copy_text:
            copy += _clauses(example.copy_text)
            talk += _clauses(example.text.replace(example.copy_text, "\n"))
        elif example.intent == "check" or example.followup:
            talk += _clauses(example.text)
    return copy, talk


@lru_cache(2)
def copy_model(lexicon: Lexicon, cache: Path | None = None) -> CopyModel:
    """Learned once a process, and once a data folder where ``cache`` keeps it."""
    sets = [path for path in sorted(LABELLED.glob("*.jsonl")) if path.stem != UNTOUCHED]
    key = key_of(path.read_bytes() for path in (*(FOLDER / name for name in DATA), *sets))
    learned = kept(cache, "copy", key, lambda: {"copy": _learned(sets, lexicon)}, Classifier.from_arrays)
    return CopyModel(lexicon, learned["copy"])


def _learned(sets: Sequence[Path], lexicon: Lexicon) -> Classifier:
    copy, talk = _labelled(load_examples())
    shown = [clause for path in sets for case in load_jsonl(path, Case) for clause in _clauses(case.text)]
    shown = list(filter(_CHINESE.search, shown))  # nobody has labelled English talk beside English copy
    copy += shown[:: max(1, len(shown) // _SHOWN)]
    texts = [_plain(lexicon.fold(clause)) for clause in (*copy, *talk)]
    return Classifier.fitted(texts, ["copy"] * len(copy) + ["talk"] * len(talk), longest=3)
