"""A request for an evidence map: what its rows and columns are, and the map that every door gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.engine import short
from avidity_service.errors import Unfitting, UnknownValue
from avidity_service.evidence_map.cells import ROLES, Evidence, Witness, cell, certain, role
from avidity_service.evidence_map.studied import Cohort, Studied
from avidity_service.iris import AV, BASE
from avidity_service.names import DESIGNS, Names, nearest, nodes
from avidity_service.rest.filters import Asked, read_filters
from avidity_service.rest.findings import Findings
from avidity_service.synthesis.facts import Facts

Row = dict[str, Any]
ROWS, COLUMNS = ("agent", "mechanism", "regimen"), ("alteration", "gene", "histology")
OWN = ("rows", "columns")
# What narrows findings must narrow the cohorts too, or a cell would be called not reported that only was not asked for.
PARAMETERS = ("agent", "mechanism", "alteration", "gene", "histology", "study", "design", "measure", *OWN)
_GO_WITH = {
    "agent": ("rows", ("agent",)), "mechanism": ("rows", ("mechanism",)), "alteration": ("columns", ("alteration",)),
    "gene": ("columns", ("gene", "alteration")), "histology": ("columns", ("histology",)),
}  # fmt: skip
DEFAULT_MEASURE = "uptake-restored"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: the findings, and what the rows and columns are."""

    asked: Asked
    rows: str
    columns: str
    assumed: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EvidenceMap:
    """The rows with their cells in the order of the columns, the columns, and the SPARQL that found the findings."""

    rows: list[Row]
    columns: list[Row]
    searched: Mapping[str, int]
    query: str


def read_request(arguments: Mapping[str, Sequence[str]], names: Names) -> Wanted:
    """What a request asks for; without a measure, that of restored uptake.

    Raises:
        UnknownValue: for a parameter or value that is not allowed, with those that are.
    """
    asked = read_filters(arguments, PARAMETERS, names)
    assumed = {}
    if "measure" not in asked.terms:
        assumed = {"measure": DEFAULT_MEASURE}
        asked.terms["measure"] = nodes(names.resolve("measure", DEFAULT_MEASURE))
    if len(asked.terms["measure"]) > 1:
        raise UnknownValue("measure", ", ".join(arguments["measure"]), ["one measure: a map shows one outcome"])
    wanted = Wanted(asked, _one(arguments, "rows", ROWS), _one(arguments, "columns", COLUMNS), assumed)
    for name, (axis, kinds) in _GO_WITH.items():
        if arguments.get(name) and {"rows": wanted.rows, "columns": wanted.columns}[axis] not in kinds:
            allowed = [f"{axis}={kind}" for kind in kinds]
            raise Unfitting(name, f"{name} goes with {' or '.join(allowed)}.", allowed)
    return wanted


def draw(wanted: Wanted, findings: Findings, facts: Facts, studied: Studied, names: Names) -> EvidenceMap:
    """The map: a cell for each row and column."""
    columns = _columns(wanted, names)
    kept = {name: terms for name, terms in wanted.asked.terms.items() if name in ("measure", "study", "design")}
    if wanted.columns != "histology":
        kept["alteration"] = nodes(sorted({iri for column in columns.values() for iri in column}))
    found = findings.find(Asked(kept), whole=True)
    placed = list(_placed(found.rows, wanted.columns, columns, findings, studied))
    cohorts = [cohort for cohort in studied.cohorts if _allowed(cohort, wanted.asked, facts)]
    searched = {"cohorts": len(cohorts), "studies": len({cohort.study for cohort in cohorts})}
    rows = []
    for name in _rows(wanted, studied, names):
        label = names.label(f"{BASE}{wanted.rows}/{name}") if wanted.rows != "regimen" else name
        cells = [
            {"column": slug, "column_label": names.label(f"{BASE}{wanted.columns}/{slug}"),
             **_cell(name, label, slug, terms, placed, cohorts, wanted, facts, studied, names)}
            for slug, terms in columns.items()
        ]  # fmt: skip
        rows.append({"id": name, "label": label, "cells": cells})
    heads = [{"id": slug, "label": names.label(f"{BASE}{wanted.columns}/{slug}")} for slug in columns]
    return EvidenceMap(rows, heads, searched, found.query)


def _cell(
    name: str, label: str, column: str, terms: Iterable[str], placed: Sequence[tuple[str, str, Row, list[Row]]],
    cohorts: Sequence[Cohort], wanted: Wanted, facts: Facts, studied: Studied, names: Names,
) -> Mapping[str, Any]:  # fmt: skip
    evidence = [
        Evidence(row, tier, how)
        for slug, tier, row, regimens in placed
        if slug == column and (how := role(regimens, name, wanted.rows, facts, studied))
    ]
    who = {short(term) for term in terms}
    witnesses = [
        Witness(cohort, how, certain(cohort, name, wanted.rows, facts, studied))
        for cohort in ([] if evidence else cohorts)
        if who & (cohort.everyone | cohort.some) and (how := role(cohort.regimens, name, wanted.rows, facts, studied))
    ]
    of = names.label(f"{BASE}{wanted.columns}/{column}")
    studies = len({cohort.study for cohort in cohorts})
    searched = f"None of the {len(cohorts)} cohorts of {studies} studies has patients with {of} who got {label}."
    return cell(evidence, sorted(witnesses, key=lambda one: (ROLES.index(one.role), one.cohort.id)), searched, facts)


def _placed(
    rows: Sequence[Row], columns_of: str, columns: Mapping[str, list[str]], findings: Findings, studied: Studied
) -> Iterator[tuple[str, str, Row, list[Row]]]:
    """(column, tier, row, regimens of the column's patients) for each finding, once in each of its columns."""
    if columns_of == "histology":
        yield from _by_histology(rows, columns, studied)
        return
    own = _own_regimens(rows, findings)
    seen = set()
    for row in rows:  # the nearest tier comes first, as two alterations of a gene may have the same finding
        asked = row["alteration_asked"]
        for slug, terms in columns.items():
            if f"{BASE}alteration/{asked}" in terms and (slug, row["iri"]) not in seen:
                seen.add((slug, row["iri"]))
                theirs = own.get((row.get("completes") or row["iri"], asked))
                yield slug, row["tier"], row, [findings.regimens[iri] for iri in theirs] if theirs else row["regimens"]


def _by_histology(
    rows: Sequence[Row], columns: Iterable[str], studied: Studied
) -> Iterator[tuple[str, str, Row, list[Row]]]:
    cohorts = {cohort.id: cohort for cohort in studied.cohorts}
    for row in rows:
        cohort = cohorts[row["cohort"]]
        for slug in columns:
            if f"histology/{slug}" in cohort.everyone:
                yield slug, "exact", row, row["regimens"]
            elif f"histology/{slug}" in cohort.some:
                yield slug, "mixed", row, row["regimens"]


def _own_regimens(rows: Sequence[Row], findings: Findings) -> dict[tuple[str, str], list[str]]:
    """Of mixed cohorts, what the patients with the alteration got, by finding and alteration."""
    own: dict[tuple[str, str], list[str]] = {}
    mixed: dict[str, list[str]] = {}
    for row in rows:
        if row["tier"] == "mixed":
            mixed.setdefault(row["alteration_asked"], []).append(row.get("completes") or row["iri"])
    for slug, iris in mixed.items():
        for iri, regimens in findings.regimens_of(iris, f"{BASE}alteration/{slug}").items():
            own[iri, slug] = regimens
    return own


def _columns(wanted: Wanted, names: Names) -> dict[str, list[str]]:
    """The slug of each column with the IRIs of the terms that it stands for."""
    asked = {term.value for term in wanted.asked.terms.get("alteration", ())}
    if wanted.columns == "gene":
        genes = {short(gene).partition("/")[2]: iris for gene, iris in names.by_gene.items()}
        return {slug: list(iris) for slug, iris in sorted(genes.items()) if not asked or asked & set(iris)}
    kept = asked if wanted.columns == "alteration" else {t.value for t in wanted.asked.terms.get("histology", ())}
    return {slug: [iri] for slug, iri in sorted(names.slugs[wanted.columns].items()) if not kept or iri in kept}


def _rows(wanted: Wanted, studied: Studied, names: Names) -> list[str]:
    if wanted.rows == "regimen":
        return sorted({regimen["given"] for cohort in studied.cohorts for regimen in cohort.regimens}, key=str.casefold)
    kept = {term.value for term in wanted.asked.terms.get(wanted.rows, ())}
    return [slug for slug, iri in sorted(names.slugs[wanted.rows].items()) if not kept or iri in kept]


def _allowed(cohort: Cohort, asked: Asked, facts: Facts) -> bool:
    studies = {short(term.value).partition("/")[2] for term in asked.terms.get("study", ())}
    classes = {term.value.removeprefix(AV) for term in asked.terms.get("design", ())}
    designs = {DESIGNS[slug] for slug in facts.designs.get(cohort.study, ())}
    return (not studies or cohort.study in studies) and (not classes or bool(classes & designs))


def _one(arguments: Mapping[str, Sequence[str]], name: str, allowed: Sequence[str]) -> str:
    values = arguments.get(name) or [allowed[0]]
    if len(values) > 1 or values[0] not in allowed:
        value = ", ".join(values)
        raise UnknownValue(name, value, list(allowed), nearest(value, allowed))
    return values[0]
