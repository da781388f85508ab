"""Characters a second of the pre-check, beside a bare alternation of the same words by `re` in the same run.

Three texts of a million characters: the shipped knowledge documents, which are bank prose, the clean labelled copy,
which is as dense in trigger words as lawful text can be, and the labelled violations, where everything is a finding.
Run: python tests/benchmarks/bench_compliance.py [SECONDS]
"""

import json
import re
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tools.compliance.engine import Engine
from tools.compliance.report import CheckRequest
from tools.compliance.store import load_ruleset

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 23)
LONG = 1_000_000
SAMPLE = 20_000
"""Of the text that the alternation is timed on: at its speed the whole would take minutes."""


def documents() -> str:
    """The prose of the shipped knowledge base."""
    files = sorted((ROOT / "knowledge" / "documents").rglob("*.md"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def labelled(violations: bool) -> str:
    """All labelled copy that is a violation, or all that is none."""
    lines = []
    for path in sorted((ROOT / "tools" / "compliance" / "evals").glob("*.jsonl")):
        lines += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return "\n".join(case["text"] for case in lines if (case["kind"] == "violation") is violations)


def speed(work: Callable[[], object], characters: int, seconds: float) -> float:
    """Millions of characters a second of processor time."""
    work()
    rounds, started = 0, time.process_time()
    while time.process_time() - started < seconds:
        work()
        rounds += 1
    return rounds * characters / (time.process_time() - started) / 1e6


def main() -> None:
    """Print one line a text."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    ruleset = load_ruleset()
    engine = Engine(ruleset)
    words = sorted(ruleset.matcher.words, key=len, reverse=True)
    bare = re.compile("|".join(map(re.escape, words)))
    print(f"{len(ruleset.rules)} rules, {len(ruleset.statements)} statements, {len(words)} words")
    texts = {"documents": documents(), "look-alikes": labelled(False), "violations": labelled(True)}
    for name, whole in texts.items():
        text = (whole * (LONG // len(whole) + 1))[:LONG]
        ours = speed(lambda text=text: engine.examine(CheckRequest(text=text), TODAY), LONG, seconds)
        sample = text[:SAMPLE]
        theirs = speed(lambda text=sample: sum(1 for _ in bare.finditer(text)), SAMPLE, seconds)
        print(f"{name:12} {ours:6.2f} M/s, bare re {theirs:6.3f} M/s, ratio {ours / theirs:5.1f}")


if __name__ == "__main__":
    main()
