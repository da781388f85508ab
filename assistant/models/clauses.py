"""Where the clauses of a message stand: each may ask for something of its own."""

import re
from collections.abc import Iterator

CLAUSE = re.compile(
    r"[，,。；;！!？?\n]|顺便|顺带|另外|还有|然后|接着|同时|并且|以及|再(?=写|"
    r"推|给|帮|查|来|拟|看|出|起|审|挑|选|列)|其[一二三]|[一二三]是|第[一二三](?:件|个)?事?是?|"
    r"\b(?:and then|then|also|and)\b"
)


def clause_spans(folded: str) -> Iterator[tuple[int, int]]:
    """Where the clauses stand; words that open one (再写) stay with it, a short end (三百) with the one before."""
    spans: list[tuple[int, int]] = []
    start = 0
    for mark in [*CLAUSE.finditer(folded), None]:
        end = mark.start() if mark else len(folded)
        long = len(folded[start:end].strip()) >= 3
        if not long and not (spans and folded[start:end].strip()):
            continue
        spans.append((start if long else spans.pop()[0], end))
        if mark:
            start = mark.start() if mark[0].strip() and mark[0] not in "，,。；;！!？?" else mark.end()
    yield from spans
