"""Triples → OWL functional and Manchester syntax, by horned-owl, with a proof that no axiom is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pyhornedowl
import pyoxigraph as ox
from pyhornedowl import PyIndexedOntology
from pyhornedowl.model import Component, DisjointClasses, DisjointDataProperties, DisjointObjectProperties

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import OWL, RDF, RDF_TYPE

# Several classes or properties at once. horned-owl writes such axioms, but does not read them from RDF.
_ALL_DISJOINT = {OWL + "AllDisjointClasses", OWL + "AllDisjointProperties"}


def write_axioms(triples: list[ox.Triple], prefixes: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The ontology in functional and in Manchester syntax.

    Raises:
        OntologyError: if something of it would not stand in the files.
    """
    groups, rest = _split(triples)
    ontology = _read(rest)
    for kind, members in groups:
        ontology.add_component(_disjoint(ontology, kind, members))
    for name, iri in prefixes.items():
        ontology.prefix_mapping.add_prefix(name, iri)
    return _write(ontology, "ofn"), _write(ontology, "omn")


def _read(triples: list[ox.Triple]) -> PyIndexedOntology:
    rdf_xml = ox.serialize(triples, format=ox.RdfFormat.RDF_XML)
    assert rdf_xml is not None
    ontology = pyhornedowl.open_ontology_from_string(rdf_xml.decode(), "rdf")
    # What it does not understand it leaves out without a word; so count what comes back.
    back = list(ox.parse(ontology.save_to_string("owl").encode(), format=ox.RdfFormat.RDF_XML))
    if len(back) < len(triples):
        lost = Counter(t.predicate.value for t in triples) - Counter(quad.predicate.value for quad in back)
        raise OntologyError(
            Problem(
                f"horned-owl finds no axiom in {len(triples) - len(back)} of {len(triples)} triples: "
                + ", ".join(f"{count} × {name}" for name, count in sorted(lost.items())),
                cure="look for a class or property without declaration, or for what OWL 2 DL does not have",
            )
        )
    return ontology


def _write(ontology: PyIndexedOntology, syntax: str) -> bytes:
    text = str(ontology.save_to_string(syntax))  # type: ignore[arg-type]
    said = {str(axiom) for axiom in ontology.get_components()}
    found = {str(axiom) for axiom in pyhornedowl.open_ontology_from_string(text, syntax).get_components()}  # type: ignore[arg-type]
    if said != found:
        problems = [Problem(f"not the same in .{syntax}: {axiom}") for axiom in sorted(said ^ found)]
        raise OntologyError(problems)
    return text.encode()


def _split(triples: list[ox.Triple]) -> tuple[list[tuple[str, list[str]]], list[ox.Triple]]:
    """The groups of disjoint terms as (class or kind of property, members), and all other triples."""
    of: dict[object, list[ox.Triple]] = {}
    for triple in triples:
        of.setdefault(triple.subject, []).append(triple)
    types = {(str(t.subject), t.object.value) for t in triples if t.predicate.value == RDF_TYPE}  # type: ignore[union-attr]
    groups, taken = [], set[object]()
    for node, found in of.items():
        if not any(t.predicate.value == RDF_TYPE and t.object.value in _ALL_DISJOINT for t in found):  # type: ignore[union-attr]
            continue
        [head] = [t.object for t in found if t.predicate.value == OWL + "members"]
        members, cells = _list(head, of)
        names = [member.value for member in members if isinstance(member, ox.NamedNode)]
        if len(found) > 2 or len(names) < len(members):
            continue  # annotated, or with class expressions: left in, so that it is counted as lost
        kinds = ("Class", "ObjectProperty", "DatatypeProperty")
        kind = next((kind for kind in kinds if (str(members[0]), OWL + kind) in types), "Class")
        groups.append((kind, names))
        taken |= {node, *cells}
    return groups, [triple for triple in triples if triple.subject not in taken]


def _list(head: object, of: Mapping[object, list[ox.Triple]]) -> tuple[list[object], list[object]]:
    """Members and cells of an RDF list."""
    members, cells = list[object](), list[object]()
    while head in of:
        cells.append(head)
        parts = {triple.predicate.value: triple.object for triple in of[head]}
        members.append(parts[RDF + "first"])
        head = parts[RDF + "rest"]
    return members, cells


def _disjoint(ontology: PyIndexedOntology, kind: str, members: list[str]) -> Component:
    if kind == "ObjectProperty":
        return DisjointObjectProperties([ontology.object_property(iri) for iri in members])
    if kind == "DatatypeProperty":
        return DisjointDataProperties([ontology.data_property(iri) for iri in members])
    return DisjointClasses([ontology.class_(iri) for iri in members])
