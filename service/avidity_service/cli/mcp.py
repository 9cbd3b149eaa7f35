"""`avidity mcp`: the tools over standard input and output, or over HTTP."""

from __future__ import annotations

import os
from pathlib import Path

import click


def run(where: str | Path | None, *, http: bool, host: str, port: int) -> None:
    """Serve until the client goes.

    Raises:
        click.UsageError: where the extra is not installed.
    """
    try:
        from avidity_service.mcp.server import make_server
    except ModuleNotFoundError as error:
        raise click.UsageError(f"{error.name} is not installed: pip install 'avidity[mcp]'") from None
    from avidity_service.client import connect

    server = make_server(connect(where))
    if http:
        click.echo(f"MCP at http://{host}:{port}/mcp", err=True)
        server.run("streamable-http", host=host, port=port)
    else:
        server.run("stdio")
    # Workers of the service in this process are children; they go with it.
    os._exit(0)
