"""The compiled rule set as the engine needs it: rules, statements, their basis, and what is built from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from tools.base import Basis
from tools.compliance.arrays import under
from tools.compliance.learned import Learned
from tools.compliance.matching import Matcher, Pattern, Target
from tools.compliance.reading import Reading
from tools.compliance.words import Index, Spellings
from tools.values import Severity


@dataclass(frozen=True)
class Rule:
    """A rule as the engine needs it; patterns live in the matcher, examples stay in the packs. A ``firm`` one is a
    bank's own, which the learned part knows nothing of: it is always heard."""

    id: str
    title: str
    category: str
    severity: Severity
    basis: tuple[str, ...]
    explanation: str
    suggestion: str
    products: tuple[str, ...] = ()
    not_products: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    excepts: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    guards_off: tuple[str, ...] = ()
    replacement: str | None = None
    broad: bool = False
    faint: bool = False
    firm: bool = False


@dataclass(frozen=True)
class Statement:
    """A required statement; what triggers and satisfies it lives in the matcher."""

    id: str
    title: str
    severity: Severity
    products: tuple[str, ...]
    channels: tuple[str, ...]
    needs_product: bool
    near: tuple[str, ...]
    basis: tuple[str, ...]
    explanation: str
    suggestion: str
    insert: str


@dataclass(frozen=True)
class Provision:
    """An entry of ``basis.yaml`` with its days in force, both inclusive."""

    instrument: str
    number: str | None
    article: str | None
    start: date | None
    until: date | None
    verified: bool

    def in_force(self, day: date) -> bool:
        """Whether it binds on ``day``."""
        return (self.start is None or self.start <= day) and (self.until is None or day <= self.until)

    def shown(self) -> Basis:
        """As a reader sees it: an article that was not verified is not shown."""
        name = f"{self.instrument}({self.number})" if self.number else self.instrument
        return Basis(instrument=name, article=self.article if self.verified else None)


def _learned(source: Mapping[str, Any] | None) -> tuple[Rule | None, Rule | None]:
    """How the learned part speaks of what is suspicious and of what is striking."""
    if source is None:
        return None, None
    fields = dict(source)
    striking = fields.pop("striking")
    rule = Rule(**_frozen(fields), broad=True)
    return rule, replace(rule, severity=striking)


class Ruleset:
    """An immutable set of rules with its version and content hash."""

    def __init__(self, compiled: Mapping[str, Any]) -> None:
        self.version: str = compiled["version"]
        self.hash: str = compiled["hash"]
        self.packs: Mapping[str, str] = compiled["packs"]
        self.rules = {r["id"]: Rule(**_frozen(r)) for r in compiled["rules"]}
        self.suspicion, self.certainty = _learned(compiled["learned"])
        if self.suspicion:
            self.rules[self.suspicion.id] = self.suspicion
        self.statements = {s["id"]: Statement(**_frozen(s)) for s in compiled["statements"]}
        self.basis = {key: _provision(entry) for key, entry in compiled["basis"].items()}
        self.concepts: Mapping[str, str] = compiled["concepts"]
        self._compiled = compiled

    @cached_property
    def reading(self) -> Reading:
        """How text is read before rules see it."""
        return Reading.model_validate(self._compiled["reading"])

    @cached_property
    def learned(self) -> Learned | None:
        """Knows violations and honest copy when it reads them; None where the weights are not made yet."""
        numbers = self._compiled["weights"]
        return Learned.again(numbers, under("weights", self._compiled["arrays"])) if numbers else None

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """Every pattern of every rule, statement, product and channel."""
        rows = self._compiled["patterns"]
        return tuple(Pattern(Target(kind, name), source, *bounds) for kind, name, source, *bounds in rows)

    @cached_property
    def index(self) -> Index:
        """The words of all patterns."""
        return Index.load(under("index", self._compiled["arrays"]))

    @cached_property
    def matcher(self) -> Matcher:
        """The one-pass matcher over all patterns."""
        spelled = under("variants", self._compiled["arrays"])
        variants = Spellings.load(spelled, self._compiled["variants"])
        return Matcher(self.patterns, self.index, self.concepts, variants)

    def basis_of(self, keys: Sequence[str], day: date) -> tuple[Basis, ...]:
        """What a finding rests on that day; empty where nothing of it is in force."""
        return tuple(self.basis[key].shown() for key in keys if self.basis[key].in_force(day))


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}


def _provision(entry: Mapping[str, Any]) -> Provision:
    start, until = (date.fromisoformat(entry[k]) if entry[k] else None for k in ("from", "until"))
    return Provision(entry["instrument"], entry["number"], entry["article"], start, until, entry["verified"])
