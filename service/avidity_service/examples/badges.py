"""On how much an answer rests, in a few words: studies, and patients where nobody would be counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.synthesis.facts import Facts
from avidity_service.synthesis.results import choose

Row = Mapping[str, Any]
TIERS = ("exact", "pooled", "mixed")
_CASES = {
    frozenset({"case-report"}): "case reports only",
    frozenset({"case-series"}): "case series only",
    frozenset({"case-report", "case-series"}): "case reports and series only",
}


@dataclass(frozen=True, slots=True)
class Patients:
    """How many patients, each counted once, in how many studies that give a number."""

    number: int
    studies: int

    def words(self, studies: int) -> str:
        """The number, and in how many of so many studies it is known, if not in all."""
        said = _number(self.number, "patient")
        return said if self.studies == studies else f"{said} in {self.studies} of them"


@dataclass(frozen=True, slots=True)
class Badge:
    """What an answer rests on.

    `patients` is None where the sum would count somebody twice or leave somebody out; `tiers` has the words for each
    tier, none if all is exact; `limit` says that there are single cases only, or that the source does not include it.
    `rows` are counted in words where some belong to no study.
    """

    studies: int = 0
    patients: Patients | None = None
    tiers: tuple[tuple[str, str], ...] = ()
    limit: str = ""
    rows: int = 0

    @property
    def words(self) -> str:
        """The badge without its tiers; empty if nothing was asked."""
        said = [_number(self.rows, "row")] if self.rows else []
        said += [_number(self.studies, "study")] if self.studies else []
        said += [self.patients.words(self.studies)] if self.patients else []
        return " · ".join(said)


def badge_of_findings(rows: Sequence[Row], facts: Facts) -> Badge:
    """The badge of findings of `Findings.find`, each with the tier in which it bears on what is asked (or None).

    Patients are counted once in each study (`synthesis.results.choose`), and only where everybody has the genotype that
    is asked for.
    """
    studies = {row["study"] for row in rows}
    tiers = {tier: [row for row in rows if row["tier"] == tier] for tier in TIERS}
    present = [tier for tier in TIERS if tiers[tier]]
    by_tier: list[tuple[str, str]] = []
    if present == ["exact"]:
        by_tier = [("exact", "")]  # the whole badge is about it
    elif present:
        by_tier = [(tier, _of_tier(tier, tiers[tier], facts)) for tier in present]
    counted = patients(rows, facts) if present in ([], ["exact"]) else None
    return Badge(len(studies), counted, tuple(by_tier), _limit(studies, facts))


def patients(rows: Sequence[Row], facts: Facts) -> Patients | None:
    """Of how many patients one outcome is known; None where the rows do not tell.

    They do not tell if several outcomes are among them, or if a study has cohorts of which taking one leaves patients
    out: cohorts beside each other are not added, as nobody says that they share no one.
    """
    results, left_out = choose(rows, facts)
    taken = {result.study: result.row for result in results}
    if not taken or len({row["measure"] for row in rows}) != 1:
        return None
    for one in left_out:
        own = taken.get(one.row["study"])
        if own is None or one.row["denominator"] is None:
            continue
        around = one.row["cohort"] in facts.wholes.get(own["cohort"], ())
        if one.separate or (around and one.row["denominator"] != own["denominator"]):
            return None
    return Patients(sum(result.counts[1] for result in results), len(results))


def badge_of_rows(rows: Iterable[Row]) -> Badge:
    """The badge of an answer whose rows are no findings: its studies and, if some rows belong to none, its rows."""
    found = list(rows)
    studies = [row.get("study") or row.get("study_label") for row in found]
    # One row without a study that has an answer in words says why there is none.
    if len(found) == 1 and found[0].get("answer") and not studies[0]:
        return Badge(limit=str(found[0]["answer"]))
    return Badge(len({*studies} - {None}), rows=0 if found and all(studies) else len(found))


def _of_tier(tier: str, rows: Sequence[Row], facts: Facts) -> str:
    studies = len({row["study"] for row in rows})
    counted = patients(rows, facts) if tier == "exact" else None
    said = _number(studies, "study")
    return f"{said}, {counted.words(studies)}" if counted else said


def _limit(studies: Iterable[str], facts: Facts) -> str:
    designs = [facts.designs.get(study, ()) for study in studies]
    if not designs or not all(designs):
        return ""
    return _CASES.get(frozenset(design for one in designs for design in one), "")


def _number(number: int, what: str) -> str:
    plural = {"study": "studies"}.get(what, f"{what}s")
    return f"{number} {what if number == 1 else plural}"
