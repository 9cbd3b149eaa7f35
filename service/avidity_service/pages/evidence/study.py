"""Everything that a study's page shows, from the graph alone."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from avidity_service.context import Context
from avidity_service.iris import AV, BASE
from avidity_service.pages.evidence import contradictions, flow, harms, timeline
from avidity_service.pages.evidence.quoting import quotes_of
from avidity_service.pages.evidence.works import works
from avidity_service.rest.filters import Asked

Record = dict[str, Any]
_OF_STUDY = ox.NamedNode(AV + "ofStudy")
# What is said besides; the kinds are those of the addresses.
_MORE = {
    "eligibility": "Who could enter",
    "derived-finding": "Counts that follow from what is printed",
    "statement": "Statements",
    "open-question": "Open questions",
}


def study_page(node: ox.NamedNode, record: Record, found: Context) -> Record:
    """What the template asks for: flow, time, outcomes, harms, contradictions, works, and what else is said."""
    source, parts = found.release.source, _parts(node, found)
    quotes = {part["iri"]: quotes_of(part, source) for part in parts}
    rows = found.findings.find(Asked({"study": [node]}), whole=True).rows
    by_kind: dict[str, list[Record]] = {}
    for part in parts:
        by_kind.setdefault(part["kind"], []).append(part)
    cohorts = flow.cohorts_of(by_kind.get("cohort", []), rows, quotes)
    events = timeline.events_of(parts, found.things.record, quotes)
    harmful = [row for row in rows if row.get("term")]
    return {
        "cohorts": list(flow.in_order(cohorts)), "picture": flow.draw(cohorts), "amount": flow.amount,
        "events": events, "axes": timeline.axes_of(events), "timeline": timeline,
        "outcomes": sorted((row for row in rows if not row.get("term")), key=flow.in_course),
        "harms": harmful, "grades": harms.by_grade(harmful),
        "harm": harms, "found": contradictions.of_study(record["id"], found.contradictions),
        "works": works([found.things.record(value["iri"]) for value in record["properties"].get("hasIdentifier", [])]),
        "table_row": next(iter(by_kind.get("table-row", [])), None),
        "more": [(heading, by_kind[kind]) for kind, heading in _MORE.items() if kind in by_kind], "quotes": quotes,
        "own": _widest(quotes_of(record, source)),
    }  # fmt: skip


def _parts(study: ox.NamedNode, found: Context) -> list[Record]:
    quads = found.things.engine.matching(None, _OF_STUDY, study)
    iris = {quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)}
    wanted = {*_MORE, "cohort", "regimen", "assessment", "radioiodine-therapy", "table-row"}
    return [found.things.record(iri) for iri in sorted(iris) if iri.removeprefix(BASE).partition("/")[0] in wanted]


def _widest(quotes: list[Record]) -> list[Record]:
    """Those that do not lie within another one."""
    return [
        one
        for one in quotes
        if not any(two is not one and two["start"] <= one["start"] and one["end"] <= two["end"] for two in quotes)
    ]
