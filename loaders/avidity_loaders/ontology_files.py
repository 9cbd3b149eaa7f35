"""The ontology with its vocabulary as files for ontology editors: Turtle, RDF/XML, functional and Manchester syntax."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.names import BASE, OWL, PREFIXES, RDF, RDF_TYPE, graph, split_iri
from avidity_loaders.ontology_axioms import write_axioms
from avidity_loaders.ontology_turtle import write_turtle

_TYPE = ox.NamedNode(RDF_TYPE)
_INDIVIDUAL = ox.NamedNode(OWL + "NamedIndividual")
_LANGUAGE = (OWL, RDF, PREFIXES["rdfs"])
_ONTOLOGY = ox.NamedNode(BASE + "ontology")


def ontology_files(quads: Iterable[ox.Quad], ontology: Path) -> dict[str, bytes]:
    """The files by their paths in the release; all say the same, and the same input gives the same bytes.

    `ontology` is the input folder, for the prefixes that its authors wrote.

    Raises:
        OntologyError: if an axiom would be lost on the way.
    """
    triples = ontology_triples(quads)
    prefixes = _prefixes(triples, ontology)
    rdf_xml = ox.serialize(triples, format=ox.RdfFormat.RDF_XML, prefixes=prefixes)
    assert rdf_xml is not None
    functional, manchester = write_axioms(triples, prefixes)
    return {
        "ontology/avidity.ttl": write_turtle(triples, prefixes),
        "ontology/avidity.owl": rdf_xml,
        "ontology/avidity.ofn": functional,
        "ontology/avidity.omn": manchester,
    }


def ontology_triples(quads: Iterable[ox.Quad]) -> list[ox.Triple]:
    """Ontology and vocabulary in a fixed order, the header first, with canonical blank nodes.

    Every individual is declared, as editors would do on saving; in Manchester syntax there is no way not to, and all
    files are to hold the same axioms.
    """
    kept = {graph("ontology"), graph("vocabulary")}
    dataset = ox.Dataset(ox.Quad(q.subject, q.predicate, q.object) for q in quads if q.graph_name in kept)
    for quad in list(dataset.quads_for_predicate(_TYPE)):
        # Whatever is of a class of ours, and not itself a class or property.
        if isinstance(quad.subject, ox.NamedNode) and not str(getattr(quad.object, "value", "")).startswith(_LANGUAGE):
            dataset.add(ox.Quad(quad.subject, _TYPE, _INDIVIDUAL))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    triples = [quad.triple for quad in dataset]
    # Some readers take annotations of a header that comes later for annotations of a thing.
    return sorted(triples, key=lambda triple: (triple.subject != _ONTOLOGY, str(triple)))


def _prefixes(triples: list[ox.Triple], ontology: Path) -> dict[str, str]:
    """Prefix → IRI for every namespace that the triples use: ours, those of the input files, one for each kind."""
    known = dict(PREFIXES)
    for path in sorted([*ontology.glob("*.ttl"), *ontology.glob("vocabulary/*.ttl")]):
        parser = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
        for _ in parser:
            pass
        known |= {name: iri for name, iri in parser.prefixes.items() if name and iri not in known.values()}
    for triple in triples:
        kind, slug = split_iri(str(getattr(triple.subject, "value", "")))
        if kind and slug and f"{BASE}{kind}/" not in known.values():
            known[kind] = f"{BASE}{kind}/"
    text = "\n".join(map(str, triples))
    return {name: iri for name, iri in known.items() if f"<{iri}" in text}
