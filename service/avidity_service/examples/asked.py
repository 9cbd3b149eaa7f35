"""The questions with an example each and what its answer rests on; made once for a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from avidity_service.asking import ask, bind
from avidity_service.catalogue import Catalogue, Question
from avidity_service.engine import Engine, short
from avidity_service.errors import UnknownValue
from avidity_service.evidence_map.request import DEFAULT_MEASURE
from avidity_service.examples.badges import Badge, badge_of_findings, badge_of_rows
from avidity_service.iris import BASE
from avidity_service.names import Names, nodes
from avidity_service.rest.filters import Asked
from avidity_service.rest.findings import Findings
from avidity_service.synthesis.facts import Facts


@dataclass(frozen=True, slots=True)
class Example:
    """A question asked with the example of each parameter that it needs; `about` names those, as labels."""

    name: str
    question: str
    group: str
    about: str
    href: str
    badge: Badge


@dataclass(frozen=True, slots=True)
class Genotype:
    """A genotype of which an outcome is reported, and on what that rests."""

    label: str
    href: str
    badge: Badge


@dataclass(frozen=True, slots=True)
class Examples:
    """All questions, those among them that need a value (shown first), and the genotypes with the outcome's label."""

    questions: tuple[Example, ...]
    genotypes: tuple[Genotype, ...]
    outcome: str

    @property
    def chosen(self) -> list[Example]:
        """The questions that are asked about something, those with the most studies first."""
        return sorted((one for one in self.questions if one.about), key=lambda one: -one.badge.studies)


def read_examples(engine: Engine, catalogue: Catalogue, names: Names, findings: Findings, facts: Facts) -> Examples:
    """Ask every question once and count what its answer rests on."""
    found = tuple(_example(one, engine, names, findings, facts) for one in catalogue.questions)
    outcome = names.slugs["measure"].get(DEFAULT_MEASURE)
    genotypes = _genotypes(outcome, catalogue, names, findings, facts) if outcome else ()
    return Examples(found, genotypes, names.label(outcome) if outcome else "")


def _example(asked: Question, engine: Engine, names: Names, findings: Findings, facts: Facts) -> Example:
    given = {one.name: one.example for one in asked.parameters if one.required}
    try:
        bound = bind(asked, given, names)
    except UnknownValue:  # an example that this release does not have: the question stays, without a promise
        return Example(asked.name, asked.question, asked.group, "", f"/questions/{asked.name}", Badge())
    about = ", ".join(names.label(term.value) for term in bound.values())
    query = f"?{urlencode(given)}" if given else ""
    rows = list(ask(asked, bound, engine))
    return Example(
        asked.name, asked.question, asked.group, about, f"/questions/{asked.name}{query}", _badge(rows, findings, facts)
    )


def _badge(rows: Sequence[dict[str, Any]], findings: Findings, facts: Facts) -> Badge:
    tiers = {row["finding"]: row.get("tier") for row in rows if row.get("finding")}
    if not tiers:
        return badge_of_rows(rows)
    found = findings.find(Asked({"finding": nodes(sorted(tiers))}), whole=True).rows
    return badge_of_findings([{**row, "tier": tiers[row["iri"]]} for row in found if row["iri"] in tiers], facts)


def _genotypes(
    outcome: str, catalogue: Catalogue, names: Names, findings: Findings, facts: Facts
) -> tuple[Genotype, ...]:
    asked = Asked({"measure": nodes([outcome]), "alteration": nodes(sorted(names.slugs["alteration"].values()))})
    by_genotype: dict[str, list[dict[str, Any]]] = {}
    for row in findings.find(asked, whole=True).rows:
        by_genotype.setdefault(row["alteration_asked"], []).append(row)
    whatever = any(question.name == "uptake-for-genotype" for question in catalogue.questions)
    found = [
        Genotype(
            names.label(f"{BASE}alteration/{slug}"),
            f"/questions/uptake-for-genotype?{urlencode({'alteration': slug})}" if whatever else f"/alteration/{slug}",
            badge_of_findings(rows, facts),
        )
        for slug, rows in by_genotype.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.badge.studies, short(one.label).casefold())))
