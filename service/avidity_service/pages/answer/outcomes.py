"""The outcomes that an answer counts: one of each study, in sentences, and pooled only where that is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.catalogue import Question
from avidity_service.context import Context
from avidity_service.engine import Term
from avidity_service.iris import BASE
from avidity_service.names import nodes
from avidity_service.pages.answer.sentences import Told, reasons, reservations, sentences
from avidity_service.rest.filters import Asked
from avidity_service.synthesis.groups import Group
from avidity_service.synthesis.pooling import pool

Row = dict[str, Any]
TIERS = ("exact", "pooled", "mixed")
# Parameters of questions by which findings can be narrowed too.
_FILTERS = ("alteration", "agent", "mechanism", "histology", "gene", "study")
_MOST = 6
# Questions that ask in how many it did not come about.
_OF_FAILURES = ("failures-for-genotype",)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One measure: its sentences, one result a study with intervals (`group`), those of cohorts that hold others too.

    `group` is a group of a synthesis over the results in which everybody has what is asked for; `others` has the rows
    of the other tiers, which are never pooled with them; `words` are findings without a count of patients; `added` are
    results that the question's table leaves out, as nobody or everybody had the outcome.
    """

    measure: str
    label: str
    sentences: tuple[str, ...]
    group: Row
    others: tuple[Row, ...]
    words: tuple[Row, ...]
    added: tuple[Row, ...]
    filters: Mapping[str, str]
    told: Told
    reasons: tuple[str, ...]
    reservations: tuple[str, ...]

    @property
    def rows(self) -> list[Row]:
        """All that can be drawn."""
        return [*self.group["rows"], *self.others]


def outcomes(question: Question, bound: Mapping[str, Term], rows: Sequence[Row], found: Context) -> list[Outcome]:
    """The outcomes of an answer, those of the most studies first; none where its rows are no findings that count."""
    tiers = {str(row["finding"]): row.get("tier") for row in rows if row.get("finding")}
    if not tiers:
        return []
    own = found.findings.find(Asked({"finding": nodes(sorted(tiers))}), whole=True).rows
    by_measure: dict[str, list[Row]] = {}
    for row in own:
        if row["measure"] not in found.maps.outcomes.harms:
            by_measure.setdefault(row["measure"], []).append({**row, "tier": tiers[row["iri"]]})
    terms = _terms(question, bound)
    made = [
        _outcome(measure, same, _left_out(measure, terms, tiers, found) if terms else [], terms, found,
                 inverted=question.name in _OF_FAILURES)
        for measure, same in by_measure.items()
    ]  # fmt: skip
    counted = [one for one in made if one.rows or one.words]
    first = {one.measure: min(row["start"] for row in by_measure[one.measure]) for one in counted}
    return sorted(counted, key=lambda one: (-len(one.rows), first[one.measure]))[:_MOST]


def _terms(question: Question, bound: Mapping[str, Term]) -> dict[str, list[Any]]:
    kinds = {parameter.name: parameter.type for parameter in question.parameters}
    return {name: [term] for name, term in bound.items() if name in _FILTERS and kinds[name] == name}


def _left_out(measure: str, terms: Mapping[str, list[Any]], known: Mapping[str, Any], found: Context) -> list[Row]:
    """What a question for responders, or for failures, leaves out: it belongs to the denominator all the same."""
    asked = Asked({**terms, "measure": nodes([f"{BASE}measure/{measure}"])})
    return [
        row
        for row in found.findings.find(asked, whole=True).rows
        if row["iri"] not in known and row["denominator"] is not None and row["count"] in (0, row["denominator"])
    ]


def _outcome(
    measure: str, same: Sequence[Row], more: Sequence[Row], terms: Mapping[str, list[Any]], found: Context, *,
    inverted: bool,
) -> Outcome:  # fmt: skip
    every = [*same, *more]
    near: list[Mapping[str, Any]] = [row for row in every if row["tier"] in (None, "exact")]
    label = found.names.label(f"{BASE}measure/{measure}")
    group = pool(Group(measure, label, [*near]), found.facts, "wilson", False)
    others = [
        row
        for tier in TIERS[1:]
        for row in pool(Group(tier, tier, [row for row in every if row["tier"] == tier]), found.facts, "wilson", False)[
            "rows"
        ]
    ]
    words = tuple(row for row in every if row["count"] is None or row["denominator"] is None)
    filters = {name: str(term[0].value).rsplit("/", 1)[-1] for name, term in terms.items()}
    asked = " and ".join(found.names.label(term[0].value) for name, term in terms.items() if name == "alteration")
    told = Told(label, asked, {row["iri"]: row["failures"] for row in every}, inverted)
    narrowed = {"measure": measure, **filters, **({"match": "exact"} if "alteration" in filters else {})}
    said = tuple(sentences(told, group, others, words))
    return Outcome(
        measure, label, said, group, tuple(others), words, tuple(more), narrowed, told, tuple(reasons(group)),
        tuple(reservations(group)),
    )  # fmt: skip
