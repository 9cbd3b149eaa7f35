"""What a finding's row does not say, but likeness depends on: how it was judged, on whom, and who is part of whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine, short
from avidity_service.iris import AV, BASE
from avidity_service.names import DESIGNS

_OF_UPTAKE = ("uptake", "eligibility")


@dataclass(frozen=True, slots=True)
class HowCounted:
    """How one finding was counted; None where the source does not say."""

    kind: str
    qualifier: str | None
    assessment: str | None
    radionuclide: str | None
    method: str | None
    timing: str | None
    criterion: str | None


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one release. Cohorts, studies, agents and mechanisms by their ids (`ho-2013/nras`), findings by their IRIs."""

    findings: dict[str, HowCounted] = field(default_factory=dict)
    wholes: dict[str, frozenset[str]] = field(default_factory=dict)
    given_radioiodine: frozenset[str] = frozenset()
    definitions: dict[str, frozenset[str]] = field(default_factory=dict)
    responders: dict[str, frozenset[int]] = field(default_factory=dict)
    designs: dict[str, list[str]] = field(default_factory=dict)
    mechanisms: dict[str, list[str]] = field(default_factory=dict)


def read_facts(engine: Engine, catalogue: Catalogue) -> Facts:
    """The facts of a release.

    `definitions` has the alterations and histologies that every patient of a cohort has. `responders` has, for each
    cohort, the numbers of its patients who had uptake restored, met a threshold or were given radioiodine: a part of
    that size was chosen by how the treatment went.
    """
    collections = catalogue.collections
    findings: dict[str, HowCounted] = {}
    counts: dict[tuple[str, str], dict[str | None, int]] = {}
    for row in engine.select(collections["how-counted"].text({})):
        findings[row["finding"]] = HowCounted(
            row["kind"], row["qualifier"], row["assessment_label"], _slug(row["radionuclide"]), _slug(row["method"]),
            row["timing"], row["criterion"],
        )  # fmt: skip
        if row["kind"] in _OF_UPTAKE and row["count"] is not None:
            counts.setdefault((_id(row["cohort"]), row["measure"]), {})[row["qualifier"]] = row["count"]
    responders: dict[str, set[int]] = {}
    for (cohort, _), parts in counts.items():
        responders.setdefault(cohort, set()).update({*parts.values(), sum(parts.values())})
    wholes: dict[str, set[str]] = {}
    given = set()
    for row in engine.select(collections["cohorts-within"].text({})):
        found = wholes.setdefault(_id(row["cohort"]), set())
        if row["whole"]:
            found.add(_id(row["whole"]))
        if row["given_radioiodine"] is not None:
            given.add(_id(row["cohort"]))
    definitions: dict[str, set[str]] = {}
    for row in engine.select(collections["cohorts"].text({})):
        definitions.setdefault(_id(row["cohort"]), set()).update(filter(None, (row["alteration"], row["histology"])))
    return Facts(
        findings,
        {cohort: frozenset(of) for cohort, of in wholes.items()},
        frozenset(given),
        {cohort: frozenset(iris) for cohort, iris in definitions.items()},
        {cohort: frozenset(numbers) for cohort, numbers in responders.items()},
        _lists(engine, collections["study-designs"].text({}), "study", "design"),
        _lists(engine, collections["mechanisms-of-agents"].text({}), "agent", "mechanism"),
    )


def _lists(engine: Engine, query: str, of: str, what: str) -> dict[str, list[str]]:
    slugs = {AV + class_: slug for slug, class_ in DESIGNS.items()}
    found: dict[str, list[str]] = {}
    for row in engine.select(query):
        found.setdefault(_id(row[of]), []).append(slugs.get(row[what]) or _id(row[what]))
    return found


def _id(iri: str) -> str:
    return short(iri).partition("/")[2]


def _slug(iri: Any) -> str | None:
    return iri.removeprefix(BASE) if iri else None
