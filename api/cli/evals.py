"""`eval`: the project's own labelled sets, as a table of what was measured."""

import asyncio
import json
import sys
import tempfile
from argparse import Namespace
from collections import Counter
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.opening import settings_of
from prompts.datafile import load_jsonl

if TYPE_CHECKING:
    from assistant.events import ChatReply

Row = tuple[str, str, float]


def run(given: Namespace) -> int:
    """Run one suite, or all."""
    suites = [given.suite] if given.suite else list(SUITES)
    rows = [row for suite in suites for row in SUITES[suite](given)]
    if given.json:
        print(json.dumps([dict(zip(("suite", "measure", "value"), r, strict=True)) for r in rows]))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("suite", "measure", "value")
    for suite, measure, value in rows:
        table.add_row(suite, measure, f"{value:.3f}")
    Console().print(table)
    return 0


def _compliance(given: Namespace) -> list[Row]:
    from tools.compliance import evaluation
    from tools.compliance.service import ComplianceService

    service = ComplianceService(date.today, cache=settings_of(given).data_dir / "rules-cache")
    folder = Path(evaluation.__file__).parent / "evals"
    rows: list[Row] = []
    for path in sorted(folder.glob("*.jsonl")):
        cases = load_jsonl(path, evaluation.Case)
        card, counts = evaluation.evaluate(cases, service.check), Counter(case.kind for case in cases)
        rows += [
            ("compliance", f"{path.stem}: {kind} ({n})", card.rate(kind))
            for kind, n in sorted(counts.items())
        ]
    return rows


def _retrieval(_given: Namespace) -> list[Row]:
    from knowledge.evaluation import evaluate

    with tempfile.TemporaryDirectory() as folder:
        found = evaluate(Path(folder))
    systems = dict.fromkeys(row.system for row in found.recalls)
    rows = [("retrieval", f"recall@5 {system}", found.recall(system)) for system in systems]
    rows.append(("retrieval", "answerable without a sure passage", found.answered_unsure))
    rows.append(("retrieval", "unanswerable with a sure passage", found.unanswerable_sure))
    return rows


def _assistant(given: Namespace) -> list[Row]:
    from api.chat import collected
    from api.cli.opening import open_house
    from api.identity import demo_caller
    from assistant.evaluation import DIALOGUES, load_dialogues, run_dialogue
    from tools.segments.model import CustomerFilter, ListCustomers

    house = open_house(settings_of(given))
    caller = demo_caller(None, house.customers)
    wanted = ListCustomers(filter=CustomerFilter(limit=100))
    customers = sorted((row.id, row.name) for row in house.segments.list(wanted, caller).customers)
    talks: dict[str, str] = {}

    def send(dialogue: str, message: str) -> "ChatReply":
        turn = house.turns.run(message, caller, talks.get(dialogue))
        reply = asyncio.run(collected(turn))
        talks[dialogue] = reply.conversation_id
        return reply

    rows: list[Row] = []
    for path in sorted(DIALOGUES.parent.glob("*.jsonl")):
        talks.clear()
        outcomes = [run_dialogue(dialogue, send, customers) for dialogue in load_dialogues(path)]
        for outcome in outcomes:
            for fault in outcome.faults:
                print(f"{path.stem} {outcome.dialogue.id}: {fault}", file=sys.stderr)
        passed = sum(outcome.passed for outcome in outcomes)
        rows.append(
            ("assistant", f"{path.stem}: dialogues passed ({len(outcomes)})", passed / max(1, len(outcomes)))
        )
    return rows


SUITES = {"assistant": _assistant, "compliance": _compliance, "retrieval": _retrieval}
