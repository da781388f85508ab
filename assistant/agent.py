"""The agent: LangChain's loop over a model and the tool table, under a policy that one list states."""

from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any

import langsmith
from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.tools import BaseTool
from langgraph.graph.state import CompiledStateGraph

from assistant.citations import renumber
from tools.base import Caller

Handler = Callable[[ModelRequest[Caller]], Awaitable[ModelResponse[Any]]]
Agent = CompiledStateGraph[Any, Caller, Any, Any]


@dataclass(frozen=True)
class AgentParts:
    """What an agent is made of; ``middleware`` runs outermost first."""

    model: BaseChatModel
    tools: Sequence[BaseTool]
    system: str
    max_steps: int
    middleware: tuple[AgentMiddleware[Any, Caller, Any], ...] = ()


def build_agent(parts: AgentParts) -> Agent:
    """The compiled loop. It keeps no state between runs: the transcript is ours."""
    langsmith.configure(enabled=False)  # whatever the environment says: its traces would leave the house
    langsmith.set_runtime_overrides(aio_to_thread=_at_once)
    agent = create_agent(
        parts.model,
        list(parts.tools),
        system_prompt=parts.system,
        middleware=[NumberedCitations(), *parts.middleware],
        context_schema=Caller,
    )
    # A model call and the tools it asks for are a step each; a limit in a middleware would add two more.
    return agent.with_config(recursion_limit=2 * parts.max_steps)


async def _at_once(
    _default: object, context: Context, function: Callable[..., Any], *args: Any, **more: Any
) -> Any:
    """LangSmith's bookkeeping without a thread of its own: with tracing off there is nothing to wait for."""
    return context.run(function, *args, **more)


class NumberedCitations(AgentMiddleware[Any, Caller, Any]):
    """Shows the model each passage under the number it is to cite."""

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Handler) -> ModelResponse[Any]:
        return await handler(request.override(messages=renumber(request.messages)))
