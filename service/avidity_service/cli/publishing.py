"""`publish`: a release into a store, or only what that would do."""

from __future__ import annotations

from pathlib import Path

import click

from avidity_service.cli.exits import say
from avidity_service.cli.opening import open_for_reading
from avidity_service.settings import Settings

# Where stores have their query endpoint, by the end of the address where they take graphs or updates.
_BESIDE = {
    "/sparql-graph-crud-auth": "/sparql",  # Virtuoso
    "/sparql-graph-crud": "/sparql",
    "/rdf-graphs/service": "",  # RDF4J, GraphDB
    "/statements": "",
    "/store": "/query",  # Oxigraph
    "/update": "/query",
    "/data": "/query",  # Fuseki
}


def publish(release: Path | None, to: str, query: str | None, by: str, *, dry_run: bool) -> None:
    """Upload, or with `dry_run` print what an upload would write and remove."""
    from avidity_service.store.address import Address, Credentials
    from avidity_service.store.publishing import plan
    from avidity_service.store.publishing import publish as upload
    from avidity_service.store.writing import GraphStore, Updates

    settings = Settings.from_environment()
    endpoint = query or settings.store_url or _beside(to)
    target = (GraphStore if by == "graphs" else Updates)(
        Address.of(to, "--to"), Address.of(endpoint, "--query"), Credentials.from_environment()
    )
    opened = open_for_reading(release, settings)
    todo = plan(opened, target.counts())
    if dry_run:
        for graph, number in todo.write.items():
            click.echo(f"write\t{number}\t{graph}")
        for graph in todo.remove:
            click.echo(f"remove\t\t{graph}")
        say(f"{len(todo.write)} graphs, {sum(todo.write.values())} quads of release {todo.release}; nothing was sent")
        return
    upload(opened, todo, target, say)


def _beside(to: str) -> str:
    for end, other in _BESIDE.items():
        if to.endswith(end):
            return to.removesuffix(end) + other
    raise click.UsageError("--query: where does the store answer queries? It cannot be told from --to")
