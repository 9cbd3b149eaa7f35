"""One suite for every backend: what the embedded store answers, a store elsewhere must answer too.

Where a store cannot, the case stands in tests/store_differences.yaml with the reason, and is checked to differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from avidity_service.app import create_app
from avidity_service.cli import main
from avidity_service.context import KEY
from avidity_service.errors import ReleaseError
from avidity_service.iris import GRAPH
from avidity_service.metrics import Metrics
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.store.address import Address, Credentials
from avidity_service.store.judging import ACCEPT_RESULTS
from avidity_service.store.marks import MARK
from avidity_service.store.opening import open_store
from avidity_service.store.writing import GraphStore
from click.testing import CliRunner
from flask import Flask
from ruamel.yaml import YAML

from tests.conftest import Need
from tests.stores import Store, oxigraph, oxigraph_store, virtuoso_store

_DIFFERENCES = YAML(typ="safe").load(Path(__file__).with_name("store_differences.yaml"))
_HEAD = """PREFIX av: <https://w3id.org/avidity/ontology#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> """
_REST = {
    "agents": "/api/v1/agents?alteration=NRAS&measure=uptake-restored",
    "findings": "/api/v1/findings?limit=1000",
    "findings-of-gene": "/api/v1/findings?gene=BRAF&match=exact",
    "findings-of-mechanism": "/api/v1/findings?mechanism=mapk-pathway-inhibition&histology=dtc&limit=1000",
    "findings-derived": "/api/v1/findings?basis=any&study=ho-2013",
    "harms": "/api/v1/adverse-events?agent=trametinib&grade_min=3",
    "mappings": "/api/v1/mappings?limit=1000",
    "mappings-of-kind": "/api/v1/mappings?kind=agent&predicate=exactMatch",
    "resolve": "/api/v1/resolve/NCIT:C66939",
    "list": "/api/v1/discrepancies?study=rothenberg-2015",
    "cohorts": "/api/v1/cohorts?limit=1000",
    "one": "/api/v1/studies/ho-2013",
    "one-finding": "/api/v1/findings/ho-2013/nras/uptake-restored",
    "missing": "/api/v1/studies/nobody-1999",
    "thing-json": "/agent/selumetinib.json",
    "thing-turtle": "/agent/selumetinib.ttl",
    "void": "/.well-known/void",
    "thing-page": "/study/ho-2013",
    "ontology-page": "/ontology.html",
    "sssom": "/mappings",
}
_SPARQL = {
    "point": "SELECT ?p ?o { <https://w3id.org/avidity/agent/selumetinib> ?p ?o }",
    "ask": "ASK { ?s av:tier 'exact' }",
    "ask-not": "ASK { ?s av:tier 'nowhere' }",
    "construct": "CONSTRUCT { ?s rdfs:label ?l } { ?s a av:Agent ; rdfs:label ?l }",
    "describe": "DESCRIBE <https://w3id.org/avidity/agent/selumetinib>",
    "count": "SELECT (COUNT(*) AS ?n) { ?s a av:Finding }",
    "whole": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "graphs": "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "from": "SELECT (COUNT(*) AS ?n) FROM <https://w3id.org/avidity/graph/vocabulary> { ?s ?p ?o }",
    "from-named": "SELECT ?g FROM NAMED <https://w3id.org/avidity/graph/vocabulary> { GRAPH ?g { ?s a av:Agent } }",
    "relative": "SELECT ?l { <agent/selumetinib> rdfs:label ?l }",
    "optional": "SELECT ?f ?c { ?f a av:Finding OPTIONAL { ?f av:count ?c FILTER(?c > 10) } }",
    "unbound": "SELECT ?f { ?f a av:Finding OPTIONAL { ?f av:count ?c } FILTER(!BOUND(?c)) }",
    "minus": "SELECT ?f { ?f a av:Finding MINUS { ?f av:count ?c } }",
    "exists": "SELECT ?s { ?s a av:Study FILTER NOT EXISTS { ?d av:ofStudy ?s ; a av:Discrepancy } }",
    "values": "SELECT ?m ?l { VALUES ?m { <https://w3id.org/avidity/measure/death> } ?m rdfs:label ?l }",
    "plus": "SELECT ?a ?b { ?a av:withinMechanism+ ?b }",
    "star": "SELECT ?a ?b { ?a a av:Mechanism . ?a av:withinMechanism* ?b }",
    "star-behind": "SELECT DISTINCT ?r { ?r av:usesAgent/av:hasMechanism/av:withinMechanism* "
    "<https://w3id.org/avidity/mechanism/mek-inhibition> ; av:ofStudy ?s . ?s rdfs:label ?l }",
    "decimals": "SELECT ?s ?v { ?s av:value ?v }",
    "decimals-as-printed": "SELECT ?s (STR(?v) AS ?w) { ?s av:value ?v }",
    "booleans": "SELECT ?m ?f { ?m av:favourable ?f }",
    "language": "SELECT ?s ?l { ?s a av:Agent ; rdfs:label ?l FILTER(LANG(?l) = 'en') }",
    "signs": "SELECT ?q { ?p av:quote ?q FILTER(CONTAINS(?q, '≥')) }",
    "regex": "SELECT ?s { ?s a av:Study ; rdfs:label ?l FILTER(REGEX(?l, '^ho ', 'i')) }",
    "aggregates": "SELECT ?st (SUM(?c) AS ?n) (MAX(?c) AS ?m) { ?f av:ofStudy ?st ; av:count ?c } GROUP BY ?st",
    "average": "SELECT (AVG(?c) AS ?n) { ?f av:count ?c }",
    "having": "SELECT ?st { ?f a av:Finding ; av:ofStudy ?st } GROUP BY ?st HAVING (COUNT(?f) > 10)",
    "order": "SELECT ?f ?c { ?f a av:Finding ; av:count ?c } ORDER BY DESC(?c) ?f LIMIT 20 OFFSET 5",
    "concat": "SELECT ?s (CONCAT(?l, ' – ', ?l) AS ?t) { ?s a av:Study ; rdfs:label ?l }",
    "coalesce-error": "SELECT ?f (COALESCE(1 / ?nothing, 'none') AS ?v) { ?f a av:Study }",
    "two-dashes": "SELECT (STRLEN('–') AS ?n) {}",
}

Ask = Callable[[str], Any]


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def store(
    request: pytest.FixtureRequest, need: Need, release_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """A store that `avidity publish` has filled with the release."""
    if request.param == "oxigraph":
        running = oxigraph_store(oxigraph() or need("oxigraph"))
    else:
        running = virtuoso_store(need("virtuoso-t"), tmp_path_factory.mktemp("virtuoso"))
    with running as found:
        done = publish(found, release_folder)
        assert done.exit_code == 0, done.output
        yield found


@pytest.fixture(scope="module")
def remote(store: Store, release: Release) -> Iterator[Flask]:
    app = create_app(release, Settings(store_url=store.query, workers=2))
    yield app
    app.extensions[KEY].pool.close()


def publish(store: Store, release: Path, *more: str, to: str | None = None) -> Any:
    arguments = ["publish", "--to", to or store.graphs, "--query", store.query, "--release", str(release), *more]
    return CliRunner(env=store.login).invoke(main, arguments)


def differs(store: Store, kind: str, name: str) -> bool:
    return name in (_DIFFERENCES[store.name] or {}).get(kind, {})


def test_every_question_gives_the_same_rows(app: Flask, remote: Flask, store: Store) -> None:
    catalogue = app.extensions[KEY].catalogue
    assert len(catalogue.questions) > 60
    wrong = []
    for question in catalogue.questions:
        everything = {p.name: p.example for p in question.parameters}
        required = {p.name: p.example for p in question.parameters if p.required}
        for given in (everything, required) if everything != required else (everything,):
            path = f"/api/v1/questions/{question.name}"
            ours, theirs = (each.test_client().get(path, query_string=given) for each in (app, remote))
            assert ours.status_code == 200
            if (ours.get_json() == theirs.get_json()) == differs(store, "questions", question.name):
                wrong.append((question.name, given, theirs.get_data(as_text=True)[:300]))
    assert wrong == []


@pytest.mark.parametrize("name", _REST)
def test_every_door_gives_the_same(name: str, app: Flask, remote: Flask, store: Store) -> None:
    ours, theirs = (each.test_client().get(_REST[name]) for each in (app, remote))
    assert ours.status_code == (404 if name == "missing" else 200)
    same = (theirs.status_code, theirs.data) == (ours.status_code, ours.data)
    assert same != differs(store, "doors", name), (theirs.status_code, theirs.get_data(as_text=True)[:600])


@pytest.mark.parametrize("name", _SPARQL)
def test_every_query_gives_the_same(name: str, app: Flask, remote: Flask, store: Store) -> None:
    ours, theirs = (_answer(each, _HEAD + _SPARQL[name], keeps_order=name == "order") for each in (app, remote))
    assert (ours == theirs) != differs(store, "queries", name), (str(ours)[:600], str(theirs)[:600])


def test_every_difference_is_of_a_case_that_is_there() -> None:
    for found in _DIFFERENCES.values():
        for kind, cases in (found or {}).items():
            known = {"doors": _REST, "queries": _SPARQL, "questions": cases, "uploads": {"updates"}}[kind]
            assert set(cases) <= set(known)
            assert all(isinstance(reason, str) and len(reason) > 20 for reason in cases.values())


@pytest.mark.parametrize("format_", ["json", "xml", "csv", "tsv"])
def test_results_come_in_every_format(format_: str, remote: Flask) -> None:
    answer = remote.test_client().get("/sparql", query_string={"query": "SELECT (1 AS ?n) {}", "format": format_})
    assert answer.status_code == 200
    assert "1" in answer.text


def test_graphs_come_in_every_format(remote: Flask) -> None:
    query = _HEAD + "CONSTRUCT { ?s rdfs:label ?l } { ?s a av:Agent ; rdfs:label ?l }"
    for format_, kind in (
        ("ttl", ox.RdfFormat.TURTLE),
        ("jsonld", ox.RdfFormat.JSON_LD),
        ("rdf", ox.RdfFormat.RDF_XML),
    ):
        answer = remote.test_client().get("/sparql", query_string={"query": query, "format": format_})
        assert answer.status_code == 200
        assert len(list(ox.parse(answer.data, format=kind))) > 10


def test_the_dataset_of_the_protocol_reaches_the_store(app: Flask, remote: Flask) -> None:
    for given in (
        {"default-graph-uri": "https://w3id.org/avidity/graph/vocabulary"},
        {"named-graph-uri": "https://w3id.org/avidity/graph/vocabulary"},
    ):
        query = {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "format": "csv", **given}
        ours, theirs = (each.test_client().get("/sparql", query_string=query).text for each in (app, remote))
        assert ours == theirs


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * WHERE { ?s ?p", 400),
        ("INSERT DATA { <a:a> <a:a> <a:a> }", 403),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", 403),
        ("DEFINE get:soft 'replace' SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", 403),
        ("SELECT * FROM <http://127.0.0.1:1/> OPTION (get:soft 'replace') { ?s ?p ?o }", 403),
        ("SELECT (bif:user() AS ?u) {}", 403),
        ("SELECT (<bif:user>() AS ?u) {}", 403),
        ("PREFIX x: <sql:> SELECT (x:user() AS ?u) {}", 403),
        ("SELECT * " + "{" * 101 + "}" * 101, 400),
    ],
)
def test_the_guards_stand_before_every_store(query: str, status: int, remote: Flask) -> None:
    answer = remote.test_client().get("/sparql", query_string={"query": query})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_caps_hold_and_the_one_that_is_told_is_the_one_that_was_passed(store: Store, release: Release) -> None:
    def ask(query: str, format_: str = "json", **limits: int) -> Any:
        app = create_app(release, Settings(store_url=store.query, workers=1, max_result_mb=1).with_values(**limits))
        try:
            return app.test_client().get("/sparql", query_string={"query": query, "format": format_})
        finally:
            app.extensions[KEY].pool.close()

    ones = "SELECT (1 AS ?x) { ?s ?p ?o } LIMIT "
    # The store writes 1.9 MB of JSON for what is 40 KB of CSV.
    assert ask(ones + "20000", "csv", max_rows=20000).data.count(b"\n") == 20001
    # And here more than is read of it.
    for rows in ("20001", "60000"):
        answer = ask(ones.replace("?s ?p ?o", "{ ?s ?p ?o } UNION { ?s ?p ?o }") + rows, "csv", max_rows=20000)
        assert (answer.status_code, answer.get_json()["max_rows"]) == (413, 20000)
    large = ask("SELECT * { ?s ?p ?o }", max_rows=0)
    assert (large.status_code, large.get_json()["max_result_mb"]) == (413, 1)
    assert "larger than 1 MB" in large.text or "The store behind this service writes more than 4 MB" in large.text


def test_a_query_of_which_the_store_says_that_it_is_at_fault_is_the_clients(remote: Flask) -> None:
    answer = remote.test_client().get("/sparql", query_string={"query": "SELECT (<http://a.example/f>(1) AS ?y) {}"})
    assert answer.status_code == 400
    assert "http://a.example/f" in answer.get_json()["detail"]


def test_only_limits_that_hold_are_announced(app: Flask, remote: Flask) -> None:
    ours, theirs = (each.test_client().get("/sparql", headers={"Accept": "text/turtle"}).text for each in (app, remote))
    assert ("query_memory_mb" in ours, "(507)" in ours, "may go on" in ours) == (True, True, False)
    assert ("query_memory_mb" in theirs, "(507)" in theirs, "may go on" in theirs) == (False, False, True)


def test_virtuoso_is_told_when_to_stop(remote: Flask, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    if store.name != "virtuoso":
        pytest.skip("only Virtuoso takes a time with each query")
    client = remote.extensions[KEY].pool.client
    assert client.is_virtuoso
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?g && ?d != ?i) }"
    # Told 29 s before our deadline, and not 2 s after it, it has the time to say that it stopped.
    monkeypatch.setattr("avidity_service.store.client._AFTER_US_S", -29.0)
    reply = client.ask(query, ACCEPT_RESULTS, (), 30.0, 1 << 20)
    assert reply.headers["x-sql-state"] == "S1TAT"


def test_a_query_ends_at_its_deadline(remote: Flask) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(?a != ?g && ?d != ?i) }"
    answer = remote.test_client().get("/sparql", query_string={"query": query, "timeout": "0.5"})
    assert answer.status_code == 504, answer.text
    assert remote.test_client().get("/ready").status_code == 200


def test_a_second_upload_replaces_the_first_and_leaves_what_is_not_ours(
    store: Store, release: Release, release_folder: Path
) -> None:
    target = _login(store)
    before = target.counts()
    withdrawn, foreign = GRAPH + "study/withdrawn", "http://elsewhere.example/graph"
    for graph in (withdrawn, foreign):
        target.put(graph, b"<http://a/a> <http://a/b> <http://a/c> .\n")
    # What is not ours is not seen through the service.
    app = create_app(release, Settings(store_url=store.query))
    answer = app.test_client().get("/sparql?query=SELECT+DISTINCT+?g+{+GRAPH+?g+{+?s+?p+?o+}+}&format=csv")
    app.extensions[KEY].pool.close()
    assert GRAPH + "vocabulary" in answer.text
    assert foreign not in answer.text
    assert f"remove\t\t{withdrawn}" in publish(store, release_folder, "--dry-run").output
    assert target.counts() == {**before, withdrawn: 1, foreign: 1}
    done = publish(store, release_folder)
    assert done.exit_code == 0, done.output
    assert target.counts() == {**before, foreign: 1}
    target.drop(foreign)


def test_an_upload_by_updates(store: Store, release: Release, release_folder: Path) -> None:
    done = publish(store, release_folder, "--by", "updates", to=store.updates)
    assert (done.exit_code == 0) != differs(store, "uploads", "updates"), done.output
    if done.exit_code:
        # It broke off, and says so; the other way mends it.
        with pytest.raises(ReleaseError, match="holds no release"):
            open_store(release, Settings(store_url=store.query), Metrics())
        assert publish(store, release_folder).exit_code == 0


def test_a_store_that_takes_no_graphs_there_says_so(store: Store, release_folder: Path) -> None:
    done = publish(store, release_folder, to=store.query.rsplit("/", 1)[0] + "/nowhere")
    assert done.exit_code == 1
    assert "--by updates" in done.output or "does not let us write" in done.output


def test_half_an_upload_is_no_release(store: Store, release: Release, release_folder: Path) -> None:
    _login(store).drop(MARK)
    with pytest.raises(ReleaseError, match="holds no release"):
        open_store(release, Settings(store_url=store.query), Metrics())
    assert publish(store, release_folder).exit_code == 0


def _login(store: Store) -> GraphStore:
    return GraphStore(Address.of(store.graphs), Address.of(store.query), Credentials.from_environment(store.login))


def _answer(app: Flask, query: str, *, keeps_order: bool) -> Any:
    accept = "application/sparql-results+json, application/n-triples"
    answer = app.test_client().get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    if answer.status_code != 200:
        return answer.status_code, answer.text
    if answer.mimetype == "application/n-triples":
        return sorted(set(answer.text.splitlines()))
    found = json.loads(answer.data)
    if "boolean" in found:
        return found["boolean"]
    rows = [json.dumps(row, sort_keys=True) for row in found["results"]["bindings"]]
    return found["head"]["vars"], rows if keeps_order else sorted(rows)
