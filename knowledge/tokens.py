"""Token counts without a network: the o200k_base table is shipped beside this module."""

import os
from functools import cache
from pathlib import Path

import tiktoken

_TABLE = Path(__file__).parent / "tiktoken"
_VARIABLE = "TIKTOKEN_CACHE_DIR"


@cache
def encoding() -> tiktoken.Encoding:
    """The o200k_base encoding. The environment is as before when this returns."""
    before = os.environ.get(_VARIABLE)
    os.environ[_VARIABLE] = str(_TABLE)
    try:
        return tiktoken.get_encoding("o200k_base")
    finally:
        if before is None:
            del os.environ[_VARIABLE]
        else:
            os.environ[_VARIABLE] = before


def count(text: str) -> int:
    """Tokens of ``text``; what looks like a control token counts as plain text."""
    return len(encoding().encode_ordinary(text))
