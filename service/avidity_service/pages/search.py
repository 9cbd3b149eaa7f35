"""`/search`: hits for a reader, with the words marked where they stand."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from markupsafe import Markup, escape

from avidity_service.context import context
from avidity_service.errors import UnknownValue
from avidity_service.rest.search import hit_record
from avidity_service.search.index import Found

blueprint = Blueprint("search-page", __name__)
_SHOWN = 30


@blueprint.get("/search")
def search() -> tuple[str, int]:
    """The search box, and what it found."""
    words = request.args.get("q", "").strip()
    kind = request.args.get("kind", "").strip()
    if not words:
        return render_template("search.html", words="", kind=kind), 200
    try:
        found = context().release.index.find(words, [kind] if kind else [])
    except UnknownValue as error:
        return render_template("search.html", words=words, kind=kind, error=error), 422
    hits = [_shown(record) for record in map(hit_record, found.hits[:_SHOWN])]
    return render_template("search.html", words=words, kind=kind, found=found, hits=hits, notes=_notes(found)), 200


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    """A hit with its snippet marked, and the address of its page."""
    snippet, at, parts = record["snippet"], 0, []
    for place in record["highlights"]:
        start, end = place["start"], place["end"]
        parts += [escape(snippet[at:start]), Markup("<mark>"), escape(snippet[start:end]), Markup("</mark>")]
        at = end
    parts.append(escape(snippet[at:]))
    sentence = record["kind"] == "sentence"
    href = f"/source?start={record['start']}&end={record['end']}#here" if sentence else "/" + record["id"]
    if record["kind"] == "question":
        href = "/questions/" + record["id"].partition("/")[2]
    title = record["section"] if sentence else record["label"]
    return {**record, "href": href, "title": title, "marked": Markup("").join(parts)}


def _notes(found: Found) -> list[str]:
    notes = [f"“{word}” was read as “{'” or “'.join(meant)}”." for word, meant in found.read_as.items()]
    return notes + [f"Nothing bears “{word}”." for word in found.not_found]
