"""An OpenAI-compatible LLM behind LangChain's interface, and the circuit breaker that protects a turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.runnables import Runnable

from assistant.settings import Settings

FAILURES_TO_OPEN = 3
SECONDS_OPEN = 30.0


def remote_model(settings: Settings) -> BaseChatModel:
    """The configured LLM. Retries with backoff and jitter are the OpenAI client's own."""
    from langchain_core.tools import BaseTool
    from langchain_core.utils.function_calling import convert_to_openai_tool
    from langchain_openai import ChatOpenAI

    described: dict[int, tuple[BaseTool, dict[str, Any]]] = {}

    class Remote(ChatOpenAI):
        """Tools are described once, not once a turn: resolving their schemas is a fifth of a turn's work."""

        def bind_tools(self, tools: Sequence[Any], **options: Any) -> Runnable[Any, Any]:
            for tool in tools:
                if isinstance(tool, BaseTool) and id(tool) not in described:
                    described[id(tool)] = (tool, convert_to_openai_tool(tool))
            known = [described[id(t)][1] if id(t) in described else t for t in tools]
            return super().bind_tools(known, **options)

    return Remote(
        model=settings.model.removeprefix("openai:"),
        api_key=settings.openai_api_key,
        base_url=settings.openai_base_url,
        timeout=settings.model_timeout_s,
        max_retries=settings.model_retries,
        stream_usage=True,
        temperature=0,
    )


@dataclass
class Breaker:
    """Opens after several failures in a row; lets one try through again after a while. Times in seconds."""

    monotonic: Callable[[], float]
    failures: int = 0
    opened_at: float = field(default=0.0)

    @property
    def open(self) -> bool:
        return self.failures >= FAILURES_TO_OPEN and self.monotonic() - self.opened_at < SECONDS_OPEN

    def succeeded(self) -> None:
        self.failures = 0

    def failed(self) -> None:
        self.failures += 1
        self.opened_at = self.monotonic()


class _NamedEmbedder:
    """OpenAI-compatible embeddings with the identity that the index records."""

    def __init__(self, name: str, embeddings: Embeddings) -> None:
        self.identity = f"openai:{name}"
        self._embeddings = embeddings

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._embeddings.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        return self._embeddings.embed_query(text)


def remote_embedder(settings: Settings) -> _NamedEmbedder:
    """The configured embeddings server; texts are sent as text, which other servers than OpenAI's need."""
    from langchain_openai import OpenAIEmbeddings

    name = settings.embeddings.removeprefix("openai:")
    return _NamedEmbedder(
        name,
        OpenAIEmbeddings(
            model=name,
            openai_api_key=settings.openai_api_key,
            openai_api_base=settings.openai_base_url,
            check_embedding_ctx_length=False,
            max_retries=settings.model_retries,
            request_timeout=settings.model_timeout_s,
        ),
    )
