"""Uploading a release to a store: each graph whole, the old one's leavings removed, counted, then named.

No protocol changes many graphs of a store at once. So the store's mark, the graph that says which release it holds,
goes first and comes back last: whatever breaks in between, the store claims no release, and the same command mends it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import pyoxigraph as ox

from avidity_service.errors import PublishError
from avidity_service.iris import GRAPH
from avidity_service.release import Release
from avidity_service.store.marks import MARK, Mark, mark

# Triples of one update: a few megabytes at most, which every store takes.
_AT_ONCE = 10_000


class Target(Protocol):
    """A store that can be written to."""

    def put(self, graph: str, triples: bytes) -> None:
        """Replace a graph by N-Triples."""

    def add(self, graph: str, triples: bytes) -> None:
        """Add N-Triples to a graph."""

    def drop(self, graph: str) -> None:
        """Remove a graph, which may be missing."""

    def marked(self) -> Mark:
        """What the store says that it holds."""

    def counts(self) -> dict[str, int]:
        """The triples of each named graph."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload does: graphs to write with their triples, and graphs of an earlier release to remove."""

    release: str
    write: dict[str, int]
    remove: tuple[str, ...]


def plan(release: Release, there: dict[str, int]) -> Plan:
    """What is to be done to a store that holds graphs with so many triples; other people's graphs stay."""
    write = {
        graph.value: sum(1 for _ in release.store.quads_for_pattern(None, None, None, graph))
        for graph in sorted(release.store.named_graphs(), key=str)
        if isinstance(graph, ox.NamedNode)
    }
    remove = [graph for graph in sorted(there) if graph.startswith(GRAPH) and graph not in write and graph != MARK]
    return Plan(release.id, write, tuple(remove))


def publish(release: Release, todo: Plan, target: Target, say: Callable[[str], None]) -> None:
    """Carry the plan out.

    Raises:
        PublishError: if the store refuses a part, or has other counts afterwards; then it claims no release.
    """
    _unmark(target)
    say(f"unmarked  the store claims no release until all of {release.id} is there")
    for number, graph in enumerate(todo.write, start=1):
        _write(release.store, ox.NamedNode(graph), target)
        if number % 1000 == 0:
            say(f"written   {number} of {len(todo.write)} graphs")
    for graph in todo.remove:
        target.drop(graph)
    say(f"written   {len(todo.write)} graphs, {sum(todo.write.values())} quads; {len(todo.remove)} graphs removed")
    _verify(todo, target.counts())
    target.put(MARK, _triples(mark(release.id, sum(todo.write.values()))))
    say(f"verified  every graph by its count; the store now holds release {release.id}")


def _unmark(target: Target) -> None:
    """Take the mark away, and see that it is gone: services rely on it before the first graph is touched."""
    target.drop(MARK)
    left = target.marked()
    if left.said:
        raise PublishError(
            f"The store still says that it holds {f'release {left.release}' if left.release else 'something'}, after "
            f"<{MARK}> was removed. Nothing was written. Is --to where this store takes graphs (or with --by updates, "
            "updates), and --query its query endpoint? docs/remote-store.md has a table."
        )


def _write(store: ox.Store, graph: ox.NamedNode, target: Target) -> None:
    """A graph in one request, so that it is whole or as it was; a large one in several."""
    triples = (quad.triple for quad in store.quads_for_pattern(None, None, None, graph))
    for number, batch in enumerate(_batches(triples)):
        (target.add if number else target.put)(graph.value, _triples(batch))


def _batches(triples: Iterator[ox.Triple]) -> Iterator[list[ox.Triple]]:
    """Batches of a size; all that has blank nodes in one, for their names mean nothing in another request."""
    batch: list[ox.Triple] = []
    blank: list[ox.Triple] = []
    for triple in triples:
        has_blank = isinstance(triple.subject, ox.BlankNode) or isinstance(triple.object, ox.BlankNode)
        (blank if has_blank else batch).append(triple)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    yield [*batch, *blank]


def _triples(triples: list[ox.Triple]) -> bytes:
    buffer = io.BytesIO()
    ox.serialize(triples, buffer, format=ox.RdfFormat.N_TRIPLES)
    return buffer.getvalue()


def _verify(todo: Plan, there: dict[str, int]) -> None:
    wrong = [f"{graph}: {there.get(graph, 0)}, not {number}" for graph, number in todo.write.items()
             if there.get(graph, 0) != number]  # fmt: skip
    wrong += [f"{graph}: still there" for graph in todo.remove if there.get(graph)]
    if wrong:
        shown = "\n".join(wrong[:20]) + (f"\n… and {len(wrong) - 20} more" if len(wrong) > 20 else "")
        raise PublishError(
            f"The store has other triples than the release in {len(wrong)} graphs, so it claims no release:\n{shown}"
        )
