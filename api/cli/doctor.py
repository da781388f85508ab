"""`doctor`: what is configured, reachable, missing, and how to fix it."""

import asyncio
import json
import re
import shutil
import sys
from argparse import Namespace

from api.cli.opening import open_house, settings_of
from api.health import Dependency, dependencies
from api.shared_state import InRedis, shared_for
from assistant.settings import Settings

_CREDENTIALS = re.compile(r"://[^/@\s]+@")
_CURES = {
    "database": "check RM_DATABASE_URL and that the server is up",
    "knowledge": "run: rm-assistant knowledge list; check RM_CHROMA_URL",
    "rules": "run: rm-assistant rules test",
    "model": "check OPENAI_BASE_URL and OPENAI_API_KEY; until then the embedded model answers",
    "redis": "check RM_REDIS_URL; until then each worker counts for itself",
    "disk": "free some space, or choose another --data-dir",
}


def run(given: Namespace) -> int:
    """Print every finding. Returns 1 where something required is down."""
    settings = settings_of(given)
    found = dependencies(open_house(settings)) | _beside(settings)
    if given.json:
        configured = {name: _shown(value) for name, value in settings}
        states = {name: d.model_dump() for name, d in found.items()}
        print(json.dumps({"settings": configured, "dependencies": states}, ensure_ascii=False, indent=2))
    else:
        for name, value in settings:
            print(
                f"  {name} = {_shown(value)}" + ("" if name in settings.model_fields_set else "  (default)")
            )
        for name, dependency in found.items():
            cure = "" if dependency.state == "ok" else f" → {_CURES[name]}"
            print(f"{dependency.state:>8}  {name}: {dependency.detail}{cure}")
    return int(any(d.state == "down" and d.required for d in found.values()))


def _shown(value: object) -> str:
    """The value without the password of a URL; secrets mask themselves."""
    return _CREDENTIALS.sub("://***@", str(value))


def _beside(settings: Settings) -> dict[str, Dependency]:
    free = shutil.disk_usage(settings.data_dir).free // 2**20
    version = ".".join(map(str, sys.version_info[:3]))
    found = {
        "disk": Dependency(state="ok" if free > 500 else "degraded", detail=f"{free} MiB free"),
        "python": Dependency(state="ok", detail=version),
    }
    shared = shared_for(settings.redis_url)
    if isinstance(shared, InRedis):
        up = asyncio.run(shared.ping())
        found["redis"] = Dependency(state="ok" if up else "degraded", detail="rate limits, idempotency keys")
    return found
