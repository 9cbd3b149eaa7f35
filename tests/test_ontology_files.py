"""The ontology as files for editors: the same axioms in each, none lost, and another program reads them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pyhornedowl
import pyoxigraph as ox
import pytest
from avidity_loaders.errors import OntologyError
from avidity_loaders.names import AV, GRAPH, RDF_TYPE, graph
from avidity_loaders.ontology_files import ontology_files, ontology_triples
from avidity_service.release import Release

NAMES = ("ontology/avidity.ttl", "ontology/avidity.owl", "ontology/avidity.ofn", "ontology/avidity.omn")
HEAD = """@prefix av: <https://w3id.org/avidity/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://w3id.org/avidity/ontology> a owl:Ontology . av:A a owl:Class . av:B a owl:Class . av:C a owl:Class .
av:p a owl:ObjectProperty . av:q a owl:ObjectProperty . av:d a owl:DatatypeProperty . av:e a owl:DatatypeProperty .
"""


def canonical(data: bytes, kind: ox.RdfFormat) -> set[str]:
    dataset = ox.Dataset(ox.parse(data, format=kind))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad.triple) for quad in dataset}


def axioms(data: bytes, syntax: str) -> set[str]:
    found = pyhornedowl.open_ontology_from_string(data.decode(), syntax).get_components()  # type: ignore[arg-type]
    return {str(axiom) for axiom in found}


def made(turtle: str, folder: Path) -> dict[str, bytes]:
    quads = [
        ox.Quad(quad.subject, quad.predicate, quad.object, graph("ontology"))
        for quad in ox.parse((HEAD + turtle).encode(), format=ox.RdfFormat.TURTLE)
    ]
    return ontology_files(quads, folder)


def test_rdf_files_hold_ontology_and_vocabulary(release: Release, store: ox.Store) -> None:
    said = {str(triple) for triple in ontology_triples(store)}
    assert canonical(release.files[NAMES[0]], ox.RdfFormat.TURTLE) == said
    assert canonical(release.files[NAMES[1]], ox.RdfFormat.RDF_XML) == said
    stated = [
        quad
        for name in ("ontology", "vocabulary")
        for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(GRAPH + name))
    ]
    individuals = {
        quad.subject for quad in store.quads_for_pattern(None, ox.NamedNode(RDF_TYPE), None, graph("vocabulary"))
    }
    assert len(said) == len(stated) + len(individuals) > 2000
    assert not [line for line in said if "owl#imports" in line]


def test_functional_and_manchester_hold_the_same_axioms(release: Release) -> None:
    functional, manchester = axioms(release.files[NAMES[2]], "ofn"), axioms(release.files[NAMES[3]], "omn")
    assert functional == manchester
    # What horned-owl does not read from RDF is there all the same.
    from_rdf = axioms(release.files[NAMES[1]], "rdf")
    assert from_rdf < functional
    assert all(axiom.startswith("DisjointClasses(") for axiom in functional - from_rdf)


def test_files_are_readable(release: Release) -> None:
    turtle, functional, manchester = (release.files[NAMES[i]].decode() for i in (0, 2, 3))
    assert "_:" not in turtle
    assert turtle.index("a owl:Ontology") < turtle.index("a owl:Class") < turtle.index("a owl:ObjectProperty")
    assert "EquivalentTo: av:Agent and (av:hasMechanism value mechanism:mek-inhibition)" in manchester
    for text in (turtle, functional, manchester):
        head, _, body = text.partition("wl:Ontology" if text is turtle else "Ontology")
        used = set(re.findall(r"<(https://w3id\.org/avidity/[a-z-]+/)[^/>]+>", body))
        # A prefixed name may not start with a digit in OWL's own syntaxes: severity-grade/1 is written out.
        assert used <= {"https://w3id.org/avidity/ontology/", "https://w3id.org/avidity/severity-grade/"}, used
        assert len(re.findall(r"<https?://", head)) > 15


DISJOINT = {
    "[] a owl:AllDisjointClasses ; owl:members ( av:A av:B av:C ) .": "DisjointClasses(av:A av:B av:C)",
    "[] a owl:AllDisjointClasses ; owl:members ( av:A av:B ) .": "DisjointClasses(av:A av:B)",
    "[] a owl:AllDisjointProperties ; owl:members ( av:p av:q ) .": "DisjointObjectProperties(av:p av:q)",
    "[] a owl:AllDisjointProperties ; owl:members ( av:d av:e ) .": "DisjointDataProperties(av:d av:e)",
}


@pytest.mark.parametrize(("turtle", "axiom"), DISJOINT.items())
def test_groups_of_disjoint_terms_are_kept(turtle: str, axiom: str, tmp_path: Path) -> None:
    assert axiom in made(turtle, tmp_path)["ontology/avidity.ofn"].decode()


KEPT = {
    "inverse": "av:p owl:inverseOf av:q .",
    "key": "av:A owl:hasKey ( av:d ) .",
    "disjoint union": "av:A owl:disjointUnionOf ( av:B av:C ) .",
    "cardinality": "av:A rdfs:subClassOf [ a owl:Restriction ; owl:onProperty av:p ; owl:onClass av:B ; owl:maxQualifiedCardinality 1 ] .".replace(" 1 ]", ' "1"^^xsd:nonNegativeInteger ]'),
    "values": 'av:d rdfs:range [ a rdfs:Datatype ; owl:oneOf ( "a" "b" ) ] .',
    "bounds": "av:d rdfs:range [ a rdfs:Datatype ; owl:onDatatype xsd:integer ; owl:withRestrictions ( [ xsd:minInclusive 0 ] ) ] .",
    "annotated axiom": 'av:A rdfs:subClassOf av:B . [] a owl:Axiom ; owl:annotatedSource av:A ; owl:annotatedProperty rdfs:subClassOf ; owl:annotatedTarget av:B ; rdfs:comment "why" .',
    "decimal": 'av:A rdfs:comment 0.50 , "tab\\t\\"quote\\" \\\\ \\n line" .',
}  # fmt: skip


@pytest.mark.parametrize("turtle", KEPT.values(), ids=KEPT)
def test_other_axioms_are_kept(turtle: str, tmp_path: Path) -> None:
    files = made(turtle, tmp_path)
    said = canonical((HEAD + turtle).encode(), ox.RdfFormat.TURTLE)
    assert canonical(files[NAMES[0]], ox.RdfFormat.TURTLE) == said
    functional = pyhornedowl.open_ontology_from_string(files[NAMES[2]].decode(), "ofn")
    assert canonical(functional.save_to_string("owl").encode(), ox.RdfFormat.RDF_XML) == said
    assert axioms(files[NAMES[2]], "ofn") == axioms(files[NAMES[3]], "omn")


def test_what_would_be_lost_stops_the_build(tmp_path: Path) -> None:
    annotated = '[] a owl:AllDisjointClasses ; rdfs:comment "why" ; owl:members ( av:A av:B av:C ) .'
    with pytest.raises(OntologyError, match=r"9 of 17 triples.*1 × http://www.w3.org/2002/07/owl#members"):
        made(annotated, tmp_path)


def test_individuals_are_declared(tmp_path: Path) -> None:
    assert "Declaration(NamedIndividual(av:x))" in made("av:x a av:A .", tmp_path)["ontology/avidity.ofn"].decode()


@pytest.fixture(scope="module")
def pellet(need: Callable[[str], str], release_folder: Path) -> dict[str, dict[str, str]]:
    """What the OWL API that comes with owlready2 says of each file."""
    jars = f"{files('owlready2')}/pellet/*"
    found = {}
    for name in NAMES:
        command = [need("java"), "-cp", jars, "pellet.Pellet", "info", f"file:{release_folder / name}"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found[name] = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
    return found


def test_the_owl_api_reads_the_same_axioms(pellet: dict[str, dict[str, str]], release: Release) -> None:
    declared = release.files[NAMES[2]].decode().count("Declaration(DataProperty(")
    totals = {name: int(said["Axioms"]) for name, said in pellet.items()}
    # Version 3.4 forgets the declarations of data properties in Manchester syntax, also in what it wrote itself
    # (4.5, which Protégé has, does not); it then cannot tell the profile.
    totals[NAMES[3]] += declared
    assert len(set(totals.values())) == 1, totals
    assert declared > 100
    assert len({(said["Logical Axioms"], said["Individuals"], said["Classes"]) for said in pellet.values()}) == 1
    assert {said["OWL Profile"] for name, said in pellet.items() if name != NAMES[3]} == {"OWL 2 DL"}
    assert AV in release.files[NAMES[3]].decode()
