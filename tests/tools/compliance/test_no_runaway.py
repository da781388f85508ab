"""No rule's patterns run away on 100,000 characters built to nearly match them, over and over."""

import gc
import time
from collections.abc import Iterator

import pytest

from tools.compliance.engine import Engine
from tools.compliance.loading import Sources
from tools.compliance.matching import Matcher, Pattern, Target
from tools.compliance.normal import Stream, plain
from tools.compliance.words import Index, Spellings

LONG = 100_000
SHORT = 25_000
FLOOR = 0.03
"""Seconds below which the clock says more about the machine than about the rule."""
RATIO = 8.0
"""Four times the text may take twice as long as four times the work: the machine is shared."""


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    """A collection of the whole process's garbage is not the time of the rule it happens to fall on."""
    gc.disable()
    yield
    gc.enable()


def patterns_by_rule(engine: Engine, sources: Sources) -> dict[str, list[Pattern]]:
    found: dict[str, list[Pattern]] = {name: [] for name in sources.rules}
    for pattern in engine.ruleset.patterns:
        if pattern.target.kind == "rule":
            found[pattern.target.name].append(pattern)
    return found


def seconds(matcher: Matcher, stream: Stream) -> float:
    started = time.process_time()
    matcher.scan(stream, None)
    return time.process_time() - started


def test_every_rule_takes_time_in_proportion_to_the_text(engine: Engine, sources: Sources) -> None:
    slow = []
    words = engine.ruleset.index.examples()
    for name, patterns in patterns_by_rule(engine, sources).items():
        assert patterns
        matcher = Matcher(patterns, engine.ruleset.index, engine.ruleset.concepts, Spellings.of({}))
        sets = (patterns[0].anchors, *(near for near, _, _ in patterns[0].near))
        longest = max(sources.rules[name].examples.flag, key=len)
        for unit in (longest[:-1], "".join(words[number] for number in sets) * 2):
            text = plain((unit * LONG)[:LONG], {}).text
            matcher.scan(Stream(text[:1000]), None)
            short, long = seconds(matcher, Stream(text[:SHORT])), seconds(matcher, Stream(text))
            if long > RATIO * max(short, FLOOR):
                slow.append((name, unit, round(short, 3), round(long, 3)))
    assert slow == []


def test_a_pattern_that_backtracks_would_be_seen() -> None:
    bad = Pattern(Target("rule", "X-1"), "a{0,60}a{0,60}a{0,60}b{0,60}c", 0, 0, 0, 241)
    matcher = Matcher([bad], Index.of([["a"]]), {}, Spellings.of({}))
    assert seconds(matcher, Stream("a" * 400)) > 40 * max(seconds(matcher, Stream("a" * 40)), 1e-5)
