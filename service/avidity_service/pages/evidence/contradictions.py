"""Contradictions and gaps, each with what every side says, its sentences, what is shown and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from avidity_service.pages.evidence.quoting import quotes_of
from avidity_service.rest.things import Things
from avidity_service.source import Source

Record = dict[str, Any]

KINDS = {
    "text-table": "text against table",
    "text-text": "text against text",
    "arithmetic": "the numbers do not add up",
    "underspecified": "not said exactly",
    "missing": "missing in the file",
}


def contradiction(iri: str, things: Things, source: Source) -> Record:
    """One of them: label, kind in words, severity, who found it, what is shown, what it is about, sides with quotes."""
    record = things.record(iri)
    said = record["properties"]
    sides = [_side(things.record(side["iri"]), source) for side in said.get("hasSide", [])]
    one = {name: next(iter(said.get(name, [])), None) for name in ("severity", "foundBy", "shown", "rule")}
    kind = str(next(iter(said.get("discrepancyKind", [])), ""))
    return {
        "id": record["id"], "label": record["label"], "kind": KINDS.get(kind, kind), "severity": one["severity"],
        "found_by": one["foundBy"], "rule": one["rule"], "shown": one["shown"],
        "study": next(iter(said.get("ofStudy", [])), None), "about": said.get("about", []), "sides": sides,
        "quotes": [] if sides else quotes_of(record, source),
    }  # fmt: skip


def everything(things: Things, source: Source) -> tuple[Record, ...]:
    """All of them, the major ones first, then by study; `Context.contradictions` makes them once for a release."""
    found = [contradiction(iri, things, source) for iri in things.members("discrepancy")]
    return tuple(sorted(found, key=lambda one: (one["severity"] != "major", one["id"])))


def of_study(slug: str | None, found: Sequence[Record]) -> list[Record]:
    """Those of one study, or of none."""
    return [one for one in found if (one["study"]["id"] if one["study"] else None) == slug]


def studies_of(found: Sequence[Record]) -> list[tuple[str, str, int]]:
    """(slug, label, how many) of the studies that they are about; an empty slug stands for the review as a whole."""
    counted = Counter((one["study"]["id"], one["study"]["label"]) if one["study"] else ("", "") for one in found)
    return sorted((slug, label, count) for (slug, label), count in counted.items())


def _side(record: Record, source: Source) -> Record:
    said = {name: next(iter(values), None) for name, values in record["properties"].items()}
    fact = said.get("onFact")
    return {
        "witness": said.get("witness"), "says": said.get("says"), "note": said.get("note"),
        "fact": fact if isinstance(fact, dict) else None, "quotes": quotes_of(record, source),
    }  # fmt: skip
