"""IRIs: the one place that knows how things, terms and graphs are named."""

from __future__ import annotations

import pyoxigraph as ox

BASE = "https://w3id.org/avidity/"
AV = BASE + "ontology#"
GRAPH = BASE + "graph/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_TYPE = RDF + "type"
OWL = "http://www.w3.org/2002/07/owl#"
RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
SKOS = "http://www.w3.org/2004/02/skos/core#"
XSD = "http://www.w3.org/2001/XMLSchema#"
DCTERMS = "http://purl.org/dc/terms/"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
OBO = "http://purl.obolibrary.org/obo/"
SH = "http://www.w3.org/ns/shacl#"
VOID = "http://rdfs.org/ns/void#"
VOID_EXT = "http://ldf.fi/void-ext#"

# Kinds of things whose IRIs a release promises (`released`). Each is a prefix too, by its own name.
KINDS = ("gene", "protein", "pathway", "process", "alteration", "agent", "mechanism", "histology", "measure",
         "adverse-event-term", "severity-grade", "relation", "concept", "radionuclide", "imaging-method",
         "stimulation", "dosing-frequency", "route", "study-design", "unit", "statistic", "study", "cohort",
         "regimen", "finding", "derived-finding", "statement", "definition", "criterion", "open-question",
         "harm-rate", "case", "discrepancy", "table-row", "question", "vocabulary", "source")  # fmt: skip

# What the graph declares (sh:declare): the namespaces that it uses, no others.
PREFIXES = {
    "av": AV,
    "owl": OWL,
    "rdf": RDF,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": XSD,
    "skos": SKOS,
    "dcterms": DCTERMS,
    "prov": PROV,
    "oa": OA,
    "sh": SH,
    "obo": OBO,
    "sssom": "https://w3id.org/sssom/",
    "semapv": "https://w3id.org/semapv/vocab/",
    "void": VOID,
    "void-ext": VOID_EXT,
    "vann": "http://purl.org/vocab/vann/",
    "graph": GRAPH,
    **{kind: f"{BASE}{kind}/" for kind in sorted(KINDS)},
}


def term(local_name: str) -> ox.NamedNode:
    """An ontology term: `av:<local_name>`."""
    return ox.NamedNode(AV + local_name)


def thing(kind: str, *path: str) -> ox.NamedNode:
    """A thing: `https://w3id.org/avidity/<kind>/<path>`."""
    return ox.NamedNode("/".join((BASE + kind, *path)))


def graph(name: str) -> ox.NamedNode:
    """A named graph of the dataset."""
    return ox.NamedNode(GRAPH + name)


def split_iri(iri: str) -> tuple[str, str]:
    """(kind, slug) of a thing's IRI; ("", iri) of any other."""
    if not iri.startswith(BASE) or "#" in iri:
        return "", iri
    kind, _, slug = iri[len(BASE) :].partition("/")
    return kind, slug
