"""`rules`: list, show, try and count the compliance rules. Imports nothing heavy."""

import json
from argparse import Namespace
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from api.cli.check import service_for
from api.cli.opening import settings_of
from tools.compliance.loading import compile_sources, read_sources
from tools.compliance.packfiles import BUNDLED, WEIGHTS
from tools.compliance.ruleset import Rule, Ruleset, Statement
from tools.compliance.selftest import failed, failures
from tools.errors import NotFound


def run(given: Namespace) -> int:
    """Run the action."""
    actions = {"list": _list, "show": _show, "test": _test, "stats": _stats, "train": _train}
    return actions[given.action](given)


def _list(given: Namespace) -> int:
    rules = _all(service_for(given).ruleset)
    if given.json:
        print(json.dumps([asdict(r) for r in rules.values()], ensure_ascii=False, indent=2, default=str))
    else:
        for rule in rules.values():
            print(f"{rule.id}\t{rule.severity}\t{rule.title}")
    return 0


def _show(given: Namespace) -> int:
    ruleset = service_for(given).ruleset
    rule = _all(ruleset).get(given.rule)
    if rule is None:
        raise NotFound("rule", given.rule)
    content = asdict(rule) | {"basis": [ruleset.basis[key].shown().model_dump() for key in rule.basis]}
    if given.json:
        print(json.dumps(content, ensure_ascii=False, indent=2, default=str))
    else:
        for name, value in content.items():
            print(f"{name}: {value}")
    return 0


def _train(_given: Namespace) -> int:
    """Make the weights of the learned part from the labelled sets, all but the one that is never tuned on."""
    import prompts
    from prompts.datafile import load_jsonl
    from tools.compliance.engine import Engine
    from tools.compliance.evaluation import FOLDER, UNTOUCHED, Case
    from tools.compliance.learned import dump
    from tools.compliance.training import Labelled, clauses_of, load_sentences, texts_of, train

    sets = {
        path.stem: load_jsonl(path, Case) for path in sorted(FOLDER.glob("*.jsonl")) if path.stem != UNTOUCHED
    }
    letters = sorted((Path(prompts.__file__).parent / "letters").glob("*.yaml"))
    clean = [line for path in letters for line in path.read_text(encoding="utf-8").splitlines()]
    sources = read_sources((BUNDLED,))
    engine = Engine(Ruleset(compile_sources(sources)))
    texts = texts_of(sources, sets, load_sentences(), clean, engine.marks)
    model = train(Labelled(texts, clauses_of(sets, engine.clauses)))
    dump(model, BUNDLED / WEIGHTS)
    print(
        f"{WEIGHTS}: {sum(map(len, sets.values()))} cases, {len(model.weights.rarity)} weights, "
        f"striking above {model.striking:.2f}"
    )
    return 0


def _test(given: Namespace) -> int:
    """All failing examples, not only the first. Returns 1 where there are some."""
    settings = settings_of(given)
    overlays: list[Path] = given.folder or ([settings.rules_dir] if settings.rules_dir else [])
    sources = read_sources((BUNDLED, *overlays))
    found = list(failures(Ruleset(compile_sources(sources)), sources))
    for failure in found:
        print(str(failed(sources, failure)).splitlines()[0])
    print(f"{len(sources.rules)} rules, {len(sources.statements)} statements, {len(found)} failing examples")
    return int(bool(found))


def _stats(given: Namespace) -> int:
    ruleset = service_for(given).ruleset
    by_severity = Counter(r.severity for r in _all(ruleset).values())
    counts = {
        "version": ruleset.version,
        "hash": ruleset.hash,
        "rules": len(ruleset.rules),
        "statements": len(ruleset.statements),
        "severity": dict(by_severity),
        "packs": dict(Counter(ruleset.packs.values())),
    }
    if given.json:
        print(json.dumps(counts, ensure_ascii=False, indent=2))
    else:
        for name, value in counts.items():
            print(f"{name}: {value}")
    return 0


def _all(ruleset: Ruleset) -> dict[str, Rule | Statement]:
    return {**ruleset.rules, **ruleset.statements}
