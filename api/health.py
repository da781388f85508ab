"""Liveness, readiness with each dependency's state, and measures."""

from collections.abc import Callable
from typing import Literal

import httpx
from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import JSONResponse, Response

from api.doors import DoorsHere, in_thread
from api.shared_state import InRedis
from assistant.build import House

router = APIRouter(tags=["operations"])
State = Literal["ok", "degraded", "down"]


class Dependency(BaseModel):
    """``required`` ones decide readiness; the others make answers poorer, not absent."""

    state: State
    detail: str = ""
    required: bool = False


class Readiness(BaseModel):
    status: Literal["ready", "not_ready"]
    dependencies: dict[str, Dependency]


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(doors: DoorsHere) -> Response:
    """Whether requests can be served, with the state of everything they lean on."""
    found = await in_thread(lambda: dependencies(doors.house))
    if isinstance(doors.shared, InRedis):
        up = await doors.shared.ping()
        found["redis"] = Dependency(state="ok" if up else "degraded", detail="rate limits, idempotency keys")
    ready = all(d.state != "down" for d in found.values() if d.required)
    content = Readiness(status="ready" if ready else "not_ready", dependencies=found)
    return JSONResponse(content.model_dump(), 200 if ready else 503)


@router.get("/metrics", response_class=Response)
async def metrics(doors: DoorsHere) -> Response:
    """Prometheus text."""
    return Response(doors.metrics.text(), media_type=doors.metrics.content_type)


def dependencies(house: House) -> dict[str, Dependency]:
    """The state of database, knowledge base, rules and model."""
    checks: dict[str, Callable[[House], Dependency]] = {
        "database": _database,
        "knowledge": _knowledge,
        "rules": _rules,
        "model": _model,
    }
    return {name: _guarded(check, house) for name, check in checks.items()}


def _guarded(check: Callable[[House], Dependency], house: House) -> Dependency:
    try:
        return check(house)
    except Exception as error:
        return Dependency(state="down", detail=type(error).__name__, required=check is not _model)


def _database(house: House) -> Dependency:
    with house.engine.connect() as db:
        db.execute(text("SELECT 1"))
    return Dependency(state="ok", detail=house.engine.dialect.name, required=True)


def _knowledge(house: House) -> Dependency:
    health = house.knowledge.health()
    detail = f"{health.documents} documents, {health.chunks} chunks, revision {health.revision}"
    return Dependency(state="ok" if health.vectors else "degraded", detail=detail, required=True)


def _rules(house: House) -> Dependency:
    rules = house.compliance.ruleset
    return Dependency(state="ok", detail=f"{len(rules.rules)} rules, {rules.hash[:12]}", required=True)


def _model(house: House) -> Dependency:
    """A remote model that is away degrades answers only: the embedded one takes over."""
    settings = house.settings
    if settings.model == "embedded" or not settings.openai_base_url:
        return Dependency(state="ok", detail=settings.model)
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    try:
        url = settings.openai_base_url.rstrip("/") + "/models"
        answer = httpx.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=2.0)
        up = answer.status_code < 500
    except httpx.HTTPError:
        up = False
    return Dependency(state="ok" if up else "degraded", detail=settings.model)
