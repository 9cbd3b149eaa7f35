"""What the store holds: which release, in which graphs, and how queries must name them to see just those."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import pyoxigraph as ox

from avidity_service.errors import ReleaseError
from avidity_service.iris import BASE, GRAPH
from avidity_service.store.address import Address
from avidity_service.store.marks import IDENTIFIER, MARK

_LOG = logging.getLogger("avidity.store")
# So many graphs can be named with each query; more would make requests larger than stores take.
MOST_NAMED = 250

_GRAPHS = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_UNION = f"ASK {{ ?release <{IDENTIFIER}> ?id FILTER(STRSTARTS(STR(?release), '{BASE}release/')) }}"

Rows = list[tuple[ox.NamedNode | ox.Literal | None, ...]]


@dataclass(frozen=True, slots=True)
class Holdings:
    """The named graphs of the release with their triples, and the protocol parameters that show just these."""

    counts: dict[str, int]
    dataset: tuple[tuple[str, str], ...]


def counts(select: Callable[[str], Rows]) -> dict[str, int]:
    """The triples of each named graph of the store."""
    found = {}
    for graph, number in select(_GRAPHS):
        if isinstance(graph, ox.NamedNode) and isinstance(number, ox.Literal):
            found[graph.value] = int(number.value)
    return found


def require(release: str, found: str | None, address: Address) -> None:
    """Go on only if the release that was found is this one.

    Raises:
        ReleaseError: if it is another one or none.
    """
    if found != release:
        holds = f"holds release {found}, and not {release}" if found else "holds no release of Avidity"
        raise ReleaseError(
            f"The store at {address} {holds}. Upload this one with: avidity publish --to URL (docs/remote-store.md)"
        )


def look(select: Callable[[str], Rows], ask: Callable[[str], bool], address: Address) -> Holdings:
    """In which graphs the store holds its release.

    Raises:
        ReleaseError: if it shows its graphs in no way that our queries could use.
    """
    there = counts(select)
    ours = {graph: number for graph, number in there.items() if graph.startswith(GRAPH) and graph != MARK}
    foreign = sorted(graph for graph in there if graph not in ours and graph != MARK)
    is_union = ask(_UNION)
    if is_union and not foreign:
        return Holdings(ours, ())
    if len(ours) <= MOST_NAMED:
        kinds = ("default-graph-uri", "named-graph-uri")
        return Holdings(ours, tuple((kind, graph) for kind in kinds for graph in sorted(ours)))
    if not is_union:
        raise ReleaseError(
            f"The store at {address} shows {len(ours)} graphs only by name, and at most {MOST_NAMED} can be named with "
            "each query. Let its default graph be the union of all graphs (docs/remote-store.md says how)."
        )
    _LOG.warning("the store also holds %s, which queries will see", ", ".join(foreign[:10]))
    return Holdings(ours, ())
