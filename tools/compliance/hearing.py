"""What the learned part says to the hits of rules: which are heard, and what no rule has seen."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter

from tools.compliance.arrays import codes_of, places_of
from tools.compliance.guards import Guards, sentence_of
from tools.compliance.hits import Covered, Hit, Read
from tools.compliance.learned import LONG_COPY, stripped, telling
from tools.compliance.normal import plain
from tools.compliance.ruleset import Ruleset

_SENTENCE_END = "。！？!?\n"


class Hearing:
    """Holds no state between texts. Where there is no learned part, every hit is heard."""

    def __init__(self, ruleset: Ruleset, guards: Guards) -> None:
        self._ruleset = ruleset
        self._guards = guards
        self._boilerplate = re.compile("|".join(ruleset.reading.boilerplate))

    def of(self, text: str, read: Read, hits: Sequence[Hit]) -> list[Hit]:
        """The hits that are heard, and those of the learned part."""
        learned = self._ruleset.learned
        if learned is None:
            return list(hits)
        whole = learned.scores([self._telling(read)])[0]
        heard = list(self._heard(text, hits, whole))
        return [*heard, *self._suspicions(read, heard, whole)]

    def _suspicions(self, read: Read, hits: Sequence[Hit], whole: float) -> Iterator[Hit]:
        """Clauses that the learned part points at, where no rule has spoken and nothing is quoted or prescribed.

        There are none where a bank has switched it off, or has switched off a rule that would speak.
        """
        learned, guards = self._ruleset.learned, self._guards
        suspicion, certainty = self._ruleset.suspicion, self._ruleset.certainty
        allowed = any(target.kind == "allowed" for target in read.found.facts)
        if learned is None or suspicion is None or certainty is None or allowed:
            return
        stream = read.stream
        spoken = Covered((hit.start, hit.end) for hit in hits)
        guilty = any(hit.severity == "error" for hit in hits)
        for clauses, striking in learned.suspicions(stream.text, whole, guilty):
            for said, stretch in groupby(clauses, lambda clause: spoken.touches(*stream.origin(*clause))):
                ends = list(stretch)
                low, high = ends[0][0], ends[-1][1]
                sentence = sentence_of(stream, low, high)
                if not (
                    said or read.is_exempt(sentence) or guards.quoted(sentence, "") or guards.asked(sentence)
                ):
                    yield Hit(certainty if striking else suspicion, *stream.origin(low, high), False)

    def _heard(self, text: str, hits: Sequence[Hit], whole: float) -> Iterator[Hit]:
        """Broad rules are not heard in honest copy, in long copy not in an honest sentence. The others there only hint.

        Hidden words stay what they are. Faint rules are heard only in copy that reads like a violation.
        """
        learned, reading = self._ruleset.learned, self._ruleset.reading
        if learned is None or whole <= learned.suspicious:
            hits = [hit for hit in hits if not hit.rule.faint]
        alone = len(text) in LONG_COPY and any(hit.rule.broad for hit in hits)
        if learned is None or (whole >= learned.honest and not alone):
            yield from hits
            return
        ends = [-1, *places_of(codes_of(text), _SENTENCE_END), len(text)]
        around = [_between(text, ends, hit) for hit in hits]
        sentences = list(dict.fromkeys(around))  # a sentence may hold hundreds of hits
        normal = _each(sentences, lambda all_of_them: plain(all_of_them, reading.emoji).text)
        scores = learned.scores([telling(sentence, self._boilerplate) for sentence in normal])
        score_of = dict(zip(sentences, scores, strict=True))
        for hit, sentence in zip(hits, around, strict=True):
            reads = max(whole, score_of[sentence])
            if not hit.rule.broad:
                may = hit.rule.category in reading.may_hint and not hit.evasive
                yield replace(hit, calm=may and reads < learned.plain)
            elif (score_of[sentence] if alone else reads) >= learned.honest:
                yield hit

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


def _between(text: str, ends: Sequence[int], hit: Hit) -> str:
    """What stands round a hit between two places of ``ends``."""
    return text[ends[bisect_left(ends, hit.start) - 1] + 1 : ends[bisect_left(ends, hit.end)]]
