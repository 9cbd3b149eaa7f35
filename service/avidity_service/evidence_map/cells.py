"""The cells of an evidence map: reported, not reported, or no study, each with what proves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.evidence_map.studied import Cohort, Studied
from avidity_service.synthesis.facts import Facts
from avidity_service.synthesis.groups import parts
from avidity_service.synthesis.likeness import unlikenesses
from avidity_service.synthesis.results import choose

Row = Mapping[str, Any]
ROLES = ("alone", "combination", "one of several")
_TIERS = {"exact": 0, "pooled": 1, "mixed": 2}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finding in a cell: in which tier it bears on the column, and how its patients got what the row names."""

    row: Row
    tier: str
    role: str


@dataclass(frozen=True, slots=True)
class Witness:
    """A cohort that has the column's patients and got, or may have got, what the row names."""

    cohort: Cohort
    role: str
    certain: bool


def role(regimens: Sequence[Row], name: str, rows: str, facts: Facts, studied: Studied) -> str | None:
    """How an agent, mechanism or whole regimen was given by the regimens behind a result; None if by none of them.

    alone: by all of them, and nothing else; combination: by all of them, with the same others; one of several: the
    source does not tell who got it.
    """
    sets = [_named(regimen, name, rows, facts, studied) for regimen in regimens]
    if not any(name in one for one in sets):
        return None
    if all(one == {name} for one in sets):
        return ROLES[0]
    unclear = rows != "regimen" and any("and/or" in regimen["given"] for regimen in regimens)
    return ROLES[1] if len(set(sets)) == 1 and not unclear else ROLES[2]


def certain(cohort: Cohort, name: str, rows: str, facts: Facts, studied: Studied) -> bool:
    """Whether the source tells that patients of a cohort got it: all of them, or a number of them."""
    if role(cohort.regimens, name, rows, facts, studied) in ROLES[:2]:
        return True
    return any(
        regimen["patients"] and name in _named(regimen, name, rows, facts, studied) for regimen in cohort.regimens
    )


def cell(evidence: Sequence[Evidence], witnesses: Sequence[Witness], searched: str, facts: Facts) -> Row:
    """One cell. Counts are summed within one tier and one way of giving only, one result a study.

    `state` is `reported`, with findings; `not-reported`, with the cohorts that have the column's patients and got what
    the row names (`certain` where the source tells that they did); or `no-study`, with how many cohorts were looked at.
    """
    if evidence:
        tiers = [_tier(evidence, tier, how, facts) for tier, how in _kinds(evidence)]
        studies = sorted({one.row["study"] for one in evidence})
        return {"state": "reported", "studies": studies, "designs": _designs(studies, facts), "evidence": tiers}
    if witnesses:
        studies = sorted({one.cohort.study for one in witnesses})
        return {
            "state": "not-reported", "studies": studies, "designs": _designs(studies, facts), "evidence": [],
            "cohorts": [_witness(one) for one in witnesses],
        }  # fmt: skip
    return {"state": "no-study", "studies": [], "designs": [], "evidence": [], "reason": searched}


def _kinds(evidence: Sequence[Evidence]) -> list[tuple[str, str]]:
    return sorted({(one.tier, one.role) for one in evidence}, key=lambda kind: (_TIERS[kind[0]], ROLES.index(kind[1])))


def _tier(evidence: Sequence[Evidence], tier: str, how: str, facts: Facts) -> Row:
    rows = {one.row["iri"]: one.row for one in evidence if (one.tier, one.role) == (tier, how)}
    results, left_out = choose(rows.values(), facts)
    counted = {result.row["iri"] for result in results}
    return {
        "tier": tier,
        "given": how,
        "studies": len({row["study"] for row in rows.values()}),
        "count": sum(result.counts[0] for result in results) if results else None,
        "denominator": sum(result.counts[1] for result in results) if results else None,
        "unlike": [one.way for one in unlikenesses(results)],
        "findings": [_finding(row, row["iri"] in counted, None) for row in rows.values() if row["iri"] in counted]
        + [_finding(one.row, False, one.reason) for one in left_out],
    }


def _finding(row: Row, counted: bool, reason: str | None) -> Row:
    names = ("iri", "study", "study_label", "cohort_label", "given", "count", "denominator", "percentage", "fraction",
             "extent", "basis", "quote", "start", "end", "section")  # fmt: skip
    return {"finding": row["id"], "counted": counted, "reason": reason, **{name: row[name] for name in names}}


def _witness(one: Witness) -> Row:
    cohort = one.cohort
    return {
        "cohort": cohort.id, "label": cohort.label, "study": cohort.study, "given": one.role, "certain": one.certain,
        "regimens": list(dict.fromkeys(regimen["given"] for regimen in cohort.regimens)), "proof": cohort.proof,
    }  # fmt: skip


def _designs(studies: Iterable[str], facts: Facts) -> list[str]:
    return sorted({design for study in studies for design in facts.designs.get(study, ())})


def _named(regimen: Row, name: str, rows: str, facts: Facts, studied: Studied) -> frozenset[str]:
    """What a regimen names; mechanisms within the one that is looked for are that one."""
    if rows == "regimen":
        return frozenset({regimen["given"]})
    if rows == "agent":
        # An agent that is not named is another one, as far as anybody knows.
        return frozenset([*(agent["agent"] for agent in regimen["agents"]), *("?" for _ in regimen["not_named"])])
    found = parts(regimen, "mechanism", facts) or ()
    return frozenset(name if f"mechanism/{name}" in studied.around(f"mechanism/{one}") else one for one in found)
