"""Everything that the page shows, read from the release."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from avidity_service.context import Context
from avidity_service.iris import AV
from avidity_service.pages.ontology.examples import read_examples
from avidity_service.pages.ontology.graph import OntologyGraph, Piece
from avidity_service.pages.ontology.header import read_header
from avidity_service.pages.ontology.hierarchy import draw, read_trees
from avidity_service.pages.ontology.members import read_members, read_vocabulary
from avidity_service.pages.ontology.terms import KINDS, Term, read_terms

_PLURALS = {
    "class": "Classes",
    "object property": "Object properties",
    "data property": "Data properties",
    "annotation property": "Annotation properties",
    "datatype": "Datatypes",
    "individual": "Individuals",
}


@dataclass(frozen=True, slots=True)
class Section:
    """The terms of one kind; its id has a hyphen, which no term's name has."""

    id: str
    heading: str
    terms: tuple[Term, ...]


def read_page(context: Context) -> dict[str, Any]:
    """The values of the template."""
    graph = OntologyGraph(context.engine)
    terms = read_terms(graph)
    trees = read_trees(graph, terms)
    vocabulary = read_vocabulary(context)
    labels = {term.iri: term.label.casefold() for term in terms}
    return {
        "header": read_header(graph),
        "sections": _sections(terms),
        "trees": trees,
        "picture": draw(trees),
        "members": read_members(context),
        "vocabulary": [
            (graph.piece(ox.NamedNode(iri)), vocabulary[iri])
            for iri in sorted(vocabulary, key=lambda iri: labels.get(iri, iri))
        ],
        "elsewhere": _elsewhere(graph),
        "examples": read_examples(context),
        "release": context.release.id,
    }


def read_record(context: Context) -> dict[str, Any]:
    """Header and terms for programs."""
    graph = OntologyGraph(context.engine)
    header = read_header(graph)
    return {
        "iri": header.iri,
        "title": header.title,
        "version": header.version,
        "version_iri": header.version_iri,
        "terms": [_record(term) for term in read_terms(graph)],
    }


def _sections(terms: list[Term]) -> list[Section]:
    kinds = [kind for kind in _PLURALS if any(term.kind == kind for term in terms)]
    return [
        Section("part-" + kind.replace(" ", "-"), _PLURALS[kind], tuple(term for term in terms if term.kind == kind))
        for kind in kinds
    ]


def _elsewhere(graph: OntologyGraph) -> list[tuple[str, list[Piece]]]:
    """Declared terms of other namespaces by kind."""
    found: dict[str, list[Piece]] = {}
    for node in graph.facts:
        if not isinstance(node, ox.NamedNode) or node.value.startswith(AV):
            continue
        types = graph.types(node)
        kind = next((word for iri, word in KINDS.items() if iri in types), None)
        if kind:
            found.setdefault(kind, []).append(graph.piece(node))
    return [(_PLURALS[kind], sorted(found[kind], key=lambda piece: piece.text)) for kind in _PLURALS if kind in found]


def _record(term: Term) -> dict[str, Any]:
    def plain(values: dict[str, list[list[Piece]]]) -> dict[str, list[str]]:
        return {
            heading: ["".join(piece.text for piece in pieces) for pieces in rows] for heading, rows in values.items()
        }

    return {
        "iri": term.iri,
        "label": term.label,
        "kind": term.kind,
        "definitions": term.definitions,
        "deprecated": term.deprecated,
        "characteristics": term.characteristics,
        "axioms": plain(term.axioms),
        "notes": plain(term.notes),
    }
