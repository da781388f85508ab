"""The middleware that masks personal data before an external model sees it."""

from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, AnyMessage

from assistant.agent import Handler
from assistant.guards.privacy import mask, restore_all
from tools.base import Caller


class MaskedForTheModel(AgentMiddleware[Any, Caller, Any]):
    """Masks every message on the way out; restores the arguments of tool calls on the way back.

    The answer's own text is restored block by block where it is shown, so that streaming stays whole.
    """

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Handler) -> ModelResponse[Any]:
        source = "\n".join(str(m.content) for m in request.messages)
        response = await handler(request.override(messages=[_masked(m) for m in request.messages]))
        response.result = [_restored(m, source) if isinstance(m, AIMessage) else m for m in response.result]
        return response


def _masked(message: AnyMessage) -> AnyMessage:
    if not isinstance(message.content, str):
        return message
    update: dict[str, Any] = {"content": mask(message.content)}
    if isinstance(message, AIMessage) and message.tool_calls:
        update["tool_calls"] = [{**c, "args": _mask_all(c["args"])} for c in message.tool_calls]
    return message.model_copy(update=update)


def _mask_all(value: Any) -> Any:
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, list):
        return [_mask_all(item) for item in value]
    return {k: _mask_all(v) for k, v in value.items()} if isinstance(value, dict) else value


def _restored(message: AIMessage, source: str) -> AIMessage:
    calls = [{**c, "args": restore_all(c["args"], source)} for c in message.tool_calls]
    return message.model_copy(update={"tool_calls": calls})
