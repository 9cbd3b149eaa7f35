"""What a person is told about a query that is none."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_service.sparql.mistakes import find
from avidity_service.sparql.syntax import explain
from hypothesis import given
from hypothesis import strategies as st

from . import w3c

QUERIES = sorted((Path(__file__).parents[2] / "queries").rglob("*.rq"))
# The query, what is said, and the sign that the caret stands under (none behind the end).
MISTAKES = [
    ("", "there is no query", ""),
    ("# only a comment", "there is no query", ""),
    ("PREFIX a: <http://a/>", "there is no query", ""),
    ("SELECT * {foo:bar ?p ?o}", "the prefix foo: is not declared", "f"),
    ("SELECT * {:bar ?p ?o}", "the prefix : is not declared", ":"),
    ("PREFIX a: <http://a/>\nSELECT * {\n  a:x a b:y . # c:z\n ?s ?p 'd:e' }", "the prefix b: is not declared", "b"),
    ("PREFIX a <http://a/> ASK {}", "the prefix a is to be declared with a colon after it", "a"),
    ("SELECT * {?s <http://x ?o}", "an IRI is not closed", "<"),
    ("SELECT * {?s ?p 'abc}", "a string is not closed", "'"),
    ("SELECT * {?s ?p '''abc''}", "a string is not closed", "'"),
    ("SELECT * {?s ?p 'abc\\'}", "a string is not closed", "'"),
    ("SELEC * {}", "SELEC begins no query; SELECT, ASK, CONSTRUCT, DESCRIBE do", "S"),
    ("\ufeffASK{}", "U+FEFF (zero width no-break space) is no part of a query", "\ufeff"),
    ("ASK{}\0", "U+0000 (a control character) is no part of a query", "\0"),
    ("SELECT ?s (COUNT(*) AS ?n) {?s ?p ?o}", "The SELECT contains a variable that is unbound", ""),
    ("SELECT * {VALUES (?a ?b) {(1)}}", "as far as here, this is no query", ""),
]


@pytest.mark.parametrize(("query", "words", "sign"), MISTAKES)
def test_a_mistake_is_named_at_its_place(query: str, words: str, sign: str) -> None:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(query)
    told = explain(query, caught.value.msg, caught.value.lineno, caught.value.offset)
    line, column = told.extra["line"], told.extra["column"]
    assert told.detail == f"Line {line}, column {column}: {words}"
    lines = query.splitlines() or [""]
    assert isinstance(line, int)
    assert isinstance(column, int)
    assert lines[line - 1][column - 1 : column] == sign
    assert told.extra["caret"] == f"{lines[line - 1]}\n{' ' * (column - 1)}^"


def test_the_hint_fits_the_mistake() -> None:
    hints = {query: explain(query, "error at 1:1: expected PREFIX", None, None).extra.get("hint") for query in (
        "SELECT * {foo:bar ?p ?o}", "SELECT * { ?s ?p ?o", "SELECT * { ?s ?p ?o }}", "SELECT * { ?s ?p }",
    )}  # fmt: skip
    assert [str(hint)[:18] for hint in hints.values()] == [
        "Declare the prefix", "A { is not closed.", "There is a } too m", "None",
    ]  # fmt: skip


def test_our_own_queries_have_no_mistake() -> None:
    assert len(QUERIES) > 60
    assert [query.name for query in QUERIES if find(query.read_text(encoding="utf-8")) is not None] == []


@pytest.mark.skipif(not (w3c.FOLDER / "sparql").exists(), reason="set AVIDITY_W3C_TESTS to the W3C rdf-tests folder")
def test_no_mistake_is_found_where_there_is_none() -> None:
    store, right = ox.Store(), 0
    for place in (w3c.FOLDER / "sparql").rglob("*.rq"):
        query = place.read_text(encoding="utf-8", errors="replace")
        try:
            store.query(query, base_iri="http://example.org/")
        except SyntaxError:
            continue
        except (OSError, RuntimeError):  # it was understood, and failed later
            pass
        assert find(query) is None, place
        right += 1
    assert right > 900


@given(st.text(alphabet="SELECTaskprefix:<>{}\"'\\#?@ \n\0é", max_size=60))
def test_any_text_has_a_place_for_its_mistake(query: str) -> None:
    found = find(query)
    assert found is None or 0 <= found.offset <= len(query)
    told = explain(query, "error at 1:1: expected one of PREFIX, [_]", None, None)
    assert told.status == 400
    assert str(told.extra["caret"]).endswith("^")
