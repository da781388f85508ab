"""What the learned part says to the hits of rules: which are heard, and what no rule has seen."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter

from tools.compliance.arrays import codes_of, places_of
from tools.compliance.guards import Guards, sentence_of
from tools.compliance.hits import Covered, Hit, Marks, Read
from tools.compliance.learned import LONG_COPY, Learned, stripped, telling
from tools.compliance.normal import plain
from tools.compliance.ruleset import Ruleset
from tools.values import Product

_SENTENCE_END = "。！？!?\n"
_CLAUSE_END = _SENTENCE_END + "，,；;：:～~"
_IN_EARNEST = 3.0
"""From this sum of log-odds on, of the clause of a hit and of what stands round it, a rule is heard."""


class Hearing:
    """Holds no state between texts. Where there is no learned part, every hit is heard."""

    def __init__(self, ruleset: Ruleset, guards: Guards) -> None:
        self._ruleset = ruleset
        self._guards = guards
        self._boilerplate = re.compile("|".join(ruleset.reading.boilerplate))
        self._names = re.compile("|".join(ruleset.reading.product_names))

    def of(self, text: str, read: Read, hits: Sequence[Hit], about: Product | None) -> list[Hit]:
        """The hits that are heard, and those of the learned part. ``about``: the product as the caller says."""
        learned = self._ruleset.learned
        if learned is None:
            return list(hits)
        marks = Marks(hits, about)
        whole = learned.scores([self._telling(read)], [marks.all()])[0]
        heard = list(self._heard(learned, text, hits, whole, marks))
        return [*heard, *self._suspicions(read, heard, whole, marks)]

    def _suspicions(self, read: Read, hits: Sequence[Hit], whole: float, marks: Marks) -> Iterator[Hit]:
        """Clauses that the learned part points at, where no rule has spoken and nothing is quoted or prescribed.

        There are none where a bank has switched it off, or has switched off a rule that would speak.
        """
        learned, guards = self._ruleset.learned, self._guards
        suspicion, certainty = self._ruleset.suspicion, self._ruleset.certainty
        allowed = any(target.kind == "allowed" for target in read.found.facts)
        if learned is None or suspicion is None or certainty is None or allowed:
            return
        stream = read.stream
        guilty = any(hit.severity == "error" for hit in hits)
        grave = whole > learned.suspicious and learned.gravity(self._telling(read), marks.all()) > 0
        graver = ("error",) if grave else ("error", "warning")
        spoken = Covered((hit.start, hit.end) for hit in hits if hit.severity in graver)

        def marks_in(start: int, end: int) -> tuple[str, ...]:
            return marks.within(*stream.origin(start, end))

        def explained(start: int, end: int) -> bool:
            return spoken.touches(*stream.origin(start, end))

        told = learned.suspicions(stream.text, whole, guilty, marks_in, explained, self._names)
        for clauses, striking in told:
            for said, stretch in groupby(clauses, lambda clause: spoken.touches(*stream.origin(*clause))):
                ends = list(stretch)
                low, high = ends[0][0], ends[-1][1]
                sentence = sentence_of(stream, low, high)
                turned = guards.quoted(sentence, "") or guards.held_up(sentence, read.opening)
                if not (said or turned or read.is_exempt(sentence) or guards.asked(sentence)):
                    yield Hit(certainty if striking or grave else suspicion, *stream.origin(low, high), False)

    def _heard(
        self, learned: Learned, text: str, hits: Sequence[Hit], whole: float, marks: Marks
    ) -> Iterator[Hit]:
        """Where the clause of a hit and the text round it read honest, broad rules are not heard, and what others find
        is a hint; in long copy the sentence stands for the text.

        Hidden words stay what they are, and a bank's own rules are always heard. Faint rules are heard only in copy
        that reads like a violation.
        """
        if whole <= learned.suspicious:
            hits = [hit for hit in hits if hit.rule.firm or not hit.rule.faint]
        sentences, clauses = (_stretches(text, hits, ends) for ends in (_SENTENCE_END, _CLAUSE_END))
        long = len(text) in LONG_COPY
        wide = self._scores(learned, text, sentences, marks) if long else [whole] * len(hits)
        near = self._scores(learned, text, clauses, marks)
        for hit, sentence, around, clause in zip(hits, sentences, wide, near, strict=True):
            earnest = around + clause >= _IN_EARNEST or self._plain(text, hit, sentence, marks)
            if hit.rule.firm or earnest:
                yield hit
            elif not hit.rule.broad:
                yield replace(hit, calm=not hit.evasive)

    def _plain(self, text: str, hit: Hit, sentence: tuple[int, int], marks: Marks) -> bool:
        """A grave thing said of a product with nothing about it that could turn its meaning."""
        if hit.rule.severity != "error" or hit.rule.broad or marks.about == "none":
            return False
        start, end = sentence
        before, after = (
            self._boilerplate.sub("", plain(part, {}).text)
            for part in (text[start : hit.start], text[hit.end : end])
        )
        return not self._guards.may_turn(before, after)

    def _scores(
        self, learned: Learned, text: str, about: Sequence[tuple[int, int]], marks: Marks
    ) -> Iterator[float]:
        """How each stretch reads."""
        places = list(dict.fromkeys(about))  # a sentence may hold hundreds of hits
        stretches = [text[start:end] for start, end in places]
        normal = _each(stretches, lambda all_of_them: plain(all_of_them, self._ruleset.reading.emoji).text)
        told = [telling(stretch, self._boilerplate) for stretch in normal]
        scores = learned.scores(told, [marks.within(*place) for place in places])
        score_of = dict(zip(places, scores, strict=True))
        return (score_of[place] for place in about)

    def _telling(self, read: Read) -> str:
        """What ``telling`` makes of the whole text; its boilerplate was found with everything else."""
        pieces, at = [], 0
        for start, end in sorted(read.found.boilerplate, key=itemgetter(0)):
            if start < at:
                continue
            pieces.append(read.stream.text[at:start])
            at = end
        return stripped("".join([*pieces, read.stream.text[at:]])) or read.stream.text


def _each(texts: Sequence[str], change: Callable[[str], str]) -> Iterator[str]:
    """Each text changed by what reads character by character and leaves line breaks alone, in one call."""
    lines = iter(change("\n".join(texts)).split("\n"))
    return ("\n".join(islice(lines, text.count("\n") + 1)) for text in texts)


def _stretches(text: str, hits: Sequence[Hit], borders: str) -> list[tuple[int, int]]:
    """The stretch round each hit that one of ``borders`` ends on either side."""
    ends = [-1, *places_of(codes_of(text), borders), len(text)]
    return [(ends[bisect_left(ends, h.start) - 1] + 1, ends[bisect_left(ends, h.end)]) for h in hits]
