"""Every rule's own examples against the whole set: a pack whose examples do not behave is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from prompts.datafile import DataFileError, located
from tools.compliance.engine import Engine
from tools.compliance.loading import Sources
from tools.compliance.pack import RuleSource, StatementSource
from tools.compliance.report import CheckRequest
from tools.compliance.ruleset import Ruleset
from tools.values import Channel, Product

AS_OF = date(2026, 11, 23)


@dataclass(frozen=True)
class Failure:
    """An example of ``id`` that does not behave; ``field`` is its place inside the rule."""

    id: str
    field: tuple[str | int, ...]
    message: str


def refuse_failures(ruleset: Ruleset, sources: Sources) -> None:
    """Raises DataFileError at the first example that fails."""
    for failure in failures(ruleset, sources):
        raise failed(sources, failure)


def failed(sources: Sources, failure: Failure) -> DataFileError:
    """The failure as an error with file, line and field."""
    path, loc = sources.places[failure.id]
    return located(path, (*loc, *failure.field), f"{failure.id}: {failure.message}")


def failures(ruleset: Ruleset, sources: Sources) -> Iterator[Failure]:
    """All examples that do not behave, rule by rule. Rules of no basis in force on AS_OF are not tried."""
    engine = Engine(ruleset)
    for rule in sources.rules.values():
        if ruleset.basis_of(rule.basis, AS_OF):
            yield from _of_rule(engine, rule)
    for statement in sources.statements.values():
        yield from _of_statement(engine, statement)


def request_for(text: str, item: RuleSource | StatementSource) -> CheckRequest:
    """An example is checked as the first product and channel of its rule, where it names some."""
    product: Product | None = item.products[0] if item.products else None
    channel: Channel | None = item.channels[0] if item.channels else None
    return CheckRequest(text=text, product=product, channel=channel)


def _of_rule(engine: Engine, rule: RuleSource) -> Iterator[Failure]:
    for index, text in enumerate(rule.examples.flag):
        if rule.id not in _found(engine, text, rule):
            yield Failure(rule.id, ("examples", "flag", index), f"is not flagged: {text}")
    for index, text in enumerate(rule.examples.passes):
        if rule.id in _found(engine, text, rule):
            yield Failure(rule.id, ("examples", "pass", index), f"is flagged: {text}")
    for index, rewrite in enumerate(rule.examples.rewrites):
        revised = engine.check(request_for(rewrite.source, rule), AS_OF).revised_text
        if revised is None or rewrite.to not in revised:
            yield Failure(rule.id, ("examples", "rewrites", index), f"becomes {revised!r}")


def _of_statement(engine: Engine, statement: StatementSource) -> Iterator[Failure]:
    for expected, key in ((True, "missing"), (False, "complete")):
        for index, text in enumerate(getattr(statement.examples, key)):
            report = engine.examine(request_for(text, statement), AS_OF)
            if (statement.id in {m.rule_id for m in report.missing}) is not expected:
                said = "is not called for" if expected else "is called for"
                yield Failure(statement.id, ("examples", key, index), f"{said}: {text}")


def _found(engine: Engine, text: str, rule: RuleSource) -> set[str]:
    """Whether a rule speaks is asked of the rule alone: a graver one may swallow its finding."""
    return engine.rules_hit(request_for(text, rule))
