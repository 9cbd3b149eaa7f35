"""Answers, things, the files of the release."""

from __future__ import annotations

from functools import partial

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, render_template, request

from avidity_service.context import context
from avidity_service.errors import UnknownThing
from avidity_service.iris import AV, BASE
from avidity_service.links import sssom
from avidity_service.names import nearest
from avidity_service.pages.described import example_triples, void_triples, void_turtle
from avidity_service.pages.evidence.quoting import quotes_in, quotes_of
from avidity_service.pages.evidence.study import study_page
from avidity_service.pages.formats import RDF_FORMATS, SUFFIXES, acceptable, content_type, file_type, rdf_response
from avidity_service.rest.envelope import SSSOM
from avidity_service.rest.filters import Asked
from avidity_service.rest.parts import with_sides

blueprint = Blueprint("pages", __name__)

_RDF_ONLY = ("text/turtle", "application/ld+json", "application/n-triples", "application/rdf+xml")

# A thing of one of these kinds is a filter of findings, so its page can show the evidence.
_EVIDENCE = {"agent": "agent", "alteration": "alteration", "mechanism": "mechanism",
             "measure": "measure", "histology": "histology"}  # fmt: skip


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


@blueprint.get("/<kind>/<path:slug>")
def thing(kind: str, slug: str) -> Response:
    """A thing, in the format that its suffix or the Accept header asks for."""
    found = context()
    suffix = next((name for name in SUFFIXES if slug.endswith("." + name)), None)
    slug = slug.removesuffix(f".{suffix}") if suffix else slug
    node = found.things.find(kind, slug)
    media_type = SUFFIXES[suffix] if suffix else acceptable()
    if media_type in RDF_FORMATS:
        return rdf_response(found.things.about(node), media_type)
    record = found.things.record(node.value)
    if media_type == "application/json":
        return jsonify(data=record, meta={"release": found.release.id}, links={"self": request.path})
    return Response(_page(node, record), mimetype="text/html")


def _page(node: ox.NamedNode, record: dict[str, object]) -> str:
    found = context()
    kind = str(record["kind"])
    rows, unnamed = [], 0
    if kind == "study":
        return render_template(
            "evidence/study.html", record=record, formats=[name for name in SUFFIXES if name != "html"],
            path=f"/{kind}/{record['id']}", **study_page(node, record, found),
        )  # fmt: skip
    if kind in _EVIDENCE:
        terms = {_EVIDENCE[kind]: [node]}
        rows = found.findings.find(Asked(terms), whole=True).rows  # type: ignore[arg-type]
    elif kind == "finding":
        rows = found.findings.find(Asked({"finding": [node]}), whole=True).rows
    types = [found.names.label(str(iri)) for iri in record["types"]]  # type: ignore[attr-defined]
    pointing = found.things.pointing_at(node) if not rows else {}
    sides = with_sides(record, found.things).get("sides")
    parts = [("What each side says", sides)] if sides else []
    source = found.release.source
    return render_template(
        "thing.html", record=record, rows=rows, parts=parts, unnamed=unnamed, types=types, pointing=pointing,
        formats=[name for name in SUFFIXES if name != "html"], base=BASE, av=AV, path=f"/{kind}/{record['id']}",
        quotes=quotes_of(record, source), quotes_in=partial(quotes_in, source=source),
    )  # fmt: skip
