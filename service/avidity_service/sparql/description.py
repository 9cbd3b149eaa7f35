"""The service description: what the endpoint speaks, which graphs it holds, which limits it has."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyoxigraph as ox

from avidity_service.iris import AV, BASE, FORMATS, RDF, RDFS, SD, XSD
from avidity_service.sparql.formats import GRAPHS
from avidity_service.sparql.limits import limits

if TYPE_CHECKING:
    from avidity_service.context import Context

_VOID = "http://rdfs.org/ns/void#"
_SCHEMA = "https://schema.org/"
_RESULT_FORMATS = ("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
                   "Turtle", "N-Triples", "RDF_XML", "JSON-LD", "TriG", "N-Quads")  # fmt: skip


def describe(context: Context, media_type: str, endpoint: str) -> bytes:
    """The description in the media type asked for."""
    service = ox.NamedNode(endpoint)
    triples = [*_service(service), *_graphs(service, context), *_limits(service, context)]
    prefixes = None
    if media_type in ("text/turtle", "application/rdf+xml"):
        prefixes = {"sd": SD, "formats": FORMATS, "rdfs": RDFS, "void": _VOID, "schema": _SCHEMA, "av": AV}
    buffer = io.BytesIO()
    ox.serialize(triples, buffer, format=GRAPHS[media_type], prefixes=prefixes)
    return buffer.getvalue()


def _service(service: ox.NamedNode) -> Iterator[ox.Triple]:
    yield _link(service, RDF + "type", SD + "Service")
    yield _link(service, SD + "endpoint", service.value)
    yield _link(service, SD + "supportedLanguage", SD + "SPARQL11Query")
    yield _link(service, SD + "feature", SD + "UnionDefaultGraph")
    yield _link(service, SD + "defaultEntailmentRegime", "http://www.w3.org/ns/entailment/Simple")
    for name in _RESULT_FORMATS:
        yield _link(service, SD + "resultFormat", FORMATS + name)


def _graphs(service: ox.NamedNode, context: Context) -> Iterator[ox.Triple]:
    """The dataset: the union as the default graph, and each named graph with its number of triples."""
    dataset, union, all_ = (ox.NamedNode(f"{service.value}#{name}") for name in ("dataset", "union", "graphs"))
    yield _link(service, SD + "defaultDataset", dataset.value)
    yield _link(service, SD + "availableGraphs", all_.value)
    yield _link(all_, RDF + "type", SD + "GraphCollection")
    yield _link(dataset, RDF + "type", SD + "Dataset")
    yield _link(dataset, RDFS + "seeAlso", service.value.removesuffix("sparql") + ".well-known/void")
    yield _link(dataset, SD + "defaultGraph", union.value)
    yield _link(union, RDF + "type", SD + "Graph")
    counts = _counts(context)
    if BASE + "dataset" in counts:
        yield ox.Triple(union, ox.NamedNode(_VOID + "triples"), counts[BASE + "dataset"])
    for iri in context.engine.graphs:
        slug = iri.rsplit("/graph/", 1)[-1]
        named, graph = (ox.NamedNode(f"{service.value}#{kind}/{slug}") for kind in ("named", "graph"))
        for whole in (dataset, all_):
            yield _link(whole, SD + "namedGraph", named.value)
        yield _link(named, RDF + "type", SD + "NamedGraph")
        yield _link(named, SD + "name", iri)
        yield _link(named, SD + "graph", graph.value)
        yield _link(graph, RDF + "type", SD + "Graph")
        if iri in counts:
            yield ox.Triple(graph, ox.NamedNode(_VOID + "triples"), counts[iri])


def _counts(context: Context) -> dict[str, ox.Literal]:
    """Triples by graph, as the release's VoID states them."""
    found = context.engine.matching(None, ox.NamedNode(_VOID + "triples"), None)
    return {
        quad.subject.value: quad.object
        for quad in found
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal)
    }


def _limits(service: ox.NamedNode, context: Context) -> Iterator[ox.Triple]:
    """Each limit as data (a schema:PropertyValue by the name of its setting) and all of them in words."""
    found = limits(context.settings)
    words = f"Read-only: no update, no SERVICE. Limits: {'; '.join(limit.words for limit in found)}."
    yield ox.Triple(service, ox.NamedNode(RDFS + "comment"), ox.Literal(words, language="en"))
    for limit in found:
        node = ox.NamedNode(f"{service.value}#limit-{limit.name}")
        number = ox.Literal(f"{limit.value:g}" if limit.value % 1 else str(int(limit.value)),
                            datatype=ox.NamedNode(XSD + ("decimal" if limit.value % 1 else "integer")))  # fmt: skip
        yield _link(service, _SCHEMA + "additionalProperty", node.value)
        yield _link(node, RDF + "type", _SCHEMA + "PropertyValue")
        yield ox.Triple(node, ox.NamedNode(_SCHEMA + "propertyID"), ox.Literal(limit.name))
        yield ox.Triple(node, ox.NamedNode(_SCHEMA + "value"), number)
        yield ox.Triple(node, ox.NamedNode(_SCHEMA + "unitText"), ox.Literal(limit.unit))
        yield ox.Triple(node, ox.NamedNode(_SCHEMA + "description"), ox.Literal(limit.words, language="en"))
    timeout = ox.Literal(f"{context.settings.query_timeout_s:g}", datatype=ox.NamedNode(XSD + "decimal"))
    yield ox.Triple(service, ox.NamedNode(AV + "queryTimeoutSeconds"), timeout)


def _link(subject: ox.NamedNode, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value))
