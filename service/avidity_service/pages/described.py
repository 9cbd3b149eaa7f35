"""The dataset's VoID description and the questions as RDF, for programs that come without knowing anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from avidity_service.engine import Engine
from avidity_service.iris import BASE, RDF, SH
from avidity_service.release import Release

_VOID = "http://rdfs.org/ns/void#"
_DATASET = ox.NamedNode(BASE + "dataset")


def void_turtle(release: Release, host: str) -> bytes:
    """The release's VoID as Turtle, with where this host answers queries and gives the file."""
    here = (("sparqlEndpoint", "sparql"), ("dataDump", "downloads/dataset.nq.gz"))
    added = (f"{_DATASET} <{_VOID}{name}> <{host}{path}> .\n" for name, path in here)
    return release.files["void.ttl"] + "".join(added).encode()


def void_triples(release: Release, host: str) -> list[ox.Triple]:
    """The same as triples."""
    return [quad.triple for quad in ox.parse(void_turtle(release, host), format=ox.RdfFormat.TURTLE)]


def example_triples(engine: Engine) -> list[ox.Triple]:
    """The questions as `sh:SPARQLExecutable`, with their parameters and the prefixes that they use."""
    kind = ox.NamedNode(SH + "SPARQLExecutable")
    questions = [triple.subject for triple in engine.matching(None, ox.NamedNode(RDF + "type"), kind)]
    parts = [triple.object for question in questions for triple in _about(engine, [question], SH + "parameter")]
    declared = list(_about(engine, [_DATASET], SH + "declare"))
    found = [*_about(engine, [*questions, *parts, *(triple.object for triple in declared)]), *declared]
    return sorted(set(found), key=str)


def _about(engine: Engine, subjects: Iterable[object], predicate: str | None = None) -> Iterator[ox.Triple]:
    for subject in subjects:
        if isinstance(subject, ox.NamedNode):
            name = None if predicate is None else ox.NamedNode(predicate)
            yield from engine.matching(subject, name)
