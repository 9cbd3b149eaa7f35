"""SSSOM mapping sets: links from our things to external vocabularies."""

from __future__ import annotations

import csv
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.convert.triples import Triples
from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import BASE, SKOS, graph
from avidity_loaders.vocabulary import Vocabulary

_COLUMNS = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
)
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
    for path in sorted(folder.glob("*.sssom.tsv")):
        prefixes, rows = _read(path)
        for line, row in rows:
            problem = _convert(triples, row, prefixes, vocabulary)
            if problem:
                problems.append(Problem(problem, path, line))
    if problems:
        raise OntologyError(problems)
    return triples.quads


def _read(path: Path) -> tuple[dict[str, str], list[tuple[int, dict[str, str]]]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[1:] for line in lines if line.startswith("#")]
    prefixes = {}
    for line in head:
        key, _, value = line.strip().partition(": ")
        if value.startswith(("http://", "https://")) and key not in ("license", "mapping_set_id"):
            prefixes[key] = value.strip('"')
    body = [(i + 1, line) for i, line in enumerate(lines) if not line.startswith("#")]
    reader = csv.DictReader((line for _, line in body), delimiter="\t")
    missing = [name for name in _COLUMNS if name not in (reader.fieldnames or [])]
    if missing:
        raise OntologyError(Problem(f"the SSSOM columns {', '.join(missing)} are missing", path, body[0][0]))
    return prefixes, [(line, row) for (line, _), row in zip(body[1:], reader, strict=True)]


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
