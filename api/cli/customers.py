"""`customers`: import and export of customers, accounts and transactions as CSV or Parquet.

Opens the database alone: a bank that fills an empty data folder gets no demo book into it.
"""

import csv
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from api.cli.main import Fault
from api.cli.opening import progress, settings_of
from assistant.database import open_engine
from assistant.migrations import migrate
from assistant.settings import Settings
from prompts.texts import load_texts
from tools.base import Caller
from tools.customers.cells import Rejection
from tools.customers.exporting import export_file
from tools.customers.importing import Importer
from tools.customers.mapping import load_mapping
from tools.customers.store import CustomerStore
from tools.customers.tabular import neutral
from tools.customers.words import words

SHOWN = 20
CONSOLE = Caller("console", "console", "admin")


def run(given: Namespace) -> int:
    """Run the action."""
    settings = settings_of(given)
    return {"import": _import, "export": _export}[given.action](given, settings)


def _import(given: Namespace, settings: Settings) -> int:
    """Returns 1 where rows were left out, 2 where nothing could be taken."""
    rules, today = load_mapping(given.mapping), _today(settings)
    importer = Importer(_open(settings), CONSOLE, rules, today, update=given.update)
    flaws: list[Rejection] = []
    count = 0
    with progress() as report, _rejections(given.rejected) as write:

        def reject(flaw: Rejection) -> None:
            nonlocal count
            count += 1
            write(flaw)
            if count <= SHOWN:
                flaws.append(flaw)

        done = importer.run(given.file, given.kind, reject, report)
    say = words()
    for flaw in flaws:
        print(say.row.format(row=flaw.row, field=flaw.field, reason=flaw.reason), file=sys.stderr)
    if count > SHOWN and not given.rejected:
        print(say.more.format(count=count - SHOWN), file=sys.stderr)
    if given.json:
        print(done.model_dump_json(indent=2))
    else:
        print(say.summary.format(**{**done.model_dump(), "kind": say.kinds[done.kind]}))
        for template, found in ((say.managers, done.new_managers), (say.ignored, done.ignored)):
            if found:
                print(template.format(ids="、".join(found), titles="、".join(found)))
    taken = done.accepted + done.updated
    return 2 if done.rejected and not taken else int(bool(done.rejected))


def _export(given: Namespace, settings: Settings) -> int:
    store = _open(settings)
    count = export_file(given.file, given.kind, store, _caller(given.who, store))
    say = words()
    print(say.exported.format(kind=say.kinds[given.kind], count=count, path=given.file))
    return 0


def _open(settings: Settings) -> CustomerStore:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.sqlalchemy_url)
    migrate(engine)
    return CustomerStore(engine)


def _caller(who: str | None, store: CustomerStore) -> Caller:
    """The person named; the console itself, who sees every book, where nobody is. Raises Fault."""
    if who is None:
        return CONSOLE
    found = next((m for m in store.managers() if m.id == who), None)
    if found is None:
        raise Fault(load_texts().notice("not_found", kind="RM", reference=who))
    return found


def _today(settings: Settings) -> date:
    return datetime.now(ZoneInfo(settings.timezone)).date()


@contextmanager
def _rejections(path: Path | None) -> Iterator[Callable[[Rejection], None]]:
    """Every flaw as a row of a CSV file; nowhere where no file is named."""
    if path is None:
        yield lambda _: None
        return
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("row", "field", "code", "reason", "value"))
        yield lambda f: writer.writerow((f.row, f.field, f.code, f.reason, neutral(f.value)))
