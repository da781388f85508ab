"""`gifts import`: the bank's own catalogue into the data folder; bad rows are named and left out."""

import sys
from argparse import Namespace

from api.cli.opening import settings_of
from tools.gifts.importing import import_file


def run(given: Namespace) -> int:
    """Import FILE. Returns 1 where rows were left out, 2 where nothing could be taken."""
    settings = settings_of(given)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    report = import_file(given.file, settings.data_dir)
    if given.json:
        print(report.model_dump_json(indent=2))
    else:
        print(f"{report.accepted} → {report.path}")
        for row in report.rejected:
            print(row, file=sys.stderr)
    return (1 if report.rejected else 0) if report.swapped else 2
