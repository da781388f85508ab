"""The pre-check: text in, findings and missing statements out, under the law of a given day."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, partial

from tools.base import Basis
from tools.compliance.expanding import expand
from tools.compliance.guards import Guards, Sentence
from tools.compliance.hearing import Hearing
from tools.compliance.hits import Covered, Hit, Marks, Read
from tools.compliance.learned import clauses
from tools.compliance.matching import Found, Target
from tools.compliance.normal import Stream, joined, plain, replaced
from tools.compliance.report import CheckRequest, ComplianceReport, Finding, Missing
from tools.compliance.revising import revise
from tools.compliance.ruleset import Rule, Ruleset, Statement
from tools.values import CHANNELS, PRODUCTS, Channel, Product, Verdict

_NEAR_ENOUGH = 86
_RANK = {"error": 0, "warning": 1, "info": 2}


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


class Engine:
    """Checks copy against one rule set. Holds no state between checks; safe to share between threads."""

    def __init__(self, ruleset: Ruleset) -> None:
        self.ruleset = ruleset
        self._guards = Guards(ruleset.reading, dict(ruleset.concepts))
        self._hearing = Hearing(ruleset, self._guards)
        self._contexts: dict[tuple[str, str], re.Pattern[str] | None] = {}

    def check(self, request: CheckRequest, as_of: date) -> ComplianceReport:
        """The report on ``request``, with a revised text where an honest one exists."""
        report = self.examine(request, as_of)
        if report.verdict == "pass":
            return report
        text, note = revise(request, report, self.ruleset, partial(self.examine, as_of=as_of))
        return report.model_copy(update={"revised_text": text, "revision_note": note})

    def examine(self, request: CheckRequest, as_of: date) -> ComplianceReport:
        """The report without a revised text."""
        read = self._read(request.text)
        scope = self._scope(request, read.found)
        hits = self._hits(read, scope)
        heard = self._hearing.of(request.text, read, hits, request.product)
        findings = self._findings(request.text, _merged(heard), as_of)
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
        _, hits = self._hit(request)
        return {hit.rule.id for hit in hits}

    def marks(self, request: CheckRequest) -> tuple[str, ...]:
        """What the learned part is told of the text besides its words."""
        _, hits = self._hit(request)
        return Marks(hits, request.product).all()

    def clauses(self, request: CheckRequest) -> list[tuple[int, int, str, tuple[str, ...]]]:
        """The clauses of a text as the learned part is told of them: where they stand, as read, and their marks."""
        read, hits = self._hit(request)
        places = list(clauses(read.stream.text))
        origins = [read.stream.origin(*place) for place in places]
        marks = Marks(hits, request.product).of_clauses(origins)
        return [
            (*origin, read.stream.text[slice(*place)], marked)
            for origin, place, marked in zip(origins, places, marks, strict=True)
        ]

    def _hit(self, request: CheckRequest) -> tuple[Read, list[Hit]]:
        read = self._read(request.text)
        return read, self._hits(read, self._scope(request, read.found))

    def _read(self, text: str) -> Read:
        matcher = self.ruleset.matcher
        stream = plain(text, self.ruleset.reading.emoji)
        respelled: list[tuple[int, int]] = []

        def respell(edits: Sequence[tuple[int, int, str]]) -> Stream:
            respelled.extend(stream.origin(start, end) for start, end, _ in edits)
            return replaced(stream, edits) if edits else stream

        stream = respell(matcher.variants(stream))
        without_gaps = joined(stream)
        if without_gaps and (hidden := matcher.hidden_variants(without_gaps)):
            stream = respell(hidden)
            without_gaps = joined(stream)
        found = matcher.scan(stream, without_gaps)
        return Read(stream, without_gaps, found, Covered(respelled), cache(self._guards.exempt))

    def _hits(self, read: Read, scope: Scope) -> list[Hit]:
        """The matches that stand: admitted, not excused, and said in earnest. Each question is asked once."""
        rules = self.ruleset.rules
        admits = cache(lambda name: scope.admits(rules[name]))
        excused, silenced = cache(self._excused), cache(partial(self._silenced, read))
        hits = []
        matches = [match for match in read.found.matches if admits(match.rule)]
        for match, (sentence, line) in zip(matches, read.sentences(matches), strict=True):
            rule = rules[match.rule]
            if any(low < sentence.end <= high for low, high in excused(match.rule, sentence.text)):
                continue
            if silenced(rule.guards_off, sentence, line, read.heading(match)):
                continue
            start, end = match.stream.origin(match.start, match.end)
            hits.append(Hit(rule, start, end, match.evasive or read.respelled.touches(start, end)))
        return hits

    def _scope(self, request: CheckRequest, found: Found) -> Scope:
        seen = tuple(p for p in PRODUCTS if Target("product", p) in found.facts)
        products = seen if request.product is None else (request.product,)
        channel = request.channel
        if channel is None:
            channel = next((c for c in CHANNELS if Target("channel", c) in found.facts), None)
        return Scope(products, channel, request.product, frozenset(seen))

    def _excused(self, name: str, sentence: str) -> Sequence[tuple[int, int]]:
        """The stretches of a sentence where matches of the rule may end; all of it where one of ``unless`` stands."""
        rule = self.ruleset.rules[name]
        near = self._context(name, "unless", rule.unless)
        if near and near.search(sentence):
            return [(-1, len(sentence))]
        covering = self._context(name, "excepts", rule.excepts)
        return [m.span() for m in covering.finditer(sentence)] if covering else ()

    def _context(self, name: str, kind: str, sources: Iterable[str]) -> re.Pattern[str] | None:
        key = (name, kind)
        if key not in self._contexts:
            parts = [expand(s, self.ruleset.concepts) for s in sources]
            self._contexts[key] = re.compile("|".join(f"(?:{p})" for p in parts)) if parts else None
        return self._contexts[key]

    def _silenced(
        self, read: Read, off: Collection[str], sentence: Sentence, line: Sentence, heading: str
    ) -> bool:
        guards = self._guards
        return (
            ("negation" not in off and guards.negated(sentence))
            or ("question" not in off and guards.asked(sentence))
            or ("exempt" not in off and read.is_exempt(sentence))
            or (
                "quotation" not in off
                and (guards.quoted(line, heading) or guards.held_up(line, read.opening))
            )
            or guards.across_words(sentence)
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
