"""What happens when an LLM fails a turn: try once more, then let the embedded model answer and say so.

The OpenAI client itself retries timeouts, 429 and 5xx with backoff and jitter. This middleware handles
what is left: a server that stays down, a context that is too long, and answers that cannot be used
(empty, cut off, filtered, or with malformed tool arguments).
"""

from dataclasses import dataclass
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage

from assistant.agent import Handler
from assistant.errors import ModelUnavailable
from assistant.models.remote import Breaker
from tools.base import Caller

ATTEMPTS = 2


@dataclass
class FallbackToEmbedded(AgentMiddleware[Any, Caller, Any]):
    """Runs the configured LLM, and the embedded model in its place where it fails."""

    embedded: BaseChatModel
    breaker: Breaker

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Handler) -> ModelResponse[Any]:
        reason = "circuit_open"
        for _ in range(0 if self.breaker.open else ATTEMPTS):
            try:
                response = await handler(request)
                _usable(response)
            except Exception as error:
                reason = reason_of(error)
                request.runtime.stream_writer({"withdraw": True})
                if reason == "context_length":
                    request = request.override(messages=_last_turn(request.messages))
                elif reason not in ("empty", "truncated", "malformed"):
                    break
            else:
                self.breaker.succeeded()
                return response
        if reason != "circuit_open":
            self.breaker.failed()
        request.runtime.stream_writer({"notice": "model_fallback", "values": {"reason": reason}})
        return await handler(request.override(model=self.embedded))


def reason_of(error: Exception) -> str:
    """A short word for what went wrong, safe to show: never the error's own text."""
    if isinstance(error, ModelUnavailable):
        return error.reason
    status = getattr(error, "status_code", None)
    code = str(getattr(error, "code", "") or "")
    name = type(error).__name__.lower()
    if "context_length" in code or "contextoverflow" in name:
        return "context_length"
    if "content_filter" in code or "contentfilter" in name:
        return "content_filter"
    by_status = {401: "credentials", 403: "credentials", 404: "unknown_model", 429: "rate_limited"}
    if status in by_status:
        return by_status[status]
    if "timeout" in name:
        return "timeout"
    if isinstance(status, int) and status < 500:
        return "rejected"
    return "unreachable" if "connect" in name else "server_error"


def _usable(response: ModelResponse[Any]) -> None:
    """Raise ModelUnavailable where the answer cannot be shown or acted on."""
    message = response.result[-1]
    if not isinstance(message, AIMessage):
        return
    finish = str(message.response_metadata.get("finish_reason", ""))
    if finish == "content_filter":
        raise ModelUnavailable("content_filter")
    if message.invalid_tool_calls:
        raise ModelUnavailable("malformed")
    if not message.tool_calls and not message.text.strip():
        raise ModelUnavailable("empty")
    if finish in ("", "length"):
        raise ModelUnavailable("truncated")


def _last_turn(messages: list[AnyMessage]) -> list[AnyMessage]:
    start = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    return messages[start:]
