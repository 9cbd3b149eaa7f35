"""What every REST answer is wrapped in: data, meta, links; or the same rows as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox
from flask import Response, jsonify, request

from avidity_service.context import context
from avidity_service.engine import text
from avidity_service.errors import QueryError, UnknownValue
from avidity_service.names import nearest
from avidity_service.negotiation import negotiate
from avidity_service.pages.formats import rdf_response
from avidity_service.rest.filters import Asked
from avidity_service.rest.findings import Row
from avidity_service.rest.flattening import flat

JSON, CSV, SSSOM = "application/json", "text/csv", "text/tab-separated-values"
JSONLD = "application/ld+json"
_FORMATS = {"json": JSON, "csv": CSV, "sssom": SSSOM, "jsonld": JSONLD}


def answer(
    data: list[Any],
    rows: list[Row],
    asked: Asked,
    total: int,
    query: str | None,
    columns: Sequence[str] = (),
    linked: bool = False,
    **more: Any,
) -> Response:
    """The envelope, or the rows as CSV, or, where data are `linked`, what the graph says of them as JSON-LD."""
    chosen = media_type([CSV, *((JSONLD,) if linked else ())])
    if chosen == CSV:
        return Response(_csv(rows, columns), content_type=CSV + "; charset=utf-8")
    if chosen == JSONLD:
        return as_linked_data([record["iri"] for record in data])
    if total == 0:
        # Silence is no answer: what the file lacks may be why nothing was found.
        more["empty"] = {
            "reason": "The source states nothing that fits; parts that the file does not hold cannot be asked.",
            "the_source_does_not_include": context().things.missing_parts(),
        }
    return jsonify(data=data, meta={**meta(total, asked, query), **more}, links=_links(asked, total, len(data)))


def one(record: Row, **links: str) -> Response:
    """One thing in the envelope, or what the graph says of it as JSON-LD."""
    if media_type([JSONLD]) == JSONLD:
        return as_linked_data([record["iri"]])
    return jsonify(data=record, meta=meta(1), links={"self": request.full_path.rstrip("?"), **links})


def as_linked_data(iris: Sequence[str]) -> Response:
    """What the graph says of things, each with its own parts, as JSON-LD."""
    triples: dict[Any, None] = {}
    for iri in dict.fromkeys(iris):
        triples |= dict.fromkeys(context().things.about(ox.NamedNode(iri)))
    return rdf_response(list(triples), JSONLD)


def media_type(more: Sequence[str] = ()) -> str:
    """The media type to answer in, by `format=` or Accept; JSON where a browser asks.

    Raises:
        UnknownValue: for a format that is not offered here. QueryError: 406, likewise.
    """
    offered = [JSON, *more]
    format_ = request.args.get("format")
    if format_ is not None:
        known = {name: type_ for name, type_ in _FORMATS.items() if type_ in offered}
        if format_ not in known:
            raise UnknownValue("format", format_, list(known), nearest(format_, known))
        return known[format_]
    found = negotiate(request.headers.get("Accept"), offered)
    if found is None and negotiate(request.headers.get("Accept"), ["text/html"]) is None:
        raise QueryError(406, "Not acceptable", f"Offered are {', '.join(offered)}.", offered=offered)
    return found or JSON


def meta(total: int, asked: Asked | None = None, query: str | None = None) -> dict[str, Any]:
    """Release, counts, page, and the SPARQL that gave the answer."""
    page = asked or Asked()
    return {
        "release": context().release.id,
        "total": total,
        "limit": page.limit,
        "offset": page.offset,
        "query": query,
    }


def _links(asked: Asked, total: int, shown: int) -> dict[str, str]:
    links = {"self": request.full_path.rstrip("?")}
    if asked.offset + shown < total:
        links["next"] = _page(asked.offset + asked.limit)
    if asked.offset:
        links["prev"] = _page(max(0, asked.offset - asked.limit))
    return links


def _page(offset: int) -> str:
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != "offset"]
    return f"{request.path}?{urlencode([*pairs, ('offset', str(offset))])}"


def _csv(rows: list[Row], columns: Sequence[str]) -> str:
    flattened = [flat(row) for row in rows]
    out = io.StringIO()
    writer = csv.writer(out)
    columns = columns or list(dict.fromkeys(name for row in flattened for name in row if name != "properties"))
    writer.writerow(columns)
    writer.writerows([text(row.get(name)) for name in columns] for row in flattened)
    return out.getvalue()
