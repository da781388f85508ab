"""`serve`: binds first, builds with progress, then serves; several workers share one socket."""

import ipaddress
import socket
import sys
from argparse import Namespace
from functools import partial

from api import logs
from api.cli.main import Fault
from api.cli.opening import open_house, settings_of
from assistant.settings import Settings
from prompts.texts import load_texts


def run(given: Namespace) -> int:
    """Serve until stopped. Raises Fault for an address that cannot or must not be listened on."""
    settings = settings_of(given)
    if settings.auth == "demo" and not _loopback(given.host):
        raise Fault(load_texts().notice("bind_refused", host=given.host))
    bound = _bind(given.host, given.port)
    house = open_house(settings)
    import uvicorn

    from api.app import create_app
    from api.wire import listening

    config = uvicorn.Config(
        create_app(house) if given.workers == 1 else partial(_application, settings),
        factory=given.workers > 1,
        workers=given.workers,
        **listening(log_level="warning", timeout_graceful_shutdown=10),
    )
    logs.start()
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"rm-assistant: http://{shown}:{port}", file=sys.stderr, flush=True)
    if given.workers == 1:
        uvicorn.Server(config).run(sockets=[bound])
    else:
        from uvicorn.supervisors import Multiprocess

        Multiprocess(config, sockets=[bound]).run()
    return 0


def _application(settings: Settings) -> object:
    """The application in a worker process."""
    logs.start()
    from api.app import create_app
    from assistant.build import build

    return create_app(build(settings))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bind(host: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        other = 8001 if port == 8000 else 8000
        raise Fault(load_texts().notice("port_busy", port=port, reason=reason, other=other)) from error
    bound.set_inheritable(True)
    return bound
