"""What the learned part says to the hits of rules: which are heard, and what no rule has seen."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter

from tools.compliance.arrays import codes_of, places_of
from tools.compliance.guards import Guards, sentence_of
from tools.compliance.hits import Covered, Hit, Marks, Read
from tools.compliance.learned import LONG_COPY, SHORTEST_POINTED_AT, Learned, clauses, stripped, telling
from tools.compliance.normal import Stream, plain
from tools.compliance.ruleset import Ruleset
from tools.values import Product

_SENTENCE_END = "。！？!?\n"
_SURE = 1.35
"""From this score on a text is a violation also where it quotes or asks."""
_TEXT, _SENTENCE, _CLAUSE, _HIDDEN, _ABOUT_NONE, _BEFORE = 0.4, 0.6, 0.2, 1.6, -0.9, -1.6
"""How much the scores of text, sentence and clause tell whether a hit is meant; that it is hidden; that the copy is
said to be about no product; and what is to be believed beforehand. A logistic regression over the hits in labelled copy
by writers whom no fit had seen; the last one is lowered so that one in ten hits in honest copy is heard."""
_INNOCENT, _DOUBTFUL = 0.0, 1.6
"""Where no clause of a guilty stretch scores so much, it is not guilty, if the text scores less than that."""
_NOTHING_ELSE = 16
"""Characters: in so short a text, statements aside, nothing stands beside an offence."""
_FAR = 200
"""Characters: what stands further off in an endless sentence turns no meaning."""
_OPEN = -1.65
_OUTRIGHT, _GLARING = 2.5, 4.0
"""In proper copy an offence is heard, where nothing turns it, from this score on if the copy scores no less than that,
and a glaring one always; glaring is too where several rules agree."""


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
        copy = len(text) < LONG_COPY.stop  # a document of many matters has no score of its own
        said = self._telling(read) if copy else text
        whole = learned.scores([said], [marks.all()])[0] if copy else 0.0
        told = _Clauses.of(learned, read.stream, marks)
        nothing_else = len(said) < _NOTHING_ELSE
        heard = list(self._heard(learned, text, hits, whole, told, marks, nothing_else))
        return [*heard, *self._suspicions(read, heard, whole, told, marks)]

    def _suspicions(
        self, read: Read, hits: Sequence[Hit], whole: float, told: "_Clauses", marks: Marks
    ) -> Iterator[Hit]:
        """Clauses that the learned part points at, where no rule has spoken and nothing is quoted or prescribed.

        There are none where a bank has switched it off, or has switched off a rule that would speak.
        """
        learned, guards = self._ruleset.learned, self._guards
        suspicion, certainty = self._ruleset.suspicion, self._ruleset.certainty
        allowed = any(target.kind == "allowed" for target in read.found.facts)
        if learned is None or suspicion is None or certainty is None or allowed:
            return
        stream = read.stream
        found = any(hit.severity == "error" for hit in hits)
        grave = whole > 0 and learned.gravity(self._telling(read), marks.all()) > 0
        graver = ("error",) if grave else ("error", "warning")
        spoken = Covered((hit.start, hit.end) for hit in hits if hit.severity in graver)
        guilty = learned.guilty(
            stream.text, whole, found, lambda start, end: marks.within(*stream.origin(start, end))
        )
        for low, high, striking, sure in self._struck(
            learned.struck, stream, guilty, spoken, told, whole < _DOUBTFUL
        ):
            sentence = sentence_of(stream, low, high)
            turned = whole < _SURE and (
                guards.quoted(sentence, "")
                or guards.held_up(sentence, read.opening)
                or guards.asked(sentence)
            )
            if not (turned or read.is_exempt(sentence)):
                rule = certainty if sure and (striking or grave) else suspicion
                yield Hit(rule, *stream.origin(low, high), False)

    def _struck(
        self,
        least: float,
        stream: Stream,
        guilty: Iterable[tuple[int, int, bool]],
        spoken: Covered,
        told: "_Clauses",
        doubtful: bool,
    ) -> Iterator[tuple[int, int, bool, bool]]:
        """In guilty stretches the runs of clauses that score ``least`` or more and of which no rule has spoken. With
        each whether the stretch strikes, and whether the clauses are more likely guilty than not, or the worst of a
        stretch of which no rule has spoken at all."""
        known = [
            (place, score, spoken.touches(*stream.origin(*place)))
            for place, score in zip(told.places, told.scores, strict=True)
            if place[1] - place[0] >= SHORTEST_POINTED_AT and not self._names.fullmatch(stream.text, *place)
        ]
        for start, end, striking in guilty:
            inside = [each for each in known if start <= each[0][0] and each[0][1] <= end]
            silent = not any(said for _, _, said in inside)
            top = max((score for _, score, _ in inside), default=0.0)
            if doubtful and silent and top < _INNOCENT and not striking:
                continue  # the judge of clauses finds nothing that could be struck out
            sure = min(0.0, top) if silent else 0.0
            chosen = [(score >= least and not said, place, score) for place, score, said in inside]
            for struck, run in groupby(chosen, itemgetter(0)):
                stretch = list(run)
                if struck:
                    worst = max(score for _, _, score in stretch)
                    yield stretch[0][1][0], stretch[-1][1][1], striking, worst >= sure

    def _heard(
        self,
        learned: Learned,
        text: str,
        hits: Sequence[Hit],
        whole: float,
        told: "_Clauses",
        marks: Marks,
        nothing_else: bool,
    ) -> Iterator[Hit]:
        """Where a hit, its sentence and the text read honest, a broad rule is not heard, and what others find is a
        hint. Hidden words stay what they are, a bank's own rules are always heard, and so is in short copy that reads
        like a violation whatever an officer would strike out.

        Faint rules are heard only in copy that reads like a violation.
        """
        if whole <= 0:
            hits = [hit for hit in hits if hit.rule.firm or not hit.rule.faint]
        places = _sentences_about(text, hits)
        around = self._scores(learned, text, places, marks)
        guilty = whole > 0 and len(text) < LONG_COPY.start
        grave: dict[tuple[int, int], set[str]] = {place: set() for place in places}
        for hit, place in zip(hits, places, strict=True):
            if hit.rule.severity == "error" and not hit.rule.broad:
                grave[place].add(hit.rule.id)
        bias = _BEFORE + (_ABOUT_NONE if marks.about == "none" else 0)
        for hit, place, sentence in zip(hits, places, around, strict=True):
            clause = told.score(hit.start, hit.end)
            reads = whole if len(text) < LONG_COPY.stop else sentence
            meant = _TEXT * reads + _SENTENCE * sentence + _CLAUSE * clause + _HIDDEN * hit.evasive + bias
            least = _OUTRIGHT if reads >= _OPEN else _GLARING
            glaring = clause >= least or (clause >= 0 and len(grave[place]) > 1) or nothing_else
            outright = glaring and marks.about != "none" and self._plain(text, hit, place)
            if hit.rule.firm or meant > 0 or outright or (guilty and clause >= learned.struck):
                yield hit
            elif not hit.rule.broad:
                yield replace(hit, calm=not hit.evasive)

    def _plain(self, text: str, hit: Hit, sentence: tuple[int, int]) -> bool:
        """A grave thing with nothing about it that could turn its meaning."""
        if hit.rule.severity != "error" or hit.rule.broad:
            return False
        start, end = max(sentence[0], hit.start - _FAR), min(sentence[1], hit.end + _FAR)
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


@dataclass(frozen=True)
class _Clauses:
    """The clauses of a text in order, where they end in the original, and how guilty each is if the text is.

    There are none of a document of many matters.
    """

    places: Sequence[tuple[int, int]]
    ends: Sequence[int]
    scores: Sequence[float]

    @classmethod
    def of(cls, learned: Learned, stream: Stream, marks: Marks) -> "_Clauses":
        places = list(clauses(stream.text)) if len(stream.text) < LONG_COPY.stop else []
        origins = [stream.origin(*place) for place in places]
        texts = [stream.text[start:end] for start, end in places]
        return cls(places, [end for _, end in origins], learned.pointed_at(texts, marks.of_clauses(origins)))

    def score(self, start: int, end: int) -> float:
        """The highest score of the clauses of a stretch of the original; 0 where none is known."""
        first, last = bisect_right(self.ends, start), bisect_left(self.ends, end)
        return max(self.scores[first : last + 1], default=0.0)


def _each(texts: Sequence[str], change: Callable[[str], str]) -> Iterator[str]:
    """Each text changed by what reads character by character and leaves line breaks alone, in one call."""
    lines = iter(change("\n".join(texts)).split("\n"))
    return ("\n".join(islice(lines, text.count("\n") + 1)) for text in texts)


def _sentences_about(text: str, hits: Sequence[Hit]) -> list[tuple[int, int]]:
    """The sentence round each hit."""
    ends = [-1, *places_of(codes_of(text), _SENTENCE_END), len(text)]
    return [(ends[bisect_left(ends, h.start) - 1] + 1, ends[bisect_left(ends, h.end)]) for h in hits]
