"""SSSOM mapping sets: links from our things to external vocabularies."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.convert.triples import Triples
from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import BASE, SKOS, graph
from avidity_loaders.sssom import read_mapping_sets
from avidity_loaders.vocabulary import Vocabulary

_PREDICATES = (
    "skos:exactMatch",
    "skos:closeMatch",
    "skos:broadMatch",
    "skos:narrowMatch",
    "skos:relatedMatch",
)


def convert_mappings(folder: Path, vocabulary: Vocabulary) -> list[ox.Quad]:
    """The links as `skos:*Match` to the external IRIs, with the CURIE as a notation on our side.

    Raises:
        OntologyError: naming file and line of an unknown subject, prefix, predicate or a missing column.
    """
    triples = Triples(graph("mappings"))
    problems: list[Problem] = []
    for found in read_mapping_sets(folder):
        for line, row in found.rows:
            problem = _convert(triples, row, found.prefixes, vocabulary)
            if problem:
                problems.append(Problem(problem, found.path, line))
    if problems:
        raise OntologyError(problems)
    return triples.quads


def _convert(triples: Triples, row: dict[str, str], prefixes: dict[str, str], vocabulary: Vocabulary) -> str | None:
    kind, _, slug = row["subject_id"].removeprefix("avidity:").partition("/")
    if (kind, slug) not in vocabulary.forms:
        return f"unknown subject {row['subject_id']}"
    if row["predicate_id"] not in _PREDICATES:
        return f"unknown predicate {row['predicate_id']}; allowed: {', '.join(_PREDICATES)}"
    prefix, _, local = row["object_id"].partition(":")
    if prefix not in prefixes:
        return f"the prefix of {row['object_id']} is not in the curie_map of the header"
    subject = ox.NamedNode(f"{BASE}{kind}/{slug}")
    target = ox.NamedNode(prefixes[prefix] + local)
    triples.add(subject, ox.NamedNode(SKOS + row["predicate_id"].removeprefix("skos:")), target)
    triples.add(target, ox.NamedNode(SKOS + "notation"), row["object_id"])
    triples.add(target, ox.NamedNode(SKOS + "prefLabel"), row["object_label"])
    return None
