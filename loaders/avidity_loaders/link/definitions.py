"""The named members of the intersections by which OWL defines classes: they are parents too."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from avidity_loaders.link.vocabulary import OWL, RDF

_FIRST, _REST, _NIL = RDF + "first", RDF + "rest", RDF + "nil"
_INTERSECTION, _ON_PROPERTY = OWL + "intersectionOf", OWL + "onProperty"


class Definitions:
    """Intersections are lists of blank nodes, written within the class (RDF/XML gives them before it) or elsewhere.

    A list is forgotten when it was used, and a restriction when it was passed by; what is kept is what nobody used yet.
    """

    def __init__(self) -> None:
        self._members: dict[str, str] = {}
        self._next: dict[str, str] = {}
        self._lists: dict[str, str] = {}
        self._restrictions: set[str] = set()
        self._waiting: dict[str, list[str]] = {}

    def learn(self, node: str, predicate: str, value: object) -> None:
        """Take note of a triple whose subject is a blank node."""
        if predicate == _FIRST:
            if isinstance(value, ox.NamedNode):
                self._members[node] = value.value
            elif isinstance(value, ox.BlankNode):
                self._restrictions.discard(value.value)
        elif predicate == _REST and isinstance(value, (ox.NamedNode, ox.BlankNode)):
            self._next[node] = value.value
        elif predicate == _INTERSECTION and isinstance(value, (ox.NamedNode, ox.BlankNode)):
            self._lists[node] = value.value
        elif predicate == _ON_PROPERTY and self._waiting.pop(node, None) is None:
            self._restrictions.add(node)

    def use(self, defined: str, node: str) -> list[str]:
        """The IRIs of the parents of a class that is defined by a node, as far as known; the rest comes at the end."""
        if node in self._restrictions:
            self._restrictions.discard(node)
            return []
        if not self._is_whole(node):
            self._waiting.setdefault(node, []).append(defined)
            return []
        return self._take(node)

    def rest(self) -> Iterator[tuple[str, str]]:
        """Classes and parents that could not be told while reading."""
        for node, classes in self._waiting.items():
            parents = self._take(node)
            for defined in classes:
                yield from ((defined, parent) for parent in parents)

    def _is_whole(self, node: str) -> bool:
        at = self._lists.get(node, "")
        while at in self._next:
            at = self._next[at]
        return at == _NIL

    def _take(self, node: str) -> list[str]:
        found: list[str] = []
        at = self._lists.pop(node, "")
        while at:
            if at in self._members:
                found.append(self._members.pop(at))
            at = self._next.pop(at, "")
        return found
