"""The service description: what the endpoint speaks, which graphs it holds, which limits it has."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pyoxigraph as ox

from avidity_service.iris import FORMATS, PREFIXES, RDF, RDFS, SD, XSD
from avidity_service.sparql.formats import GRAPHS

if TYPE_CHECKING:
    from avidity_service.context import Context

_RESULT_FORMATS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
                   "Turtle", "N-Triples", "RDF_XML", "JSON-LD")  # fmt: skip


def describe(context: Context, media_type: str, endpoint: str) -> bytes:
    """The description in the media type asked for."""
    service = ox.NamedNode(endpoint)
    dataset = ox.NamedNode(endpoint + "#dataset")
    default = ox.NamedNode(endpoint + "#union")
    triples = [
        _link(service, RDF + "type", SD + "Service"),
        _link(service, SD + "endpoint", endpoint),
        _link(service, SD + "supportedLanguage", SD + "SPARQL11Query"),
        _link(service, SD + "feature", SD + "UnionDefaultGraph"),
        _link(service, SD + "defaultDataset", dataset.value),
        _link(dataset, RDF + "type", SD + "Dataset"),
        _link(dataset, SD + "defaultGraph", default.value),
        _link(default, RDF + "type", SD + "Graph"),
        *(_link(service, SD + "resultFormat", FORMATS + name) for name in _RESULT_FORMATS),
    ]
    for iri in context.engine.graphs:
        node = ox.NamedNode(f"{endpoint}#{iri.rsplit('/graph/', 1)[-1]}")
        triples.append(_link(dataset, SD + "namedGraph", node.value))
        triples += [_link(node, RDF + "type", SD + "NamedGraph"), _link(node, SD + "name", iri)]
    settings = context.settings
    words = (
        f"Read-only. Limits: {settings.query_timeout_s:g} s and {settings.query_memory_mb} MB a query, "
        f"{settings.max_query_bytes} bytes of query, {settings.max_rows or 'any number of'} rows and "
        f"{settings.max_result_mb} MB of answer. No SERVICE, no update."
    )
    triples.append(ox.Triple(service, ox.NamedNode(RDFS + "comment"), ox.Literal(words, language="en")))
    timeout = ox.Literal(f"{settings.query_timeout_s:g}", datatype=ox.NamedNode(XSD + "decimal"))
    triples.append(ox.Triple(service, ox.NamedNode(PREFIXES["av"] + "queryTimeoutSeconds"), timeout))
    buffer = io.BytesIO()
    prefixes = {"sd": SD, "formats": FORMATS, "rdfs": RDFS} if GRAPHS[media_type] == ox.RdfFormat.TURTLE else None
    ox.serialize(triples, buffer, format=GRAPHS[media_type], prefixes=prefixes)
    return buffer.getvalue()


def _link(subject: ox.NamedNode, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value))
