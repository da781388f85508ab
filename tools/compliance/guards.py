"""When a phrase that a rule objects to is not said: denied, quoted as a warning, asked, or prescribed."""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from tools.compliance.arrays import Numbers
from tools.compliance.expanding import expand
from tools.compliance.normal import Stream
from tools.compliance.reading import Reading

_QUOTED = re.compile("“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|\"[^\"]*\"|《[^》]*》|'[^']*'")
_QUOTES = tuple(zip('“‘「『《"', '”’」』》"', strict=True))
_RESUMED = 6
_LEAD = 40
_LONGEST_WORD = 4
_FAR = 200


def _any(patterns: Iterable[str], concepts: dict[str, str]) -> str:
    return "(?:" + "|".join(expand(p, concepts) for p in patterns) + ")"


class Sentence(NamedTuple):
    """The sentence round a match, and where the match stands in it."""

    text: str
    start: int
    end: int
    tail: str

    @property
    def before(self) -> str:
        return self.text[: self.start]

    @property
    def after(self) -> str:
        return self.text[self.end :]


def sentence_of(stream: Stream, start: int, end: int) -> Sentence:
    """The sentence of ``text[start:end]``, with up to 40 characters of what follows it as ``tail``."""
    return sentences_of(stream, np.array([start]), np.array([end]))[0][0]


def sentences_of(
    stream: Stream, starts: Numbers, ends: Numbers, breaks: Sequence[int] = ()
) -> list[tuple[Sentence, Sentence]]:
    """The same for many stretches, each with its line: ``breaks``, in order, are further places where that ends, unless
    they lie inside the stretch."""
    text = stream.text
    marks = np.array([-1, *stream.sentence_ends, len(text) + 2 * _FAR])
    low = np.maximum(marks[np.searchsorted(marks, starts) - 1] + 1, starts - _FAR)
    mark = marks[np.searchsorted(marks, ends)]
    high = np.where(mark < ends + _FAR, mark + 1, np.minimum(len(text), ends + _FAR))
    cuts = np.array([0, *breaks, len(text)])
    line_low = np.maximum(low, cuts[np.searchsorted(cuts[1:-1], starts, "right")])
    line_high = np.minimum(high, cuts[np.searchsorted(cuts[1:-1], ends) + 1])

    def cut(low: int, high: int, start: int, end: int) -> Sentence:
        return Sentence(text[low:high], start - low, end - low, text[high : high + _LEAD])

    found = []
    for at, to, *places in np.stack((starts, ends, low, high, line_low, line_high), axis=1).tolist():
        sentence = cut(places[0], places[1], at, to)
        line = sentence if places[:2] == places[2:] else cut(places[2], places[3], at, to)
        found.append((sentence, line))
    return found


class _Expression:
    """Compiled when first needed: most short texts need few of them."""

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self._source)


class Guards:
    """Built once from ``reading.yaml``; each question is about one match in its sentence."""

    def __init__(self, reading: Reading, concepts: dict[str, str]) -> None:
        fillers = f"(?:{_any(reading.negation_fillers, concepts)}){{0,8}}"
        self._negated = _Expression(f"(?P<no>{_any(reading.negators, concepts)}){fillers}$")
        self._false = _Expression(f"{_any(reading.false_negators, concepts)}")
        self._denied = _Expression(f"^{_any(reading.denials_after, concepts)}")
        self._warning = _Expression(_any(reading.warnings, concepts))
        self._quoting = _Expression(_any((*reading.warnings, *reading.quoting), concepts))
        self._warned_object = _Expression(f"^{_any(reading.warned_objects, concepts)}")
        self._promise = _Expression(_any(reading.resumed_promise, concepts))
        self._question = _Expression(_any(reading.question_marks, concepts))
        self._rhetorical = _Expression(_any(reading.rhetorical, concepts))
        self._affirmed = _Expression(f"^{_any(reading.affirmed, concepts)}")
        self._refuting = _Expression(_any(reading.refuting_openings, concepts))
        self._exempt = _Expression(_any(reading.exempt, concepts))
        self._common = frozenset(reading.common_words.split())

    def across_words(self, s: Sentence) -> bool:
        """The match starts inside a common word and ends inside the next: 保本 is not said in 确保本周."""
        reach, text, common = _LONGEST_WORD, s.text, self._common
        for border in range(max(s.start + 1, s.end - reach + 1), min(s.end, s.start + reach)):
            starts, ends = range(max(0, border - reach), s.start), range(s.end + 1, border + reach + 1)
            if any(text[i:border] in common for i in starts) and any(text[border:j] in common for j in ends):
                return True
        return False

    def negated(self, s: Sentence) -> bool:
        """The clause denies the phrase; 不得不 and 不容错过 deny nothing."""
        clause = re.split("[,:]", s.before)[-1][-_LEAD:]
        found = self._negated.compiled.search(clause)
        if found:
            around = clause + s.text[s.start : s.end] + s.after[:4]
            if not any(m.start() <= found.start() < m.end() for m in self._false.compiled.finditer(around)):
                return True
        return False

    def quoted(self, s: Sentence, heading: str) -> bool:
        """The phrase is held up as what must not be said or believed, not said; or what follows denies it."""
        if self._denied.compiled.match(s.after + s.tail):
            return True
        if self._in_quotes(s):
            around = s.before + s.after
            return bool(self._quoting.compiled.search(around) or self._quoting.compiled.search(heading))
        if self._warning.compiled.search(heading):
            return True
        lead = self._false.compiled.sub(lambda m: "_" * len(m[0]), s.before)
        warned = None
        for warned in self._warning.compiled.finditer(lead):  # noqa: B007  (the last one is wanted)
            pass
        if warned and not self._promise.compiled.search(lead[warned.end() :] + s.text[s.start : s.end][:2]):
            return len(lead) - warned.end() <= _LEAD
        return bool(self._warned_object.compiled.match(s.after))

    def held_up(self, s: Sentence, opening: str) -> bool:
        """The phrase stands in quotes in a text that says at its head that it takes such phrases apart."""
        return bool(self._refuting.compiled.search(opening)) and self._in_quotes(s)

    def asked(self, s: Sentence) -> bool:
        """A real question whose answer does not confirm it."""
        if not s.text.rstrip().endswith("?") and "吗" not in s.after[:8]:
            return False
        if self._rhetorical.compiled.search(s.text) or not self._question.compiled.search(
            s.text[max(0, s.start - 12) :]
        ):
            return False
        return not self._affirmed.compiled.match(s.tail.lstrip())

    def may_turn(self, before: str, after: str) -> bool:
        """What stands before and after a phrase in its sentence holds something that can turn its meaning: words of
        warning, or quotation marks round it and words that quote. Whether it does is another matter."""
        if self._promise.compiled.search(before[-_RESUMED:]):
            return False
        around = f"{before}|{after}"
        quoted = any(mark in before and other in after for mark, other in _QUOTES)
        return bool((self._quoting if quoted else self._warning).compiled.search(around))

    def exempt(self, text: str) -> list[tuple[int, int]]:
        """The stretches that are sentences the law prescribes, labels, terms or names: nothing in them is said."""
        return [m.span() for m in self._exempt.compiled.finditer(text)]

    def _in_quotes(self, s: Sentence) -> bool:
        """The match, or the larger part of it, stands in quotes."""
        within = sum(max(0, min(s.end, q.end()) - max(s.start, q.start())) for q in _QUOTED.finditer(s.text))
        return 2 * within > s.end - s.start
