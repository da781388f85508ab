"""What every route leans on: the house, who is asking, and how fast they may ask."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.errors import Forbidden, RateLimited, Unauthenticated
from api.identity import Identity
from api.metrics import Metrics
from api.shared_state import InMemory, InRedis
from assistant.build import House
from tools.base import Caller

log = logging.getLogger(__name__)
T = TypeVar("T")
_SIGN_IN_S = 8 * 3600.0
_MINUTE = 60
_REFUSALS_KEPT = 50
_NOBODY = "unauthenticated"


@dataclass
class Doors:
    """One per application, at ``app.state.doors``."""

    house: House
    identity: Identity
    shared: InMemory | InRedis
    metrics: Metrics
    signed_in: OrderedDict[str, float] = field(default_factory=OrderedDict)

    async def admit(self, request: HTTPConnection) -> Caller:
        """The caller, counted and recorded. Raises Unauthenticated, RateLimited."""
        try:
            caller = await self.identity(request)
        except Unauthenticated as error:
            self.metrics.refused.labels(error.code).inc()
            await self._record_refusal(request, error)
            raise
        await self._pace(caller)
        await self._record(caller)
        return caller

    async def _pace(self, caller: Caller) -> None:
        settings = self.house.settings
        if settings.auth == "demo" and "rate_per_minute" not in settings.model_fields_set:
            return  # on loopback all are one demo person: a limit holds only where it was set
        window = int(time.time()) // _MINUTE
        if await self.shared.count(f"rate:{caller.id}:{window}", _MINUTE) > settings.rate_per_minute:
            raise RateLimited(_MINUTE - int(time.time()) % _MINUTE)

    async def _record(self, caller: Caller) -> None:
        """A sign-in in the audit the first time in a working day that this process meets the caller."""
        now = time.monotonic()
        if now - self.signed_in.get(caller.id, float("-inf")) < _SIGN_IN_S:
            return
        entry = {"role": caller.role, "auth": self.house.settings.auth}
        await run_in_threadpool(self.house.audit.append, caller.id, [("sign_in", entry)])
        self.signed_in[caller.id] = now
        while len(self.signed_in) > 10_000:
            self.signed_in.popitem(last=False)

    async def _record_refusal(self, request: HTTPConnection, error: Unauthenticated) -> None:
        """A refused sign-in in the audit. Of a flood from one address some stand for all, with their count."""
        peer = request.client.host if request.client else ""
        count = await self.shared.count(f"refused:{peer}:{int(time.time()) // _MINUTE}", _MINUTE)
        if count > _REFUSALS_KEPT and count % _REFUSALS_KEPT:
            return
        entry = {"code": error.code, "peer": peer, "claimed": error.claimed, "this_minute": count}
        await run_in_threadpool(self.house.audit.append, _NOBODY, [("sign_in_refused", entry)])


async def doors_of(request: Request) -> Doors:
    """The application's doors."""
    doors: Doors = request.app.state.doors
    return doors


async def house_of(request: Request) -> House:
    """The house behind the doors."""
    return (await doors_of(request)).house


async def caller_of(request: Request) -> Caller:
    """Who is asking. Raises Unauthenticated, RateLimited."""
    return await (await doors_of(request)).admit(request)


async def administrator(caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
    """An administrator. Raises Forbidden for everyone else."""
    if caller.role != "admin":
        raise Forbidden("admin")
    return caller


DoorsHere = Annotated[Doors, Depends(doors_of)]
HouseHere = Annotated[House, Depends(house_of)]
Who = Annotated[Caller, Depends(caller_of)]
Admin = Annotated[Caller, Depends(administrator)]


def _speakable(text: str) -> str:
    """Without NUL, which PostgreSQL cannot store; half a character cannot be written at all."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("string_unicode", "half a character") from error
    return text.replace("\x00", "")


Text = Annotated[str, AfterValidator(_speakable)]


async def in_thread(work: Callable[[], T]) -> T:
    """Run what blocks beside the event loop."""
    return await run_in_threadpool(work)
