"""The manifests of the W3C rdf-tests repository: which tests a folder has, with their files.

IRIs are resolved against the place where the W3C publishes the suite, so that they are the same on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

FOLDER = Path(os.environ.get("AVIDITY_W3C_TESTS", "tests/w3c"))
_PUBLISHED = "https://w3c.github.io/rdf-tests/"
_MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


@dataclass(frozen=True, slots=True)
class Case:
    """One test: its IRI and kind (`QueryEvaluationTest` …), the query, data of the dataset, and the result expected."""

    iri: str
    kind: str
    folder: str
    query: str | None
    data: tuple[str, ...]
    graphs: tuple[str, ...]
    result: str | None
    lax: bool

    def __str__(self) -> str:
        return self.iri


def place(iri: str) -> Path:
    """The file of a published IRI."""
    assert iri.startswith(_PUBLISHED), iri
    return FOLDER / iri[len(_PUBLISHED) :]


def read(iri: str) -> bytes:
    """The bytes of a published file."""
    return place(iri).read_bytes()


def folders() -> list[str]:
    """Every folder with a manifest, as `sparql11/bind`."""
    root = FOLDER / "sparql"
    return sorted({str(path.parent.relative_to(root)) for path in root.glob("*/*/manifest.ttl")})


def cases(folder: str) -> list[Case]:
    """The tests that a folder's manifest lists, in its order."""
    base = f"{_PUBLISHED}sparql/{folder}/manifest.ttl"
    graph = _Graph(base)
    [head] = graph.all(ox.NamedNode(base), _MF + "entries") or [None]
    return [_case(graph, node, folder) for node in graph.items(head)] if head is not None else []


def _case(graph: _Graph, node: Any, folder: str) -> Case:
    action, result = graph.one(node, _MF + "action"), graph.one(node, _MF + "result")
    # A syntax test names its query and nothing else.
    query = action if isinstance(action, ox.NamedNode) else graph.one(action, _QT + "query")
    data, graphs = graph.values(action, _QT + "data"), graph.values(action, _QT + "graphData")
    kind = next(value for value in graph.values(node, _RDF + "type") if value.startswith(_MF))
    lax = _MF + "LaxCardinality" in graph.values(node, _MF + "resultCardinality")
    names = [None if found is None else str(found.value) for found in (query, result)]
    return Case(node.value, kind[len(_MF) :], folder, names[0], data, graphs, names[1], lax)


class _Graph:
    def __init__(self, base: str) -> None:
        self.store = ox.Store()
        self.store.bulk_extend(ox.parse(read(base), format=ox.RdfFormat.TURTLE, base_iri=base))

    def all(self, subject: Any, predicate: str) -> list[Any]:
        if subject is None:
            return []
        return [quad.object for quad in self.store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]

    def one(self, subject: Any, predicate: str) -> Any:
        found = self.all(subject, predicate)
        return found[0] if found else None

    def values(self, subject: Any, predicate: str) -> tuple[str, ...]:
        return tuple(sorted(value.value for value in self.all(subject, predicate) if isinstance(value, ox.NamedNode)))

    def items(self, head: Any) -> Iterator[Any]:
        while head != ox.NamedNode(_RDF + "nil"):
            yield self.one(head, _RDF + "first")
            head = self.one(head, _RDF + "rest")
