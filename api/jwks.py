"""The identity provider's public keys: fetched once, kept, fetched again when a token names a new one."""

import logging
import time
from collections.abc import Callable
from typing import Any

import anyio
import httpx
import jwt

from tools.errors import Unavailable

log = logging.getLogger(__name__)


class KeySet:
    """Keys of a JWKS by ``kid``. A kid that is not known triggers one fetch, at most every ``pause_s``."""

    def __init__(
        self,
        url: str,
        *,
        keep_s: float = 600.0,
        pause_s: float = 5.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url, self._keep_s, self._pause_s, self._now = url, keep_s, pause_s, now
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = anyio.Lock()

    async def find(self, kid: str | None) -> jwt.PyJWK:
        """The key. Raises jwt.InvalidKeyError for an unknown one, Unavailable where none could be fetched."""
        if self._stale() or not self._holds(kid):
            async with self._lock:
                if self._stale() or not self._holds(kid):
                    await self._fetch()
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise jwt.InvalidKeyError("unknown key")
        return self._keys[kid]

    def _holds(self, kid: str | None) -> bool:
        return kid in self._keys or (kid is None and len(self._keys) == 1)

    def _stale(self) -> bool:
        return self._now() - self._fetched > self._keep_s

    async def _fetch(self) -> None:
        if self._now() - self._tried < self._pause_s and self._keys:
            return
        self._tried = self._now()
        try:
            async with httpx.AsyncClient(timeout=5.0) as client:
                answer = await client.get(self._url)
                answer.raise_for_status()
                self._keys = _usable(answer.json().get("keys", []))
                self._fetched = self._now()
        except (httpx.HTTPError, ValueError, AttributeError) as error:
            if not self._keys:
                raise Unavailable("JWKS") from error
            log.warning("the JWKS cannot be fetched; the keys at hand stay in use")


def _usable(listed: list[dict[str, Any]]) -> dict[str | None, jwt.PyJWK]:
    """Signing keys by kid; keys of a kind we cannot read, and symmetric ones, are left out."""
    keys: dict[str | None, jwt.PyJWK] = {}
    for entry in listed:
        if entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
            continue
        try:
            keys[entry.get("kid")] = jwt.PyJWK(entry)
        except jwt.PyJWTError:
            continue
    return keys
