"""`segments`: computed again for a day, and how one customer moved."""

import json
from argparse import Namespace

from api.cli.opening import caller_of, open_house, progress, settings_of
from assistant.build import House
from prompts.datafile import Frozen
from tools.segments.building import Log
from tools.segments.history import Move, moves, render_history
from tools.segments.policy import load_policy
from tools.segments.render import render_built
from tools.segments.snapshots import Snapshot


class _History(Frozen):
    """The answer of `segments history --json`."""

    moves: tuple[Move, ...]
    snapshots: tuple[Snapshot, ...]


def run(given: Namespace) -> int:
    """Run the action."""
    house = open_house(settings_of(given))
    return {"build": _build, "history": _history}[given.action](given, house)


def _build(given: Namespace, house: House) -> int:
    """Say how many customers were placed; a past day that is there already is left alone."""
    log = Log(given.log, given.table) if given.log else None
    day = given.as_of or house.clock().date()
    with progress() as report:
        count = house.segments.rebuild(day, again=given.again, log=log, progress=report)
    if given.json:
        print(json.dumps({"as_of": str(day), "customers": count or 0, "built": count is not None}))
    else:
        print(render_built(day, count, "zh"))
    return 0


def _history(given: Namespace, house: House) -> int:
    found = house.segments.history(given.customer, caller_of(given, house))
    policy = load_policy()
    if given.json:
        print(_History(moves=moves(found, policy), snapshots=found).model_dump_json(indent=2))
    else:
        print(render_history(found, policy))
    return 0
