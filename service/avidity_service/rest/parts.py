"""What a study consists of beside its findings: cohorts, regimens, statements, contradictions, counts derived."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from avidity_service.iris import AV, BASE
from avidity_service.rest.things import Things

# In the order in which a reader would ask: who, what was given, how it was judged, what else is said, what is wrong.
_PARTS = {
    "table-row": "Row of the table",
    "eligibility": "Who could enter",
    "cohort": "Cohorts",
    "regimen": "Regimens",
    "assessment": "How uptake was judged",
    "radioiodine-therapy": "Radioiodine",
    "derived-finding": "Counts that follow from what is printed",
    "statement": "Statements",
    "open-question": "Open questions",
    "discrepancy": "Contradictions and gaps",
}
_OF_STUDY = ox.NamedNode(AV + "ofStudy")
_HIDDEN = ("ofStudy", "proof", "supportedBy", "wasDerivedFrom", "evidenceCode", "about", "identifier")


def parts_of_study(study: ox.NamedNode, things: Things) -> list[tuple[str, list[dict[str, Any]]]]:
    """(heading, records) for each kind of part that the study has; a record has its `quote` and short `properties`."""
    found: dict[str, set[str]] = {}
    for quad in things.engine.matching(None, _OF_STUDY, study):
        if isinstance(quad.subject, ox.NamedNode):
            kind = quad.subject.value.removeprefix(BASE).partition("/")[0]
            found.setdefault(kind, set()).add(quad.subject.value)
    return [
        (heading, [_part(things.record(iri)) for iri in sorted(found[kind])])
        for kind, heading in _PARTS.items()
        if kind in found
    ]


def _part(record: dict[str, Any]) -> dict[str, Any]:
    properties = record["properties"]
    return {
        **{name: record[name] for name in ("id", "kind", "iri", "label")},
        "quote": next(iter(properties.get("proof", [])), None),
        "properties": {
            name: [value["label"] if isinstance(value, dict) else value for value in values]
            for name, values in properties.items()
            if name not in _HIDDEN
        },
    }


def with_sides(record: dict[str, Any], things: Things) -> dict[str, Any]:
    """A discrepancy's record with its sides in full, each with its words and its quote; any other record as it is."""
    sides = record["properties"].get("hasSide")
    if record["kind"] != "discrepancy" or not sides:
        return record
    return {**record, "sides": [_part(things.record(side["iri"])) for side in sides]}
