"""REST by its own document: what it says is there, and nothing else is."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from avidity_service.context import KEY
from avidity_service.contract.operations import operations
from avidity_service.rest.collections import LISTS, SINGLE
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.serving import make_server

Json = dict[str, Any]
ROOT = "/api/v1"


@pytest.fixture(scope="module")
def document(app: Flask) -> Json:
    found: Json = app.test_client().get("/api/openapi.json").get_json()
    return found


def example(path: str, operation: Json) -> tuple[str, Json]:
    """The address and query of an operation's own example, with the parameters that it needs."""
    query = dict(operation.get("x-example", ()))
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe=""))
        elif parameter["required"] and parameter["name"] not in query:
            query[parameter["name"]] = parameter["example"]
    return ROOT + path, query


def shape(document: Json, operation: Json) -> Draft202012Validator:
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": document["components"]})


def test_the_document_is_openapi(document: Json, app: Flask) -> None:
    validate(document)
    assert document["openapi"] == "3.1.0"
    assert document["info"]["x-release"] == app.extensions[KEY].release.id
    ids = [item["get"]["operationId"] for item in document["paths"].values()]
    assert len(ids) == len(set(ids)) == len(document["paths"])


def test_every_route_is_in_the_document_and_every_path_has_a_route(document: Json, app: Flask) -> None:
    rules = {rule.rule.removeprefix(ROOT) for rule in app.url_map.iter_rules() if rule.rule.startswith(ROOT)}
    own = {re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule) for rule in rules}
    general = {"/{collection}", "/{collection}/{slug}", "/questions/{name}"}
    spelled = {f"/{name}" for name in LISTS} | {f"/{name}/{{slug}}" for name in SINGLE}
    asked = {f"/questions/{question.name}" for question in app.extensions[KEY].catalogue.questions}
    assert general <= own
    assert own - general | spelled | asked == set(document["paths"])


def test_every_example_is_answered_in_the_shape_that_is_promised(document: Json, client: FlaskClient) -> None:
    asked = 0
    for path, item in document["paths"].items():
        address, query = example(path, item["get"])
        answer = client.get(address, query_string=query)
        assert answer.status_code == 200, (address, query, answer.text)
        shape(document, item["get"]).validate(answer.get_json())
        asked += 1
    assert asked == len(list(operations())) + 67


@pytest.mark.parametrize(
    "address",
    [
        "/findings?limit=1000&basis=any", "/findings?limit=1000&gene=BRAF", "/agents?alteration=NRAS",
        "/adverse-events?limit=1000", "/mappings?limit=1000", "/statements?limit=1000", "/passages?limit=1000",
        "/discrepancies?limit=1000",
    ],
)  # fmt: skip
def test_whole_collections_have_the_shape_that_is_promised(address: str, document: Json, client: FlaskClient) -> None:
    operation = document["paths"][address.partition("?")[0]]["get"]
    answer = client.get(ROOT + address).get_json()
    assert answer["data"]
    shape(document, operation).validate(answer)


def test_a_field_that_is_not_promised_breaks_the_shape(document: Json, client: FlaskClient) -> None:
    answer = client.get(ROOT + "/findings?limit=1").get_json()
    validator = shape(document, document["paths"]["/findings"]["get"])
    answer["data"][0]["more"] = 1
    assert not validator.is_valid(answer)
    del answer["data"][0]["more"], answer["data"][0]["denominator"]
    assert not validator.is_valid(answer)


def test_every_value_that_is_listed_is_taken(document: Json, client: FlaskClient) -> None:
    tried = 0
    for parameter in document["paths"]["/findings"]["get"]["parameters"]:
        one = parameter["schema"].get("items", parameter["schema"])
        if parameter["name"] in ("match", "combination", "format", "sort") or "enum" not in one:
            continue
        for value in one["enum"]:
            answer = client.get(ROOT + "/findings", query_string={parameter["name"]: value, "limit": 1})
            assert answer.status_code == 200, (parameter["name"], value, answer.text)
            tried += 1
    assert tried > 150


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/release?x=1", 422, "Unknown parameter 'x'"),
        ("/genes/nras?limit=1", 422, "Unknown parameter 'limit'"),
        ("/findings?alterations=NRAS", 422, "Did you mean alteration?"),
        ("/findings?sort=percentages", 422, "Did you mean percentage"),
        ("/findings?match=exact", 409, "name one"),
        ("/findings?combination=exact", 409, "name them"),
        ("/questions/who-got-what?study=", 422, "missing"),
    ],
)
def test_what_the_document_does_not_name_is_refused(address: str, status: int, words: str, client: FlaskClient) -> None:
    answer = client.get(ROOT + address)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert words in answer.get_json()["detail"]


def test_rows_are_sorted_and_those_without_a_value_come_last(client: FlaskClient) -> None:
    def column(sort: str) -> list[Any]:
        answer = client.get(ROOT + "/findings", query_string={"sort": sort.split(","), "limit": 1000}).get_json()
        return [row[sort.split(",")[0].removeprefix("-")] for row in answer["data"]]

    for sort, reverse in (("count", False), ("-percentage", True), ("study_label,-count", False)):
        found = column(sort)
        there = [value for value in found if value is not None]
        assert there == sorted(there, key=lambda v: v.casefold() if isinstance(v, str) else v, reverse=reverse)
        assert found == [*there, *[None] * (len(found) - len(there))]
        assert len(there) > 20
    assert [row["id"] for row in client.get(ROOT + "/genes?sort=-id").get_json()["data"]] == sorted(
        [row["id"] for row in client.get(ROOT + "/genes").get_json()["data"]], reverse=True
    )


def test_linked_data_says_what_the_things_on_the_page_are(client: FlaskClient) -> None:
    answer = client.get(ROOT + "/findings?alteration=NRAS&limit=3", headers={"Accept": "application/ld+json"})
    assert answer.content_type == "application/ld+json"
    listed = {row["iri"] for row in client.get(ROOT + "/findings?alteration=NRAS&limit=3").get_json()["data"]}
    assert listed <= {node["@id"] for node in json.loads(answer.text)}
    assert client.get(ROOT + "/questions/studies?format=jsonld").status_code == 422


def test_every_table_has_the_quote_in_a_column(client: FlaskClient) -> None:
    asked = (
        "/findings",
        "/adverse-events",
        "/agents?alteration=NRAS",
        "/questions/agents-for-genotype?alteration=NRAS",
    )
    for address in asked:
        joint = "&" if "?" in address else "?"
        rows = list(csv.DictReader(io.StringIO(client.get(f"{ROOT}{address}{joint}format=csv").text)))
        assert rows, address
        assert all(row["quote"] for row in rows), address


def test_the_page_shows_every_operation_with_an_example_that_answers(client: FlaskClient, document: Json) -> None:
    page = client.get("/api/docs").text
    links = re.findall(r'Try: <a href="([^"]+)"', page)
    assert len(links) == len(document["paths"])
    for address in links[::7]:
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address
    assert "<script>" not in page
    assert all(src.startswith("/static/") for src in re.findall(r'<script src="([^"]*)"', page))
    assert client.get("/api").status_code == 302


def test_schemathesis_finds_nothing(app: Flask, tmp_path: Path) -> None:
    """All of its checks, few cases an operation; `make contract` runs many."""
    from threading import Thread

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        run = subprocess.run(
            [
                Path(sys.executable).parent / "schemathesis", "run", f"http://127.0.0.1:{server.port}/api/openapi.json",
                "--checks", "all", "--phases", "examples,fuzzing", "--max-examples", "4", "--seed", "1", "--no-color",
            ],
            capture_output=True, text=True, check=False, cwd=tmp_path, timeout=300,
        )  # fmt: skip
    finally:
        server.shutdown()
        thread.join()
    assert run.returncode == 0, run.stdout[-4000:]
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested
    assert int(tested[1]) == len(list(operations())) + 67
