"""The agent: LangChain's loop over a model and the tool table, under a policy that one list states."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ModelRequest, ModelResponse
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
    policy: list[AgentMiddleware[Any, Caller, Any]] = [
        ModelCallLimitMiddleware(run_limit=parts.max_steps, exit_behavior="error"),
        NumberedCitations(),
        *parts.middleware,
    ]
    return create_agent(
        parts.model,
        list(parts.tools),
        system_prompt=parts.system,
        middleware=policy,
        context_schema=Caller,
    )


class NumberedCitations(AgentMiddleware[Any, Caller, Any]):
    """Shows the model each passage under the number it is to cite."""

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Handler) -> ModelResponse[Any]:
        return await handler(request.override(messages=renumber(request.messages)))
