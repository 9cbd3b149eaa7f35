"""What a reader of counts has to see beside them: harms in the same studies, contradictions, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from avidity_service.context import Context
from avidity_service.iris import BASE
from avidity_service.names import nodes
from avidity_service.pages.answer.outcomes import Outcome
from avidity_service.pages.evidence import contradictions
from avidity_service.pages.evidence.harms import events, otherwise, patients
from avidity_service.pages.evidence_map.request import read_view
from avidity_service.rest.filters import Asked

Row = dict[str, Any]
_SEVERE = 3


def harms(studies: Sequence[str], found: Context) -> list[dict[str, Any]]:
    """For each study, the harms that the source reports of it, the severest first; none is said as such."""
    measures = nodes([f"{BASE}measure/{slug}" for slug in found.maps.outcomes.harms])
    asked = Asked({"study": nodes([f"{BASE}study/{slug}" for slug in studies]), "measure": measures})
    rows = found.findings.find(asked, whole=True).rows if studies and measures else []
    told = []
    for slug in studies:
        own = sorted((row for row in rows if row["study"] == slug), key=lambda row: -(row["grade"] or 0))
        severe = [row for row in own if (row["grade_high"] or row["grade"] or 0) >= _SEVERE]
        label = found.names.label(f"{BASE}study/{slug}")
        told.append(
            {"study": slug, "label": label, "number": len(own), "severe": [(row, _how_many(row)) for row in severe]}
        )
    return told


def _how_many(row: Row) -> str:
    """Patients or events, whichever the source counts, and said which."""
    if patients(row):
        return f"{patients(row)} patients"
    return f"{events(row)} events" if events(row) else otherwise(row)


def disputed(studies: Sequence[str], found: Context) -> list[dict[str, Any]]:
    """The contradictions and gaps about the studies, the major ones first."""
    every = contradictions.everything(found.things, found.release.source)
    return [one for one in every if one["study"] and one["study"]["id"] in studies]


def not_known(outcome: Outcome, found: Context) -> list[Row]:
    """Who has the genotype and got an agent, without a word on this outcome: (agent, studies, certain) each."""
    genotype = outcome.filters.get("alteration")
    if genotype is None:
        return []
    asked = {"alteration": [genotype], "measure": [outcome.measure], "rows": ["agent"], "columns": ["alteration"]}
    drawn = found.maps.draw(read_view(asked, found.names, found.maps.outcomes.harms).wanted)
    silent: list[Row] = []
    for row in drawn.rows:
        for cell in row["cells"]:
            if cell["state"] == "not-reported":
                labels = [(slug, found.names.label(f"{BASE}study/{slug}")) for slug in cell["studies"]]
                certain = any(one["certain"] for one in cell["cohorts"])
                silent.append({"agent": row["label"], "id": row["id"], "studies": labels, "certain": certain})
    return silent
