"""Tool errors and notices in the console's words."""

from pydantic import ValidationError

from assistant.toolbox import explain
from prompts.texts import load_texts
from tools.errors import ToolError


def explained(error: ToolError | ValidationError) -> str:
    """The error as a person reads it."""
    return " ".join(explain(error, load_texts()).split())
