"""The files of the release, its mappings, and its descriptions of itself."""

from __future__ import annotations

from flask import Blueprint, Response, request

from avidity_service.context import context
from avidity_service.errors import UnknownThing
from avidity_service.iris import BASE
from avidity_service.links import sssom
from avidity_service.names import nearest
from avidity_service.pages.described import example_triples, void_triples, void_turtle
from avidity_service.pages.formats import acceptable, content_type, file_type, rdf_response
from avidity_service.rest.envelope import SSSOM

blueprint = Blueprint("pages", __name__)

_RDF_ONLY = ("text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml")


@blueprint.get("/downloads/<path:name>")
def download(name: str) -> Response:
    """A file of the release."""
    files = context().release.files
    if name not in files:
        raise UnknownThing(f"file '{name}' in the release", nearest(name, files))
    return Response(files[name], content_type=content_type(file_type(name)))


@blueprint.get("/mappings")
@blueprint.get("/mappings/<name>")
def mapping_set(name: str | None = None) -> Response:
    """A mapping set at its own IRI, or all of them, as SSSOM/TSV."""
    links = context().links
    rows, _ = links.find({})
    iri = None if name is None else f"{BASE}mappings/{name}"
    chosen = [row for row in rows if iri in (None, row["set"])]
    if not chosen:
        raise UnknownThing(f"mapping set '{name}'", nearest(str(name), {row["set"].rsplit("/", 1)[-1] for row in rows}))
    return Response(sssom(chosen, links, context().release.id, iri), content_type=f"{SSSOM}; charset=utf-8")


@blueprint.get("/.well-known/void")
def void() -> Response:
    """The dataset's description, in the RDF format that the Accept header likes best."""
    media_type = acceptable(_RDF_ONLY)
    release = context().release
    if media_type == "text/turtle":
        return Response(void_turtle(release, request.host_url), content_type=content_type(media_type))
    return rdf_response(void_triples(release, request.host_url), media_type)


@blueprint.get("/.well-known/sparql-examples")
def sparql_examples() -> Response:
    """The questions as RDF."""
    return rdf_response(example_triples(context().engine), acceptable(_RDF_ONLY))
