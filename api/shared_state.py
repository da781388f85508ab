"""What several requests share for a while: rate counters and answers under idempotency keys.

In memory, or in Redis where several workers must agree. When Redis is down each worker counts for itself.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)


class Shared(Protocol):
    """A small store whose entries end by themselves."""

    async def count(self, key: str, seconds: int) -> int:
        """Add one to ``key`` and return the sum of its window."""
        ...

    async def claim(self, key: str, value: str, seconds: int) -> str | None:
        """Set ``key`` where it is free and return None; else return what it holds."""
        ...

    async def put(self, key: str, value: str, seconds: int) -> None: ...

    async def drop(self, key: str) -> None: ...


class InMemory:
    """One process's state, bounded: the oldest entry goes first."""

    def __init__(self, most: int = 20_000, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._held: OrderedDict[str, tuple[float, str]] = OrderedDict()

    async def count(self, key: str, seconds: int) -> int:
        ends, value = self._live(key) or (self._now() + seconds, "0")
        sum_ = int(value) + 1
        self._set(key, ends, str(sum_))
        return sum_

    async def claim(self, key: str, value: str, seconds: int) -> str | None:
        held = self._live(key)
        if held:
            return held[1]
        self._set(key, self._now() + seconds, value)
        return None

    async def put(self, key: str, value: str, seconds: int) -> None:
        self._set(key, self._now() + seconds, value)

    async def drop(self, key: str) -> None:
        self._held.pop(key, None)

    def _live(self, key: str) -> tuple[float, str] | None:
        held = self._held.get(key)
        return held if held and held[0] > self._now() else None

    def _set(self, key: str, ends: float, value: str) -> None:
        self._held[key] = (ends, value)
        while len(self._held) > self._most:
            self._held.popitem(last=False)


class InRedis:
    """State shared through Redis, with this process's own as the fallback."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis  # only where it is configured

        self._redis = Redis.from_url(url, decode_responses=True, socket_timeout=1.0)
        self._own = InMemory()

    async def count(self, key: str, seconds: int) -> int:
        try:
            async with self._redis.pipeline(transaction=True) as steps:
                steps.incr(_key(key))
                steps.expire(_key(key), seconds, nx=True)
                return int((await steps.execute())[0])
        except Exception:
            _warn()
            return await self._own.count(key, seconds)

    async def claim(self, key: str, value: str, seconds: int) -> str | None:
        try:
            if await self._redis.set(_key(key), value, ex=seconds, nx=True):
                return None
            return str(await self._redis.get(_key(key)) or value)
        except Exception:
            _warn()
            return await self._own.claim(key, value, seconds)

    async def put(self, key: str, value: str, seconds: int) -> None:
        try:
            await self._redis.set(_key(key), value, ex=seconds)
        except Exception:
            _warn()
            await self._own.put(key, value, seconds)

    async def drop(self, key: str) -> None:
        try:
            await self._redis.delete(_key(key))
        except Exception:
            _warn()
            await self._own.drop(key)

    async def ping(self) -> bool:
        """Whether Redis answers."""
        try:
            return bool(await self._redis.ping())
        except Exception:
            return False


def shared_for(redis_url: str | None) -> "InMemory | InRedis":
    """Redis where configured."""
    return InRedis(redis_url) if redis_url else InMemory()


def _key(key: str) -> str:
    return f"rm-assistant:{key}"


def _warn() -> None:
    log.warning("Redis does not answer; this worker goes on with its own state")
