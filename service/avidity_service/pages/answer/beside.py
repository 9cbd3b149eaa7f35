"""What a reader of counts has to see beside them: harms in the same studies, contradictions, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from avidity_service.context import Context
from avidity_service.iris import BASE
from avidity_service.names import nodes
from avidity_service.pages.answer.outcomes import Outcome
from avidity_service.pages.evidence.harms import events, otherwise, patients
from avidity_service.pages.evidence_map.request import read_view
from avidity_service.rest.filters import Asked

Row = dict[str, Any]
_SEVERE = 3
_MOST_GRAVE = 5


def harms(studies: Sequence[str], found: Context) -> list[dict[str, Any]]:
    """For each study, the harms that the source reports of it, the severest first; none is said as such."""
    measures = nodes([f"{BASE}measure/{slug}" for slug in found.maps.outcomes.harms])
    asked = Asked({"study": nodes([f"{BASE}study/{slug}" for slug in studies]), "measure": measures})
    rows = found.findings.find(asked, whole=True).rows if studies and measures else []
    told = []
    for slug in studies:
        own = sorted((row for row in rows if row["study"] == slug), key=lambda row: -(row["grade"] or 0))
        severe = [row for row in own if _grade(row) >= _SEVERE]
        label = found.names.label(f"{BASE}study/{slug}")
        told.append(
            {"study": slug, "label": label, "number": len(own), "severe": [(row, _how_many(row)) for row in severe]}
        )
    return told


def severest(rows: Sequence[Row], found: Context) -> list[tuple[Row, str]]:
    """The harms among an answer's findings, the severest first, each with how many patients or events."""
    iris = sorted({str(row["finding"]) for row in rows if row.get("finding")})
    if not iris:
        return []
    harmful = set(found.maps.outcomes.harms)
    own = [
        row
        for row in found.findings.find(Asked({"finding": nodes(iris)}), whole=True).rows
        if row["measure"] in harmful
    ]
    # That there was none of a grade is said too, behind those that there were.
    own.sort(
        key=lambda row: (0 in (row["patients"], row["events"]), -(row["grade_high"] or row["grade"] or 0), row["start"])
    )
    return [(row, _how_many(row)) for row in own]


def harms_in_words(severe: Sequence[tuple[Row, str]]) -> str:
    """The severe harms in a sentence, or that none of them is said to be severe; empty where there are none."""
    if not severe:
        return ""
    grave = [(row, how) for row, how in severe if _grade(row) >= _SEVERE]
    if not grave:
        return f"{len(severe)} reported, none of them said to be of grade {_SEVERE} or more."
    said = [f"{_harm(row)}: {how} ({row['study_label']}, {row['given']})" for row, how in grave[:_MOST_GRAVE]]
    more = f"; and {len(grave) - _MOST_GRAVE} more, below" if len(grave) > _MOST_GRAVE else ""
    return f"Of grade {_SEVERE} or more: {'; '.join(said)}{more}."


def _grade(row: Row) -> int:
    return int(row["grade_high"] or row["grade"] or 0)


def _harm(row: Row) -> str:
    low, high = row["grade"], row["grade_high"]
    return f"{row['term_label'] or row['measure_label']}, grade {low if high in (None, low) else f'{low}–{high}'}"


def _how_many(row: Row) -> str:
    """Patients or events, whichever the source counts, and said which."""
    if row["patients"] is not None and not row["denominator"]:
        return f"{_of(row['patients'], 'patient')} (of how many is not stated)"
    if patients(row):
        return f"{patients(row)} patients" if row["patients"] is not None else patients(row)
    if row["events"] is not None and not row["of_events"]:
        return _of(row["events"], "event")
    return (f"{events(row)} events" if row["events"] is not None else events(row)) if events(row) else otherwise(row)


def _of(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def disputed(studies: Sequence[str], found: Context) -> list[dict[str, Any]]:
    """The contradictions and gaps about the studies, the major ones first."""
    return [one for one in found.contradictions if one["study"] and one["study"]["id"] in studies]


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
