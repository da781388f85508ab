"""Settings, read once from the environment. The only module that touches it."""

import os
from collections.abc import Callable
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from assistant.errors import SettingsError

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""The house uses none, and looking for them reads the metadata of every installed package before a short command."""

_NAMED_BY_OTHERS = ("openai_api_key", "openai_base_url")
"""Settings whose variables have no ``RM_`` before them."""
_LISTS = ("jwt_algorithms", "proxy_addresses", "allowed_origins")


def _split(value: object) -> object:
    """Lists are written with commas: ``RM_ALLOWED_ORIGINS=https://a.example,https://b.example``."""
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


def _reads(kind: Callable[[str], object], value: str) -> bool:
    try:
        kind(value)
    except (ValueError, LookupError, OSError):
        return False
    return True


class Settings(BaseModel):
    """Everything an operator can choose: what is not given comes from the environment, where the names of variables
    may be in either case. Secrets never show in ``repr``."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    data_dir: Path = Field(default=Path(".data"), description="Where databases, index and uploads live")
    learned_dir: Path | None = Field(
        default=None,
        description="Where the embedded model keeps what it learned; in data_dir by default. An image can bring it",
    )
    bank_name: str = Field(default="本行", description="How the bank is called in drafts and SMS senders")
    timezone: str = Field(default="Asia/Shanghai", description="The bank's business time zone")

    model: str = Field(default="embedded", description="embedded, or openai:NAME")
    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = None
    model_timeout_s: float = Field(default=30.0, gt=0, description="Seconds to wait for a model's next byte")
    model_retries: int = Field(default=2, ge=0, le=5)
    context_tokens: int = Field(default=12_000, ge=1_000, description="Budget of the transcript window")
    second_opinion: bool = Field(
        default=False, description="The LLM adds remarks to compliance reports, marked as its own"
    )
    max_steps: int = Field(default=8, ge=2, le=50, description="Model calls in one turn")

    embeddings: str = Field(default="embedded", description="embedded, or openai:NAME")
    database_url: str | None = Field(
        default=None, description="SQLAlchemy URL; SQLite in data_dir by default"
    )
    chroma_url: str | None = Field(default=None, description="A Chroma server; embedded by default")
    redis_url: str | None = Field(default=None, description="Rate limits shared by several workers")

    auth: Literal["demo", "jwt", "proxy"] = "demo"
    jwt_jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    jwt_algorithms: tuple[str, ...] = ("RS256", "ES256")
    jwt_leeway_s: int = Field(default=30, ge=0, le=300)
    proxy_header: str = "X-Authenticated-User"
    proxy_addresses: tuple[str, ...] = ()

    allowed_origins: tuple[str, ...] = Field(
        default=(), description="Origins whose pages may embed the widget"
    )
    max_body_bytes: int = Field(default=8_000_000, ge=1_000)
    max_message_chars: int = Field(default=20_000, ge=100)
    rate_per_minute: int = Field(default=120, ge=1, description="Requests of one person")
    rules_dir: Path | None = Field(default=None, description="The bank's own rule packs, laid over ours")
    audit_retention_days: int = Field(
        default=1_825,
        ge=1,
        description="After so many days `audit expire` removes payloads and conversations",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_environment(cls, given: dict[str, object]) -> dict[str, object]:
        environment = {name.lower(): value for name, value in os.environ.items()}
        variables = {name: name if name in _NAMED_BY_OTHERS else f"rm_{name}" for name in cls.model_fields}
        read = {name: environment[v] for name, v in variables.items() if v in environment}
        return {name: _split(value) if name in _LISTS else value for name, value in (read | given).items()}

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.model != "embedded" and not self.model.startswith("openai:"):
            raise SettingsError(f"RM_MODEL={self.model!r} names no model", "use embedded or openai:NAME")
        if self.model.startswith("openai:") and self.openai_api_key is None:
            raise SettingsError(
                "RM_MODEL names an LLM but OPENAI_API_KEY is empty", "set it, or RM_MODEL=embedded"
            )
        if self.auth == "jwt" and not (self.jwt_jwks_url and self.jwt_issuer and self.jwt_audience):
            raise SettingsError(
                "RM_AUTH=jwt is incomplete", "set RM_JWT_JWKS_URL, RM_JWT_ISSUER and RM_JWT_AUDIENCE"
            )
        if self.auth == "proxy" and not self.proxy_addresses:
            raise SettingsError("RM_AUTH=proxy trusts nobody yet", "name the proxies in RM_PROXY_ADDRESSES")
        for address in self.proxy_addresses:
            if not _reads(partial(ip_network, strict=False), address):
                raise SettingsError(
                    f"RM_PROXY_ADDRESSES: {address!r} is no address", "write 10.0.0.5 or 10.0.0.0/24"
                )
        if not _reads(ZoneInfo, self.timezone):
            raise SettingsError(f"RM_TIMEZONE={self.timezone!r} is unknown", "write it as Asia/Shanghai")
        return self

    @property
    def sqlalchemy_url(self) -> str:
        """The database, SQLite in the data folder unless configured."""
        return self.database_url or f"sqlite:///{self.data_dir / 'assistant.sqlite3'}"
