"""What a person is told about a query that is none."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.names import PREFIXES as DECLARED
from avidity_service.errors import QueryError
from avidity_service.sparql.mistakes.finding import find
from avidity_service.sparql.mistakes.grammar import grammar
from avidity_service.sparql.mistakes.tokens import FUNCTIONS, KEYWORDS, Tokens
from avidity_service.sparql.syntax import explain
from hypothesis import given
from hypothesis import strategies as st

from . import w3c
from .mistaken import MORE, TRIED

QUERIES = sorted((Path(__file__).parents[2] / "queries").rglob("*.rq"))
# Within a token.
MISTAKES = [
    ("‸", "there is no query"),
    ("# only a comment‸", "there is no query"),
    ("PREFIX a: <http://a/>‸\n# and a comment", "there is no query"),
    ("SELECT * {‸foo:bar ?p ?o}", "the prefix foo: is not declared"),
    ("SELECT * {‸:bar ?p ?o}", "the prefix : is not declared"),
    ("PREFIX a: <http://a/>\nSELECT * {\n  a:x a ‸b:y . # c:z\n ?s ?p 'd:e' }", "the prefix b: is not declared"),
    ("SELECT * {?s ‸<http://x ?o}", "an IRI is not closed"),
    ("SELECT * {?s ?p ‸'abc}", "a string is not closed"),
    ("SELECT * {?s ?p ‸'''abc''}", "a string is not closed"),
    ("SELECT * {?s ?p ‸'abc\\'}", "a string is not closed"),
    ("‸\ufeffASK{}", "U+FEFF (zero width no-break space) is no part of a query"),
    ("ASK{}‸\0", "U+0000 (a control character) is no part of a query"),
    ("ASK{ ‸\u00a0}", "U+00A0 (no-break space) is no part of a query"),
    ("ASK {\r\n\t?s ?p '\u2028\u0085' ‸]\r\n}", "] cannot close the { of line 1, column 5; } does"),
    ("ASK {\r?s ?p\r\r‸}", "an object is missing before }"),
    ("SELECT ?s {\n  ?s ?p ?o‸\n# and a comment\n\n", "the query ends here, and the { of line 1, column 11 is not closed"),
]  # fmt: skip
# What is near to a mistake, and none.
LEGAL = [
    "SELECTDISTINCT ?s {?s ?p ?o} ORDERBY ?s", "SELECT ?a {?a ?b ?c FILTER(?a<?b&&?c>?a)}", "SELECT*{}",
    "SELECT ?k {?x ?y ?z} GROUP BY (STR(?y) AS ?k)", "SELECT (1 AS ?q) ?k (COUNT(*) AS ?n) {?x ?y ?k} GROUP BY ?k",
    "SELECT (COUNT(?x) AS ?x) {?x ?y ?z}", "SELECT (SUM(?x)+?y AS ?z) {?x ?y ?w} GROUP BY ?y", "SELECT ?none {}",
    "ASK {?s ?p ?o {BIND(1 AS ?o)}}", "ASK {MINUS {?z ?p ?o} BIND(1 AS ?z)}", "ASK {FILTER(?z) BIND(1 AS ?z)}",
    "ASK {FILTER EXISTS {?z ?p ?o} BIND(1 AS ?z)}", "ASK {_:a ?p ?o FILTER(1) _:a ?p ?o}", "ASK{?x ?y true.}",
    "ASK {_:a ?p ?o BIND(1 AS ?z) _:a ?p ?o}", "CONSTRUCT {_:a ?p ?o} {_:a ?p ?o}", "ASK {LATERAL {?s ?p ?o}}",
    "ASK {?s ?p ?o ; ; ?a ?c}", "ASK {'a' ?p ?o}", "ASK{?s ?p 1.}", "ASK{?s ?p 1.e3}", "ASK {[?p ?q] . (1 2) ?a []}",
    "ASK {<< ?s ?p ?o >> ?a ?b}", "ASK {?a ?b ?c ~ ?r {| ?s ?p |}}", "ASK {BIND(<<(?s ?p ?o)>> AS ?t)}",
    "SELECT (COUNT(DISTINCT *) AS ?n) {}", "SELECT (CONCAT() AS ?n) (COALESCE() AS ?m) (NOW() AS ?k) {}",
    "SELECT (GROUP_CONCAT(?x; separator=',') AS ?n) {?x ?y ?z}", "ASK {?x <a:b>*/<a:b>?/<a:b>+|^<a:b> ?y}",
    "ASK {?x !a ?y . ?x !^a ?z . ?x !(a|^a) ?w}", "ASK FROM NAMED <a:b> WHERE {}", "ASK {FILTER(1 + -1 - +2 * - 3)}",
    "SELECT ?x {?x a ?y} GROUP BY ?x HAVING COUNT(?y)", "ASK {?x ?y ?z {SELECT * {}}}", "ASK{?s ?p '1'^^ <a:b>}",
    "DESCRIBE <a:b>", "SELECT ?x {?x ?p ?y} OFFSET 1 LIMIT 2 VALUES ?x {1 UNDEF}", "PREFIX é: <a:> ASK{é:x\u0301 a é:}",
    "ASK {?s ?p 'it\\'s', \"\\u00e9\\\\d\", '''a''b'''}", "SELECT(?x AS?y){?x2 ?p 'a'@en--ltr}",
    "ASK{FILTER(?a NOT IN(1)&&!BOUND(?b)||?c=<a>)}",
]  # fmt: skip
# Texts as long as a query may be, and made to take long.
_LONG = 64_000
HOSTILE = {
    "brackets": "ASK{FILTER(" + "(" * _LONG, "signs": "ASK{FILTER(" + "!" * _LONG, "words": "a-" * (_LONG // 2),
    "true": "ASK{FILTER(true" + "-true" * (_LONG // 5), "less": "ASK{?s ?p " + "<a" * (_LONG // 2),
    "dots": "PREFIX : <a> ASK{?s :a a" + "." * _LONG, "quotes": "ASK{?s ?p " + '"' * _LONG, "colons": ":" * _LONG,
    "escapes": 'ASK{?s ?p "' + "\\" * _LONG, "breaks": "\r\n" * (_LONG // 2) + "x", "glued": "SELECT" * 10_000,
    "limits": "SELECT ?x {" + "?s ?p ?o." * 6_000 + "} LIMIT 1 LIMIT 2", "labels": "ASK{" + "{_:a ?p ?o}" * 5_000 + "}",
    "groups": "ASK" + "{" * 99 + "?s ?p ?o. " * 6_000 + "BIND(1 AS ?o)" + "}" * 99, "iris": "ASK{?s ?p " + "<a b" * 16_000,
    "tag": "ASK{?s ?p 'a'@a" + "-a" * 30_000 + "-}", "names": "SELECT " + "(1 AS ?a)" * 6_000 + "{}", "nul": "\0" * _LONG,
}  # fmt: skip
_WORDS = [*sorted(KEYWORDS), *sorted(FUNCTIONS), *"{}()[].,;*+-/|^?!=<>&@", "?s", "?o", "a", "_:b", "<a:b>", "<a b>", "av:x",
          "x:y", "1", "2.5", "'s'", '"', "'''", "# c\n", "\n", "\r\n", "\r", "\t", "\u2028", "foo", "é", "<<", ">>", "{|",
          "SELECT ?s {", "ASK {", "FILTER(", "VALUES (?a ?b) {(1 2)}", "{ SELECT * {", "PREFIX a: <a:>", "CONSTRUCT {"]  # fmt: skip


def refused(query: str) -> QueryError | None:
    """What is said of a query that the engine refuses."""
    try:
        ox.Store().query(query, base_iri="http://a/")
    except SyntaxError as error:
        return explain(query, error.msg)
    except (RuntimeError, ValueError, OSError):
        pass
    return None


def offset(query: str, told: QueryError) -> int:
    """Where line, column and caret say that the mistake is; they must agree."""
    line, column = told.extra["line"], told.extra["column"]
    assert isinstance(line, int)
    assert isinstance(column, int)
    lines = re.split(r"\r\n|\n|\r", query)
    above, below = str(told.extra["caret"]).rsplit("\n", 1)
    assert above == lines[line - 1]
    assert below == re.sub(r"[^\t]", " ", above[: column - 1]).ljust(column - 1) + "^"
    assert told.detail.startswith(f"Line {line}, column {column}: ")
    starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", query))]
    return starts[line - 1] + column - 1


@pytest.mark.parametrize(("marked", "words"), MISTAKES + TRIED + MORE)
def test_a_mistake_is_named_at_its_place(marked: str, words: str) -> None:
    query = marked.replace("‸", "")
    told = refused(query)
    assert told is not None
    assert told.detail.partition(": ")[2] == words
    assert offset(query, told) == marked.index("‸")


def test_so_many_mistakes_are_tried() -> None:
    assert len(TRIED) == 50
    assert len({query for query, _ in TRIED + MORE}) > 150
    assert all(query.count("‸") == 1 for query, _ in MISTAKES + TRIED + MORE)


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT * {foo:bar ?p ?o}", "Declare it before the query: PREFIX foo: <…>. Those of this graph are in "
         "/.well-known/void (sh:declare)."),
        ("SELECT * {?s a av:Finding}", "Put this before the query: PREFIX av: <https://w3id.org/avidity/ontology#>"),
        ("SELECT * { ?s FILTRE ?o", "A { is not closed."),
        ("SELECT * { ?s ?p }}", "There is a } too many."),
        ("SELECT * { ?s ?p }", None),
        ("SELECT * { ?s ?p ?o", None),  # the message says so
        ("SELECT * { ?s ?p ; 'it's }", None),  # the bracket is in the string
    ],
)  # fmt: skip
def test_the_hint_fits_the_mistake(query: str, hint: str | None) -> None:
    told = refused(query)
    assert told is not None
    assert told.extra.get("hint") == hint


@pytest.mark.parametrize("prefix", sorted(DECLARED))
def test_a_prefix_of_the_graph_is_given_as_the_graph_declares_it(prefix: str) -> None:
    told = refused(f"ASK {{ {prefix}:x ?p ?o }}")
    assert told is not None
    assert str(told.extra["hint"]).endswith(f"PREFIX {prefix}: <{DECLARED[prefix]}>")


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        ("error at 1:5: expected one of \"(\", ['-' | '0' ..= '9' | '\\u{00B7}'], [_], IRI, \"(\"",
         "Line 1, column 5: this is not expected here; the engine expected \"(\", IRI"),
        ("error at 1:5: expected one of ['a' ..= 'z' | '\\u{00C0}'..='\\u{00", "Line 1, column 5: this is not expected here"),
        ("error at 1:5: expected <unreported>", "Line 1, column 5: this is not expected here"),
        ("error at 1:5: expected one of [_], A, AB, CD, EF, GH, IJ, KL", "Line 1, column 5: this is not expected here"),
        ("error at 1:5: expected one of IN, The SELECT is wrong, [_]", "Line 1, column 5: The SELECT is wrong"),
        ("error at 1:5: expected IRI parsing failed", "Line 1, column 5: this is not expected here"),
        ("error at 9:9: expected IN", "Line 1, column 8: this is not expected here; the engine expected IN"),
        ("SPARQL compiler, line 1: no such thing", "Line 1, column 1: no such thing"),
        ("no such thing", "no such thing"),
    ],
)  # fmt: skip
def test_where_no_rule_knows_the_engine_is_believed(message: str, detail: str) -> None:
    assert explain("ASK { }", message).detail == detail


def test_our_own_queries_have_no_mistake() -> None:
    assert len(QUERIES) > 60
    assert [query.name for query in QUERIES if find(query.read_text(encoding="utf-8")) is not None] == []


@pytest.mark.parametrize("query", LEGAL)
def test_what_is_right_has_no_mistake(query: str) -> None:
    assert refused(query) is None
    assert find(query) is None


@pytest.mark.skipif(not (w3c.FOLDER / "sparql").exists(), reason="set AVIDITY_W3C_TESTS to the W3C rdf-tests folder")
def test_no_mistake_is_found_where_there_is_none() -> None:
    right = 0
    for place in (w3c.FOLDER / "sparql").rglob("*.rq"):
        query = place.read_text(encoding="utf-8", errors="replace")
        if refused(query) is None:
            assert find(query) is None, place
            right += 1
    assert right > 900


def test_every_name_in_the_grammar_is_a_rule_or_a_terminal() -> None:
    ways = grammar().ways
    terminals = {terminal for way in ways.values() for terminal in way}
    assert not terminals & ways.keys()
    words = {terminal for terminal in terminals if terminal[0].isalpha()}
    known = KEYWORDS | {*FUNCTIONS.values(), "a", "VAR", "IRIREF", "PNAME_NS", "PNAME_LN", "BNODE", "STRING", "LANG"}
    assert words - known == {"INTEGER", "DECIMAL"}
    assert all(Tokens(sign).at(0).kind == sign for sign in terminals - words)


@pytest.mark.parametrize("name", HOSTILE)
def test_long_texts_take_no_long_look(name: str) -> None:
    began = time.process_time()
    explain(HOSTILE[name], "error at 1:1: expected x")
    assert time.process_time() - began < 4  # a tenth of it is usual; what is not linear takes half a minute


@given(st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_WORDS), max_size=25).map(" ".join),
                 st.lists(st.sampled_from(_WORDS), max_size=12).map("".join)))  # fmt: skip
def test_any_refused_text_has_a_place_and_readable_words(query: str) -> None:
    told = refused(query)
    if told is None:
        return
    assert told.status == 400
    assert 0 <= offset(query, told) <= len(query)
    words = re.sub(r"'[^']*'", "", told.detail)
    assert not re.search(r"\.\.=|<unreported>|\[_\]|u\{", words)
    assert len(told.detail) < 400
