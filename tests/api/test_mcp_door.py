"""The official MCP client against /mcp: the tools, their schemas, and whose customers they show."""

import sys
from pathlib import Path
from typing import Any

import anyio
import httpx2
import jsonschema
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

TOOLS = {
    "lookup_segment", "list_customers", "recommend_gifts", "check_compliance", "draft_invitation",
    "search_knowledge",
}  # fmt: skip


def called(base_url: str, rm_id: str, name: str, arguments: dict[str, Any]) -> Any:
    async def call() -> Any:
        headers = {"X-RM-Id": rm_id}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(f"{base_url}/mcp", http_client=http)) as client,
        ):
            return await client.call_tool(name, arguments)

    return anyio.run(call)


def test_the_tools_are_those_of_the_contract(base_url: str) -> None:
    async def listed() -> Any:
        async with Client(f"{base_url}/mcp") as client:
            return (await client.list_tools()).tools

    tools = anyio.run(listed)
    assert {t.name for t in tools} == TOOLS
    for tool in tools:
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert tool.description
        assert not {"rm_id", "caller", "manager_id"} & set(tool.input_schema["properties"]), (
            "identity is no argument"
        )


def test_a_tool_answers_with_text_and_structure(base_url: str, people: Any) -> None:
    result = called(base_url, people.rm.id, "lookup_segment", {"customer": people.customer})
    assert not result.is_error
    assert result.content[0].text
    assert result.structured_content["customer_id"] == people.customer


def test_identity_comes_from_the_headers(base_url: str, people: Any) -> None:
    foreign = called(base_url, people.rm.id, "lookup_segment", {"customer": people.foreign})
    absent = called(base_url, people.rm.id, "lookup_segment", {"customer": "NO-SUCH"})
    assert foreign.is_error and absent.is_error
    assert foreign.content[0].text.replace(people.foreign, "NO-SUCH") == absent.content[0].text
    own = called(base_url, people.other.id, "lookup_segment", {"customer": people.foreign})
    assert not own.is_error


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("recommend_gifts", {"segment": "retiree"}), ("check_compliance", {"text": ""}), ("no_such_tool", {})],
)
def test_bad_calls_are_answered_in_words(base_url: str, people: Any, name: str, arguments: Any) -> None:
    result = called(base_url, people.rm.id, name, arguments)
    assert result.is_error
    assert result.content[0].text and "Traceback" not in result.content[0].text


def test_stdio_serves_the_same_tools(data_dir: Path, people: Any) -> None:
    arguments = ["-m", "api.cli", "mcp", "--data-dir", str(data_dir), "--as", people.rm.id]

    async def listed() -> Any:
        process = stdio_client(StdioServerParameters(command=sys.executable, args=arguments))
        async with Client(process) as client:
            tools = (await client.list_tools()).tools
            answer = await client.call_tool("check_compliance", {"text": "欢迎咨询"})
            return {t.name for t in tools}, answer

    names, answer = anyio.run(listed)
    assert names == TOOLS
    assert not answer.is_error
