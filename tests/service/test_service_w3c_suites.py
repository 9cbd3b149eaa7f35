"""The W3C suites for the query language and its result formats, through the code that answers foreign queries.

Each query passes the guard and the workers' `answer`, in every media type that its form may have; what comes back
is parsed and compared. Set AVIDITY_W3C_TESTS to the folder that holds `sparql/`.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_service.errors import QueryError
from avidity_service.sparql.formats import GRAPHS, RESULTS, XML
from avidity_service.sparql.guard import guard
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import answer
from ruamel.yaml import YAML

from tests.service import w3c
from tests.service.w3c import Case
from tests.service.w3c_results import Found, expected, found, parse_rdf, same

pytestmark = pytest.mark.skipif(
    not (w3c.FOLDER / "sparql").exists(),
    reason=f"there is no {w3c.FOLDER}/sparql; set AVIDITY_W3C_TESTS to the W3C rdf-tests folder",
)
_LISTED = YAML(typ="safe").load(Path(__file__).with_name("w3c_exceptions.yaml"))
_CAPS = Caps(16 * 1024 * 1024, 100_000)
_TABLES = tuple(name for name in RESULTS if name != "text/csv")
_TRUTHS = ("application/sparql-results+json", "application/sparql-results+xml")
_TRIPLES = tuple(name for name in GRAPHS if name not in ("application/trig", "application/n-quads"))


def _applies(case: Case) -> bool:
    # A few updates stand among the queries of sparql12.
    return case.folder not in _LISTED["not-applicable"] and "Update" not in case.kind


def _cases() -> list[Case]:
    if not (w3c.FOLDER / "sparql").exists():
        return []
    return [case for folder in w3c.folders() for case in w3c.cases(folder) if _applies(case)]


def _asked(case: Case, accept: str) -> tuple[dict[str, object], bytes]:
    """The worker's status and bytes, or 400 and 403 by the guard."""
    assert case.query is not None
    query = w3c.read(case.query).decode()
    try:
        guard(query)
    except QueryError as error:
        return {"status": f"guard {error.status}"}, b""
    # As with FROM: the plain default graph, where our own endpoint has the union.
    header = {"accept": [accept], "base": case.query, "sets_dataset": True}
    return answer(_store(case), query, header, _CAPS)


def _store(case: Case) -> ox.Store:
    store = ox.Store()
    for iri in case.data:
        store.extend(parse_rdf(iri))
    named = case.graphs or (_mentioned(case) if not case.data and "dataset" in case.folder else ())
    for iri in named:
        store.extend(ox.Quad(q.subject, q.predicate, q.object, ox.NamedNode(iri)) for q in parse_rdf(iri))
    return store


def _mentioned(case: Case) -> tuple[str, ...]:
    """The files beside a query that it has in FROM: our service fetches nothing, so they must be there."""
    assert case.query is not None
    text, folder = w3c.read(case.query).decode(), case.query.rsplit("/", 1)[0]
    return tuple(f"{folder}/{path.name}" for path in w3c.place(folder).glob("*.ttl") if f"<{path.name}>" in text)


def _fault(case: Case) -> str | None:
    """What is wrong with our answer; None if nothing is."""
    if "Syntax" in case.kind:
        return _syntax_fault(case)
    return _evaluation_fault(case)


def _syntax_fault(case: Case) -> str | None:
    status = answer_status = ""
    for accept in ("text/csv", "text/turtle", "application/sparql-results+json"):
        answer_status = str(_asked(case, accept)[0]["status"])
        status = answer_status if answer_status != "unacceptable" else status or "ok"
    bad = status in ("syntax", "guard 400", "guard 403")
    if case.kind.startswith("Negative"):
        return None if bad else f"a query that is no SPARQL is answered: {status}"
    return f"a query that is SPARQL is refused: {status}" if bad else None


def _evaluation_fault(case: Case) -> str | None:
    assert case.result is not None
    wanted = expected(case.result)
    for accept in _media_types(wanted):
        status, body = _asked(case, accept)
        if status["status"] != "ok":
            return f"{accept}: {status}"
        got = found(body, accept)
        if not same(wanted, got, ordered=wanted.ordered or _is_ordered(case), lax=case.lax):
            return f"{accept}: expected {_short(wanted)}, got {_short(got)}"
    return None


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _media_types(wanted: Found) -> tuple[str, ...]:
    types = {"csv": ("text/csv",), "results": _TABLES, "boolean": _TRUTHS, "graph": _TRIPLES}[wanted.kind]
    nested = any(isinstance(term, ox.Triple) for row in wanted.rows for term in row)
    # JSON-LD has no triple terms (nor has the standard, yet), and XML 1.0 no control characters: that is 406 there.
    control = any(_CONTROL.search(str(getattr(term, "value", ""))) for row in wanted.rows for term in row)
    left_out = (*(("application/ld+json",) if nested else ()), *(XML if control else ()))
    return tuple(name for name in types if name not in left_out)


def _is_ordered(case: Case) -> bool:
    assert case.query is not None
    tail = w3c.read(case.query).decode().rsplit("}", 1)[-1]
    return "ORDER BY" in tail.upper()


def _short(answer_: Found) -> str:
    rows = [tuple(str(term) for term in row) for row in answer_.rows[:8]]
    return f"{answer_.truth if answer_.kind == 'boolean' else rows}"


@pytest.mark.parametrize("case", _cases(), ids=str)
def test_a_case_of_the_suites(case: Case) -> None:
    fault = _fault(case)
    if case.iri in _LISTED["exceptions"]:
        assert fault is not None, "it passes: take it off w3c_exceptions.yaml"
    else:
        assert fault is None, fault


def test_how_many_there_are_and_how_many_are_listed() -> None:
    kinds = Counter("syntax" if "Syntax" in case.kind else "evaluation" for case in _cases())
    assert kinds == _LISTED["ran"]
    iris = {case.iri for case in _cases()}
    assert set(_LISTED["exceptions"]) <= iris, "an exception that names no test"
    assert set(_LISTED["not-applicable"]) <= set(w3c.folders()), "a folder that is not there"


_A, _B, _ONE = ox.BlankNode("a"), ox.BlankNode("b"), ox.Literal("1")


@pytest.mark.parametrize(
    ("mine", "theirs", "ordered", "equal"),
    [
        ([(_A, _A)], [(_B, _B)], False, True),
        ([(_A, _B)], [(_B, _B)], False, False),
        ([(_A, _B), (_B, _ONE)], [(_A, _ONE), (_B, _A)], False, True),
        ([(_A, _B), (_B, _ONE)], [(_A, _ONE), (_B, _A)], True, False),
        ([(_ONE, None)], [(None, _ONE)], False, False),
        ([(_ONE, _A), (_ONE, _A)], [(_ONE, _A)], False, False),
        ([(_ONE, _A), (_ONE, _A)], [(_ONE, _A), (_ONE, _B)], False, False),
    ],
)
def test_the_comparison_tells_answers_apart(
    mine: list[tuple[object, ...]], theirs: list[tuple[object, ...]], ordered: bool, equal: bool
) -> None:
    one, other = (Found("results", ("x", "y"), tuple(rows)) for rows in (mine, theirs))
    assert same(one, other, ordered=ordered) is equal
