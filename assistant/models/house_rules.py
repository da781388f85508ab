"""What no configured LLM decides: what must be declined, and that pasted copy is checked.

Our own reading of the message decides both, so a persuasive message persuades nobody. The embedded model then
answers in the LLM's place: for the whole turn where the request is declined, for the first step where copy is
to be checked (the call of the compliance engine); the LLM goes on from the engine's report.
"""

from dataclasses import dataclass
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import HumanMessage, ToolMessage

from assistant.agent import Handler
from assistant.models.embedded import EmbeddedChatModel
from assistant.models.judging import NEVER_LINKED
from assistant.models.understanding import Reading
from tools.base import Caller


@dataclass
class HouseRules(AgentMiddleware[Any, Caller, Any]):
    """Hands a model call to the embedded model where the house has decided."""

    embedded: EmbeddedChatModel

    async def awrap_model_call(self, request: ModelRequest[Caller], handler: Handler) -> ModelResponse[Any]:
        reading = self.embedded.reading(request.messages)
        last = max((i for i, m in enumerate(request.messages) if isinstance(m, HumanMessage)), default=0)
        begins = not any(isinstance(m, ToolMessage) for m in request.messages[last:])
        if _declined(reading) or (reading.copy and begins):
            request = request.override(model=self.embedded)
        return await handler(request)


def _declined(reading: Reading) -> bool:
    """Unsafe requests, and gifts that hang on a sale, which the gift adviser refuses with the article."""
    linked = "gift" in reading.intents and reading.slots.linked_to in NEVER_LINKED
    return reading.unsafe or linked
