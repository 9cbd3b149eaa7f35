"""SPARQLWrapper as it is: every format that it knows, in each of its ways to ask, against a served release."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_service.sparql.formats import GRAPHS as OF_GRAPHS
from avidity_service.sparql.formats import RESULTS as OF_RESULTS
from SPARQLWrapper import CSV, GET, JSON, JSONLD, N3, POST, POSTDIRECTLY, RDF, RDFXML, TSV, TURTLE, URLENCODED, XML
from SPARQLWrapper import SPARQLWrapper as Wrapper
from SPARQLWrapper.SPARQLExceptions import SPARQLWrapperException
from SPARQLWrapper.Wrapper import _allowedFormats

from .conftest import E
from .running import running

WAYS = {"GET": (GET, URLENCODED), "POST form": (POST, URLENCODED), "POST direct": (POST, POSTDIRECTLY)}
SELECT = f"SELECT ?s {{ ?s <{E}p> ?o }} ORDER BY ?s"
CONSTRUCT = f"CONSTRUCT WHERE {{ ?s <{E}p> ?o }}"
THINGS = [f"{E}s{number}" for number in range(3)]
RESULTS = {
    JSON: "application/sparql-results+json",
    XML: "application/sparql-results+xml",
    CSV: "text/csv",
    TSV: "text/tab-separated-values",
}
GRAPHS = {
    XML: "application/rdf+xml",
    RDF: "application/rdf+xml",
    RDFXML: "application/rdf+xml",
    JSON: "application/ld+json",
    JSONLD: "application/ld+json",
    TURTLE: "text/turtle",
    N3: "text/turtle",
}


@pytest.fixture(scope="module")
def endpoint(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(release_folder, tmp_path_factory.mktemp("wrapper")) as service:
        yield f"http://127.0.0.1:{service.port}/sparql"


def ask(endpoint: str, query: str, format_: str, way: str) -> tuple[str, bytes]:
    client = Wrapper(endpoint)
    method, request_method = WAYS[way]
    client.setMethod(method)
    client.setRequestMethod(request_method)
    client.setReturnFormat(format_)
    client.setQuery(query)
    with warnings.catch_warnings():
        # It has no Accept of its own for some pairs of query and format, and says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        answer = client.query()
    return answer.info()["content-type"].partition(";")[0], answer.response.read()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format_", RESULTS)
def test_results(endpoint: str, format_: str, way: str) -> None:
    media_type, body = ask(endpoint, SELECT, format_, way)
    assert media_type == RESULTS[format_]
    if format_ in (JSON, XML):
        found = ox.parse_query_results(body, format=OF_RESULTS[media_type])
        assert isinstance(found, ox.QuerySolutions)
        assert [row["s"].value for row in found] == THINGS
    else:
        rows = list(csv.reader(io.StringIO(body.decode()), delimiter="," if format_ == CSV else "\t"))
        assert [row[0].strip("<>") for row in rows[1:]] == THINGS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format_", GRAPHS)
def test_graphs(endpoint: str, format_: str, way: str) -> None:
    media_type, body = ask(endpoint, CONSTRUCT, format_, way)
    assert media_type == GRAPHS[format_]
    found = ox.parse(body, format=OF_GRAPHS[media_type])
    assert sorted(quad.subject.value for quad in found) == THINGS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("format_", [JSON, XML])
def test_booleans(endpoint: str, format_: str, way: str) -> None:
    media_type, body = ask(endpoint, "ASK {}", format_, way)
    assert media_type == RESULTS[format_]
    assert bool(ox.parse_query_results(body, format=OF_RESULTS[media_type])) is True


def test_what_does_not_fit_the_query_is_refused(endpoint: str) -> None:
    refused = 0
    for (query, fitting), way in product(((SELECT, RESULTS), (CONSTRUCT, GRAPHS)), WAYS):
        for format_ in set(_allowedFormats) - set(fitting):
            with pytest.raises((SPARQLWrapperException, OSError), match="406"):
                ask(endpoint, query, format_, way)
            refused += 1
    # Two of its formats are tables, five are graphs; JSON and XML are both.
    assert refused == (5 + 2) * len(WAYS)
