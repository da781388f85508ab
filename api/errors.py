"""What a door refuses by itself, by who must act. None of them reaches the rooms behind.

DoorError
├── Unauthenticated   the caller: nobody known asked; ``code`` says why, never which secret was wrong;
│                     ``claimed`` is whom the request named, for the audit
├── Forbidden         the caller: known, but the role does not allow this
├── RateLimited       the caller: too fast; ``retry_after`` seconds
├── BodyTooLarge      the caller: more than ``limit`` bytes
├── BodyTooSlow       the caller: the body did not arrive in time
├── KeyReused         the caller: an idempotency key came back with another body
├── KeyInUse          the caller: the first request with that key is still running
├── UnknownModel      the caller: the OpenAI-compatible door serves one model
└── BindRefused       the operator: this address needs real authentication
"""

from dataclasses import dataclass


class DoorError(Exception):
    """Base of the doors' errors; ``code`` names the notice."""

    code = "door_error"


@dataclass
class Unauthenticated(DoorError):
    code: str = "unauthenticated"
    claimed: str = ""


@dataclass
class Forbidden(DoorError):
    needs: str
    code: str = "forbidden"


@dataclass
class RateLimited(DoorError):
    retry_after: int
    code: str = "rate_limited"


@dataclass
class BodyTooLarge(DoorError):
    limit: int
    code: str = "body_too_large"


class BodyTooSlow(DoorError):
    code = "body_too_slow"


class KeyReused(DoorError):
    code = "key_reused"


class KeyInUse(DoorError):
    code = "key_in_use"


@dataclass
class UnknownModel(DoorError):
    model: str
    code: str = "unknown_model"


@dataclass
class BindRefused(DoorError):
    host: str
    code: str = "bind_refused"
