"""`/<kind>/<slug>`: a thing, for people and for machines."""

from __future__ import annotations

from functools import partial
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug import Response as BaseResponse

from avidity_service.context import Context, context
from avidity_service.pages.evidence.quoting import quotes_in, quotes_of
from avidity_service.pages.evidence.study import study_page
from avidity_service.pages.formats import RDF_FORMATS, SUFFIXES, acceptable, rdf_response
from avidity_service.pages.things.sections import judged, links_of, questions_about, regimens_of
from avidity_service.pages.things.structured import signposts, structured
from avidity_service.rest.filters import Asked
from avidity_service.rest.parts import with_sides

blueprint = Blueprint("things", __name__)
# A thing of one of these kinds is a filter of findings, so its page can show the evidence.
_EVIDENCE = ("agent", "alteration", "mechanism", "measure", "histology", "gene")


@blueprint.get("/<kind>/<path:slug>")
def thing(kind: str, slug: str) -> BaseResponse:
    """A thing, in the format that its suffix or the Accept header asks for."""
    found = context()
    if slug.endswith("/"):
        return redirect(f"/{kind}/{slug.rstrip('/')}", 308)
    suffix = next((name for name in SUFFIXES if slug.endswith("." + name)), None)
    slug = slug.removesuffix(f".{suffix}") if suffix else slug
    node = found.things.find(kind, slug)
    media_type = SUFFIXES[suffix] if suffix else acceptable()
    if media_type in RDF_FORMATS:
        return rdf_response(found.things.about(node), media_type)
    record = found.things.record(node.value)
    if media_type == "application/json":
        return jsonify(data=record, meta={"release": found.release.id}, links={"self": request.path})
    page = Response(_page(node, record, found), mimetype="text/html")
    page.headers["Link"] = signposts(record)
    return page


def _page(node: ox.NamedNode, record: dict[str, Any], found: Context) -> str:
    kind, slug = str(record["kind"]), str(record["id"])
    source = found.release.source
    quotes = quotes_of(record, source)
    common = {
        "record": record, "formats": [name for name in SUFFIXES if name != "html"], "path": f"/{kind}/{slug}",
        "structured": structured(record, quotes, request.host_url), "links": links_of(node, found),
        "questions": questions_about(kind, slug, found),
    }  # fmt: skip
    if kind == "study":
        return render_template("evidence/study.html", **common, **study_page(node, record, found))
    rows: list[dict[str, Any]] = []
    if kind in _EVIDENCE:
        rows = found.findings.find(Asked(_terms(kind, node, found)), whole=True).rows
    elif kind == "finding":
        rows = found.findings.find(Asked({"finding": [node]}), whole=True).rows
    sides = with_sides(record, found.things).get("sides")
    return render_template(
        "thing.html", **common, rows=rows, quotes=quotes, quotes_in=partial(quotes_in, source=source),
        parts=[("What each side says", sides)] if sides else [], pointing=found.things.pointing_at(node),
        types=[found.names.label(str(iri)) for iri in record["types"]],
        regimens=regimens_of(slug, found) if kind == "agent" else [], judged=judged(rows, found) if rows else [],
    )  # fmt: skip


def _terms(kind: str, node: ox.NamedNode, found: Context) -> dict[str, list[Any]]:
    """The filter of findings for a thing; a gene stands for its alterations, so none is none."""
    if kind != "gene":
        return {kind: [node]}
    affected = found.engine.matching(None, ox.NamedNode("https://w3id.org/avidity/ontology#affectsGene"), node)
    alterations = sorted({str(quad.subject.value) for quad in affected if isinstance(quad.subject, ox.NamedNode)})
    return {"alteration": [ox.NamedNode(iri) for iri in alterations]} if alterations else {"finding": [node]}
