"""The OpenAPI document: what FastAPI finds in the routes, with examples, and the errors and headers of every call."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.idempotency import HEADER
from api.identity import DEMO_HEADER
from api.problems import OpenAIError, Problem, documented
from prompts.datafile import load_yaml

EXAMPLES = Path(__file__).parent / "examples.yaml"
OPEN_TO_ALL = frozenset({"/healthz", "/readyz", "/metrics"})
ONCE = frozenset({"/api/v1/chat", "/agui", "/api/v1/feedback", "/api/v1/knowledge/documents"})
_SEVERAL = {
    "in": "header", "name": HEADER, "required": False, "schema": {"type": "string", "maxLength": 200},
    "description": "The same key and body get the first answer again; the write happens once.",
}  # fmt: skip
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "demo": {"type": "apiKey", "in": "header", "name": DEMO_HEADER},
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of ``app``, made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = made["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shape of what is invalid
            schemas.pop(unused, None)
        for model in (Problem, OpenAIError):
            schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
        _lift_definitions(schemas)
        made["components"]["securitySchemes"] = _SECURITY
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _complete(path, method, operation)
        for call, example in load_yaml(EXAMPLES, dict[str, Any]).items():
            method, path = call.split(" ")
            body = made["paths"][path][method.lower()]["requestBody"]
            body["content"]["application/json"]["example"] = example
        app.openapi_schema = made
    return app.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """What every call shares: who may ask, the errors anyone can meet, and the key that makes a write happen once."""
    errors = {422} if "parameters" in operation or "requestBody" in operation else set()
    if "requestBody" in operation:
        errors |= {400, 413, 415}
    if path not in OPEN_TO_ALL:
        operation["security"] = [{name: []} for name in _SECURITY]
        errors |= {400, 401, 429, 503}
    if method == "post" and path in ONCE:
        operation.setdefault("parameters", []).append(_SEVERAL)
    answers = operation["responses"]
    answers |= {str(status): problem for status, problem in documented(*sorted(errors)).items()}
    if path.startswith("/v1/"):
        shape = {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAIError"}}}
        answers |= {s: {**a, "content": shape} for s, a in answers.items() if int(s) >= 400}


def _lift_definitions(schemas: dict[str, Any]) -> None:
    """Nested definitions of a schema made by pydantic alone belong beside it."""
    for schema in list(schemas.values()):
        schemas.update(schema.pop("$defs", {}))
