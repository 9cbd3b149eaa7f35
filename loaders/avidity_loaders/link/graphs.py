"""OBO Graphs JSON, one node, edge or definition at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson

from avidity_loaders.link.examining import CHUNK
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.terms import ONTOLOGY, Field, Said
from avidity_loaders.link.vocabulary import HEADER, LINKS, RETIRED, STATUS, SYNONYM_SCOPES, TEXTS

_IS_A = ("is_a", "http://www.w3.org/2000/01/rdf-schema#subClassOf")


def read_graphs(stream: BinaryIO, prefixes: Prefixes) -> Iterator[Said]:
    """What nodes, edges, definitions and the graphs' own metadata say.

    Raises:
        ijson.JSONError: if it is not JSON, or ends too early.
    """
    parts = {
        "graphs.item.id": _identity,
        "graphs.item.meta": _header,
        "graphs.item.nodes.item": _node,
        "graphs.item.edges.item": _edge,
        "graphs.item.logicalDefinitionAxioms.item": _definition,
    }
    found = {prefix: ijson.sendable_list() for prefix in parts}
    # A parser for each part: the file is read once, and nothing but the parts is built.
    parsers = [ijson.items_coro(found[prefix], prefix) for prefix in parts]
    while chunk := stream.read(CHUNK):
        for parser in parsers:
            parser.send(chunk)
        for prefix, part in parts.items():
            for item in found[prefix]:
                yield from part(item, prefixes)
            found[prefix].clear()
    for parser in parsers:
        parser.close()


def _identity(iri: Any, _: Prefixes) -> Iterator[Said]:
    if isinstance(iri, str):
        yield Said(ONTOLOGY, Field.IRI, iri)


def _header(meta: Any, _: Prefixes) -> Iterator[Said]:
    if isinstance(version := _get(meta, "version"), str):
        yield Said(ONTOLOGY, Field.VERSION_IRI, version)
    for predicate, value in _values(meta):
        if predicate in HEADER:
            yield Said(ONTOLOGY, HEADER[predicate], value)


def _node(node: Any, prefixes: Prefixes) -> Iterator[Said]:
    iri, meta = _get(node, "id"), _get(node, "meta")
    if not isinstance(iri, str) or _get(node, "type") != "CLASS":
        return
    subject = prefixes.curie(iri)
    yield Said(subject, Field.CLASS)
    if isinstance(label := _get(node, "lbl"), str):
        yield Said(subject, Field.LABEL, label.strip())
    if _get(meta, "deprecated") is True:
        yield Said(subject, Field.OBSOLETE)
    for synonym in _list(meta, "synonyms"):
        scope, text = SYNONYM_SCOPES.get(_get(synonym, "pred")), _get(synonym, "val")
        if scope and isinstance(text, str):
            yield Said(subject, scope, text.strip())
    for predicate, value in _values(meta):
        if predicate in LINKS:
            yield Said(subject, LINKS[predicate], prefixes.curie(value))
        elif predicate in TEXTS:
            yield Said(subject, TEXTS[predicate], value.strip())
        elif predicate in STATUS and value in RETIRED:
            yield Said(subject, Field.OBSOLETE)


def _edge(edge: Any, prefixes: Prefixes) -> Iterator[Said]:
    child, parent = _get(edge, "sub"), _get(edge, "obj")
    if _get(edge, "pred") in _IS_A and isinstance(child, str) and isinstance(parent, str):
        yield Said(prefixes.curie(child), Field.PARENT, prefixes.curie(parent))


def _definition(axiom: Any, prefixes: Prefixes) -> Iterator[Said]:
    if isinstance(defined := _get(axiom, "definedClassId"), str):
        for genus in _list(axiom, "genusIds"):
            if isinstance(genus, str):
                yield Said(prefixes.curie(defined), Field.PARENT, prefixes.curie(genus))


def _values(meta: Any) -> Iterator[tuple[str, str]]:
    for entry in _list(meta, "basicPropertyValues"):
        predicate, value = _get(entry, "pred"), _get(entry, "val")
        if isinstance(predicate, str) and isinstance(value, str):
            yield predicate, value


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _list(value: Any, name: str) -> list[Any]:
    found = _get(value, name)
    return found if isinstance(found, list) else []
