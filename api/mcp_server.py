"""The tool table over the Model Context Protocol: the official SDK, stateless HTTP and stdio.

Who is asking comes from the same headers as everywhere; on stdio from whoever started the process.
"""

from collections.abc import Callable, Sequence
from typing import Any

import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from pydantic import ValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from api.audited import audited
from api.doors import Doors
from api.errors import ForeignOrigin
from api.problems import respond
from assistant.build import House
from assistant.toolbox import AnySpec, as_json, explain
from tools.base import Caller
from tools.errors import ToolError

Context = Any
"""The SDK's ServerRequestContext; its ``request`` is there over HTTP only."""


def tool_server(house: House, caller_of: Callable[[Context], Caller]) -> Server[Any]:
    """An MCP server over the house's tools."""

    async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(spec, house) for spec in house.tools.values()])

    async def call_tool(context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        spec = house.tools.get(params.name)
        if spec is None:
            return _failed(house.texts.notice("not_found", reference=params.name, kind="tool"))
        caller, arguments = caller_of(context), params.arguments or {}
        try:
            answer = await audited(
                house, caller, spec.name, arguments, lambda: spec.call(arguments, caller), door="mcp"
            )
        except (ToolError, ValidationError) as error:
            return _failed(explain(error, house.texts))
        text = types.TextContent(type="text", text=spec.render(answer, "zh"))
        return types.CallToolResult(content=[text], structured_content=as_json(answer))

    return Server("rm-assistant", on_list_tools=list_tools, on_call_tool=call_tool)


class McpDoor:
    """The server at ``/mcp``. ``run`` must be entered while the application lives."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        server = tool_server(doors.house, lambda context: context.request.state.caller)
        self._manager = StreamableHTTPSessionManager(
            server,
            json_response=True,
            stateless=True,
            max_request_body_size=doors.house.settings.max_body_bytes,
        )
        self.run = self._manager.run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            _refuse_foreign(request, self._doors.house.settings.allowed_origins)
            request.state.caller = await self._doors.admit(request)
        except Exception as error:
            await respond(error, request, self._doors.house.texts)(scope, receive, send)
            return
        await self._manager.handle_request(scope, receive, send)


def _refuse_foreign(request: Request, allowed: Sequence[str]) -> None:
    """A page may call from here or from an allowed origin (MCP, transports, security warning). Raises ForeignOrigin."""
    origin = request.headers.get("origin", "")
    if origin and origin not in allowed and origin.partition("://")[2] != request.headers.get("host"):
        raise ForeignOrigin


async def serve_stdio(house: House, caller: Caller) -> None:
    """Serve the tools on standard input and output as ``caller``."""
    from mcp.server.stdio import stdio_server

    server = tool_server(house, lambda _: caller)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


def _tool(spec: AnySpec, house: House) -> types.Tool:
    return types.Tool(
        name=spec.name,
        description=house.texts.tools[spec.name],
        input_schema=spec.request.model_json_schema(by_alias=False),
        output_schema=spec.answer.model_json_schema(mode="serialization"),
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )


def _failed(words: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=words)], is_error=True)
