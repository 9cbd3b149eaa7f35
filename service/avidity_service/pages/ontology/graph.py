"""The ontology's graph in memory: what is said of each node, and how a term is named and linked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pyoxigraph as ox

from avidity_service.engine import Engine
from avidity_service.iris import AV, BASE, GRAPH, PREFIXES, RDF, RDFS, SKOS

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_FACTS = """SELECT ?subject ?property ?value WHERE {{ GRAPH <{graph}> {{ ?subject ?property ?value {filter} }} }}"""
_OURS = f'FILTER(STRSTARTS(STR(?subject), "{AV}"))'
_LABEL = ox.NamedNode(RDFS + "label")
# How other vocabularies' terms are named: CURIE and label.
_NAMES = (ox.NamedNode(SKOS + "notation"), ox.NamedNode(SKOS + "prefLabel"))


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text, and where it links to; None for plain text."""

    text: str
    href: str | None = None
    outside: bool = False


class OntologyGraph:
    """The facts of the graph by subject and property; of the mappings, those of terms."""

    def __init__(self, engine: Engine) -> None:
        self.facts: dict[Node, dict[str, list[Node]]] = {}
        self.engine = engine
        for name, only in (("ontology", ""), ("mappings", _OURS)):
            query = _FACTS.format(graph=GRAPH + name, filter=only)
            for subject, property_, value in engine.select(query).rows:
                values = self.facts.setdefault(subject, {}).setdefault(property_.value, [])
                if value not in values:
                    values.append(value)

    def values(self, subject: Node, property_: str) -> list[Node]:
        """What the graph says of a subject by a property, in a fixed order."""
        found = self.facts.get(subject, {}).get(property_, [])
        return sorted(found, key=str) if len(found) > 1 else list(found)

    def value(self, subject: Node, property_: str) -> Node | None:
        """The first of the values, or None."""
        return next(iter(self.values(subject, property_)), None)

    def text(self, subject: Node, property_: str) -> str:
        """The first of the values as text, empty without one; English goes before other languages."""
        found = [value for value in self.values(subject, property_) if isinstance(value, (ox.Literal, ox.NamedNode))]
        found.sort(key=lambda value: getattr(value, "language", None) not in ("en", None))
        return found[0].value if found else ""

    def types(self, subject: Node) -> set[str]:
        """The IRIs of the subject's classes."""
        return {value.value for value in self.values(subject, RDF + "type") if isinstance(value, ox.NamedNode)}

    def subjects(self, type_: str) -> Iterator[Node]:
        """Everything that is of a type."""
        for node, properties in self.facts.items():
            if any(isinstance(v, ox.NamedNode) and v.value == type_ for v in properties.get(RDF + "type", [])):
                yield node

    def members(self, head: Node | None) -> list[Node]:
        """The members of an RDF list; of a broken one, as many as there are."""
        found: list[Node] = []
        seen: set[Node] = set()
        while head is not None and head in self.facts and head not in seen:
            seen.add(head)
            found += self.values(head, RDF + "first")[:1]
            head = self.value(head, RDF + "rest")
        return found

    def piece(self, node: Node) -> Piece:
        """A node as text with a link: our terms by label, things and outside terms by a short name."""
        if not isinstance(node, ox.NamedNode):
            return Piece(node.value if isinstance(node, ox.Literal) else "…")
        iri = node.value
        if iri.startswith(AV):
            return Piece(self.text(node, RDFS + "label") or iri.removeprefix(AV), "#" + anchor(iri))
        if iri.startswith(BASE):
            path = iri.removeprefix(BASE)
            return Piece(self._named(node, _LABEL) or path, "/" + quote(path, safe="/#-._~"))
        # Only what a browser opens as a page: an ontology may hold any IRI.
        href = iri if iri.startswith(("https://", "http://")) else None
        return Piece(self._named(node, *_NAMES) or curie(iri), href, outside=True)

    def _named(self, node: ox.NamedNode, *properties: ox.NamedNode) -> str:
        """What the other graphs say of a node by these properties, joined; empty where they say nothing."""
        found = []
        for property_ in properties:
            quad = next(self.engine.matching(node, property_), None)
            if quad is not None and isinstance(quad.object, ox.Literal):
                found.append(quad.object.value)
        return " ".join(found)


def anchor(iri: str) -> str:
    """The fragment of one of our terms, as it stands in a link."""
    return quote(iri.removeprefix(AV), safe="")


def curie(iri: str) -> str:
    """An IRI with the longest prefix that fits; without one, as it is."""
    fitting = [(name, start) for name, start in PREFIXES.items() if iri.startswith(start)]
    if not fitting:
        return iri
    name, start = max(fitting, key=lambda pair: len(pair[1]))
    return f"{name}:{iri.removeprefix(start)}"
