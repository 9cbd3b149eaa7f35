"""What the ontology says of itself: title, version, licence, prefix."""

from __future__ import annotations

from dataclasses import dataclass

import pyoxigraph as ox

from avidity_service.iris import BASE, DCTERMS, OWL
from avidity_service.pages.ontology.graph import OntologyGraph, Piece

_ONTOLOGY = ox.NamedNode(BASE + "ontology")
_VANN = "http://purl.org/vocab/vann/"


@dataclass(frozen=True, slots=True)
class Header:
    """The header; empty where the graph says nothing. `path` is that of the version."""

    iri: str
    title: str
    description: str
    version: str
    version_iri: str
    path: str
    licence: Piece | None
    prefix: str
    namespace: str


def read_header(graph: OntologyGraph) -> Header:
    """The header of the ontology in the graph."""
    licence = graph.value(_ONTOLOGY, DCTERMS + "license")
    version_iri = graph.text(_ONTOLOGY, OWL + "versionIRI")
    return Header(
        iri=_ONTOLOGY.value,
        title=graph.text(_ONTOLOGY, DCTERMS + "title") or "Ontology",
        description=graph.text(_ONTOLOGY, DCTERMS + "description"),
        version=graph.text(_ONTOLOGY, OWL + "versionInfo"),
        version_iri=version_iri,
        path=version_iri.removeprefix(BASE.rstrip("/")) if version_iri.startswith(_ONTOLOGY.value + "/") else "",
        licence=graph.piece(licence) if licence is not None else None,
        prefix=graph.text(_ONTOLOGY, _VANN + "preferredNamespacePrefix"),
        namespace=graph.text(_ONTOLOGY, _VANN + "preferredNamespaceUri"),
    )
