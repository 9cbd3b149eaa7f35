"""Turtle to be read: header, classes, properties, the rest; class expressions and lists written in place."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pyoxigraph as ox

from avidity_loaders.names import OWL, RDF_TYPE, XSD

_ORDER = tuple(OWL + name for name in ("Ontology", "Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"))


def write_turtle(triples: list[ox.Triple], prefixes: Mapping[str, str]) -> bytes:
    """The triples as Turtle; the same triples with the same names of blank nodes give the same bytes."""
    # Half a second to import; only the build pays for it. pyoxigraph's own Turtle does not nest blank nodes.
    from rdflib import BNode, Graph, Literal, URIRef
    from rdflib.plugins.serializers.turtle import TurtleSerializer
    from rdflib.term import Node

    places = _places(triples)

    class Ordered(TurtleSerializer):
        def orderSubjects(self) -> list[Node]:  # noqa: N802
            return sorted(self._subjects, key=self.place)

        def place(self, node: Node) -> tuple[int, str]:
            # Blank nodes last, those first that nothing refers to: the others then stand where they are used.
            after = 10 + self._references[node] if isinstance(node, BNode) else 9
            return places.get(str(node), after), str(node)

    def node(term: object) -> URIRef | BNode | Literal:
        if isinstance(term, ox.NamedNode):
            return URIRef(term.value)
        if isinstance(term, ox.BlankNode):
            return BNode(term.value)
        assert isinstance(term, ox.Literal)
        if term.language or term.datatype.value == XSD + "string":
            return Literal(term.value, lang=term.language)
        # 0.50 stays 0.50.
        return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)

    graph = Graph(bind_namespaces="none")
    for name, iri in prefixes.items():
        graph.bind(name, iri)
    for triple in triples:
        graph.add((node(triple.subject), URIRef(triple.predicate.value), node(triple.object)))
    buffer = io.BytesIO()
    Ordered(graph).serialize(buffer)
    return buffer.getvalue()


def _places(triples: list[ox.Triple]) -> dict[str, int]:
    """IRI → where it belongs in the file."""
    places: dict[str, int] = {}
    for triple in triples:
        if triple.predicate.value == RDF_TYPE and isinstance(triple.subject, ox.NamedNode):
            kind = str(getattr(triple.object, "value", ""))
            if kind in _ORDER:
                place = _ORDER.index(kind)
                places[triple.subject.value] = min(place, places.get(triple.subject.value, place))
    return places
