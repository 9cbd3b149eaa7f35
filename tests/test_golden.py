"""Every question, through every door, against rows that a person read from the review."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from avidity_service.asking import ask, bind
from avidity_service.catalogue import Catalogue, pasteable
from avidity_service.cli import main
from avidity_service.client import in_process
from avidity_service.engine import Engine, text
from avidity_service.mcp.tools import Tools
from avidity_service.names import Names
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from rdflib.term import Variable

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.csv"))
# The columns that hold the things whose facts a row states.
FACTS = ("finding", "regimen", "assessment", "therapy", "statement", "discrepancy", "side", "item", "derived", "row",
         "event", "eligibility", "rate_of", "open_question", "source_part", "cohort", "definition", "case")  # fmt: skip
Case = tuple[str, dict[str, str], list[str], Counter[tuple[str, ...]]]


def read(path: Path) -> Case:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    given: dict[str, str] = {}
    for part in first.lstrip("# ").split():
        name, equals, value = part.partition("=")
        if equals:
            given[name] = value
        else:
            given[list(given)[-1]] += " " + part
    header, *rows = csv.reader(rest)
    assert all(len(row) == len(header) for row in rows), path
    return path.stem.split(".")[0], given, header, Counter(tuple(row) for row in rows)


def picked(rows: list[dict[str, str]], columns: list[str]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(row[name] for name in columns) for row in rows)


def from_dataset(engine: Engine, name: str, given: dict[str, str]) -> list[dict[str, str]]:
    question = Catalogue(engine).question(name)
    rows = ask(question, bind(question, given, Names(engine)), engine)
    return [{key: text(value) for key, value in row.items()} for row in rows]


def test_there_is_a_golden_file_for_every_question(store: ox.Store) -> None:
    questions = {question.name for question in Catalogue(Engine(store)).questions}
    assert {path.stem.split(".")[0] for path in GOLDEN} == questions
    assert len(questions) == 67
    assert len(GOLDEN) == 121
    assert sum(sum(read(path)[3].values()) for path in GOLDEN) == 1073


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_dataset(path: Path, store: ox.Store) -> None:
    name, given, columns, golden = read(path)
    rows = from_dataset(Engine(store), name, given)
    assert picked(rows, columns) == golden
    assert all(row["quote"] for row in rows)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_rest(path: Path, client: FlaskClient) -> None:
    name, given, columns, golden = read(path)
    answer = client.get(f"/api/v1/questions/{name}", query_string={**given, "format": "csv"})
    assert answer.status_code == 200
    assert picked(list(csv.DictReader(io.StringIO(answer.text))), columns) == golden
    as_json = client.get(f"/api/v1/questions/{name}", query_string=given).get_json()
    assert as_json["meta"]["total"] == sum(golden.values())
    assert picked([{k: text(v) for k, v in row.items()} for row in as_json["data"]], columns) == golden


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_query_in_the_answer_gives_the_same_rows(path: Path, client: FlaskClient) -> None:
    name, given, columns, golden = read(path)
    query = client.get(f"/api/v1/questions/{name}", query_string=given).get_json()["meta"]["query"]
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "application/sparql-results+json"})
    assert answer.status_code == 200, answer.text
    found = json.loads(answer.text)["results"]["bindings"]
    rows = [{key: number(row[key]["value"]) if key in row else "" for key in columns} for row in found]
    assert picked(rows, columns) == golden


def number(value: str) -> str:
    """300.0 and 300 are the same number; SPARQL JSON carries the lexical form."""
    try:
        return text(int(float(value)) if float(value).is_integer() else float(value))
    except ValueError:
        return value


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_cli(path: Path, release_folder: Path) -> None:
    name, given, columns, golden = read(path)
    flags = [part for key, value in given.items() for part in (f"--{key.replace('_', '-')}", value)]
    run = CliRunner().invoke(main, ["ask", name, *flags, "--format", "csv", "--release", str(release_folder)])
    assert run.exit_code == 0, run.output
    assert picked(list(csv.DictReader(io.StringIO(run.stdout))), columns) == golden


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_breaks_if_a_fact_is_removed(path: Path, store: ox.Store) -> None:
    name, given, columns, golden = read(path)
    rows = from_dataset(Engine(store), name, given)
    facts = {row[key] for row in rows for key in FACTS if row.get(key)}
    facts = facts or {row["study"] for row in rows}
    assert bool(facts) == bool(golden)
    copy = ox.Store()
    copy.bulk_extend(store)
    for fact in facts:
        own = list(copy.quads_for_pattern(ox.NamedNode(fact), None, None, None))
        for quad in own:
            copy.remove(quad)
        assert picked(from_dataset(Engine(copy), name, given), columns) != golden, fact
        copy.extend(own)


def test_pasteable_binds_what_the_question_uses() -> None:
    select = "SELECT ?x ?y WHERE { { SELECT ?x WHERE { ?x ?p ?o } } ?x ?q ?y }"
    bound = pasteable(select, {"x": ox.NamedNode("http://example.org/a")})
    assert bound.count("VALUES (?x) { (<http://example.org/a>) }") == 2
    assert pasteable(select, {}) == select


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_mcp(path: Path, app: Flask) -> None:
    name, given, columns, golden = read(path)
    found = Tools(in_process(app)).ask_question(name, given, limit=200)
    assert picked([{key: text(value) for key, value in row.items()} for row in found.rows], columns) == golden
    assert found.status == ("evidence" if golden else "no-evidence")


# What rdflib cannot do, by question; a question that it has learnt to answer must come off the list.
NOT_BY_RDFLIB = {
    "agents-for-genotype": "it asks each sub-select by itself, without what is bound around it, and takes minutes",
    "cohort-composition": "it cannot order rows that lack a value",
    "denominator-ledger": "it takes a count of zero for no value",
    "studies-of-mechanism": "it cannot order rows that lack a value",
}


@pytest.fixture(scope="module")
def rdflib_graph(store: ox.Store) -> rdflib.Dataset:
    """The same dataset in another engine."""
    graph = rdflib.Dataset(default_union=True)
    quads = ox.serialize(store, format=ox.RdfFormat.N_QUADS)
    graph.parse(data=quads, format="nquads")
    return graph


@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")  # rdflib's own use of its old names
@pytest.mark.parametrize(
    "path", [path for path in GOLDEN if path.stem.split(".")[0] not in NOT_BY_RDFLIB], ids=lambda path: path.stem
)
def test_another_engine(path: Path, store: ox.Store, rdflib_graph: rdflib.Dataset) -> None:
    """The queries are plain SPARQL: rdflib, which plans nothing, gives the same rows."""
    name, given, columns, golden = read(path)
    engine = Engine(store)
    question = Catalogue(engine).question(name)
    answer = rdflib_graph.query(pasteable(question.select, bind(question, given, Names(engine))))
    rows = [{name: number(str(row[Variable(name)])) if row.get(Variable(name)) is not None else "" for name in columns}
            for row in answer.bindings]  # fmt: skip
    assert picked(rows, columns) == golden
