"""One result a study: what is taken from a finding's row, and which row of several is taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from avidity_service.synthesis.facts import Facts, HowCounted
from avidity_service.synthesis.timepoints import NOT_STATED, timepoint

Row = Mapping[str, Any]
DEFINITIONS = {
    "diagnostic-scan": "on a scan before radioiodine treatment",
    "post-therapeutic-scan": "on the scan of the radioiodine that was given as treatment",
    NOT_STATED: "how is not stated",
}
POPULATIONS = {
    "treated": "of those treated or evaluated",
    "chosen": "of those chosen by how treatment went: with restored uptake, above a threshold, or given radioiodine",
    "case": "of single cases, reported for how they went",
}
_TIERS = {"exact": 0, "pooled": 1, "mixed": 2}
_TIMED = ("response", "survival", "mortality", "biomarker")
# Isotopes that are given to look, not to treat.
_IMAGING = ("radionuclide/iodine-123", "radionuclide/iodine-124")


@dataclass(frozen=True, slots=True)
class StudyResult:
    """The one result of a study that is laid beside those of others; `likeness` holds what must agree."""

    study: str
    row: Row
    likeness: Mapping[str, str | None]
    definition: str | None
    assessment: str | None

    @property
    def counts(self) -> tuple[int, int]:
        """Patients with the outcome, and patients."""
        return self.row["count"], self.row["denominator"]

    @property
    def given(self) -> str:
        """The treatment in words."""
        return str(self.row["given"])


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A finding that is not counted, and why; `separate` if its patients may be others than those that are counted."""

    row: Row
    reason: str
    separate: bool = False


def choose(rows: Iterable[Row], facts: Facts) -> tuple[list[StudyResult], list[LeftOut]]:
    """One result for each study, and all other rows with the reason why they are left out.

    Of the rows of a study that have a count and a number of patients, the first is taken by: a whole count before a
    part of one; the nearest tier; printed before derived; all treated before those chosen by how treatment went; most
    patients; first in the source.
    """
    by_study: dict[str, list[Row]] = {}
    left_out = []
    for row in rows:
        if row["count"] is None or row["denominator"] is None:
            left_out.append(LeftOut(row, _no_count(row)))
        else:
            by_study.setdefault(row["study"], []).append(row)
    chosen = []
    for study, candidates in by_study.items():
        ordered = sorted(candidates, key=lambda row: _rank(row, facts))
        chosen.append(_result(study, ordered[0], facts))
        left_out += [_not_twice(row, ordered[0], facts) for row in ordered[1:]]
    chosen.sort(key=lambda result: (result.row["reference"], result.study))
    return chosen, left_out


def _result(study: str, row: Row, facts: Facts) -> StudyResult:
    how = _how(row, facts)
    definition = _definition(how) if how.kind == "uptake" else None
    likeness = {
        "measure": _outcome(row),
        "tier": row["tier"],
        "basis": row["basis"],
        "definition": definition,
        "population": _population(row, facts),
        "timepoint": timepoint(row["timepoint"]) if how.kind in _TIMED else None,
    }
    said = [how.assessment, how.timing, f"criterion: {how.criterion}" if how.criterion else None]
    words = "; ".join([DEFINITIONS[definition], *filter(None, said)]) if definition else None
    return StudyResult(study, row, likeness, words, how.assessment)


def likeness(row: Row, facts: Facts) -> Mapping[str, str | None]:
    """What must agree of one finding, for filters that narrow by it."""
    return _result(row["study"], row, facts).likeness


def _how(row: Row, facts: Facts) -> HowCounted:
    return facts.findings[row.get("completes") or row["iri"]]


def _outcome(row: Row) -> str:
    """The measure; of a harm also which, and how severe."""
    if not row.get("term"):
        return str(row["measure"])
    grades = [str(grade) for grade in dict.fromkeys((row["grade"], row["grade_high"])) if grade is not None]
    return f"{row['term']}{' grade ' + '-'.join(grades) if grades else ''}"


def _definition(how: HowCounted) -> str:
    if how.method == "imaging-method/post-therapeutic-wbs":
        return "post-therapeutic-scan"
    if how.method == "imaging-method/diagnostic-wbs" or how.radionuclide in _IMAGING:
        return "diagnostic-scan"
    return NOT_STATED


def _population(row: Row, facts: Facts) -> str:
    """Chosen by how treatment went is a cohort that was given radioiodine, or as large as the responders of a whole."""
    cohort = row["cohort"]
    if set(facts.designs.get(row["study"], ())) & {"case-report", "case-series"}:
        return "case"
    if cohort in facts.given_radioiodine:
        return "chosen"
    own = facts.definitions.get(cohort, frozenset())
    for whole in facts.wholes.get(cohort, ()):
        # A genotype or histology of its own sets a cohort apart by that, not by how treatment went.
        if own <= facts.definitions.get(whole, own) and row["denominator"] in facts.responders.get(whole, ()):
            return "chosen"
    return "treated"


def _rank(row: Row, facts: Facts) -> tuple[Any, ...]:
    return (
        _how(row, facts).qualifier is not None, _TIERS.get(row["tier"], 3), row["basis"] != "stated",
        _population(row, facts) != "treated", -row["denominator"], row["start"], row["iri"],
    )  # fmt: skip


def _no_count(row: Row) -> str:
    if row.get("events") is not None:
        return "events are counted, not patients"
    if row["percentage"] is not None:
        return f"{row['percentage']} % is printed, not how many patients"
    if row["count"] is not None:
        return f"{row['count']} of how many patients is not printed"
    said = row["fraction"] or row["extent"]
    return f"'{said}' is printed, not how many patients" if said else "not a count of patients"


def _not_twice(row: Row, taken: Row, facts: Facts) -> LeftOut:
    name = taken["cohort_label"]
    if row["cohort"] == taken["cohort"]:
        return LeftOut(row, f"the same patients ({name}) are counted already")
    if taken["cohort"] in facts.wholes.get(row["cohort"], ()):
        return LeftOut(row, f"these patients are part of a cohort that is counted already ({name})")
    if row["cohort"] in facts.wholes.get(taken["cohort"], ()):
        return LeftOut(row, f"this cohort holds patients that are counted already ({name})")
    return LeftOut(row, f"one result a study: {name} is taken", separate=True)
