"""What every tool is made of: the caller, a legal basis, and the specification that all doors share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from prompts.datafile import Frozen
from tools.values import Language, Role

Request = TypeVar("Request", bound=BaseModel)
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Caller:
    """Who is asking. Made by the door from the session, never from an argument a model can write."""

    id: str
    name: str
    role: Role = "rm"

    @property
    def sees_all_customers(self) -> bool:
        """Compliance and administrators work across books; a manager sees only their own."""
        return self.role in ("compliance", "admin")


class Basis(Frozen):
    """The rule a statement rests on. ``article`` only where the instrument's text was verified."""

    instrument: str = Field(description="Name of the law, regulation or bank policy")
    article: str | None = Field(default=None, description="Article as cited, for example 第二十五条")

    @property
    def cited(self) -> str:
        """As Chinese prose cites it: 《广告法》第二十五条."""
        named = self.instrument if "《" in self.instrument else f"《{self.instrument}》"
        return named + (self.article or "")


@dataclass(frozen=True)
class ToolSpec(Generic[Request, Answer]):
    """One tool, defined once for the agent, HTTP, MCP and the console.

    ``run`` is a plain function and raises ToolError only. ``render`` gives the short text a model reads;
    the answer itself travels beside it as the artifact that cards are drawn from.
    """

    name: str
    request: type[Request]
    answer: type[Answer]
    run: Callable[[Request, Caller], Answer]
    render: Callable[[Answer, Language], str]

    def call(self, arguments: dict[str, Any], caller: Caller) -> Answer:
        """Validate ``arguments`` and run. Raises pydantic.ValidationError or ToolError."""
        return self.run(self.request.model_validate(arguments), caller)
