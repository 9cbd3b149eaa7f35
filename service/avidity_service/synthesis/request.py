"""A request for a synthesis: from words to what is asked, and from that to the answer that every door gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.engine import short
from avidity_service.errors import QueryError, Unfitting, UnknownValue
from avidity_service.names import Names, nearest, nodes
from avidity_service.rest.filters import FILTERS, Asked, read_filters
from avidity_service.rest.findings import Findings
from avidity_service.statistics.proportions import INTERVALS
from avidity_service.synthesis.facts import Facts
from avidity_service.synthesis.groups import BY, Row, grouped
from avidity_service.synthesis.likeness import WAYS
from avidity_service.synthesis.pooling import Answer, pool
from avidity_service.synthesis.results import DEFINITIONS, POPULATIONS, likeness

NARROWING = ("definition", "population", "timepoint")
OWN = ("by", "interval", "allow_unlike", *NARROWING)
PARAMETERS = (*FILTERS, *OWN)
_FIXED = {"definition": tuple(DEFINITIONS), "population": tuple(POPULATIONS)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked: findings, how to group them, which interval to show, and whether unlike things may be pooled."""

    asked: Asked
    by: str
    interval: str
    allow_unlike: bool
    narrowed: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The groups, the rows that belong to none of them, and the SPARQL that found the rows."""

    wanted: Wanted
    groups: list[Answer]
    not_grouped: list[Row]
    query: str

    @property
    def refused(self) -> list[Answer]:
        """The groups that were not pooled because their results are unlike."""
        return [group for group in self.groups if group["status"] == "unlike"]


class Unlike(QueryError):
    """409: results that are unlike would be pooled; says which, in what way, and what could be asked instead."""

    def __init__(self, synthesis: Synthesis) -> None:
        self.synthesis = synthesis
        reasons = [f"{group['label']}: {group['reason']}" for group in synthesis.refused]
        hint = "Narrow the request by one of `instead`, or ask with allow_unlike=true and get what is unlike named."
        super().__init__(
            409, "Not like with like", " ".join(reasons), hint=hint, ways={name: why for name, (_, why) in WAYS.items()}
        )


def read_request(arguments: Mapping[str, Sequence[str]], names: Names) -> Wanted:
    """What a request asks for.

    Raises:
        UnknownValue: for a parameter or value that is not allowed, or without a measure, with those that are.
    """
    asked = read_filters(arguments, PARAMETERS, names)
    if "measure" not in asked.terms:
        raise UnknownValue("measure", "", sorted(names.slugs["measure"]), ["uptake-restored"])
    by = _one(arguments, "by", BY, _by(asked))
    if by == "alteration" and not asked.alterations:
        asked.terms["alteration"] = nodes(sorted(names.slugs["alteration"].values()))
    allow = _one(arguments, "allow_unlike", ("true", "false"), "false") == "true"
    interval = _one(arguments, "interval", tuple(INTERVALS), "wilson")
    narrowed = {name: tuple(arguments[name]) for name in NARROWING if arguments.get(name)}
    for name, allowed in _FIXED.items():
        for value in narrowed.get(name, ()):
            if value not in allowed:
                raise UnknownValue(name, value, allowed, nearest(value, allowed))
    return Wanted(asked, by, interval, allow, narrowed)


def synthesise(wanted: Wanted, findings: Findings, facts: Facts, names: Names) -> Synthesis:
    """The groups that are asked for, each pooled or with the reason why not.

    Raises:
        Unfitting: for a timepoint that no finding has.
        Unlike: for groups that are not alike, unless that is allowed.
    """
    found = findings.find(wanted.asked, whole=True)
    rows = _narrowed(found.rows, wanted, facts)
    groups, homeless = grouped(rows, wanted.by, facts, _Labels(names))
    answers = [pool(group, facts, wanted.interval, wanted.allow_unlike) for group in groups]
    synthesis = Synthesis(wanted, answers, homeless, found.query)
    if synthesis.refused:
        raise Unlike(synthesis)
    return synthesis


def _by(asked: Asked) -> str:
    """Harms one by one, a genotype asked for by genotype, else all studies together."""
    if {short(term.value) for term in asked.terms["measure"]} == {"measure/adverse-event"}:
        return "adverse-event"
    return "alteration" if asked.alterations else "all"


class _Labels(dict[str, str]):
    """Labels by kind and slug."""

    def __init__(self, names: Names) -> None:
        super().__init__({short(iri): label for iri, label in names.labels.items()})


def _narrowed(rows: Sequence[Row], wanted: Wanted, facts: Facts) -> list[Row]:
    if not wanted.narrowed:
        return list(rows)
    like = [(row, likeness(row, facts)) for row in rows]
    for value in wanted.narrowed.get("timepoint", ()):
        known = sorted({str(of["timepoint"]) for _, of in like if of["timepoint"]})
        if value not in known:
            raise Unfitting("timepoint", f"No finding that is asked for is of '{value}'.", known)
    return [row for row, of in like if all(of[name] in values for name, values in wanted.narrowed.items())]


def _one(arguments: Mapping[str, Sequence[str]], name: str, allowed: Sequence[str], default: str) -> str:
    values = arguments.get(name, ())
    if not values:
        return default
    if len(values) > 1 or values[0] not in allowed:
        value = ", ".join(values)
        raise UnknownValue(name, value, list(allowed), nearest(value, allowed))
    return values[0]


def methods() -> dict[str, Any]:
    """How the numbers were made, in words, with the versions of what made them."""
    from importlib.metadata import version

    from avidity_service.statistics.binomial_normal import NODES

    return {
        "model": "binomial-normal random-effects model (logit-normal GLMM), maximum likelihood",
        "quadrature": f"adaptive Gauss–Hermite, {NODES} nodes a study",
        "interval_of_pooled": "mu ± z·SE on the logit scale, SE from the observed information of (mu, tau)",
        "prediction_interval": "mu ± t(k−2)·sqrt(tau² + SE²) on the logit scale",
        "intervals_of_rows": "Wilson (score) and Clopper–Pearson (exact), 95 %",
        "one_result_a_study": "whole counts before parts; nearest tier; printed before derived; all treated before "
        "those chosen by how treatment went; most patients; first in the source",
        "versions": {name: version(name) for name in ("avidity", "numpy", "scipy")},
    }
