"""Which format an answer has, by suffix or Accept, and triples in it."""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox
from flask import Response, request

from avidity_service.errors import QueryError
from avidity_service.iris import PREFIXES
from avidity_service.negotiation import negotiate

# Suffix → media type; each can be asked for either way.
SUFFIXES = {
    "html": "text/html",
    "ttl": "text/turtle",
    "jsonld": "application/ld+json",
    "nt": "application/n-triples",
    "json": "application/json",
}
# The ontology is a file of the release in these, by the file's suffix.
FILES = {
    "ttl": "text/turtle",
    "owl": "application/rdf+xml",
    "ofn": "text/owl-functional",
    "omn": "text/owl-manchester",
}
# The other files of a release, by the last suffix.
_MORE = {"gz": "application/gzip", "txt": "text/plain", "jsonl": "application/jsonl"}
RDF_FORMATS = {
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/ld+json": ox.RdfFormat.JSON_LD,
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
OFFERED = ("text/html", *RDF_FORMATS, "application/json")


def acceptable(offered: Sequence[str] = OFFERED) -> str:
    """The offered media type that the request likes best.

    Raises:
        QueryError: 406 with what is offered.
    """
    best = negotiate(request.headers.get("Accept"), offered)
    if best is None:
        raise QueryError(406, "Not acceptable", f"Offered are {', '.join(offered)}.", offered=list(offered))
    return best


def file_type(name: str) -> str:
    """The media type of a file of the release."""
    return {**SUFFIXES, **FILES, **_MORE}.get(name.rsplit(".", 1)[-1], "application/octet-stream")


def content_type(media_type: str) -> str:
    """The media type with its character set, where it takes one."""
    return media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")


def rdf_response(triples: Sequence[ox.Triple], media_type: str) -> Response:
    """The triples in one of the RDF formats."""
    return Response(rdf_bytes(triples, media_type), content_type=content_type(media_type))


def rdf_bytes(triples: Sequence[ox.Triple], media_type: str) -> bytes:
    """The triples in one of the RDF formats, with the prefixes that they use."""
    prefixes = _prefixes(triples) if media_type in ("text/turtle", "application/rdf+xml") else None
    written = ox.serialize(triples, format=RDF_FORMATS[media_type], prefixes=prefixes)
    assert written is not None
    return written


def _prefixes(triples: Sequence[ox.Triple]) -> dict[str, str]:
    iris = " ".join(str(triple) for triple in triples)
    return {name: iri for name, iri in PREFIXES.items() if f"<{iri}" in iris}
