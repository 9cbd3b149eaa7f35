"""In what ways the results of studies may be unlike, and which of them would go together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from avidity_service.synthesis.facts import Facts
from avidity_service.synthesis.results import Row, StudyResult, choose, likeness
from avidity_service.synthesis.timepoints import NOT_STATED

# Name of the way, the parameter that narrows it, and why it matters.
WAYS = {
    "measure": ("measure", "different outcomes are counted"),
    "tier": ("match", "in some cohorts everybody has the genotype, in others it is one among several"),
    "basis": ("basis", "some counts are printed, others follow from a percentage"),
    "definition": ("definition", "uptake was judged on different scans, before radioiodine or after it"),
    "population": (
        "population",
        "some count all treated or evaluated, others those chosen by how it went, or cases",
    ),
    "timepoint": ("timepoint", "the result was judged at different times"),
}
FEWEST = 3
_MOST_SUGGESTIONS = 12


@dataclass(frozen=True, slots=True)
class Unlikeness:
    """One way in which results differ: its values, each with the studies that have it."""

    way: str
    parameter: str
    why: str
    values: dict[str, list[str]]

    def __str__(self) -> str:
        said = "; ".join(f"{value}: {', '.join(studies)}" for value, studies in self.values.items())
        return f"{self.why} ({said})"


def unlikenesses(results: Sequence[StudyResult]) -> list[Unlikeness]:
    """The ways in which results differ; what is not stated is no proof of a difference and is named apart."""
    found = []
    for way, (parameter, why) in WAYS.items():
        values = _values(results, way)
        if len(set(values) - {NOT_STATED}) > 1:
            found.append(Unlikeness(way, parameter, why, values))
    return found


def reservations(results: Sequence[StudyResult]) -> list[str]:
    """What a reader should know of results that are pooled: what their studies leave unsaid, and what was given."""
    said = [
        f"{way} not stated: {', '.join(values[NOT_STATED])}"
        for way in ("definition", "timepoint")
        if NOT_STATED in (values := _values(results, way))
    ]
    given = list(dict.fromkeys(result.given for result in results if result.given))
    if len(given) > 1:
        said.append(f"different treatments: {' | '.join(given)}")
    scans = list(dict.fromkeys(result.assessment for result in results if result.assessment))
    if len(scans) > 1:
        said.append(f"different scans: {' | '.join(scans)}")
    return said


def alternatives(rows: Sequence[Row], facts: Facts) -> list[dict[str, Any]]:
    """What could be asked instead: parameters that leave results that are alike, and how many studies each leaves."""
    ways = unlikenesses(choose(rows, facts)[0])
    like = [(row, likeness(row, facts)) for row in rows]
    found = []
    for choice in product(*(sorted(set(way.values) - {NOT_STATED}) for way in ways)):
        for unsaid in (True, False):
            allowed = [
                (way, (value, *((NOT_STATED,) if unsaid and NOT_STATED in way.values else ())))
                for way, value in zip(ways, choice, strict=True)
            ]
            kept = [row for row, of in like if all(of[way.way] in values for way, values in allowed)]
            results = choose(kept, facts)[0]
            one = {
                "parameters": {way.parameter: list(values) for way, values in allowed},
                "studies": len(results),
                "poolable": len(results) >= FEWEST and not unlikenesses(results),
            }
            if results and one not in found:
                found.append(one)
    found.sort(key=lambda one: (not one["poolable"], -int(str(one["studies"]))))
    return found[:_MOST_SUGGESTIONS]


def _values(results: Sequence[StudyResult], way: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for result in results:
        value = result.likeness[way]
        if value is not None:
            found.setdefault(value, []).append(result.study)
    return found
