"""Which files a rule set is made of, and the hash that tells whether they have changed."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from prompts.datafile import DataFileError

BUNDLED = Path(__file__).parent / "rules"
FORMAT = 11
"""Of the compiled form: a cache of another one is made anew."""
WEIGHTS = "learned.json"


def files_of(folders: Sequence[Path]) -> list[Path]:
    """The pack files in the order they are read. Raises DataFileError for a folder that is not there."""
    files = []
    for folder in folders:
        if not folder.is_dir():
            raise DataFileError(str(folder), 1, "", "is not a folder of rule packs")
        files += sorted(folder.glob("*.yaml"))
    return files


def hash_of(folders: Sequence[Path]) -> str:
    """SHA-256 of names and contents: the same rules have the same hash on every machine."""
    digest = hashlib.sha256(f"format {FORMAT}".encode())
    for path in (*files_of(folders), *sorted(folders[0].glob(WEIGHTS))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
