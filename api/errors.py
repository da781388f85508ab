"""What a door refuses by itself, by who must act. None of them reaches the rooms behind.

DoorError
├── Unauthenticated   the caller: nobody known asked; ``code`` says why, never which secret was wrong;
│                     ``claimed`` is whom the request named, for the audit
├── Forbidden         the caller: known, but the role does not allow this
├── RateLimited       the caller: too fast; ``retry_after`` seconds
├── BodyTooLarge      the caller: more than ``limit`` bytes
├── HeadTooLarge      the caller: request line and headers of more than ``limit`` bytes
├── TooSlow           the caller: the request did not arrive in time
├── WrongMediaType    the caller: the body is declared as something that this call does not read
├── KeyReused         the caller: an idempotency key came back with another body
├── KeyInUse          the caller: the first request with that key is still running
├── ForeignOrigin     the caller: a page of another origin that was not allowed
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


@dataclass
class HeadTooLarge(DoorError):
    limit: int
    code: str = "head_too_large"


class TooSlow(DoorError):
    code = "too_slow"


class WrongMediaType(DoorError):
    code = "wrong_media_type"


class KeyReused(DoorError):
    code = "key_reused"


class KeyInUse(DoorError):
    code = "key_in_use"


class ForeignOrigin(DoorError):
    code = "foreign_origin"


@dataclass
class UnknownModel(DoorError):
    model: str
    code: str = "unknown_model"


@dataclass
class BindRefused(DoorError):
    host: str
    code: str = "bind_refused"
