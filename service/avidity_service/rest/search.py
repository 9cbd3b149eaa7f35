"""`/api/v1/search`, `/suggest`, `/source` and `/verify`: finding things by name, and the source by its words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from avidity_service.context import context
from avidity_service.contract.refusing import refuse_undeclared
from avidity_service.errors import UnknownThing, UnknownValue
from avidity_service.iris import BASE
from avidity_service.names import nearest
from avidity_service.rest.envelope import answer, meta
from avidity_service.rest.filters import read_filters
from avidity_service.search.index import Hit, highlights, kinds_of
from avidity_service.source import Passage

blueprint = Blueprint("search", __name__, url_prefix="/api/v1")
blueprint.before_request(refuse_undeclared)
_MOST_QUOTE = 2000
_AROUND = 160  # characters of a snippet


@blueprint.get("/search")
def search() -> Response:
    """Things and sentences that fit words, the nearest first."""
    index = context().release.index
    given = request.args.to_dict(flat=False)
    asked = read_filters({k: v for k, v in given.items() if k not in ("q", "kind")}, (), context().names)
    found = index.find(_text("q"), kinds_of(index, given.get("kind", ())))
    page = [hit_record(hit) for hit in found.hits[asked.offset : asked.offset + asked.limit]]
    return answer(
        page, page, asked, found.total, None, kinds=found.kinds, read_as=found.read_as, not_found=found.not_found
    )


@blueprint.get("/suggest")
def suggest() -> Response:
    """Names that start with what was typed."""
    data = [
        {"label": document["label"], "kind": document["kind"], "iri": document["iri"]}
        for document in context().release.index.suggest(_text("q"))
    ]
    return jsonify(data=data, meta=meta(len(data)), links={"self": request.full_path.rstrip("?")})


@blueprint.get("/source")
def source() -> Response:
    """The text by sections, its passages with the facts that they prove, and how much of it is accounted for."""
    found = context().release.source
    data = {
        "characters": len(found.text),
        "coverage": found.coverage,
        "sections": [{**one, "text": found.text[one["start"] : one["end"]]} for one in found.sections],
        "passages": [_passage(passage) for passage in found.passages.values()],
    }
    return jsonify(data=data, meta=meta(1), links={"self": request.path})


@blueprint.get("/source/passages/<path:slug>")
def passage(slug: str) -> Response:
    """One passage with its words and the facts that it proves."""
    found = context().release.source
    if slug not in found.passages:
        raise UnknownThing(f"passage '{slug}'", nearest(slug, found.passages))
    one = found.passages[slug]
    facts = [{"iri": BASE + fact, "id": fact, "label": context().names.label(BASE + fact)} for fact in one.facts]
    data = {**_passage(one), "quote": found.text[one.start : one.end], "facts": facts}
    return jsonify(data=data, meta=meta(1), links={"self": request.path, "page": one.iri})


@blueprint.get("/verify")
def verify() -> Response:
    """Whether words stand in the source, verbatim."""
    quote = _text("quote")
    if not quote or len(quote) > _MOST_QUOTE:
        raise UnknownValue("quote", quote[:40], [f"1 to {_MOST_QUOTE} characters"])
    found = context().release.source.verify(quote)
    return jsonify(data=found, meta=meta(len(found["places"])), links={"self": request.full_path.rstrip("?")})


def hit_record(hit: Hit) -> dict[str, Any]:
    """A hit with a snippet and the places of the matched words in it."""
    document = hit.document
    body = document["label"] if document["kind"] == "sentence" else next(iter(document["words"]), document["label"])
    snippet, places = _snippet(body, hit)
    sentence = document["kind"] == "sentence"
    return {
        "id": document["iri"].removeprefix(BASE), "iri": None if sentence else document["iri"],
        "kind": document["kind"], "label": None if sentence else document["label"], "fit": hit.rank, "snippet": snippet,
        "highlights": [{"start": start, "end": end} for start, end in places],
        "start": document.get("start"), "end": document.get("end"), "section": document.get("section"),
        "facts": document.get("facts", []),
    }  # fmt: skip


def _snippet(body: str, hit: Hit) -> tuple[str, list[tuple[int, int]]]:
    """The part of a text around its first matched word, and the matched words in that part."""
    places = highlights(body, hit.matched)
    first = max(0, (places[0][0] if places else 0) - _AROUND // 2)
    start = body.rfind(" ", 0, first) + 1 if first else 0
    part = body[start : start + 2 * _AROUND]
    if start + len(part) < len(body):
        part = part[: part.rfind(" ")] if " " in part else part
    return part, [(s - start, e - start) for s, e in places if s >= start and e <= start + len(part)]


def _passage(one: Passage) -> dict[str, Any]:
    return {"id": one.id, "iri": one.iri, "start": one.start, "end": one.end, "section": one.section,
            "facts": list(one.facts)}  # fmt: skip


def _text(name: str) -> str:
    values = request.args.getlist(name)
    if len(values) != 1:
        raise UnknownValue(name, "" if not values else ", ".join(values), [f"{name}=words, once"])
    return values[0]
