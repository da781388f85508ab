"""The compiled rule set in a file: its checksum, a line of JSON, and its arrays byte for byte, which load at once."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from tools.compliance.arrays import parted

_NUMBER = np.dtype("<i4")
_HEAD = 12
"""Bytes of the checksum with what fills it up: arrays stand at places that their size divides."""


def write(compiled: Mapping[str, Any], path: Path) -> None:
    """Write the compiled form so that a reader sees all of it or none. Raises OSError."""
    arrays = {name: np.asarray(row, _NUMBER) for name, row in compiled["arrays"].items()}
    plain = {**compiled, "arrays": {name: len(row) for name, row in arrays.items()}}
    line = json.dumps(plain, ensure_ascii=False).encode() + b"\n"
    line = line.rjust(-len(line) % _NUMBER.itemsize + len(line))
    content = line + b"".join(row.tobytes() for row in arrays.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_bytes(_head(content) + content)
    half.replace(path)


def read(path: Path) -> dict[str, Any] | None:
    """What ``write`` wrote; None where there is no such file or it holds anything else."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if content[:_HEAD] != _head(memoryview(content)[_HEAD:]):
        return None
    behind = content.index(b"\n", _HEAD) + 1
    compiled: dict[str, Any] = json.loads(content[_HEAD:behind])
    counts = compiled["arrays"]
    rows = parted(np.frombuffer(content, _NUMBER, offset=behind), list(counts.values()))
    return {**compiled, "arrays": dict(zip(counts, rows, strict=True))}


def _head(content: bytes | memoryview) -> bytes:
    return b"%08x" % crc32(content) + b"   \n"
