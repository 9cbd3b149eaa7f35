"""Who was studied: cohorts with what their patients have and what they got."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine, short
from avidity_service.rest.findings import Findings


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort; `everyone` and `some` are the alterations and histologies of all or some patients, as `kind/slug`.

    `everyone` holds the broader terms too, so that patients with NRAS mutations have RAS mutations.
    """

    id: str
    label: str
    study: str
    proof: str
    everyone: frozenset[str]
    some: frozenset[str]
    regimens: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Studied:
    """All cohorts of a release, and for each term (`kind/slug`) itself and what is broader."""

    cohorts: tuple[Cohort, ...]
    broader: Mapping[str, frozenset[str]]

    def around(self, term: str) -> frozenset[str]:
        """A term and everything broader."""
        return self.broader.get(term, frozenset()) | {term}


def read_studied(engine: Engine, catalogue: Catalogue, findings: Findings) -> Studied:
    """Who was studied, of a release.

    `some` leaves out what a part of the cohort, or of one around it, is defined by: that part is a cohort of its own,
    and what its patients got is told there.
    """
    collections = catalogue.collections
    broader: dict[str, set[str]] = {}
    for row in engine.select(collections["broader-terms"].text({})):
        broader.setdefault(short(row["term"]), set()).add(short(row["broader"]))
    within = {term: frozenset(terms) for term, terms in broader.items()}
    everyone: dict[str, set[str]] = {}
    members: dict[str, set[str]] = {}
    for row in engine.select(collections["cohorts"].text({})):
        for name, into in (("alteration", everyone), ("histology", everyone), ("member_alteration", members),
                           ("member_histology", members)):  # fmt: skip
            if row[name]:
                term = short(row[name])
                into.setdefault(row["cohort"], set()).update({term} | within.get(term, frozenset()))
    told_apart = _told_apart(list(engine.select(collections["cohorts-within"].text({}))), everyone)
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in engine.select(collections["who-was-studied"].text({})):
        rows.setdefault(row["cohort"], []).append(row)
    cohorts = tuple(
        Cohort(
            _id(iri), found[0]["label"], _id(found[0]["study"]), found[0]["proof"], frozenset(everyone.get(iri, ())),
            frozenset(members.get(iri, set()) - told_apart.get(iri, set())),
            tuple(findings.regimens[row["regimen"]] for row in found if row["regimen"] in findings.regimens),
        )
        for iri, found in rows.items()
    )  # fmt: skip
    return Studied(cohorts, within)


def _told_apart(rows: Sequence[Mapping[str, Any]], everyone: Mapping[str, set[str]]) -> dict[str, set[str]]:
    parts: dict[str, set[str]] = {}
    around: dict[str, set[str]] = {}
    for row in rows:
        around.setdefault(row["cohort"], {row["cohort"]})
        if row["whole"]:
            around[row["cohort"]].add(row["whole"])
            parts.setdefault(row["whole"], set()).update(everyone.get(row["cohort"], ()))
    return {
        cohort: set().union(*(parts.get(whole, set()) - everyone.get(whole, set()) for whole in wholes))
        for cohort, wholes in around.items()
    }


def _id(iri: str) -> str:
    return short(iri).partition("/")[2]
