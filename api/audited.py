"""A tool called at a door of its own: whoever called, with what, and how it ended stands in the audit."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api.doors import in_thread
from assistant.audit import digest_of
from assistant.build import House
from assistant.toolbox import as_json
from tools.base import Caller
from tools.errors import ToolError

T = TypeVar("T", bound=BaseModel)


async def audited(
    house: House,
    caller: Caller,
    name: str,
    arguments: BaseModel | Mapping[str, Any],
    work: Callable[[], T],
    door: str = "http",
) -> T:
    """The answer of ``work``, run beside the event loop. A refusal is recorded as well, and raised."""
    given = (
        arguments.model_dump(mode="json", exclude_unset=True)
        if isinstance(arguments, BaseModel)
        else arguments
    )
    entry = {"name": name, "args": given, "door": door}

    def run() -> T:
        try:
            answer = work()
        except (ToolError, ValidationError) as error:
            code = getattr(error, "code", "invalid_fields")
            house.audit.append(caller.id, [("tool_call", {**entry, "status": "error", "code": code})])
            raise
        ended = {"status": "ok", "digest": digest_of(as_json(answer)), **versions(house)}
        house.audit.append(caller.id, [("tool_call", {**entry, **ended})])
        return answer

    return await in_thread(run)


def versions(house: House) -> dict[str, str]:
    """Rule set and knowledge base as they are now."""
    rules = house.compliance.ruleset
    return {"rules": f"{rules.version}+{rules.hash}", "knowledge": house.knowledge.revision}
