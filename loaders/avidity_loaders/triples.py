"""A collector of quads for one named graph, so that converters read like the sentences they make."""

from __future__ import annotations

from decimal import Decimal

import pyoxigraph as ox

from avidity_loaders.names import RDF_TYPE, RDFS_LABEL, SKOS, XSD, term

_TYPE = ox.NamedNode(RDF_TYPE)
_LABEL = ox.NamedNode(RDFS_LABEL)
Value = ox.NamedNode | ox.Literal | str | int | Decimal | bool | None


def literal(value: str | int | Decimal | bool) -> ox.Literal:
    """A literal of the datatype that fits: string, integer, decimal or boolean."""
    if isinstance(value, bool):
        return ox.Literal("true" if value else "false", datatype=ox.NamedNode(XSD + "boolean"))
    if isinstance(value, int):
        return ox.Literal(str(value), datatype=ox.NamedNode(XSD + "integer"))
    if isinstance(value, Decimal):
        return ox.Literal(f"{value.normalize():f}", datatype=ox.NamedNode(XSD + "decimal"))
    return ox.Literal(value)


class Triples:
    """Quads of one graph; a value of None adds nothing, so that optional fields need no `if`."""

    def __init__(self, graph: ox.NamedNode) -> None:
        self.graph = graph
        self.quads: list[ox.Quad] = []

    def add(self, subject: ox.NamedNode, predicate: ox.NamedNode | str, *values: Value) -> None:
        """Add a triple for each value; a predicate given as text is a term of our own ontology."""
        property_ = term(predicate) if isinstance(predicate, str) else predicate
        for value in values:
            if value is not None:
                node = value if isinstance(value, (ox.NamedNode, ox.Literal)) else literal(value)
                self.quads.append(ox.Quad(subject, property_, node, self.graph))

    def describe(self, subject: ox.NamedNode, class_: str, label: str) -> None:
        """Type and English label of a thing."""
        self.add(subject, _TYPE, term(class_))
        self.add(subject, _LABEL, ox.Literal(label, language="en"))

    def names(self, subject: ox.NamedNode, names: list[str]) -> None:
        """Other names of a thing."""
        self.add(subject, ox.NamedNode(SKOS + "altLabel"), *(ox.Literal(name, language="en") for name in names))
