"""Class expressions in Manchester syntax, piece by piece, so that each name can be a link."""

from __future__ import annotations

import pyoxigraph as ox

from avidity_service.iris import OWL, RDF, RDFS, XSD
from avidity_service.pages.ontology.graph import Node, OntologyGraph, Piece

Pieces = list[Piece]
_JOINED = {"intersectionOf": " and ", "unionOf": " or "}
_QUANTIFIED = {"someValuesFrom": " some ", "allValuesFrom": " only ", "hasValue": " value "}
_COUNTS = {
    "cardinality": "exactly",
    "minCardinality": "min",
    "maxCardinality": "max",
    "qualifiedCardinality": "exactly",
    "minQualifiedCardinality": "min",
    "maxQualifiedCardinality": "max",
}
_FACETS = {"minInclusive": "≥", "maxInclusive": "≤", "minExclusive": ">", "maxExclusive": "<"}
_DEEPEST = 12


def expression(graph: OntologyGraph, node: Node, depth: int = 0) -> Pieces:
    """The expression at a node; what is no class expression, or nested too deep, as an ellipsis."""
    if not isinstance(node, ox.BlankNode):
        return [_quoted(graph, node)]
    if depth > _DEEPEST:
        return [Piece("…")]
    for name, word in _JOINED.items():
        head = graph.value(node, OWL + name)
        if head is not None:
            return _between(graph, graph.members(head), word, depth)
    negated = graph.value(node, OWL + "complementOf") or graph.value(node, OWL + "datatypeComplementOf")
    if negated is not None:
        return [Piece("not "), *_inner(graph, negated, depth)]
    inverted = graph.value(node, OWL + "inverseOf")
    if inverted is not None:
        return [Piece("inverse "), *_inner(graph, inverted, depth)]
    values = graph.value(node, OWL + "oneOf")
    if values is not None:
        return [Piece("{"), *_between(graph, graph.members(values), ", ", depth), Piece("}")]
    if graph.value(node, OWL + "onDatatype") is not None:
        return _bounded(graph, node)
    return _restriction(graph, node, depth)


def _restriction(graph: OntologyGraph, node: Node, depth: int) -> Pieces:
    property_ = graph.value(node, OWL + "onProperty")
    if property_ is None:
        return [Piece("…")]
    subject = _inner(graph, property_, depth)
    for name, word in _QUANTIFIED.items():
        filler = graph.value(node, OWL + name)
        if filler is not None:
            return [*subject, Piece(word), *_inner(graph, filler, depth)]
    if graph.value(node, OWL + "hasSelf") is not None:
        return [*subject, Piece(" Self")]
    for name, word in _COUNTS.items():
        count = graph.value(node, OWL + name)
        if isinstance(count, ox.Literal):
            of = graph.value(node, OWL + "onClass") or graph.value(node, OWL + "onDataRange")
            filler_pieces = [Piece(" "), *_inner(graph, of, depth)] if of is not None else []
            return [*subject, Piece(f" {word} {count.value}"), *filler_pieces]
    return [*subject, Piece(" …")]


def _bounded(graph: OntologyGraph, node: Node) -> Pieces:
    datatype = graph.value(node, OWL + "onDatatype")
    assert datatype is not None
    bounds = []
    for bound in graph.members(graph.value(node, OWL + "withRestrictions")):
        for facet, values in sorted(graph.facts.get(bound, {}).items()):
            name = facet.removeprefix(XSD).removeprefix(RDF)
            bounds += [f"{_FACETS.get(name, name)} {getattr(value, 'value', '…')}" for value in values]
    return [graph.piece(datatype), Piece(f"[{', '.join(bounds)}]")]


def _between(graph: OntologyGraph, nodes: list[Node], word: str, depth: int) -> Pieces:
    found: Pieces = []
    for node in nodes:
        found += ([Piece(word)] if found else []) + _inner(graph, node, depth)
    return found


def _inner(graph: OntologyGraph, node: Node, depth: int) -> Pieces:
    """A part of an expression: in brackets if it is not a name, a list of values or a bounded datatype."""
    pieces = expression(graph, node, depth + 1)
    bare = len(pieces) == 1 or pieces[0].text == "{" or pieces[-1].text.startswith("[")
    return pieces if bare else [Piece("("), *pieces, Piece(")")]


def _quoted(graph: OntologyGraph, node: Node) -> Piece:
    if isinstance(node, ox.Literal):
        plain = node.datatype.value in (XSD + "integer", XSD + "decimal", XSD + "boolean")
        return Piece(node.value if plain else f'"{node.value}"')
    piece = graph.piece(node)
    if isinstance(node, ox.NamedNode) and node.value == RDFS + "Literal":
        return Piece("any value")
    return piece
