"""The endpoint as a client sees it: methods, datasets, formats, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from avidity_service.sparql.formats import GRAPHS, RESULTS
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

E = "http://example.org/"
ONE, TWO = "https://w3id.org/avidity/graph/one", "https://w3id.org/avidity/graph/two"
NUMBERS = f"SELECT ?n {{ ?s <{E}p> ?n }} ORDER BY ?n"
GRAPH = f"CONSTRUCT {{ ?s <{E}p> ?n }} WHERE {{ ?s <{E}p> ?n }}"


def ask(client: FlaskClient, query: str, accept: str | None = None, **fields: Any) -> TestResponse:
    return client.get(
        "/sparql", query_string={"query": query, **fields}, headers={} if accept is None else {"Accept": accept}
    )


def values(response: TestResponse, name: str) -> list[str]:
    assert response.status_code == 200, response.text
    return [row[name]["value"] for row in json.loads(response.data)["results"]["bindings"]]


def problem(response: TestResponse, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    found = json.loads(response.data)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return dict(found)


class TestMethods:
    @pytest.mark.parametrize("path", ["/sparql", "/sparql/"])
    def test_get(self, client: FlaskClient, path: str) -> None:
        assert values(client.get(path, query_string={"query": NUMBERS}), "n") == ["0", "1", "2"]

    def test_post_form(self, client: FlaskClient) -> None:
        assert values(client.post("/sparql", data={"query": NUMBERS}), "n") == ["0", "1", "2"]

    @pytest.mark.parametrize("method", ["POST", "QUERY"])
    def test_direct(self, client: FlaskClient, method: str) -> None:
        response = client.open("/sparql", method=method, data=NUMBERS, content_type="application/sparql-query")
        assert values(response, "n") == ["0", "1", "2"]

    def test_head_is_get_without_a_body(self, client: FlaskClient) -> None:
        response = client.head("/sparql", query_string={"query": NUMBERS + " # head"})
        assert response.status_code == 200
        assert response.data == b""
        assert response.mimetype == "application/sparql-results+json"

    def test_options_names_the_methods_to_other_origins(self, client: FlaskClient) -> None:
        response = client.options("/sparql", headers={"Origin": "http://elsewhere.example"})
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        allowed = {name.strip() for name in response.headers["Access-Control-Allow-Methods"].split(",")}
        assert {"GET", "HEAD", "POST", "OPTIONS", "QUERY"} <= allowed
        assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
    def test_others_are_not_allowed(self, client: FlaskClient, method: str) -> None:
        response = client.open("/sparql", method=method)
        problem(response, 405)
        assert "POST" in response.headers["Allow"]


class TestDataset:
    COUNT = "SELECT (COUNT(*) AS ?n) { { ?s <http://example.org/p> ?o } UNION { ?s <http://example.org/q> ?o } }"

    @pytest.mark.parametrize(
        ("clause", "fields", "count"),
        [
            ("", {}, "5"),
            (f"FROM <{ONE}>", {}, "3"),
            (f"FROM <{ONE}> FROM <{TWO}>", {}, "5"),
            (f"FROM NAMED <{ONE}>", {}, "0"),
            ("FROM <http://example.org/none>", {}, "0"),
            ("", {"default-graph-uri": ONE}, "3"),
            ("", {"default-graph-uri": [ONE, TWO]}, "5"),
            ("", {"named-graph-uri": ONE}, "0"),
            (f"FROM <{ONE}>", {"default-graph-uri": TWO}, "2"),
        ],
    )
    def test_the_protocol_goes_before_the_query_and_that_before_the_union(
        self, client: FlaskClient, clause: str, fields: dict[str, Any], count: str
    ) -> None:
        query = self.COUNT.replace(" {", f" {clause} {{", 1)
        assert values(ask(client, query, **fields), "n") == [count]

    @pytest.mark.parametrize(
        ("clause", "fields", "graphs"),
        [
            ("", {}, [ONE, TWO]),
            (f"FROM NAMED <{TWO}>", {}, [TWO]),
            (f"FROM <{TWO}>", {}, []),
            ("", {"named-graph-uri": ONE}, [ONE]),
            ("", {"default-graph-uri": ONE}, []),
        ],
    )
    def test_named_graphs_are_those_that_were_named(
        self, client: FlaskClient, clause: str, fields: dict[str, Any], graphs: list[str]
    ) -> None:
        query = f"SELECT DISTINCT ?g {clause} {{ GRAPH ?g {{ ?s ?p ?o }} }} ORDER BY ?g"
        assert values(ask(client, query, **fields), "g") == graphs

    def test_a_graph_name_must_be_an_iri(self, client: FlaskClient) -> None:
        problem(ask(client, NUMBERS, **{"default-graph-uri": "not an iri"}), 400)


class TestFormats:
    @pytest.mark.parametrize("media_type", list(RESULTS))
    def test_results_in_each_format(self, client: FlaskClient, media_type: str) -> None:
        response = ask(client, NUMBERS, media_type)
        assert response.mimetype == media_type
        if media_type == "text/csv":
            assert response.data.split() == [b"n", b"0", b"1", b"2"]
            return
        found = ox.parse_query_results(response.data, format=RESULTS[media_type])
        assert isinstance(found, ox.QuerySolutions)
        assert len(list(found)) == 3

    @pytest.mark.parametrize("media_type", list(GRAPHS))
    def test_graphs_in_each_format(self, client: FlaskClient, media_type: str) -> None:
        response = ask(client, GRAPH, media_type)
        assert response.mimetype == media_type
        assert len(list(ox.parse(response.data, format=GRAPHS[media_type]))) == 3

    @pytest.mark.parametrize("media_type", ["application/sparql-results+json", "application/sparql-results+xml"])
    def test_booleans(self, client: FlaskClient, media_type: str) -> None:
        found = ox.parse_query_results(
            ask(client, "ASK { FILTER(false) }", media_type).data, format=RESULTS[media_type]
        )
        assert isinstance(found, ox.QueryBoolean)
        assert not found

    @pytest.mark.parametrize(
        ("accept", "results", "graphs"),
        [
            (None, "application/sparql-results+json", "text/turtle"),
            ("*/*", "application/sparql-results+json", "text/turtle"),
            ("text/html", "application/sparql-results+json", "text/turtle"),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                "application/sparql-results+json",
                "text/turtle",
            ),
            ("application/json", "application/sparql-results+json", "application/ld+json"),
            ("application/xml", "application/sparql-results+xml", "application/rdf+xml"),
            ("text/csv;q=0.5, */*;q=0.1", "text/csv", "text/turtle"),
        ],
    )
    def test_accept(self, client: FlaskClient, accept: str | None, results: str, graphs: str) -> None:
        assert ask(client, NUMBERS, accept).mimetype == results
        assert ask(client, GRAPH, accept).mimetype == graphs

    @pytest.mark.parametrize(
        ("name", "results", "graphs"),
        [
            ("json", "application/sparql-results+json", "application/ld+json"),
            ("xml", "application/sparql-results+xml", "application/rdf+xml"),
            ("TSV", "text/tab-separated-values", None),
            ("ttl", None, "text/turtle"),
            ("nt", None, "application/n-triples"),
            ("jsonld", None, "application/ld+json"),
            ("application/rdf+xml", None, "application/rdf+xml"),
        ],
    )
    def test_format_goes_before_accept(
        self, client: FlaskClient, name: str, results: str | None, graphs: str | None
    ) -> None:
        for query, expected in ((NUMBERS, results), (GRAPH, graphs)):
            response = ask(client, query, "image/png", format=name)
            if expected is None:
                assert problem(response, 406)["offered"]
            else:
                assert response.mimetype == expected

    @pytest.mark.parametrize(("accept", "format_"), [("image/png", None), (None, "docx"), ("*/*;q=0", None)])
    def test_what_is_not_offered_is_406_with_what_is(
        self, client: FlaskClient, accept: str | None, format_: str | None
    ) -> None:
        fields = {} if format_ is None else {"format": format_}
        assert problem(ask(client, NUMBERS, accept, **fields), 406)["offered"]

    def test_graphs_cannot_be_tables(self, client: FlaskClient) -> None:
        assert "text/turtle" in problem(ask(client, GRAPH, "text/csv"), 406)["offered"]

    def test_relative_iris_are_things_of_ours(self, client: FlaskClient) -> None:
        query = "SELECT ?x { BIND(<study/one> AS ?x) }"
        assert values(ask(client, query), "x") == ["https://w3id.org/avidity/study/one"]

    def test_blank_nodes_keep_the_names_of_the_release(self, client: FlaskClient) -> None:
        query = "SELECT ?s { ?s <http://example.org/note> ?o }"
        assert values(ask(client, query), "s") == ["b"]


class TestWhatTheEngineDoesDifferently:
    """As docs/sparql.md says it; what comes to differ here is to be mended there."""

    @pytest.mark.parametrize(
        ("values", "concatenated", "in_str"),
        [
            ('"a"@en "b"@en', '"a b"@en', '"a b"'),
            ('"a"@en "b"@de', '"a b"', '"a b"'),
            ('"a" "b"', '"a b"', '"a b"'),
            ("1 2", "", '"1 2"'),
            ("<a:a> <a:b>", "", '"a:a a:b"'),
            ('"a" <a:b>', "", '"a a:b"'),
        ],
    )
    def test_group_concat(self, client: FlaskClient, values: str, concatenated: str, in_str: str) -> None:
        for term, expected in (("?x", concatenated), ("STR(?x)", in_str)):
            query = f"SELECT (GROUP_CONCAT({term}) AS ?all) {{ VALUES ?x {{ {values} }} }}"
            assert ask(client, query, "text/tab-separated-values").text.split("\n")[1] == expected

    @pytest.mark.parametrize("where", ["?z ?b ?aa . ?a ?Y ?b", "?a ?aa ?b OPTIONAL { ?Y ?b ?z }"])
    def test_all_columns_are_sorted_by_their_names(self, client: FlaskClient, where: str) -> None:
        assert ask(client, f"SELECT * {{ {where} }}", "text/csv").text.splitlines()[0] == "Y,a,aa,b,z"

    def test_base(self, client: FlaskClient) -> None:
        for base, expected in (("", "https://w3id.org/avidity/study/x"), ("BASE <http://e/>", "http://e/study/x")):
            assert values(ask(client, f"{base} SELECT (<study/x> AS ?x) {{}}"), "x") == [expected]

    def test_the_docs_say_so(self) -> None:
        text = " ".join((Path(__file__).parents[2] / "docs" / "sparql.md").read_text(encoding="utf-8").split())
        for words in (
            'If all of a group have one language tag, the result keeps it (`"a b"@en`)',
            "of a number or an IRI in the group the result is unbound",
            "`GROUP_CONCAT(STR(?x); ",
            "in the order of their names, capitals before small letters",
            "against `https://w3id.org/avidity/`, on whichever host the endpoint stands, unless the query has a `BASE`",
        ):
            assert words in text


class TestRefusals:
    @pytest.mark.parametrize(
        "request_",
        [
            {"query_string": {"query": "SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"}},
            {"query_string": {"query": "LOAD <http://127.0.0.1:9/>"}},
            {"query_string": {"update": "CLEAR ALL"}},
            {"method": "POST", "data": {"update": "CLEAR ALL"}},
            {"method": "POST", "data": "CLEAR ALL", "content_type": "application/sparql-update"},
        ],
    )
    def test_nothing_is_written_and_nobody_else_is_asked(self, client: FlaskClient, request_: dict[str, Any]) -> None:
        problem(client.open("/sparql", **request_), 403)

    @pytest.mark.parametrize(
        "request_",
        [
            {"query_string": [("query", "ASK {}"), ("query", "ASK {}")]},
            {"method": "POST", "query_string": {"query": "ASK {}"}, "data": {"query": "ASK {}"}},
            {
                "method": "POST",
                "query_string": {"query": "ASK {}"},
                "data": "ASK {}",
                "content_type": "application/sparql-query",
            },
            {"query_string": {"query": "ASK {}", "timeout": "soon"}},
            {"query_string": {"query": "ASK {}", "timeout": "-1"}},
            {"query_string": [("query", "ASK {}"), ("format", "json"), ("format", "xml")]},
            {"method": "POST", "data": b"ASK { ?s ?p '\xff' }", "content_type": "application/sparql-query"},
            {"query_string": "query=ASK%20%7B%20%3Fs%20%3Fp%20%22%FF%22%20%7D"},
            {
                "method": "POST",
                "data": "query=ASK%20%7B%20%3Fs%20%3Fp%20%22%FF%22%20%7D",
                "content_type": "application/x-www-form-urlencoded",
            },
            {"method": "POST", "data": {"format": "json"}},
        ],
    )
    def test_a_request_that_is_not_one_query_is_400(self, client: FlaskClient, request_: dict[str, Any]) -> None:
        problem(client.open("/sparql", **request_), 400)

    @pytest.mark.parametrize("content_type", [None, "text/plain", "application/json"])
    def test_other_bodies_are_415(self, client: FlaskClient, content_type: str | None) -> None:
        found = problem(client.post("/sparql", data=b"ASK {}", content_type=content_type), 415)
        assert "application/sparql-query" in found["offered"]

    def test_a_long_query_is_413(self, client: FlaskClient) -> None:
        problem(client.post("/sparql", data={"query": "ASK {} #" + "x" * 70_000}), 413)

    def test_a_syntax_error_shows_its_place(self, client: FlaskClient) -> None:
        found = problem(ask(client, "SELECT ?s {\n  ?s ?p }"), 400)
        assert found["line"] == 2
        line, caret = found["caret"].split("\n")
        assert line == "  ?s ?p }"
        # The engine names the furthest place that it read, here the brace or just behind it.
        assert caret.index("^") == found["column"] - 1
        assert caret.index("^") in (8, 9)
        assert len(found["detail"]) < 300

    def test_an_undeclared_prefix_is_named_as_such(self, client: FlaskClient) -> None:
        found = problem(ask(client, "SELECT ?s { ?s foo:bar ?o }"), 400)
        assert "prefix" in (found["detail"] + found.get("hint", "")).lower()

    def test_parameters_of_others_are_ignored(self, client: FlaskClient) -> None:
        assert ask(client, NUMBERS, output="json", debug="on").status_code == 200


class TestWithoutQuery:
    @pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "application/rdf+xml"])
    def test_the_service_describes_itself(self, client: FlaskClient, media_type: str) -> None:
        response = client.get("/sparql", headers={"Accept": media_type})
        assert response.mimetype == media_type
        triples = {
            (quad.predicate.value, getattr(quad.object, "value", ""))
            for quad in ox.parse(response.data, format=GRAPHS[media_type])
        }
        sd = "http://www.w3.org/ns/sparql-service-description#"
        assert (sd + "endpoint", "http://localhost/sparql") in triples
        assert (sd + "feature", sd + "UnionDefaultGraph") in triples
        assert {(sd + "name", ONE), (sd + "name", TWO)} <= triples

    def test_a_browser_gets_a_form_that_the_policy_allows(self, client: FlaskClient) -> None:
        response = client.get("/sparql", headers={"Accept": "text/html,*/*;q=0.8"})
        assert response.mimetype == "text/html"
        assert "<form" in response.text
        assert "<style" not in response.text
        assert " style=" not in response.text
        assert " onclick" not in response.text

    @pytest.mark.parametrize("accept", [None, "*/*"])
    def test_who_takes_anything_gets_the_description(self, client: FlaskClient, accept: str | None) -> None:
        response = client.get("/sparql", headers={"Accept": accept} if accept else {})
        assert response.mimetype == "text/turtle"

    @pytest.mark.parametrize("accept", ["application/json", "application/sparql-results+xml", "image/png"])
    def test_who_wants_results_has_forgotten_the_query(self, client: FlaskClient, accept: str) -> None:
        problem(client.get("/sparql", headers={"Accept": accept}), 400)


def test_a_query_in_an_address_survives_quoting(client: FlaskClient) -> None:
    response = client.get("/sparql?query=" + quote('SELECT ("é+ &=" AS ?x) {}'))
    assert values(response, "x") == ["é+ &="]
