"""The rule set of some folders: as the cache has it, or compiled, tried and kept."""

from collections.abc import Sequence
from pathlib import Path

from tools.compliance.compiled import read, write
from tools.compliance.packfiles import BUNDLED, FORMAT, hash_of
from tools.compliance.ruleset import Ruleset


def load_ruleset(folders: Sequence[Path] = (BUNDLED,), cache: Path | None = None) -> Ruleset:
    """The rules of ``folders``, later ones over earlier ones.

    A set is compiled and its examples tried once; ``cache`` keeps the result under the content hash.
    Raises DataFileError with file, line and field where a pack or an example is wrong.
    """
    digest = hash_of(folders)
    kept = cache / f"rules-{digest[:16]}.bin" if cache else None
    compiled = read(kept) if kept else None
    if compiled and compiled.get("format") == FORMAT and compiled.get("hash") == digest:
        return Ruleset(compiled)
    return _compile(folders, kept)


def _compile(folders: Sequence[Path], kept: Path | None) -> Ruleset:
    """Imports the compiler late: where there is a cache, a check must start fast without it."""
    from tools.compliance.loading import compile_sources, read_sources
    from tools.compliance.selftest import refuse_failures

    sources = read_sources(folders)
    compiled = compile_sources(sources)
    ruleset = Ruleset(compiled)
    refuse_failures(ruleset, sources)
    if kept is not None:
        write(compiled, kept)
    return ruleset
