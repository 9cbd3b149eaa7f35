"""The SPARQL endpoint: the protocol's query part, truth about failures, and no way out of its box."""

from __future__ import annotations

import json
import socket
import threading

import pytest
from avidity_service.context import KEY
from avidity_service.errors import QueryError
from avidity_service.negotiation import negotiate
from avidity_service.sparql.guard import guard
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
NRAS = """PREFIX av: <https://w3id.org/avidity/ontology#> PREFIX alteration: <https://w3id.org/avidity/alteration/>
PREFIX measure: <https://w3id.org/avidity/measure/>
SELECT ?given ?tier ?count ?denominator ?proof WHERE {
  ?evidence av:aboutAlteration alteration:nras-mutation ; av:tier ?tier ; av:onFinding ?finding ; av:viaRegimen/av:given ?given .
  ?finding av:measure measure:uptake-restored ; av:count ?count ; av:denominator ?denominator ; av:proof ?proof }"""


def ask(client: FlaskClient, query: str, accept: str | None = None, **more: str) -> TestResponse:
    headers = {"Accept": accept} if accept else {}
    return client.get("/sparql", query_string={"query": query, **more}, headers=headers)


def test_the_question_in_sparql(client: FlaskClient) -> None:
    rows = json.loads(ask(client, NRAS).text)["results"]["bindings"]
    found = {tuple(row[name]["value"] for name in ("given", "tier", "count", "denominator")) for row in rows}
    assert ("selumetinib", "exact", "5", "5") in found
    assert ("trametinib", "exact", "1", "3") in found
    assert all(row["proof"]["value"] for row in rows)


def test_get_form_direct_and_query_method(client: FlaskClient) -> None:
    answers = [
        ask(client, COUNT),
        client.post("/sparql", data={"query": COUNT}),
        client.post("/sparql", data=COUNT, content_type="application/sparql-query"),
        client.open("/sparql", method="QUERY", data=COUNT, content_type="application/sparql-query"),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len({answer.text for answer in answers}) == 1
    assert int(json.loads(answers[0].text)["results"]["bindings"][0]["n"]["value"]) > 10_000


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        (COUNT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (COUNT, "text/csv", "text/csv; charset=utf-8"),
        (COUNT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (COUNT, "application/json", "application/sparql-results+json"),
        (COUNT, "text/csv;q=0.5, application/*;q=0.9", "application/sparql-results+json"),
        (COUNT, "APPLICATION/SPARQL-RESULTS+XML", "application/sparql-results+xml"),
        (COUNT, "*/*", "application/sparql-results+json"),
        (COUNT, "text/html", "application/sparql-results+json"),
        ("ASK {}", None, "application/sparql-results+json"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5", None, "text/turtle; charset=utf-8"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5", "application/n-triples", "application/n-triples"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5", "application/rdf+xml", "application/rdf+xml"),
        ("CONSTRUCT WHERE { ?s ?p ?o } LIMIT 5", "application/ld+json", "application/ld+json"),
        ("DESCRIBE <https://w3id.org/avidity/agent/selumetinib>", "text/turtle", "text/turtle; charset=utf-8"),
    ],
)
def test_formats(query: str, accept: str | None, kind: str, client: FlaskClient) -> None:
    answer = ask(client, query, accept)
    assert (answer.status_code, answer.content_type) == (200, kind)
    assert answer.data


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("SELEC ?s", 400, ["syntax", "caret"]),
        ("SELECT * WHERE { ?s ?p ?o", 400, ["not closed"]),
        ("SELECT * WHERE { ?s foaf:name ?o }", 400, ["the prefix foaf: is not declared", "PREFIX foaf:"]),
        ("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403, ["SERVICE"]),
        # Outside of strings and names the engine reads no escapes, so this is no SERVICE but a fault.
        ("SELECT * WHERE { \\u0053ERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 400, ["syntax"]),
        ("LOAD <http://127.0.0.1:9/>", 403, ["LOAD"]),
        ("PREFIX a: <http://a/> INSERT DATA { a:a a:b a:c }", 403, ["INSERT"]),
        ("ASK " + "{" * 200 + "}" * 200, 400, ["200 deep"]),
        ("SELECT * WHERE { ?s ?p " + "(" * 20_000, 400, ["nested"]),
    ],
)
def test_refusals(query: str, status: int, words: list[str], client: FlaskClient) -> None:
    answer = ask(client, query)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    for word in words:
        assert word in answer.text
    assert ask(client, "ASK {}").status_code == 200


def test_protocol_errors(client: FlaskClient) -> None:
    assert client.get("/sparql", headers={"Accept": "application/json"}).status_code == 400
    assert client.get(f"/sparql?query={COUNT}&query={COUNT}").status_code == 400
    assert client.post("/sparql", data="x", content_type="text/plain").status_code == 415
    assert client.post("/sparql", data={"update": "CLEAR ALL"}).status_code == 403
    assert client.post("/sparql", data="CLEAR ALL", content_type="application/sparql-update").status_code == 403
    assert client.post("/sparql", data=b"\xff", content_type="application/sparql-query").status_code == 400
    assert ask(client, COUNT, "image/png").status_code == 406
    assert ask(client, "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1", "text/csv").status_code == 406
    assert ask(client, COUNT, format="xls").status_code == 406
    assert ask(client, "ASK {} #" + "x" * 70_000).status_code == 413
    put = client.put("/sparql")
    assert (put.status_code, "GET" in put.headers["Allow"]) == (405, True)
    assert put.headers["Access-Control-Allow-Origin"] == "*"
    assert client.options("/sparql").status_code == 200


def test_dataset_parameters(client: FlaskClient) -> None:
    study = "https://w3id.org/avidity/graph/study/ho-2013"
    everything = json.loads(ask(client, COUNT).text)["results"]["bindings"][0]["n"]["value"]
    one = json.loads(ask(client, COUNT, **{"default-graph-uri": study}).text)["results"]["bindings"][0]["n"]["value"]
    assert 0 < int(one) < int(everything)
    named = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
    graphs = json.loads(ask(client, named, **{"named-graph-uri": study}).text)["results"]["bindings"]
    assert [row["g"]["value"] for row in graphs] == [study]
    assert ask(client, COUNT, **{"default-graph-uri": "no iri"}).status_code == 400


def test_a_query_without_end_is_stopped_and_the_next_one_works(client: FlaskClient) -> None:
    endless = "SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a"
    assert ask(client, "ASK {}").status_code == 200  # there is a worker, so that it is the query that takes long
    answer = ask(client, endless, timeout="0.5")
    assert answer.status_code in (504, 507)
    assert answer.get_json()["title"] in ("Query took too long", "Query needed too much memory")
    assert ask(client, "ASK {}").status_code == 200


def test_memory_is_bounded(app: Flask) -> None:
    pool = app.extensions[KEY].pool
    doubling = "SELECT ?z WHERE { BIND('" + "x" * 1000 + "' AS ?a0) " + " ".join(
        f"BIND(CONCAT(?a{i}, ?a{i}) AS ?a{i + 1})" for i in range(40)
    ) + " BIND(STRLEN(?a40) AS ?z) }"  # fmt: skip
    with pytest.raises(QueryError) as error:
        pool.ask(doubling, ["text/csv"])
    assert error.value.status in (504, 507)
    assert pool.ping()


def test_an_answer_over_the_cap_is_an_error_and_not_a_cut_answer(app: Flask) -> None:
    pool = app.extensions[KEY].pool
    with pytest.raises(QueryError) as error:
        pool.ask("SELECT ?a ?d WHERE { ?a ?b ?c . ?d ?e ?f } LIMIT 3000000", ["text/csv"])
    assert error.value.status in (413, 504, 507)
    assert pool.ping()


def test_timeout_may_lower_but_not_raise(client: FlaskClient) -> None:
    endless = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    answer = ask(client, endless, timeout="100000")
    assert (answer.status_code, answer.get_json().get("timeout_s")) == (504, 3)
    assert ask(client, "ASK {}", timeout="soon").status_code == 400


def test_many_at_once(app: Flask) -> None:
    results: list[int] = []

    def run() -> None:
        results.append(
            app.test_client().get("/sparql", query_string={"query": f"ASK {{}} # {len(results)}"}).status_code
        )

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [200] * 16


def test_a_worker_cannot_open_a_socket(app: Flask) -> None:
    # Should SERVICE slip past the guard, the worker has no descriptor left to open.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0.5)
        port = listener.getsockname()[1]
        pool = app.extensions[KEY].pool
        with pytest.raises(QueryError):
            pool.ask(f"SELECT * WHERE {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}", ["text/csv"])
        with pytest.raises(TimeoutError):
            listener.accept()


def test_service_description_and_form(client: FlaskClient) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert answer.status_code == 200
    for word in ("sd:Service", "UnionDefaultGraph", "graph/study/ho-2013", "SPARQL11Query"):
        assert word in answer.text
    page = client.get("/sparql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.content_type.startswith("text/html")
    assert "<textarea" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX service: <http://a/> SELECT ?service WHERE { ?service service:service 'SERVICE <x> {}' }",
        'SELECT ?s WHERE { ?s ?p "load" } # SERVICE',
        "SELECT ?s WHERE { <http://a/SERVICE> ?p '''it's { { { SERVICE''' }",
        "SELECT * WHERE { ?s ?p '\\'{' }",
        "BASE <http://x/> PREFIX a: <insert> SELECT * WHERE { a:delete ?p @prefix }".replace("@prefix", "?o"),
    ],
)
def test_the_guard_reads_words_and_not_letters(query: str) -> None:
    guard(query)


@given(st.text(max_size=200))
def test_the_guard_never_breaks(text: str) -> None:
    try:
        guard(text)
        status = 200
    except QueryError as error:
        status = error.status
    assert status in (200, 400, 403)


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        (None, "a/x"), ("", "a/x"), ("*/*", "a/x"), ("a/*", "a/x"), ("b/z", "b/z"), ("a/x;q=0.1, b/z", "b/z"),
        ("a/*;q=0, */*", "b/z"), ("c/c", None), ("a/x;q=0", None), ("A/Y", "a/y"), ("a/*;q=0.2, a/y;q=0.9", "a/y"), ("*/*;q=bad", None),
    ],
)  # fmt: skip
def test_negotiation(accept: str | None, best: str | None) -> None:
    assert negotiate(accept, ["a/x", "a/y", "b/z"]) == best
