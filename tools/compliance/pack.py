"""The source form of rule packs: what ``rules/*.yaml`` may hold. ``rules/README.md`` explains it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from prompts.datafile import Frozen
from tools.values import Channel, Product, Severity

Guard = Literal["negation", "quotation", "question", "exempt"]
Id = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$")]
Texts = tuple[str, ...]


class BasisEntry(Frozen):
    """A provision that rules refer to. Where ``verified`` is false its article is never shown."""

    instrument: str
    number: str | None = None
    article: str | None = None
    start: date | None = Field(default=None, alias="from")
    until: date | None = None
    verified: bool = False


class Rewrite(Frozen):
    """What a text becomes: ``to`` must stand in the revised text of ``from``."""

    source: str = Field(alias="from")
    to: str


class RuleExamples(Frozen):
    """A pack is refused when one of these does not behave."""

    flag: Annotated[Texts, Field(min_length=5)]
    passes: Annotated[Texts, Field(min_length=4, alias="pass")]
    rewrites: tuple[Rewrite, ...] = ()


class RuleSource(Frozen):
    """One thing that copy must not say."""

    id: Id
    title: str
    category: str
    severity: Severity
    products: tuple[Product, ...] = ()
    not_products: tuple[Product, ...] = ()
    channels: tuple[Channel, ...] = ()
    patterns: Annotated[Texts, Field(min_length=1)]
    excepts: Texts = ()
    unless: Texts = ()
    guards_off: tuple[Guard, ...] = ()
    basis: Annotated[Texts, Field(min_length=1)]
    explanation: str
    suggestion: str
    replacement: str | None = None
    broad: bool = Field(default=False, description="Not heard where the text reads like honest copy")
    faint: bool = Field(default=False, description="Heard only where the text reads like a violation")
    examples: RuleExamples


class LearnedSource(Frozen):
    """``learned.yaml``: how a finding of the learned part speaks. Its weights are in ``learned.json``."""

    id: Id
    title: str
    category: str
    severity: Severity
    striking: Severity = Field(description="Its severity where a sentence strikes, or the text reads grave")
    basis: Annotated[Texts, Field(min_length=1)]
    explanation: str
    suggestion: str


class StatementExamples(Frozen):
    """``missing`` texts lack the statement, ``complete`` ones do not need it or have it."""

    missing: Annotated[Texts, Field(min_length=3)]
    complete: Annotated[Texts, Field(min_length=3)]


class StatementSource(Frozen):
    """A statement that copy promoting a product, or sent over a channel, must carry."""

    id: Id
    title: str
    severity: Severity
    products: tuple[Product, ...] = ()
    channels: tuple[Channel, ...] = ()
    needs_product: bool = True
    triggers: Annotated[Texts, Field(min_length=1)]
    unless: Texts = ()
    satisfied: Texts = ()
    near: Texts = ()
    basis: Annotated[Texts, Field(min_length=1)]
    explanation: str
    suggestion: str
    insert: str
    examples: StatementExamples


class Pack(Frozen):
    """One file of rules and statements. ``disable`` switches off ids of packs read before it."""

    pack: str
    title: str
    disable: Texts = ()
    concepts: dict[str, Texts] = Field(default_factory=dict)
    rules: tuple[RuleSource, ...] = ()
    statements: tuple[StatementSource, ...] = ()

    @model_validator(mode="after")
    def _ids_once(self) -> "Pack":
        ids = [r.id for r in self.rules] + [s.id for s in self.statements]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise ValueError(f"id used twice: {', '.join(twice)}")
        return self


class Lexicon(Frozen):
    """``lexicon.yaml``: concepts that patterns name."""

    version: str = ""
    common: Texts = ()
    concepts: dict[str, Texts]
