"""The W3C suite for the SPARQL 1.1 Protocol, its query part, from the manifest of the rdf-tests repository.

Set AVIDITY_W3C_TESTS to a folder that holds `sparql/sparql11/protocol/manifest.ttl`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rdflib
from avidity_service.context import KEY
from avidity_service.release import open_release
from flask import Flask
from flask.testing import FlaskClient
from rdflib.collection import Collection

_FOLDER = Path(os.environ.get("AVIDITY_W3C_TESTS", "tests/w3c"))
_MANIFEST = _FOLDER / "sparql/sparql11/protocol/manifest.ttl"
MF = rdflib.Namespace("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#")
HT = rdflib.Namespace("http://www.w3.org/2011/http#")
CNT = rdflib.Namespace("http://www.w3.org/2011/content#")
_DATA = "http://kasei.us/2009/09/sparql/data/data{}.rdf"
_DOCUMENT = "http://xmlns.com/foaf/0.1/Document"
_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_FAMILIES = {
    "tabular": ("application/sparql-results+json", "application/sparql-results+xml", "text/csv"),
    "boolean": ("application/sparql-results+json", "application/sparql-results+xml"),
    "RDF": ("text/turtle", "application/rdf+xml", "application/n-triples"),
}

pytestmark = pytest.mark.skipif(
    not _MANIFEST.exists(), reason=f"there is no {_MANIFEST}; set AVIDITY_W3C_TESTS to the W3C rdf-tests folder"
)


@pytest.fixture(scope="module")
def graph() -> rdflib.Graph:
    return rdflib.Graph().parse(_MANIFEST)


@pytest.fixture
def client(write_release: Callable[..., Path], make_app: Callable[..., Flask], tmp_path: Path) -> Iterator[FlaskClient]:
    quads = "".join(f"<{_DATA.format(n)}> <{_TYPE}> <{_DOCUMENT}> <{_DATA.format(n)}> .\n" for n in (1, 2, 3))
    app = make_app(open_release(write_release(tmp_path / "w3c", quads)), workers=1)
    yield app.test_client()
    app.extensions[KEY].pool.close()


def _items(graph: rdflib.Graph, node: Any, predicate: rdflib.URIRef) -> list[Any]:
    head = graph.value(node, predicate)
    return [] if head is None else list(Collection(graph, head))


def _request(graph: rdflib.Graph, node: Any) -> dict[str, Any]:
    body = graph.value(node, HT.body)
    chars = None if body is None else str(graph.value(body, CNT.chars))
    encoding = "utf-8" if body is None else str(graph.value(body, CNT.characterEncoding) or "utf-8")
    headers = {
        str(graph.value(header, HT.fieldName)).lower(): str(graph.value(header, HT.fieldValue))
        for header in _items(graph, node, HT.headers)
    }
    return {
        "path": str(graph.value(node, HT.absolutePath)),
        "method": str(graph.value(node, HT.methodName)),
        "data": None if chars is None else chars.encode(encoding),
        "headers": headers,
        "content_type": headers.pop("content-type", None),
    }


def _check(graph: rdflib.Graph, name: str, client: FlaskClient, node: Any) -> None:
    expected = graph.value(node, HT.resp)
    response = client.open(**_request(graph, node))
    statuses = [str(status)[-3:] for status in graph.objects(expected, MF.expectedStatus)]
    assert any(str(response.status_code)[0] == status[0] for status in statuses), f"{name}: {response.text}"
    family = graph.value(expected, MF.expectedFormat)
    if family is not None:
        assert response.mimetype in _FAMILIES[str(family)], name
    truth = graph.value(expected, MF.expectedBoolean)
    if truth is not None:
        assert json.loads(response.data)["boolean"] is truth.toPython(), name


def test_the_query_part_of_the_suite(graph: rdflib.Graph, client: FlaskClient) -> None:
    manifest = next(graph.subjects(rdflib.RDF.type, MF.Manifest))
    ran = 0
    for test in _items(graph, manifest, MF.entries):
        name = str(test).rsplit("#", 1)[1]
        if name.startswith("update_"):  # updates that should work; here none does
            continue
        for request in _items(graph, graph.value(test, MF.action), HT.requests):
            _check(graph, name, client, request)
            ran += 1
    assert ran == 27


def test_updates_are_refused_in_all_their_forms(graph: rdflib.Graph, client: FlaskClient) -> None:
    manifest = next(graph.subjects(rdflib.RDF.type, MF.Manifest))
    ran = 0
    for test in _items(graph, manifest, MF.entries):
        if str(test).rsplit("#", 1)[1].startswith("update_"):
            request = _items(graph, graph.value(test, MF.action), HT.requests)[0]
            assert client.open(**_request(graph, request)).status_code == 403
            ran += 1
    assert ran == 7
