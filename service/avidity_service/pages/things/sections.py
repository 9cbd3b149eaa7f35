"""What a thing's page shows besides its findings: links outside, questions about it, how a measure was judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pyoxigraph as ox

from avidity_service.asking import ask, bind
from avidity_service.context import Context
from avidity_service.synthesis.results import DEFINITIONS, likeness

Row = dict[str, Any]
# Ours is first: what theirs is to it.
PREDICATES = {
    "skos:exactMatch": "the same as",
    "skos:closeMatch": "close to",
    "skos:narrowMatch": "broader than",
    "skos:broadMatch": "narrower than",
    "skos:relatedMatch": "related to",
}


def links_of(node: ox.NamedNode, found: Context) -> list[Row]:
    """The mappings of a thing, the nearest first: predicate in words, the term there, and where a person reads it."""
    rows, _ = found.links.find({"subject": [node]})
    order = list(PREDICATES)
    shown = [
        {"words": PREDICATES[row["predicate"]], "page": found.links.page(row["object"]["curie"]), **row}
        for row in rows
        if row["object"]["curie"] and row["predicate"] in PREDICATES
    ]
    return sorted(shown, key=lambda row: (order.index(row["predicate"]), row["object"]["curie"]))


def questions_about(kind: str, slug: str, found: Context) -> list[tuple[str, str]]:
    """(address, question) of the questions that take such a thing."""
    return [
        (f"/questions/{question.name}?{urlencode({parameter.name: slug})}", question.question)
        for question in found.catalogue.questions
        for parameter in question.parameters
        if parameter.type == kind and all(one.name == parameter.name or not one.required for one in question.parameters)
    ]


def regimens_of(slug: str, found: Context) -> list[Row]:
    """How an agent was given: dose, frequency, duration, each with its study and sentence."""
    question = next((one for one in found.catalogue.questions if one.name == "regimens-of-agent"), None)
    if question is None:
        return []
    return list(ask(question, bind(question, {"agent": slug}, found.names), found.engine))


def judged(rows: Sequence[Row], found: Context) -> list[Row]:
    """How each study judged a measure of uptake, one row for each way: that is what pooling depends on."""
    ways: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        how = found.facts.findings.get(row["iri"])
        if how is None or how.kind != "uptake":
            continue
        definition = likeness(row, found.facts)["definition"]
        key = (row["study"], how.assessment, how.timing, how.criterion)
        ways.setdefault(key, {
            "study": row["study"], "study_label": row["study_label"], "reference": row["reference"],
            "definition": DEFINITIONS.get(str(definition), ""), "assessment": how.assessment, "timing": how.timing,
            "criterion": how.criterion,
        })  # fmt: skip
    return sorted(ways.values(), key=lambda way: (way["reference"], way["study"]))
