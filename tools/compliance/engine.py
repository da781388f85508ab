"""The pre-check: text in, findings and missing statements out, under the law of a given day."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, partial
from itertools import groupby, islice
from operator import itemgetter

from tools.base import Basis
from tools.compliance.arrays import codes_of, places_of
from tools.compliance.guards import Guards, Sentence, sentence_of
from tools.compliance.learned import LONG_COPY, stripped, telling
from tools.compliance.matching import Found, Match, Target
from tools.compliance.normal import Joined, Stream, joined, plain, replaced
from tools.compliance.pattern import expand
from tools.compliance.report import CheckRequest, ComplianceReport, Finding, Missing
from tools.compliance.ruleset import Rule, Ruleset, Statement
from tools.values import CHANNELS, PRODUCTS, Channel, Product, Severity, Verdict

_HEADING_REACH = 600
_NEAR_ENOUGH = 86
_SENTENCE_END = "。！？!?\n"
_RANK = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Hit:
    """A match that stands after guards and exceptions, in places of the original text."""

    rule: Rule
    start: int
    end: int
    evasive: bool
    calm: bool = False  # sentence and text read like plain honest copy: only a hint to the officer

    @property
    def severity(self) -> Severity:
        return "info" if self.calm else self.rule.severity


@dataclass(frozen=True)
class Scope:
    """What the copy is about: products given or recognised, and the channel."""

    products: tuple[Product, ...]
    channel: Channel | None
    given: Product | None
    seen: frozenset[Product]

    def admits(self, rule: Rule) -> bool:
        """A rule for certain products holds for them, and for copy whose product nobody knows.

        Copy said to be about no product is held to such a rule only where it speaks of one of them.
        """
        known = self.seen if self.given == "none" else set(self.products)
        unknown = self.given is None and not known
        if rule.products and not unknown and not known & set(rule.products):
            return False
        if self.given in rule.not_products:
            return False
        return not rule.channels or self.channel is None or self.channel in rule.channels


@dataclass(frozen=True)
class Read:
    """A text as it was read: both streams, what was found in them, and which stretches were respelled."""

    stream: Stream
    joined: Joined | None
    found: Found
    respelled: "_Covered"
    exempt: Callable[[str], Sequence[tuple[int, int]]]
    """``Guards.exempt``, asked once a sentence: many matches share one."""
    headings: dict[int, str] = field(default_factory=dict)
    """By the start of a line, the one above that introduces it, as far as asked."""

    def is_exempt(self, sentence: Sentence) -> bool:
        """Whether the match lies inside an exempt stretch of its sentence."""
        stretches = self.exempt(sentence.text)
        return any(start <= sentence.start and sentence.end <= end for start, end in stretches)

    def sentence(self, match: Match, line: bool = False) -> Sentence:
        """The sentence of a match, or only its ``line``, without what hides words: a gap must not cut a 不得."""
        if self.joined is None:
            return sentence_of(self.stream, match.start, match.end)
        place = (match.start, match.end) if match.evasive else self.joined.placed(match.start, match.end)
        return sentence_of(self.joined, *place, self.joined.breaks if line else ())

    def heading(self, match: Match) -> str:
        """The line above that introduces the list in which the match stands, if there is one."""
        start = match.start
        if match.evasive and self.joined is not None:
            start = self.joined.starts[start]
        line_start = self.stream.text.rfind("\n", 0, start) + 1
        if line_start not in self.headings:
            self.headings[line_start] = _heading_above(self.stream.text, line_start)
        return self.headings[line_start]


class Engine:
    """Checks copy against one rule set. Holds no state between checks; safe to share between threads."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._guards = Guards(ruleset.reading, dict(ruleset.concepts))
        self._boilerplate = re.compile("|".join(ruleset.reading.boilerplate))
        self._contexts: dict[tuple[str, str], re.Pattern[str] | None] = {}

    def check(self, request: CheckRequest, as_of: date) -> ComplianceReport:
        """The report on ``request``, with a revised text where an honest one exists."""
        from tools.compliance.revising import revise

        report = self.examine(request, as_of)
        if report.verdict == "pass":
            return report
        text, note = revise(self, request, report, as_of)
        return report.model_copy(update={"revised_text": text, "revision_note": note})

    def examine(self, request: CheckRequest, as_of: date) -> ComplianceReport:
        """The report without a revised text."""
        read = self._read(request.text)
        scope = self._scope(request, read.found)
        hits = self._hits(read, scope)
        if self.ruleset.learned:
            whole = self.ruleset.learned.scores([self._telling(read)])[0]
            hits = list(self._heard(request.text, hits, whole))
            hits += self._suspicions(read, hits, whole)
        findings = self._findings(request.text, _merged(hits), as_of)
        missing = self._missing(read, scope, as_of)
        return ComplianceReport(
            verdict=_verdict(findings, missing),
            findings=findings,
            missing=missing,
            ruleset_version=self.ruleset.version,
            ruleset_hash=self.ruleset.hash,
            products=scope.products,
            channel=scope.channel,
        )

    def rules_hit(self, request: CheckRequest) -> set[str]:
        """Ids of all rules that object, before findings of one category are merged."""
        read = self._read(request.text)
        return {hit.rule.id for hit in self._hits(read, self._scope(request, read.found))}

    def _read(self, text: str) -> Read:
        matcher = self.ruleset.matcher
        stream = plain(text, self.ruleset.reading.emoji)
        respelled: list[tuple[int, int]] = []

        def respell(edits: Sequence[tuple[int, int, str]]) -> Stream:
            respelled.extend(stream.origin(start, end) for start, end, _ in edits)
            return replaced(stream, edits) if edits else stream

        stream = respell(matcher.variants(stream.text))
        without_gaps = joined(stream)
        if without_gaps and (hidden := matcher.hidden_variants(without_gaps)):
            stream = respell(hidden)
            without_gaps = joined(stream)
        found = matcher.scan(stream, without_gaps)
        return Read(stream, without_gaps, found, _Covered(respelled), cache(self._guards.exempt))

    def _hits(self, read: Read, scope: Scope) -> list[Hit]:
        return [hit for match in read.found.matches if (hit := self._stands(match, scope, read))]

    def _scope(self, request: CheckRequest, found: Found) -> Scope:
        seen = tuple(p for p in PRODUCTS if Target("product", p) in found.facts)
        products = seen if request.product is None else (request.product,)
        channel = request.channel
        if channel is None:
            channel = next((c for c in CHANNELS if Target("channel", c) in found.facts), None)
        return Scope(products, channel, request.product, frozenset(seen))

    def _suspicions(self, read: Read, hits: Sequence[Hit], whole: float) -> Iterator[Hit]:
        """Clauses that the learned part points at, where no rule has spoken and nothing is quoted or prescribed.

        There are none where a bank has switched it off, or has switched off a rule that would speak.
        """
        learned, rule, guards = self.ruleset.learned, self.ruleset.suspicion, self._guards
        allowed = any(target.kind == "allowed" for target in read.found.facts)
        if learned is None or rule is None or allowed:
            return
        stream = read.stream
        spoken = _Covered((hit.start, hit.end) for hit in hits)
        guilty = any(hit.severity == "error" for hit in hits)
        for clauses in learned.suspicions(stream.text, whole, guilty):
            for said, stretch in groupby(clauses, lambda clause: spoken.touches(*stream.origin(*clause))):
                ends = list(stretch)
                low, high = ends[0][0], ends[-1][1]
                sentence = sentence_of(stream, low, high)
                if not (
                    said or read.is_exempt(sentence) or guards.quoted(sentence, "") or guards.asked(sentence)
                ):
                    yield Hit(rule, *stream.origin(low, high), False)

    def _heard(self, text: str, hits: Sequence[Hit], whole: float) -> Iterator[Hit]:
        """Broad rules are not heard in honest copy, in long copy not in an honest sentence. The others there only hint.

        Hidden words stay what they are. Faint rules are heard only in copy that reads like a violation.
        """
        learned, reading = self.ruleset.learned, self.ruleset.reading
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

    def _stands(self, match: Match, scope: Scope, read: Read) -> Hit | None:
        rule = self.ruleset.rules[match.rule]
        if not scope.admits(rule):
            return None
        sentence = read.sentence(match)
        if self._guards.across_words(sentence) or self._excepted(rule, sentence):
            return None
        if self._guarded(rule, sentence, read, match):
            return None
        start, end = match.stream.origin(match.start, match.end)
        evasive = match.evasive or read.respelled.touches(start, end)
        return Hit(rule, start, end, evasive)

    def _excepted(self, rule: Rule, sentence: Sentence) -> bool:
        covering = self._context(rule.id, "excepts", rule.excepts)
        if covering and any(m.start() < sentence.end <= m.end() for m in covering.finditer(sentence.text)):
            return True
        near = self._context(rule.id, "unless", rule.unless)
        return bool(near and near.search(sentence.text))

    def _context(self, name: str, kind: str, sources: Iterable[str]) -> re.Pattern[str] | None:
        key = (name, kind)
        if key not in self._contexts:
            parts = [expand(s, self.ruleset.concepts) for s in sources]
            self._contexts[key] = re.compile("|".join(f"(?:{p})" for p in parts)) if parts else None
        return self._contexts[key]

    def _guarded(self, rule: Rule, sentence: Sentence, read: Read, match: Match) -> bool:
        off = rule.guards_off
        guards = self._guards
        return (
            ("negation" not in off and guards.negated(sentence))
            or ("question" not in off and guards.asked(sentence))
            or ("exempt" not in off and read.is_exempt(sentence))
            or (
                "quotation" not in off and guards.quoted(read.sentence(match, line=True), read.heading(match))
            )
        )

    def _findings(self, text: str, hits: Iterable[Hit], as_of: date) -> tuple[Finding, ...]:
        findings = []
        basis_of = cache(partial(self.ruleset.basis_of, day=as_of))
        for hit in hits:
            basis = basis_of(hit.rule.basis)
            if basis:
                findings.append(self._finding(text, hit, basis))
        return tuple(findings)

    def _finding(self, text: str, hit: Hit, basis: tuple[Basis, ...]) -> Finding:
        notes = self.ruleset.reading.notes
        note = notes["evasion"] if hit.evasive else notes["calm"] if hit.calm else ""
        return Finding(
            rule_id=hit.rule.id,
            category=hit.rule.category,
            severity=hit.severity,
            start=hit.start,
            end=hit.end,
            text=text[hit.start : hit.end],
            reason=hit.rule.explanation + note,
            basis=basis,
            suggestion=hit.rule.suggestion,
        )

    def _missing(self, read: Read, scope: Scope, as_of: date) -> tuple[Missing, ...]:
        missing = []
        for statement in self.ruleset.statements.values():
            if not _called_for(statement, read.found, scope) or _near(statement, read.stream.text):
                continue
            basis = self.ruleset.basis_of(statement.basis, as_of)
            if basis:
                missing.append(
                    Missing(
                        rule_id=statement.id,
                        severity=statement.severity,
                        reason=statement.explanation,
                        basis=basis,
                        suggestion=statement.suggestion,
                    )
                )
        return tuple(missing)


def _heading_above(text: str, line_start: int) -> str:
    for line in reversed(text[max(0, line_start - _HEADING_REACH) : line_start].split("\n")):
        if line.rstrip().endswith((":", "】", "】:")):
            return line
    return ""


def _called_for(statement: Statement, found: Found, scope: Scope) -> bool:
    name = statement.id
    elsewhere = statement.products and not set(statement.products) & set(scope.products)
    if elsewhere and (statement.needs_product or scope.products):
        return False
    if statement.channels and scope.channel not in statement.channels:
        return False
    facts = found.facts
    lifted = {Target("unless", name), Target("satisfied", name)} & facts
    return Target("trigger", name) in facts and not lifted


def _near(statement: Statement, text: str) -> bool:
    """The statement stands there all but a slip of the pen. Imported late: most checks never get here."""
    if not statement.near:
        return False
    from rapidfuzz import fuzz

    return any(fuzz.partial_ratio(sentence, text) >= _NEAR_ENOUGH for sentence in statement.near)


class _Covered:
    """Stretches of a text, asked whether another one touches them."""

    def __init__(self, stretches: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._furthest: list[int] = []
        for start, end in sorted(stretches):
            self._starts.append(start)
            self._furthest.append(max(end, self._furthest[-1]) if self._furthest else end)

    def touches(self, start: int, end: int) -> bool:
        """Whether one of them overlaps this one."""
        before = bisect_left(self._starts, end)
        return before > 0 and self._furthest[before - 1] > start


def _each(texts: Sequence[str], change: Callable[[str], str]) -> Iterator[str]:
    """Each text changed by what reads character by character and leaves line breaks alone, in one call."""
    lines = iter(change("\n".join(texts)).split("\n"))
    return ("\n".join(islice(lines, text.count("\n") + 1)) for text in texts)


def _between(text: str, ends: Sequence[int], hit: Hit) -> str:
    """What stands round a hit between two places of ``ends``."""
    return text[ends[bisect_left(ends, hit.start) - 1] + 1 : ends[bisect_left(ends, hit.end)]]


def _merged(hits: Iterable[Hit]) -> list[Hit]:
    """One hit a rule and stretch; of one category the graver hit swallows those inside it."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (h.rule.id, h.start, -h.end)):
        last = kept[-1] if kept else None
        if last and last.rule is hit.rule and hit.start < last.end:
            kept[-1] = Hit(
                hit.rule,
                last.start,
                max(last.end, hit.end),
                last.evasive and hit.evasive,
                last.calm and hit.calm,
            )
        else:
            kept.append(hit)
    alone: list[Hit] = []
    open_hits: dict[str, list[Hit]] = {}
    for hit in sorted(kept, key=lambda h: (h.start, -h.end, _RANK[h.severity], h.rule.id)):
        wider = [o for o in open_hits.get(hit.rule.category, []) if o.end > hit.start]
        if not any(o.end >= hit.end and _RANK[o.severity] <= _RANK[hit.severity] for o in wider):
            alone.append(hit)
            wider.append(hit)
        open_hits[hit.rule.category] = wider
    return alone


def _verdict(findings: Sequence[Finding], missing: Sequence[Missing]) -> Verdict:
    if any(f.severity == "error" for f in findings):
        return "block"
    return "revise" if missing or any(f.severity == "warning" for f in findings) else "pass"
