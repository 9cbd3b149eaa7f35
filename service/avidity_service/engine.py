"""Our own, bounded queries, in process. Foreign queries go to the workers of `sparql.pool` instead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyoxigraph as ox

from avidity_service.iris import BASE, XSD

Term = ox.NamedNode | ox.Literal
Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


@dataclass(frozen=True, slots=True)
class Rows:
    """A SELECT's answer: variable names, and a tuple of terms (None where unbound) for each solution."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, map(plain, row), strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)


class Engine:
    """SPARQL over one release, all graphs together as the default graph."""

    def __init__(self, store: ox.Store) -> None:
        self.store = store

    def select(self, query: str, bindings: Mapping[str, Term] | None = None) -> Rows:
        """The rows of a SELECT; `bindings` bind projected variables before anything is matched."""
        substitutions: dict[ox.Variable, Any] = {ox.Variable(name): term for name, term in (bindings or {}).items()}
        found = self.store.query(query, use_default_graph_as_union=True, substitutions=substitutions)
        assert isinstance(found, ox.QuerySolutions)
        columns = tuple(variable.value for variable in found.variables)
        return Rows(columns, tuple(tuple(row[name] for name in columns) for row in found))

    def columns(self, query: str) -> tuple[str, ...]:
        """The names of a SELECT's columns, without asking for its rows."""
        found = self.store.query(query, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        return tuple(variable.value for variable in found.variables)

    def matching(
        self, subject: Node | None = None, predicate: ox.NamedNode | None = None, object_: Node | None = None
    ) -> Iterator[ox.Triple]:
        """The triples that fit a pattern, in whatever graphs they are; one that is in two graphs comes twice."""
        quads = self.store.quads_for_pattern(subject, predicate, object_, None)  # type: ignore[arg-type]
        return (quad.triple for quad in quads)

    def prepare(self, subjects: Iterable[str]) -> None:
        """Told of many subjects that will be asked for one after another; here that costs nothing anyway."""

    def prove(self) -> None:
        """Whatever was read until now is of the release; here nobody can change it.

        Raises:
            QueryError: 503 if it is not, or if that cannot be told.
        """

    def is_changed(self) -> bool:
        """Whether another release, or the same one anew, has taken the place of the one that is asked."""
        return False

    @property
    def graphs(self) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        return sorted(graph.value for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode))


def plain(term: Any) -> Any:
    """A term as JSON would have it: numbers and booleans as such, our IRIs and all others as text."""
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        if kind == XSD + "integer":
            return int(term.value)
        if kind in (XSD + "decimal", XSD + "double"):
            value = Decimal(term.value)
            return int(value) if value == value.to_integral_value() else float(value)
        if kind == XSD + "boolean":
            return term.value in ("true", "1")
    return term.value


def text(value: Any) -> str:
    """A plain value as a table cell: empty for None, true and false in lower case."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def short(iri: str) -> str:
    """`kind/slug` for one of our things; any other IRI as it is."""
    return iri.removeprefix(BASE) if iri.startswith(BASE) and "#" not in iri else iri
