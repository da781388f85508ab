"""From pack files to a compiled rule set: merged over folders, every pattern checked, every example tried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prompts.datafile import DataFileError, load_yaml, located
from tools.compliance.arrays import named
from tools.compliance.expanding import PatternError, expand
from tools.compliance.learned import Learned
from tools.compliance.learned import load as load_weights
from tools.compliance.pack import (
    BasisEntry,
    LearnedSource,
    Lexicon,
    Pack,
    RuleSource,
    StatementSource,
)
from tools.compliance.packfiles import FORMAT, WEIGHTS, files_of, hash_of
from tools.compliance.pattern import Compiled, compile_pattern, rarity_in, resolve
from tools.compliance.reading import Reading
from tools.compliance.words import Index, Spellings

SPECIAL = ("lexicon.yaml", "basis.yaml", "reading.yaml", "learned.yaml")
_GB2312_LETTERS = range(0xB0A1, 0xF7FF)
Place = tuple[Path, tuple[int | str, ...]]


@dataclass
class Sources:
    """All packs of all folders, later ones over earlier ones. ``places`` says where each id was written."""

    first: Path
    version: str
    hash: str
    reading: Reading
    learned: LearnedSource | None
    weights: Learned | None
    concepts: dict[str, list[str]]
    basis: dict[str, BasisEntry]
    rules: dict[str, RuleSource] = field(default_factory=dict)
    allowed: dict[str, RuleSource] = field(
        default_factory=dict
    )  # switched off: the learned part is silent there
    statements: dict[str, StatementSource] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    packs: dict[str, str] = field(default_factory=dict)


def read_sources(folders: Sequence[Path]) -> Sources:
    """Read and merge; the first folder holds lexicon, basis and reading. Raises DataFileError."""
    first = folders[0]
    lexicon = load_yaml(first / "lexicon.yaml", Lexicon)
    sources = Sources(
        first=first,
        version=lexicon.version,
        hash=hash_of(folders),
        reading=load_yaml(first / "reading.yaml", Reading),
        learned=load_yaml(first / "learned.yaml", LearnedSource),
        weights=load_weights(weights) if (weights := first / WEIGHTS).exists() else None,
        concepts={name: list(words) for name, words in lexicon.concepts.items()},
        basis=load_yaml(first / "basis.yaml", dict[str, BasisEntry]),
    )
    for path in files_of(folders):
        if path.name not in SPECIAL:
            _merge_pack(sources, path)
        elif path.parent != first:
            _merge_special(sources, path)
    return sources


def _merge_special(sources: Sources, path: Path) -> None:
    if path.name == "basis.yaml":
        sources.basis |= load_yaml(path, dict[str, BasisEntry])
    elif path.name == "lexicon.yaml":
        for name, words in load_yaml(path, Lexicon).concepts.items():
            sources.concepts.setdefault(name, []).extend(words)
    else:
        raise DataFileError(str(path), 1, "", "an overlay holds packs, lexicon.yaml and basis.yaml only")


def _merge_pack(sources: Sources, path: Path) -> None:
    pack = load_yaml(path, Pack)
    for index, unwanted in enumerate(pack.disable):
        if sources.learned and sources.learned.id == unwanted:
            sources.learned = None
        elif unwanted in sources.rules:
            sources.allowed[unwanted] = sources.rules.pop(unwanted)
        elif sources.statements.pop(unwanted, None) is None:
            raise located(path, ("disable", index), f"no rule or statement {unwanted} to switch off")
    for name, words in pack.concepts.items():
        sources.concepts.setdefault(name, []).extend(words)
    for index, rule in enumerate(pack.rules):
        _once(sources, rule.id, path, ("rules", index))
        sources.rules[rule.id] = rule
    for index, statement in enumerate(pack.statements):
        _once(sources, statement.id, path, ("statements", index))
        sources.statements[statement.id] = statement
    ids = [r.id for r in pack.rules] + [s.id for s in pack.statements]
    sources.packs |= dict.fromkeys(ids, path.stem)


def _once(sources: Sources, name: str, path: Path, loc: tuple[int | str, ...]) -> None:
    """An overlay may replace a rule of another folder; two packs of one folder may not share an id."""
    if name in sources.places and sources.places[name][0].parent == path.parent:
        raise located(path, (*loc, "id"), f"{name} is also in {sources.places[name][0].name}")
    sources.places[name] = (path, loc)


def compile_sources(sources: Sources) -> dict[str, Any]:
    """The compiled form: plain JSON, and ``arrays``. Raises DataFileError at the field that is wrong."""
    try:
        concepts = resolve(sources.concepts)
    except PatternError as error:
        raise DataFileError("lexicon.yaml", 1, "concepts", str(error)) from error
    patterns, sets = _compile_patterns(sources, concepts)
    variants = Spellings.of(_variants(sources.reading))
    weights, weight_rows = sources.weights.kept() if sources.weights else (None, {})
    _check_references(sources, concepts)
    return {
        "format": FORMAT,
        "version": sources.version,
        "hash": sources.hash,
        "concepts": concepts,
        "reading": sources.reading.model_dump(mode="json"),
        "variants": variants.meant,
        "basis": {key: entry.model_dump(mode="json", by_alias=True) for key, entry in sources.basis.items()},
        "rules": [
            r.model_dump(mode="json", exclude={"examples", "patterns"})
            | {"firm": sources.places[r.id][0].parent != sources.first}
            for r in sources.rules.values()
        ],
        "learned": sources.learned and sources.learned.model_dump(mode="json"),
        "statements": [
            s.model_dump(mode="json", exclude={"examples", "triggers", "satisfied", "unless"})
            for s in sources.statements.values()
        ],
        "packs": sources.packs,
        "patterns": patterns,
        "weights": weights,
        "arrays": {
            **named("index", Index.of(sets).dump()),
            **named("variants", variants.dump()),
            **named("weights", weight_rows),
        },
    }


def _compile_patterns(
    sources: Sources, concepts: Mapping[str, str]
) -> tuple[list[list[Any]], list[frozenset[str]]]:
    """The rows that ``Pattern`` is made of, and the sets of words that they name by their numbers."""
    rarity = rarity_in(_prose(sources))
    numbers: dict[frozenset[str], int] = {}
    known: dict[str, list[Any]] = {}
    patterns = []
    for kind, name, source, place in _all_patterns(sources):
        try:
            regex = expand(source, concepts)
            if regex not in known:
                known[regex] = _row(compile_pattern(regex, rarity), numbers)
        except PatternError as error:
            raise located(place[0], place[1], f"{source}: {error}") from error
        patterns.append([kind, name, source, *known[regex]])
    return patterns, list(numbers)


def _row(compiled: Compiled, numbers: dict[frozenset[str], int]) -> list[Any]:
    def number(words: frozenset[str]) -> int:
        return numbers.setdefault(words, len(numbers))

    near = [[number(near.words), *near.distance] for near in compiled.near]
    return [number(compiled.anchors), compiled.low, compiled.high, compiled.width, near, compiled.inside]


def _prose(sources: Sources) -> Iterator[str]:
    for rule in sources.rules.values():
        yield from (*rule.examples.flag, *rule.examples.passes, rule.explanation, rule.suggestion)
    for statement in sources.statements.values():
        yield from (*statement.examples.missing, *statement.examples.complete, statement.explanation)


def _all_patterns(sources: Sources) -> Iterator[tuple[str, str, str, Place]]:
    for rule in sources.rules.values():
        yield from _field("rule", rule.id, "patterns", rule.patterns, sources)
    for rule in sources.allowed.values():
        yield from _field("allowed", rule.id, "patterns", rule.patterns, sources)
    for statement in sources.statements.values():
        for kind, name in (("trigger", "triggers"), ("unless", "unless"), ("satisfied", "satisfied")):
            yield from _field(kind, statement.id, name, getattr(statement, name), sources)
    place = (Path("reading.yaml"), ())
    reading_path = next((p for p, _ in sources.places.values()), place[0]).parent / "reading.yaml"
    for i, source in enumerate(sources.reading.boilerplate):
        yield "boilerplate", "", source, (reading_path, ("boilerplate", i))
    for product, words in sources.reading.products.items():
        for i, source in enumerate(words):
            yield "product", product, source, (reading_path, ("products", product, i))
    for channel, words in sources.reading.channels.items():
        for i, source in enumerate(words):
            yield "channel", channel, source, (reading_path, ("channels", channel, i))


def _field(
    kind: str, name: str, key: str, texts: Sequence[str], sources: Sources
) -> Iterator[tuple[str, str, str, Place]]:
    path, loc = sources.places[name]
    for index, source in enumerate(texts):
        yield kind, name, source, (path, (*loc, key, index))


def _check_references(sources: Sources, concepts: Mapping[str, str]) -> None:
    items: list[RuleSource | StatementSource] = [*sources.rules.values(), *sources.statements.values()]
    for item in items:
        path, loc = sources.places[item.id]
        for index, key in enumerate(item.basis):
            if key not in sources.basis:
                raise located(path, (*loc, "basis", index), f"no basis {key} in basis.yaml")
        if isinstance(item, RuleSource):
            for name in ("excepts", "unless"):
                _check_context(getattr(item, name), concepts, path, (*loc, name))


def _check_context(
    texts: Sequence[str], concepts: Mapping[str, str], path: Path, loc: tuple[int | str, ...]
) -> None:
    for index, source in enumerate(texts):
        try:
            compile_pattern(expand(source, concepts), anchored=False)
        except PatternError as error:
            raise located(path, (*loc, index), f"{source}: {error}") from error


def _variants(reading: Reading) -> dict[str, str]:
    """Spellings by sound or shape: the listed ones, and in a listed term one letter by its sound."""
    from pypinyin import lazy_pinyin

    listed = {written: meant for meant, spellings in reading.variants.items() for written in spellings}
    made: dict[str, str] = {}
    alike = _letters_by_sound()
    for term in reading.homophone_terms:
        sounds = lazy_pinyin(term)
        for index, (letter, sound) in enumerate(zip(term, sounds, strict=True)):
            for other in (*alike.get(sound, ""), *reading.homophones.get(letter, ""), sound):
                made.setdefault(term[:index] + other + term[index + 1 :], term)
        made.setdefault("".join(sounds), term)
    for ordinary in (*reading.ordinary_spellings.split(), *reading.homophone_terms):
        made.pop(ordinary, None)
    return made | listed


def _letters_by_sound() -> dict[str, str]:
    """The letters of GB 2312 by their sound without tone."""
    from pypinyin import lazy_pinyin

    letters: dict[str, str] = {}
    for code in range(_GB2312_LETTERS.start, _GB2312_LETTERS.stop):
        letter = code.to_bytes(2, "big").decode("gb2312", "ignore")
        if len(letter) == 1:
            (sound,) = lazy_pinyin(letter)
            letters[sound] = letters.get(sound, "") + letter
    return letters
