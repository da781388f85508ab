"""What can go wrong in a tool, by who must act.

ToolError
├── InvalidRequest    the caller: a field holds what it must not
├── NotFound          the caller: no such thing, or not theirs to see (the two look the same)
├── Ambiguous         the caller: several things bear that name; ``candidates`` tells them apart
├── Refused           nobody: law or policy forbids it; ``basis`` says which
└── Unavailable       the operator: a dependency is down

Classes carry values; the words a person reads come from ``prompts/notices.*.yaml`` under ``code``.
"""

import dataclasses
from dataclasses import dataclass


class ToolError(Exception):
    """Base of all tool errors."""

    code = "tool_error"


@dataclass
class InvalidRequest(ToolError):
    """``field`` of the request cannot be used; ``code`` names the notice, ``values`` fill it."""

    field: str
    code: str = "invalid_request"
    values: dict[str, object] = dataclasses.field(default_factory=dict)


@dataclass
class NotFound(ToolError):
    """Nothing of this ``kind`` ("customer", "document", "rule" …) answers to ``reference``."""

    kind: str
    reference: str
    code: str = "not_found"


@dataclass
class Candidate:
    """One of several things that a reference could mean, with what tells it from the others."""

    id: str
    name: str
    hint: str


@dataclass
class Ambiguous(ToolError):
    """``reference`` fits several ``candidates``: ask which."""

    kind: str
    reference: str
    candidates: tuple[Candidate, ...]
    code: str = "ambiguous"


@dataclass
class Refused(ToolError):
    """Forbidden by law or policy. ``reason`` is Chinese prose ready to show."""

    reason: str
    code: str = "refused"


@dataclass
class Unavailable(ToolError):
    """A dependency is down; ``dependency`` names it for the operator."""

    dependency: str
    code: str = "unavailable"
