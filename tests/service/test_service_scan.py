"""The lexical guard: what it must stop, what it must let pass, and that it never takes long."""

from __future__ import annotations

import re

import pytest
from avidity_service.errors import QueryError
from avidity_service.sparql.guard import MOST_NESTING, guard, is_harmless
from avidity_service.sparql.scan import scan
from hypothesis import given
from hypothesis import strategies as st

_CALL = "<http://127.0.0.1:9/> { ?a ?b ?c }"

SERVICE_CALLS = [
    f"SELECT * {{ SERVICE {_CALL} }}",
    f"SELECT * {{ service silent {_CALL} }}",
    f"SELECT * {{ ?s ?p ?o.SERVICE{_CALL} }}",
    f"SELECT * {{ ?s ?p 1SERVICE{_CALL} }}",
    f"SELECT * {{ ?s ?p trueSERVICE{_CALL} }}",
    f"SELECT * {{ SERVICESILENT{_CALL} }}",
    f"SELECT * {{ {{}}SERVICE{_CALL} }}",
    "PREFIX : <http://127.0.0.1/> SELECT * { SERVICE:x { ?a ?b ?c } }",
    "PREFIX my: <http://127.0.0.1/> SELECT * { SERVICEmy:x { ?a ?b ?c } }",
    "SELECT * { SERVICE ?where { ?a ?b ?c } }",
    # Strings, comments and IRIs that seem to go on, and do not.
    f'SELECT * {{ BIND("\\u0022" AS ?x) SERVICE {_CALL} }} #"""',
    f"SELECT * {{ ?s <http://e/\\u00e9#x> ?o . SERVICE {_CALL} }}",
    f"PREFIX e: <http://e/> SELECT * {{ ?s ?p e:a\\#b . SERVICE {_CALL} }}",
    f"PREFIX e: <http://e/> SELECT * {{ ?s ?p e:it\\'s . SERVICE {_CALL} . ?s ?p e:it\\'s }}",
    f"SELECT * {{ ?s ?p 'it\\'s' . SERVICE {_CALL} . ?s ?p 'x' }}",
    f"SELECT * {{ # a comment\n SERVICE {_CALL} }}",
    f"SELECT * {{ # a comment\r SERVICE {_CALL} }}",
    # The name that the word seems to be part of is declared too.
    "PREFIX SERVICE: <http://e/> PREFIX : <http://127.0.0.1/> SELECT * { SERVICE:x {?s ?p ?o} }",
    "PREFIX SERVICESILENTa: <http://e/> PREFIX a: <http://127.0.0.1/> SELECT * { SERVICESILENTa:x {?s ?p ?o} }",
    # Two comparisons that look like an IRI, behind which the comment hides its end from us.
    "PREFIX : <http://127.0.0.1/> SELECT * { ?s ?p ?a, ?b FILTER(?a<?b)SERVICE:x#>\n{?s ?p ?o} }",
    "PREFIX trueSERVICEa: <http://e/> PREFIX a: <http://127.0.0.1/> SELECT * { ?s ?p trueSERVICEa:x # {\n {?s ?p ?o} }",
]

INNOCENT = [
    "PREFIX service: <http://e/> SELECT * { GRAPH service:x { ?s ?p ?o } }",
    "PREFIX service: <http://e/> SELECT * FROM service:x FROM NAMED service:x { ?s ?p ?o }",
    "PREFIX fromage: <http://e/> SELECT * FROM fromage:x { ?s fromage:p fromage:o } ORDER BY fromage:f(?s)",
    "PREFIX fromage: <http://e/> DESCRIBE fromage:x",
    "PREFIX service: <http://e/> DESCRIBE service:x",
    "PREFIX service: <http://e/> CONSTRUCT WHERE { ?s ?p ?o } ORDER BY service:f(?s)",
    "PREFIX fromage: <http://e/> CONSTRUCT WHERE { ?s ?p ?o } ORDER BY fromage:f(?s)",
    "SELECT * { ?s a <http://www.w3.org/ns/sparql-service-description#Service> }",
    "PREFIX fromage: <http://e/> CONSTRUCT { ?s fromage:p ?o } FROM fromage:x WHERE { ?s ?p ?o }",
    'SELECT * { ?s ?p "SERVICE" }',
    "SELECT * { ?s ?p 'LOAD <x>' }",
    'SELECT * { ?s ?p """a "SERVICE" b""" }',
    "SELECT ?service ?load { ?service ?load $SERVICE }",
    "PREFIX service: <http://e/> SELECT * { ?s service:SERVICE service:x }",
    "PREFIX e: <http://e/> SELECT * { ?s e:SERVICE e:x.SERVICE }",
    "SELECT * { ?s <http://e/SERVICE> ?o } # SERVICE <http://e/>",
    'SELECT * { ?s ?p "x"@service }',
    "SELECT * { _:service ?p ?o }",
    "PREFIX insert: <http://e/> PREFIX delete: <http://e/> SELECT * { ?s insert:x delete:y }",
    'SELECT * { ?s ?p "\\u0022 SERVICE " }',
]

UPDATES = [
    "INSERT DATA { <a:a> <a:b> <a:c> }",
    "PREFIX a: <http://e/> DELETE WHERE { ?s ?p ?o }",
    "LOAD <http://e/>",
    "load silent <http://e/> into graph <http://e/g>",
    "BASE <http://e/> # comment\n CLEAR ALL",
    "WITH <http://e/> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", SERVICE_CALLS)
def test_service_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        guard(query)
    assert caught.value.status == 403


@pytest.mark.parametrize("query", INNOCENT)
def test_words_that_only_look_like_it_pass(query: str) -> None:
    assert guard(query).form in ("SELECT", "DESCRIBE", "CONSTRUCT")


@pytest.mark.parametrize("query", UPDATES)
def test_updates_are_refused(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        guard(query)
    assert caught.value.status == 403
    assert "update" in caught.value.detail


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * " + "{" * 3000 + "}" * 3000,
        "SELECT * { FILTER(" + "(" * 101 + "1" + ")" * 101 + ") }",
        "SELECT * { ?s ?p " + "[ ?p " * 101 + "]" * 101 + " }",
        "SELECT * { BIND(" + "!" * 101 + "true AS ?x) }",
        "SELECT * { BIND(" + "- " * 101 + "1 AS ?x) }",
        "SELECT * { FILTER(?a<" + "(" * 200 + "1" + ")" * 200 + "&&?b>1) }",
        'SELECT * { BIND("\\u0022" AS ?x) ' + "{" * 3000 + "}" * 3000 + ' } #"""',
        "SELECT * { ?s ?p " + "<< ?a ?b " * 101 + " ?c " + ">> " * 101 + " }",
    ],
)
def test_deep_nesting_is_refused_before_the_parser_sees_it(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        guard(query)
    assert caught.value.status == 400
    assert str(MOST_NESTING) in caught.value.detail


def test_brackets_in_text_are_not_depth() -> None:
    assert scan('SELECT * { ?s ?p "' + "{" * 500 + '" } # ' + "{" * 500).depth == 1


def test_the_dataset_clause_is_seen_where_it_is_one() -> None:
    assert scan("SELECT * FROM <http://e/g> {}").sets_dataset
    assert scan("ASK FROM NAMED<http://e/g>{}").sets_dataset
    assert scan("DESCRIBE <http://e/x>FROM<http://e/g>").sets_dataset
    assert not scan('PREFIX from: <http://e/> SELECT ?from { ?from from:x "FROM" } # FROM').sets_dataset


@given(st.text(alphabet="\"'\\<>#{}[]()!-^:.@?_ \n\ruU0aSERVICE", max_size=200))
def test_any_text_can_be_scanned(text: str) -> None:
    seen = scan(text)
    assert 0 <= seen.depth <= len(text)
    assert all(word == word.upper() and word for word in seen.words)


PIECES = [*SERVICE_CALLS, *INNOCENT, *UPDATES, "SELECT * { ?s ?p ?o }", "{", "(", "[", "<<", "!", "^", "-", " ", "FROM <g>",
          "rand()", "NOW()", "struuid()", "bnode()", "ſervice", "#", "\n", '"', "<", ">", "ask {}", "with"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=60).map("".join))
def test_what_is_called_harmless_is_so_to_the_scan(query: str) -> None:
    seen = scan(query)
    if is_harmless(query):
        assert [seen.calls_service, seen.sets_dataset, seen.differs_each_time] == [False] * 3
        assert seen.depth <= MOST_NESTING
        assert seen.form not in {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}


def test_some_are_harmless_and_no_service_call_or_update_is() -> None:
    assert is_harmless(
        "PREFIX av: <https://w3id.org/avidity/ontology#> SELECT ?s { ?s a av:Finding } ORDER BY ?s LIMIT 5"
    )
    assert not any(map(is_harmless, [*SERVICE_CALLS, *UPDATES]))
    assert not is_harmless("{" * (MOST_NESTING + 1))


GLUED = [
    "PREFIX g: <http://e/> SELECT (COUNT(*) AS ?n) FROMg:x { ?s ?p ?o }",
    "PREFIX g: <http://e/> PREFIX FROMg: <http://e/> SELECT (COUNT(*) AS ?n) FROMg:x { ?s ?p ?o }",
    "PREFIX : <http://e/> SELECT * FROM:x { ?s ?p ?o }",
    "PREFIX g: <http://e/> ASK fromg:x { ?s ?p ?o }",
    "PREFIX g: <http://e/> SELECT * FROMNAMEDg:x { GRAPH ?g { ?s ?p ?o } }",
    "PREFIX g: <http://e/> DESCRIBE <http://e/s> FROMg:x",
    "PREFIX g: <http://e/> PREFIX FROMg: <http://e/> CONSTRUCT { ?s ?p ?o } FROMg:x WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", GLUED)
def test_a_dataset_that_the_engine_would_see_and_we_would_not_is_refused(query: str) -> None:
    with pytest.raises(QueryError) as caught:
        guard(query)
    assert caught.value.status == 400
    assert "space between FROM" in caught.value.detail
    # With the space it is what it looks like.
    assert guard(re.sub("(?i)(FROM)(NAMED)?(g?:x)", lambda m: " ".join(filter(None, m.groups())), query)).sets_dataset


@pytest.mark.parametrize("call", ["NOW()", "rand()", "UUID()", "STRUUID()", "BNODE()"])
def test_a_call_in_what_looks_like_an_iri_is_seen(call: str) -> None:
    query = f"SELECT * {{ ?s ?p ?d, ?n FILTER(?d<{call}&&?n>3) }}"
    assert scan(query).differs_each_time
    assert not scan("SELECT * { ?s <http://e/now> ?o }").differs_each_time


def test_from_behind_a_comparison_is_seen() -> None:
    assert scan("SELECT (?a<?b AS ?c)FROM<http://e/g>{ ?a ?p ?b }").sets_dataset
