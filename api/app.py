"""The application: every door around one house. Read `create_app` from top to bottom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from api import (
    chat,
    completions,
    conversations,
    health,
    knowledge_routes,
    openapi,
    pages,
    problems,
    tool_routes,
)
from api.doors import Doors
from api.identity import Identity, identity_for
from api.mcp_server import McpDoor
from api.metrics import Metrics
from api.middleware import BoundedBody, Surroundings
from api.shared_state import shared_for
from assistant.build import House

ROUTERS = (
    chat.router, conversations.router, tool_routes.router, knowledge_routes.router,
    completions.router, health.router, pages.router,
)  # fmt: skip
_CORS_HEADERS = (
    "Authorization",
    "Content-Type",
    "X-RM-Id",
    "Idempotency-Key",
    "X-Request-Id",
    "Accept-Language",
)


def create_app(house: House, identity: Identity | None = None) -> FastAPI:
    """The ASGI application over ``house``; ``identity`` takes the place of the configured one."""
    settings, metrics = house.settings, Metrics()
    who = identity or identity_for(settings, house.customers)
    doors = Doors(house, who, shared_for(settings.redis_url), metrics)
    mcp = McpDoor(doors)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with mcp.run():
            yield

    app = FastAPI(title="RM Assistant", version="1", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.doors = doors
    for router in ROUTERS:
        app.include_router(router)
    app.router.routes.append(Route("/mcp", mcp, methods=["POST"]))
    problems.install(app, house.texts)
    # The last one added is the outermost.
    app.add_middleware(BoundedBody, limit=settings.max_body_bytes)
    app.add_middleware(Surroundings, texts=house.texts, metrics=metrics, origins=settings.allowed_origins)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=_CORS_HEADERS,
        expose_headers=["X-Request-Id", "Retry-After", "Content-Disposition"],
    )
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]
    return app
