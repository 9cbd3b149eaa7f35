"""Expected and found answers of the W3C suites as plain values, and whether they say the same."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import pyoxigraph as ox
from avidity_service.sparql.formats import GRAPHS, RESULTS

from tests.service import w3c

_RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
_RDF_FILES = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".trig": ox.RdfFormat.TRIG,
    ".nq": ox.RdfFormat.N_QUADS,
}
_RESULT_FILES = {
    ".srx": ox.QueryResultsFormat.XML,
    ".srj": ox.QueryResultsFormat.JSON,
    ".tsv": ox.QueryResultsFormat.TSV,
}
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An answer: `truth` of ASK, else rows of terms; a graph is rows of three. CSV has texts for terms."""

    kind: str  # "results", "boolean", "graph" or "csv"
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    truth: bool | None = None
    ordered: bool = False


def parse_rdf(iri: str) -> list[ox.Quad]:
    """The quads of a file, relative IRIs resolved against where it is published."""
    return list(ox.parse(w3c.read(iri), format=_RDF_FILES[PurePath(iri).suffix], base_iri=iri, rename_blank_nodes=True))


def expected(iri: str) -> Found:
    """What a result file says: SPARQL results in four formats, a result set in RDF, or a graph."""
    suffix = PurePath(iri).suffix
    if suffix in _RESULT_FILES:
        return by_value(_results(w3c.read(iri), _RESULT_FILES[suffix]))
    if suffix == ".csv":
        return _csv(w3c.read(iri))
    quads = parse_rdf(iri)
    if any(getattr(quad.object, "value", "") == _RS + "ResultSet" for quad in quads):
        return by_value(_result_set(quads))
    return by_value(_graph(quads))


def by_value(one: Found) -> Found:
    """The answer as the engine would keep it: numbers and dates by their value, in one spelling (1.0E2 is 100)."""
    rows = []
    for row in one.rows:
        store = ox.Store()
        for n, term in enumerate(row):
            if term is not None:
                store.add(ox.Quad(ox.BlankNode(), ox.NamedNode(f"{_RS}{n}"), term))
        kept = {quad.predicate.value: quad.object for quad in store}
        rows.append(tuple(kept.get(f"{_RS}{n}") for n in range(len(row))))
    return replace(one, rows=tuple(rows))


def found(body: bytes, media_type: str) -> Found:
    """An answer of ours, parsed back."""
    if media_type == "text/csv":
        return _csv(body)
    if media_type in RESULTS:
        return _results(body, RESULTS[media_type])
    return _graph(list(ox.parse(body, format=GRAPHS[media_type])))


def same(one: Found, other: Found, *, ordered: bool, lax: bool = False) -> bool:
    """Whether two answers are equal up to the names of blank nodes, and to order where there is none."""
    if (one.kind, one.truth) != (other.kind, other.truth) or set(one.columns) != set(other.columns):
        return False
    mine = one.rows
    places = [other.columns.index(name) for name in one.columns] if one.columns else None
    theirs = other.rows if places is None else tuple(tuple(row[n] for n in places) for row in other.rows)
    if lax:  # REDUCED: any number of the doubles may have gone
        mine, theirs = tuple(dict.fromkeys(mine)), tuple(dict.fromkeys(theirs))
    if len(mine) != len(theirs):
        return False
    if ordered:
        return _match([(row, [n]) for n, row in enumerate(mine)], theirs, {}, set())
    ground, others = Counter(row for row in mine if not _blank(row)), Counter(row for row in theirs if not _blank(row))
    if ground != others:
        return False
    left = tuple(row for row in theirs if _blank(row))
    return _match([(row, list(range(len(left)))) for row in mine if _blank(row)], left, {}, set())


def _match(todo: list[tuple[Row, list[int]]], theirs: tuple[Row, ...], names: dict[Any, Any], used: set[int]) -> bool:
    """Backtrack over the rows for a renaming of blank nodes, one to one, that makes them equal."""
    if not todo:
        return True
    row, candidates = todo[0]
    for n in candidates:
        trial = dict(names)
        if n in used or not _unify(row, theirs[n], trial):
            continue
        if _match(todo[1:], theirs, trial, used | {n}):
            return True
    return False


def _unify(mine: Any, theirs: Any, names: dict[Any, Any]) -> bool:
    if isinstance(mine, ox.Triple) and isinstance(theirs, ox.Triple):
        mine, theirs = tuple(mine), tuple(theirs)
    if isinstance(mine, tuple):
        return all(_unify(a, b, names) for a, b in zip(mine, theirs, strict=True))
    if _is_blank(mine) and _is_blank(theirs):
        if mine not in names and theirs not in names.values():
            names[mine] = theirs
        return bool(names.get(mine) == theirs)
    return bool(mine == theirs)


def _is_blank(term: Any) -> bool:
    return isinstance(term, ox.BlankNode) or (isinstance(term, str) and term.startswith("_:"))


def _blank(row: Any) -> bool:
    return any(_blank(term) if isinstance(term, ox.Triple) else _is_blank(term) for term in row)


def _results(data: bytes, format_: ox.QueryResultsFormat) -> Found:
    answer = ox.parse_query_results(data, format=format_)
    if isinstance(answer, ox.QueryBoolean):
        return Found("boolean", truth=bool(answer))
    assert isinstance(answer, ox.QuerySolutions)
    columns = tuple(variable.value for variable in answer.variables)
    return Found("results", columns, tuple(tuple(row[name] for name in columns) for row in answer))


def _csv(data: bytes) -> Found:
    head, *rows = csv.reader(io.StringIO(data.decode(), newline=""))
    return Found("csv", tuple(head), tuple(map(tuple, rows)))


def _graph(quads: list[ox.Quad]) -> Found:
    rows = {(quad.subject, quad.predicate, quad.object) for quad in quads}
    return Found("graph", rows=tuple(rows))


def _result_set(quads: list[ox.Quad]) -> Found:
    """The vocabulary that the first working group wrote results in."""
    store = ox.Store()
    store.extend(quads)

    def all_(subject: Any, name: str) -> list[Any]:
        return [quad.object for quad in store.quads_for_pattern(subject, ox.NamedNode(_RS + name), None)]

    truth = all_(None, "boolean")
    if truth:
        return Found("boolean", truth=truth[0].value == "true")
    columns = tuple(sorted(name.value for name in all_(None, "resultVariable")))
    rows = []
    for solution in all_(None, "solution"):
        row = {all_(b, "variable")[0].value: all_(b, "value")[0] for b in all_(solution, "binding")}
        index = [int(value.value) for value in all_(solution, "index")]
        rows.append((index, tuple(row.get(name) for name in columns)))
    rows.sort(key=lambda pair: pair[0])
    return Found("results", columns, tuple(row for _, row in rows), ordered=any(index for index, _ in rows))
