"""The terms of the ontology, each with what the graph says of it; whatever property an author adds is shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyoxigraph as ox

from avidity_service.iris import AV, DCTERMS, OWL, RDF, RDFS, SKOS
from avidity_service.pages.ontology.expressions import Pieces, expression
from avidity_service.pages.ontology.graph import Node, OntologyGraph, Piece, curie

KINDS = {
    OWL + "Class": "class",
    OWL + "ObjectProperty": "object property",
    OWL + "DatatypeProperty": "data property",
    OWL + "AnnotationProperty": "annotation property",
    RDFS + "Datatype": "datatype",
}
_CHARACTERISTICS = {
    "FunctionalProperty": "functional",
    "InverseFunctionalProperty": "inverse functional",
    "TransitiveProperty": "transitive",
    "SymmetricProperty": "symmetric",
    "AsymmetricProperty": "asymmetric",
    "ReflexiveProperty": "reflexive",
    "IrreflexiveProperty": "irreflexive",
}
# Property → heading. The values are names or class expressions.
_AXIOMS = {
    RDFS + "subClassOf": "subclass of",
    OWL + "equivalentClass": "equivalent to",
    RDFS + "subPropertyOf": "subproperty of",
    OWL + "equivalentProperty": "equivalent to",
    OWL + "inverseOf": "inverse of",
    RDFS + "domain": "domain",
    RDFS + "range": "range",
    OWL + "disjointWith": "disjoint with",
    OWL + "propertyDisjointWith": "disjoint with",
}
# The same axioms, told by the other term; symmetric ones have one heading for both ways.
_BACKWARDS = {
    RDFS + "subClassOf": "superclass of",
    RDFS + "subPropertyOf": "superproperty of",
    RDFS + "domain": "in the domain of",
    RDFS + "range": "in the range of",
    OWL + "equivalentClass": "equivalent to",
    OWL + "equivalentProperty": "equivalent to",
    OWL + "inverseOf": "inverse of",
    OWL + "disjointWith": "disjoint with",
    OWL + "propertyDisjointWith": "disjoint with",
}
_LISTS = {
    OWL + "propertyChainAxiom": ("follows from the chain", " o "),
    OWL + "hasKey": ("key", ", "),
    OWL + "disjointUnionOf": ("disjoint union of", ", "),
}
_ORDER = ("kind of", *dict.fromkeys([*_AXIOMS.values(), "follows from the chain", *_BACKWARDS.values()]))
_SAID = {RDF + "type", RDFS + "label", SKOS + "definition", OWL + "deprecated", AV + "collection",
         *_AXIOMS, *_LISTS}  # fmt: skip


@dataclass(slots=True)
class Term:
    """One term. `axioms` and `notes` are headings, each with its values."""

    iri: str
    name: str
    label: str
    kind: str
    definitions: list[str]
    deprecated: bool
    collection: str
    characteristics: list[str]
    axioms: dict[str, list[Pieces]] = field(default_factory=dict)
    notes: dict[str, list[Pieces]] = field(default_factory=dict)


def read_terms(graph: OntologyGraph) -> list[Term]:
    """Every term of our namespace that the graph gives a type, by label."""
    nodes = [node for node in graph.facts if _is_ours(node) and graph.types(node)]
    terms = {node.value: _term(graph, node) for node in nodes if isinstance(node, ox.NamedNode)}
    for node in nodes:
        _tell_others(graph, node, terms)
    _tell_groups(graph, terms)
    _tell_annotations(graph, terms)
    for term in terms.values():
        term.axioms = {
            heading: _once(term.axioms[heading])
            for heading in sorted(term.axioms, key=lambda heading: (_place(heading), heading))
        }
    return sorted(terms.values(), key=lambda term: (term.label.casefold(), term.name))


def named_superclasses(graph: OntologyGraph, node: Node) -> list[str]:
    """The IRIs of our own classes above a class: stated, or a part of the intersection that it equals."""
    above = graph.values(node, RDFS + "subClassOf")
    for equal in graph.values(node, OWL + "equivalentClass"):
        above += graph.members(graph.value(equal, OWL + "intersectionOf"))
    return sorted({each.value for each in above if isinstance(each, ox.NamedNode) and _is_ours(each) and each != node})


def _is_ours(node: Node) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(AV)


def _term(graph: OntologyGraph, node: ox.NamedNode) -> Term:
    types = graph.types(node)
    kind = next((word for iri, word in KINDS.items() if iri in types), "individual")
    definitions = [value.value for value in graph.values(node, SKOS + "definition") if isinstance(value, ox.Literal)]
    term = Term(
        iri=node.value,
        name=node.value.removeprefix(AV),
        label=graph.text(node, RDFS + "label") or node.value.removeprefix(AV),
        kind=kind,
        definitions=definitions,
        deprecated=graph.text(node, OWL + "deprecated") in ("true", "1"),
        collection=graph.text(node, AV + "collection"),
        characteristics=[word for name, word in _CHARACTERISTICS.items() if OWL + name in types],
    )
    said = graph.facts[node]
    for property_ in _AXIOMS.keys() & said:
        heading = _AXIOMS[property_]
        for value in graph.values(node, property_):
            term.axioms.setdefault(heading, []).append(expression(graph, value))
    for property_ in _LISTS.keys() & said:
        heading, between = _LISTS[property_]
        for head in graph.values(node, property_):
            term.axioms.setdefault(heading, []).append(_joined(graph, graph.members(head), between))
    if kind == "individual":
        above = [ox.NamedNode(iri) for iri in sorted(types - {OWL + "NamedIndividual"})]
        term.axioms["kind of"] = [[graph.piece(each)] for each in above]
    for property_ in sorted(said.keys() - _SAID):
        heading = _heading(graph, property_)
        term.notes[heading] = [[graph.piece(value)] for value in graph.values(node, property_)]
    return term


def _tell_others(graph: OntologyGraph, node: Node, terms: dict[str, Term]) -> None:
    for property_ in _BACKWARDS.keys() & graph.facts[node]:
        for value in graph.values(node, property_):
            if isinstance(value, ox.NamedNode) and value.value in terms:
                terms[value.value].axioms.setdefault(_BACKWARDS[property_], []).append([graph.piece(node)])
    for iri in named_superclasses(graph, node):
        if iri in terms:
            terms[iri].axioms.setdefault("superclass of", []).append([graph.piece(node)])


def _tell_groups(graph: OntologyGraph, terms: dict[str, Term]) -> None:
    """Several terms that are pairwise disjoint."""
    for type_ in ("AllDisjointClasses", "AllDisjointProperties"):
        for node in graph.subjects(OWL + type_):
            members = graph.members(graph.value(node, OWL + "members"))
            for member in members:
                if isinstance(member, ox.NamedNode) and member.value in terms:
                    others = [expression(graph, other) for other in members if other != member]
                    terms[member.value].axioms.setdefault("disjoint with", []).extend(others)


def _tell_annotations(graph: OntologyGraph, terms: dict[str, Term]) -> None:
    """What is noted on an axiom, among the notes of the term that it is about."""
    parts = {RDF + "type", *(OWL + name for name in ("annotatedSource", "annotatedProperty", "annotatedTarget"))}
    for node in graph.subjects(OWL + "Axiom"):
        source, property_ = graph.text(node, OWL + "annotatedSource"), graph.text(node, OWL + "annotatedProperty")
        target = graph.value(node, OWL + "annotatedTarget")
        if source not in terms or target is None:
            continue
        about = [Piece(f"on {_AXIOMS.get(property_) or _heading(graph, property_)} "), *expression(graph, target)]
        for note in sorted(set(graph.facts[node]) - parts):
            for value in graph.values(node, note):
                rows = terms[source].notes.setdefault(_heading(graph, note), [])
                rows.append([*about, Piece(": "), graph.piece(value)])


def _joined(graph: OntologyGraph, nodes: list[Node], between: str) -> Pieces:
    found: Pieces = []
    for node in nodes:
        found += ([Piece(between)] if found else []) + expression(graph, node)
    return found


def _once(values: list[Pieces]) -> list[Pieces]:
    """Each value once, by its text."""
    kept = {"".join(piece.text for piece in pieces): pieces for pieces in values}
    return [kept[text] for text in sorted(kept, key=str.casefold)]


def _place(heading: str) -> int:
    return _ORDER.index(heading) if heading in _ORDER else len(_ORDER)


def _heading(graph: OntologyGraph, property_: str) -> str:
    """What an annotation is called: our own label, or the local name for the vocabularies that everybody knows."""
    label = graph.text(ox.NamedNode(property_), RDFS + "label")
    if label:
        return label
    known = next((start for start in (SKOS, DCTERMS, RDFS, OWL) if property_.startswith(start)), None)
    if known is None:
        return curie(property_)
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in property_.removeprefix(known))
    return words.strip()
