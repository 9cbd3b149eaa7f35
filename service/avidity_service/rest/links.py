"""`/api/v1/mappings` and `/api/v1/resolve`: links to other vocabularies."""

from __future__ import annotations

import pyoxigraph as ox
from flask import Blueprint, Response, jsonify, request

from avidity_service.context import context
from avidity_service.contract.refusing import refuse_undeclared
from avidity_service.engine import Term
from avidity_service.errors import UnknownThing, UnknownValue
from avidity_service.iris import AV, BASE, PREFIXES
from avidity_service.links import PREDICATES, Record, sssom
from avidity_service.names import nearest
from avidity_service.rest.envelope import CSV, SSSOM, answer, media_type, meta
from avidity_service.rest.filters import read_filters

blueprint = Blueprint("links", __name__, url_prefix="/api/v1")
blueprint.before_request(refuse_undeclared)
_FILTERS = ("subject", "kind", "predicate", "object", "vocabulary")


@blueprint.get("/mappings")
def mappings() -> Response:
    """Mappings by subject, kind of subject, predicate, object or vocabulary; as JSON, CSV or SSSOM/TSV."""
    given = request.args.to_dict(flat=False)
    asked = read_filters({k: v for k, v in given.items() if k not in _FILTERS}, _FILTERS, context().names)
    rows, query = context().links.find(_terms(given))
    if media_type((CSV, SSSOM)) == SSSOM:
        text = sssom(rows, context().links, context().release.id)
        return Response(text, content_type=SSSOM + "; charset=utf-8")
    page = rows[asked.offset : asked.offset + asked.limit]
    return answer(page, [_flat(row) for row in page], asked, len(rows), query)


@blueprint.get("/mappings/<path:slug>")
def mapping(slug: str) -> Response:
    """One mapping."""
    node = context().things.find("mapping", slug)
    [row] = [row for row in context().links.find({})[0] if row["iri"] == node.value]
    return jsonify(data=row, meta=meta(1), links={"self": request.path, "page": node.value})


@blueprint.get("/resolve")
def resolve_parameter() -> Response:
    """The same as `/resolve/<CURIE>`, for IRIs and addresses: `/resolve?id=https://…`."""
    values = request.args.getlist("id")
    if len(values) != 1 or set(request.args) != {"id"}:
        raise UnknownValue("id", None, ["id: a CURIE, an IRI or the address of a term's page"])
    return resolve(values[0])


@blueprint.get("/resolve/<path:curie>")
def resolve(curie: str) -> Response:
    """Which of our things an external id means, and how exactly; what is below it, where its ontology is linked."""
    found = context().links.resolve(curie)
    return jsonify(data=found, meta=meta(len(found["matches"])), links={"self": request.full_path.rstrip("?")})


def _terms(given: dict[str, list[str]]) -> dict[str, list[Term]]:
    terms: dict[str, list[Term]] = {}
    for value in given.get("subject", ()):
        terms.setdefault("subject", []).append(ox.NamedNode(_subject(value)))
    for value in given.get("object", ()):
        iri = context().links.expand(value)
        if iri is None:
            prefixes = [row["prefix"] for row in context().links.vocabularies]
            raise UnknownValue("object", value, prefixes, nearest(value.partition(":")[0], prefixes))
        terms.setdefault("object", []).append(ox.NamedNode(iri))
    for value in given.get("predicate", ()):
        name = value if value.startswith("skos:") else "skos:" + value
        if name not in PREDICATES:
            raise UnknownValue("predicate", value, list(PREDICATES), nearest(value, PREDICATES))
        terms.setdefault("predicate", []).append(ox.NamedNode(PREFIXES["skos"] + name.removeprefix("skos:")))
    for value in given.get("vocabulary", ()):
        known = {row["prefix"].casefold(): row for row in context().links.vocabularies}
        if value.casefold() not in known:
            prefixes = [row["prefix"] for row in known.values()]
            raise UnknownValue("vocabulary", value, prefixes, nearest(value, prefixes))
        terms.setdefault("source", []).append(ox.NamedNode(known[value.casefold()]["registry"]))
    for value in given.get("kind", ()):
        kinds = sorted({row["subject"]["kind"] for row in context().links.find({})[0]})
        if value not in kinds:
            raise UnknownValue("kind", value, kinds, nearest(value, kinds))
        terms.setdefault("kind", []).append(ox.NamedNode(AV if value == "term" else f"{BASE}{value}/"))
    return terms


def _subject(value: str) -> str:
    """A subject by IRI, by `kind/slug`, or by CURIE (`avidity:agent/selumetinib`, `av:Finding`)."""
    iri = context().links.expand(value) or (None if "/" not in value else context().links.expand("avidity:" + value))
    if iri is None:
        raise UnknownThing(f"subject '{value}'; write kind/slug, an IRI, or a CURIE as in avidity:agent/selumetinib")
    return iri


_MORE = ("vocabulary", "vocabulary_version", "justification", "comment", "date", "licence", "iri")


def _flat(row: Record) -> Record:
    """A mapping for a table."""
    subject, target = row["subject"], row["object"]
    return {
        "subject": f"{subject['kind']}/{subject['id']}", "subject_label": subject["label"],
        "predicate": row["predicate"], "object": target["curie"], "object_label": target["label"],
        "object_iri": target["iri"], "page": target["page"], **{name: row[name] for name in _MORE},
    }  # fmt: skip
