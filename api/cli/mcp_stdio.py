"""`mcp`: the tools over MCP on standard input and output, for the person who started the process."""

from argparse import Namespace

import anyio

from api.cli.opening import caller_of, open_house, settings_of
from api.mcp_server import serve_stdio


def run(given: Namespace) -> int:
    """Serve until the input ends."""
    house = open_house(settings_of(given))
    anyio.run(serve_stdio, house, caller_of(given, house))
    return 0
