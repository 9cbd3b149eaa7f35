"""The media types of answers, and the names by which `format=` asks for them."""

from __future__ import annotations

import pyoxigraph as ox

RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/trig": ox.RdfFormat.TRIG,
    "application/n-quads": ox.RdfFormat.N_QUADS,
}
# Those that are XML: an answer may hold what XML has no way to say.
XML = ("application/sparql-results+xml", "application/rdf+xml")
# Generic types by which clients ask for the specific ones.
ALIASES = {
    "application/json": "application/sparql-results+json",
    "application/xml": "application/sparql-results+xml",
    "text/xml": "application/sparql-results+xml",
}
GRAPH_ALIASES = {
    "application/json": "application/ld+json",
    "application/xml": "application/rdf+xml",
    "text/xml": "application/rdf+xml",
}
# What `format=` takes beside the media types themselves and the generic ones: names that clients and other endpoints
# use, and the suffixes of files. json and xml stand for two types; the kind of query chooses.
NAMES = {
    "application/sparql-results+json": ("json", "sparql-json", "srj"),
    "application/sparql-results+xml": ("xml", "sparql-xml", "srx"),
    "text/csv": ("csv",),
    "text/tab-separated-values": ("tsv",),
    "text/turtle": ("turtle", "ttl", "n3"),
    "application/n-triples": ("ntriples", "n-triples", "nt"),
    "application/rdf+xml": ("rdfxml", "rdf-xml", "rdf/xml", "rdf+xml", "rdf", "xml"),
    "application/ld+json": ("jsonld", "json-ld", "json"),
    "application/trig": ("trig",),
    "application/n-quads": ("nquads", "n-quads", "nq"),
}


def _by_name() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for media_type, names in NAMES.items():
        generic = [name for table in (ALIASES, GRAPH_ALIASES) for name, meant in table.items() if meant == media_type]
        for name in (media_type, *names, *generic):
            found[name] = (*found.get(name, ()), media_type)
    return found


# The types that each name may mean, the media types' own and the generic ones among them.
NAMED = _by_name()
