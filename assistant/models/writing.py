"""The configured LLM as the writer of invitations: personal data masked on the way out, silence on failure."""

import logging
from dataclasses import dataclass

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage

from assistant.guards.privacy import mask, restore
from assistant.models.remote import Breaker
from assistant.models.resilience import reason_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LetterWriter:
    """Answers a prompt, or None where the LLM cannot: the draft from the templates then stands."""

    model: BaseChatModel
    breaker: Breaker

    def __call__(self, prompt: str) -> str | None:
        if self.breaker.open:
            return None
        try:
            message = self.model.invoke([HumanMessage(mask(prompt))])
        except Exception as error:
            self.breaker.failed()
            _log.warning("no letter from the model: %s", reason_of(error))
            return None
        self.breaker.succeeded()
        if message.response_metadata.get("finish_reason") not in (None, "stop"):
            return None
        return restore(message.text, prompt)
