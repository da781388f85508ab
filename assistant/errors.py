"""What can go wrong in a conversation, by who must act.

AssistantError
├── EmptyMessage       the caller: nothing was said
├── MessageTooLong     the caller: ``length`` characters, more than ``limit``
├── ModelUnavailable   the model: no usable answer; ``reason`` is short and safe to show
└── SettingsError      the operator: settings contradict each other; ``cure`` says what to change
"""

from dataclasses import dataclass


class AssistantError(Exception):
    """Base of the conversation's errors; ``code`` names the notice."""

    code = "assistant_error"


class EmptyMessage(AssistantError):
    code = "empty_message"


@dataclass
class MessageTooLong(AssistantError):
    length: int
    limit: int
    code: str = "message_too_long"


@dataclass
class ModelUnavailable(AssistantError):
    reason: str
    code: str = "model_unavailable"


@dataclass
class SettingsError(AssistantError):
    problem: str
    cure: str
    code: str = "settings_error"

    def __str__(self) -> str:
        return f"{self.problem}; {self.cure}"
