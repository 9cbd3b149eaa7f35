"""The MCP server: tools over a client of the service, read-only, each with its words for a language model."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from avidity_service.client import Client
from avidity_service.errors import ServiceError
from avidity_service.mcp.resources import add_resources
from avidity_service.mcp.tools import Tools

_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_INSTRUCTIONS = """Evidence on redifferentiation of radioiodine-refractory thyroid cancer, out of one review. Every row
carries the verbatim quote that proves it: show it. Keep count and denominator together, and name the tier and the
study; the count of a pooled or mixed row is not the genotype's own. Status no-evidence means that the source says
nothing, not that nothing happened. What the source contradicts is in discrepancies. This is no advice on treatment."""


def make_server(service: Client) -> MCPServer[Any]:
    """The server for a service."""
    server: MCPServer[Any] = MCPServer(
        "avidity", title="Avidity", instructions=_INSTRUCTIONS, version=version("avidity"), log_level="WARNING"
    )
    for tool in Tools(service).all():
        server.tool(annotations=_READS)(_in_words(tool))
    add_resources(server, service)
    return server


def _in_words(tool: Callable[..., Any]) -> Callable[..., Any]:
    """The tool with our errors as such: of any other exception the model would not see a word."""

    @wraps(tool)
    def asked(*arguments: Any, **named: Any) -> Any:
        try:
            return tool(*arguments, **named)
        except ServiceError as error:
            raise ToolError(str(error)) from error

    return asked
