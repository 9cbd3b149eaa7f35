"""The graph by which a store says which release it holds, and from which upload.

It is removed before an upload touches data and comes back last, never the same: each upload has a name of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from avidity_service.iris import BASE, GRAPH, PROV, XSD

MARK = GRAPH + "release"
IDENTIFIER, _TRIPLES = "http://purl.org/dc/terms/identifier", "http://rdfs.org/ns/void#triples"
SAID = f"SELECT DISTINCT ?release ?property ?value WHERE {{ GRAPH <{MARK}> {{ ?release ?property ?value }} }}"

Row = Sequence[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """What the graph says. Two are equal if they are of the same upload."""

    said: frozenset[tuple[str, ...]] = frozenset()
    # None if it names none, or more than one.
    release: str | None = None

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Mark:
        """The mark that `SAID` found."""
        rows = [tuple(row) for row in rows]
        ids = {row[2].value for row in rows if str(row[1]) == f"<{IDENTIFIER}>" and isinstance(row[2], ox.Literal)}
        return cls(frozenset(tuple(map(str, row)) for row in rows), ids.pop() if len(ids) == 1 else None)


def mark(release: str, quads: int) -> list[ox.Triple]:
    """The triples by which a store says that it holds a release; others for each upload."""
    node = ox.NamedNode(f"{BASE}release/{release}")
    number = ox.Literal(str(quads), datatype=ox.NamedNode(XSD + "integer"))
    return [
        ox.Triple(node, ox.NamedNode(IDENTIFIER), ox.Literal(release)),
        ox.Triple(node, ox.NamedNode(_TRIPLES), number),
        ox.Triple(node, ox.NamedNode(PROV + "wasGeneratedBy"), ox.NamedNode(uuid.uuid4().urn)),
    ]
