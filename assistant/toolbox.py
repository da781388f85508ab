"""The tool table as LangChain tools: the model sees names, words and schemas; the caller stays hidden.

Each answer reaches the model as short text and travels whole as the message's artifact. Errors become
messages too, with the error as artifact, so that a run never breaks on a tool.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from langchain.tools import ToolRuntime
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, ValidationError

from prompts.texts import Texts
from tools.base import Caller, ToolSpec
from tools.errors import Ambiguous, InvalidRequest, NotFound, ToolError, Unavailable

log = logging.getLogger(__name__)
AnySpec = ToolSpec[Any, Any]


def langchain_tools(specs: Iterable[AnySpec], texts: Texts) -> list[BaseTool]:
    """One LangChain tool for each specification; the caller comes from the run's context."""
    return [_tool(spec, texts) for spec in specs]


def _tool(spec: AnySpec, texts: Texts) -> BaseTool:
    async def run(runtime: ToolRuntime[Caller], **arguments: Any) -> ToolMessage:
        call_id = runtime.tool_call_id or ""
        try:
            answer = await asyncio.to_thread(spec.call, arguments, runtime.context)
        except (ToolError, ValidationError) as error:
            return _failed(spec.name, call_id, error, texts)
        except Exception:
            log.exception("tool %s failed", spec.name)
            return _failed(spec.name, call_id, Unavailable(spec.name), texts)
        return ToolMessage(spec.render(answer, "zh"), name=spec.name, tool_call_id=call_id, artifact=answer)

    return StructuredTool(
        name=spec.name,
        description=texts.tools[spec.name],
        args_schema=spec.request.model_json_schema(by_alias=False),
        coroutine=run,
    )


def explain(error: ToolError | ValidationError, texts: Texts, language: str = "zh") -> str:
    """The error in words, for a model or a person."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return texts.notice("invalid_request", language, field=field, message=first["msg"])
    values: dict[str, object] = {k: v for k, v in vars(error).items() if k != "code"}
    if isinstance(error, Ambiguous):
        values["count"] = len(error.candidates)
        values["candidates"] = "；".join(f"{c.name}（{c.id}，{c.hint}）" for c in error.candidates)
    if isinstance(error, NotFound):
        values["kind"] = texts.notice(f"kind_{error.kind}", language)
    if isinstance(error, InvalidRequest):
        values = {"message": "", **values, **error.values}
    return texts.notice(error.code, language, **values)


def as_json(artifact: object) -> Any:
    """A tool's artifact as JSON for transcript, events and audit."""
    if isinstance(artifact, BaseModel):
        return artifact.model_dump(mode="json")
    if isinstance(artifact, Ambiguous):
        return {"code": artifact.code, "candidates": [vars(c) for c in artifact.candidates]}
    if isinstance(artifact, ToolError):
        return {"code": artifact.code, **{k: str(v) for k, v in vars(artifact).items() if k != "code"}}
    return artifact


def _failed(name: str, call_id: str, error: ToolError | ValidationError, texts: Texts) -> ToolMessage:
    artifact: ToolError
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        artifact = InvalidRequest(field, values={"message": first["msg"]})
    else:
        artifact = error
    return ToolMessage(
        explain(error, texts), name=name, tool_call_id=call_id, status="error", artifact=artifact
    )
