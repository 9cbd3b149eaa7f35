"""What a model may read before it asks: the graph's outline, the questions, the release."""

from __future__ import annotations

import json
from typing import Any

from mcp.server.mcpserver import MCPServer

from avidity_service.client import Client
from avidity_service.iris import PREFIXES

_CLASSES = """SELECT ?class ?label ?definition (COUNT(?thing) AS ?things) WHERE {
  ?class a owl:Class ; rdfs:label ?label ; skos:definition ?definition . ?thing a ?class
} GROUP BY ?class ?label ?definition ORDER BY DESC(?things)"""
_PROPERTIES = """SELECT ?property ?label ?definition WHERE {
  ?property a ?kind ; rdfs:label ?label ; skos:definition ?definition .
  FILTER(?kind IN (owl:ObjectProperty, owl:DatatypeProperty)) FILTER(STRSTARTS(STR(?property), STR(av:)))
} ORDER BY ?property"""


def add_resources(server: MCPServer[Any], service: Client) -> None:
    """Let the server offer them."""

    @server.resource(
        "avidity://schema", title="Classes, properties and prefixes of the graph", mime_type="text/markdown"
    )
    def schema() -> str:
        """What SPARQL can be asked."""
        prefixes = "\n".join(f"PREFIX {name}: <{iri}>" for name, iri in PREFIXES.items())
        classes = "\n".join(
            f"- {_short(row['class'])} ({row['things']}): {row['definition']}" for row in service.sparql(_CLASSES)
        )
        properties = "\n".join(
            f"- {_short(row['property'])}: {row['definition']}" for row in service.sparql(_PROPERTIES)
        )
        return f"# Prefixes\n\n{prefixes}\n\n# Classes (things)\n\n{classes}\n\n# Properties\n\n{properties}\n"

    @server.resource("avidity://questions", title="The questions, as SPARQL", mime_type="application/json")
    def questions() -> str:
        """Every question with its parameters and what a row means."""
        return json.dumps(service.questions().rows, ensure_ascii=False)

    @server.resource("avidity://release", title="The release", mime_type="application/json")
    def release() -> str:
        """Id, counts, digests."""
        return json.dumps(service.release(), ensure_ascii=False)


def _short(iri: str) -> str:
    for name, base in PREFIXES.items():
        if iri.startswith(base):
            return f"{name}:{iri.removeprefix(base)}"
    return f"<{iri}>"
