"""`/ontology` and `/ontology/<version>` in every format, by suffix or Accept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, current_app, jsonify, render_template, request

from avidity_service.context import context
from avidity_service.errors import UnknownThing
from avidity_service.names import nearest
from avidity_service.pages.formats import FILES, SUFFIXES, acceptable, content_type, rdf_bytes
from avidity_service.pages.ontology.graph import OntologyGraph
from avidity_service.pages.ontology.header import read_header
from avidity_service.pages.ontology.page import read_page, read_record

blueprint = Blueprint("ontology", __name__)

_READ = "avidity-ontology"
_ALL = {**SUFFIXES, **FILES, "rdf": FILES["owl"]}
_OFFERED = tuple(dict.fromkeys(_ALL.values()))
_SYNTAXES = {
    "ttl": "Turtle",
    "owl": "RDF/XML",
    "ofn": "OWL functional syntax",
    "omn": "Manchester syntax",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
}


@dataclass(frozen=True, slots=True)
class Download:
    """A format to download: suffix, name, media type, and size in bytes; None for one that is made when asked for."""

    suffix: str
    syntax: str
    media_type: str
    bytes: int | None


@blueprint.get("/ontology")
@blueprint.get("/ontology.<suffix>")
def ontology(suffix: str | None = None) -> Response:
    """The ontology, in the format that its suffix or the Accept header asks for."""
    if suffix is not None and suffix not in _ALL:
        raise UnknownThing(f"format '{suffix}' of the ontology; there are {', '.join(_ALL)}", nearest(suffix, _ALL))
    media_type = _ALL[suffix] if suffix else acceptable(_OFFERED)
    if media_type == "text/html":
        return Response(_page(), mimetype=media_type)
    if media_type == "application/json":
        return jsonify(
            data=read_record(context()), meta={"release": context().release.id}, links={"self": request.path}
        )
    response = Response(_written(media_type), content_type=content_type(media_type))
    if suffix:
        # Saved under a name that an editor knows, wherever it came from.
        response.headers["Content-Disposition"] = f'inline; filename="avidity.{suffix}"'
    return response


@blueprint.get("/ontology/<version>")
def ontology_version(version: str) -> Response:
    """The ontology of a version: the released one, which is the only one that a release holds."""
    suffix = next((name for name in _ALL if version.endswith("." + name)), None)
    released = read_header(OntologyGraph(context().engine)).path.removeprefix("/ontology/")
    if not released or version.removesuffix(f".{suffix}") != released:
        only = f"; this release holds {released}" if released else ""
        raise UnknownThing(f"version '{version}' of the ontology{only}", [released] if released else [])
    return ontology(suffix)


def _page() -> str:
    downloads = [
        Download(suffix, syntax, _ALL[suffix], len(_file(suffix)) if suffix in FILES else None)
        for suffix, syntax in _SYNTAXES.items()
    ]
    return render_template("ontology/page.html", downloads=downloads, **_values())


def _values() -> dict[str, Any]:
    """What the page shows, read once for a release; two threads that meet here read the same."""
    known = current_app.extensions
    if _READ not in known:
        known[_READ] = read_page(context())
    found: dict[str, Any] = known[_READ]
    return found


def _written(media_type: str) -> bytes:
    """The ontology's file of the release, or for JSON-LD and N-Triples what it says."""
    for suffix, known in FILES.items():
        if known == media_type:
            return _file(suffix)
    # RDF/XML names its blank nodes, so that every process gives them the same names.
    triples = sorted((quad.triple for quad in ox.parse(_file("owl"), format=ox.RdfFormat.RDF_XML)), key=str)
    return rdf_bytes(triples, media_type)


def _file(suffix: str) -> bytes:
    files = context().release.files
    name = f"ontology/avidity.{suffix}"
    if name not in files:
        raise UnknownThing(f"file '{name}' in the release")
    return files[name]
