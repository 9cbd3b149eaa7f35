"""OWL as triples, from RDF/XML or Turtle, one triple at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyoxigraph as ox

from avidity_loaders.link.definitions import Definitions
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.terms import ONTOLOGY, Field, Said
from avidity_loaders.link.vocabulary import HEADER, LINKS, OWL, RDFS, RETIRED, STATUS, TEXTS
from avidity_loaders.names import RDF_TYPE

_CLASS, _ONTOLOGY = OWL + "Class", OWL + "Ontology"
_DEPRECATED, _SUBCLASS, _EQUIVALENT = OWL + "deprecated", RDFS + "subClassOf", OWL + "equivalentClass"


def read_owl(stream: BinaryIO, prefixes: Prefixes, syntax: ox.RdfFormat) -> Iterator[Said]:
    """What the triples say of named classes and of the ontology; owl:imports are named, never followed.

    Raises:
        SyntaxError: in Turtle with the line.
    """
    definitions, header = Definitions(), _HeaderTriples()
    # Lenient with IRIs: published files hold some that are none, mostly in cross-references. Only relative IRIs need a
    # base, and no class that we link to has one.
    for quad in ox.parse(stream, format=syntax, base_iri="file:///", lenient=True):
        subject, predicate, value = quad.subject, quad.predicate.value, quad.object
        if isinstance(subject, ox.BlankNode):
            definitions.learn(subject.value, predicate, value)
        elif isinstance(subject, ox.NamedNode):
            if predicate in (_SUBCLASS, _EQUIVALENT) and isinstance(value, ox.BlankNode):
                for parent in definitions.use(subject.value, value.value):
                    yield Said(prefixes.curie(subject.value), Field.PARENT, prefixes.curie(parent))
            elif predicate in HEADER or (predicate == RDF_TYPE and value == ox.NamedNode(_ONTOLOGY)):
                header.learn(subject.value, predicate, value)
            else:
                yield from _of_class(subject.value, predicate, value, prefixes)
    for defined, parent in definitions.rest():
        yield Said(prefixes.curie(defined), Field.PARENT, prefixes.curie(parent))
    yield from header.said()


def _of_class(iri: str, predicate: str, value: object, prefixes: Prefixes) -> Iterator[Said]:
    if isinstance(value, ox.Literal):
        if predicate in TEXTS:
            # Labels in other languages are not compared with ours.
            if (value.language or "en").partition("-")[0] == "en":
                yield Said(prefixes.curie(iri), TEXTS[predicate], value.value.strip())
        elif (predicate == _DEPRECATED and value.value in ("true", "1")) or (
            predicate in STATUS and value.value in RETIRED
        ):
            yield Said(prefixes.curie(iri), Field.OBSOLETE)
    if predicate in LINKS and isinstance(value, (ox.NamedNode, ox.Literal)):
        yield Said(prefixes.curie(iri), LINKS[predicate], prefixes.curie(value.value))
    elif isinstance(value, ox.NamedNode):
        if predicate == _SUBCLASS:
            yield Said(prefixes.curie(iri), Field.PARENT, prefixes.curie(value.value))
        elif predicate == RDF_TYPE and value.value == _CLASS:
            yield Said(prefixes.curie(iri), Field.CLASS)


class _HeaderTriples:
    """Header properties also stand on other things, and before it is known which one is the ontology."""

    def __init__(self) -> None:
        self.iri: str | None = None
        self.waiting: list[tuple[str, Said]] = []

    def learn(self, subject: str, predicate: str, value: object) -> None:
        if predicate == RDF_TYPE:
            self.iri = self.iri or subject
            self.waiting = [entry for entry in self.waiting if entry[0] == self.iri]
        elif self.iri in (None, subject) and isinstance(value, (ox.NamedNode, ox.Literal)):
            self.waiting.append((subject, Said(ONTOLOGY, HEADER[predicate], value.value)))

    def said(self) -> Iterator[Said]:
        if self.iri is not None:
            yield Said(ONTOLOGY, Field.IRI, self.iri)
            yield from (said for subject, said in self.waiting if subject == self.iri)
