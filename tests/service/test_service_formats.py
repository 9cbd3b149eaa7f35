"""Formats by their names, how repeated names agree, and what a refusal offers."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from avidity_service.errors import QueryError
from avidity_service.sparql.accepting import accepted, chosen
from avidity_service.sparql.formats import ALIASES, GRAPH_ALIASES, GRAPHS, NAMED, NAMES, RESULTS
from flask.testing import FlaskClient

ROOT = Path(__file__).parents[2]
SELECT, ASK, CONSTRUCT, DESCRIBE = "SELECT * {}", "ASK {}", "CONSTRUCT WHERE { ?s ?p ?o }", "DESCRIBE <http://e/>"
JSON, CSV, TSV = "application/sparql-results+json", "text/csv", "text/tab-separated-values"
LD, TURTLE, RDFXML = "application/ld+json", "text/turtle", "application/rdf+xml"


@pytest.mark.parametrize("media_type", [*RESULTS, *GRAPHS])
def test_every_name_gives_its_format(client: FlaskClient, media_type: str) -> None:
    query = SELECT if media_type in RESULTS else CONSTRUCT
    for name in (media_type, *NAMES[media_type]):
        for written in (name, name.upper()):
            answer = client.get("/sparql", query_string={"query": query, "format": written})
            assert (answer.status_code, answer.mimetype) == (200, media_type), written


def test_the_names_are_all_there_and_documented() -> None:
    assert set(NAMES) == {*RESULTS, *GRAPHS}
    assert set(NAMED) == {*NAMES, *ALIASES, *GRAPH_ALIASES, *(name for names in NAMES.values() for name in names)}
    text = (ROOT / "docs" / "sparql.md").read_text(encoding="utf-8")
    for media_type, names in NAMES.items():
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{media_type}` |")]
        assert row.split("|")[2].strip() == ", ".join(f"`{name}`" for name in names)
    for name in (*ALIASES, *GRAPH_ALIASES):
        assert f"`{name}`" in text


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], None),
        ([("format", "json")], (JSON, LD)),
        ([("format", "")], None),
        ([("format", "tsv"), ("format", TSV), ("output", "tsv"), ("results", TSV)], (TSV,)),
        ([("format", "tsv"), ("format", "")], (TSV,)),
        ([("format", "json-ld"), ("format", f"{LD},application/x-json+ld")], (LD,)),
        ([("format", "xml"), ("output", "rdf+xml")], (RDFXML,)),
        ([("format", "rdf xml")], (RDFXML,)),
        ([("format", "application/sparql-results json")], (JSON,)),
        ([("format", "text/csv;header=present")], (CSV,)),
        ([("format", "turtle, csv, tsv")], (CSV, TSV, TURTLE)),
        ([("output", "csv")], (CSV,)),
        ([("output", "html"), ("results", "5")], None),
        ([("format", "csv"), ("output", "html")], (CSV,)),
    ],
)
def test_values_that_agree(values: list[tuple[str, str]], expected: tuple[str, ...] | None) -> None:
    assert chosen(values) == expected


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ([("format", "docx")], 406, "format=docx: known are csv, "),
        ([("format", "csv"), ("format", "docx")], 406, "format=docx"),
        ([("format", "csv"), ("format", "tsv")], 400, "format=csv&format=tsv name different formats"),
        ([("format", "json"), ("results", "xml")], 400, "format=json&results=xml"),
        ([("format", "rdf"), ("output", "json")], 400, "format=rdf&output=json"),
    ],
)
def test_values_that_do_not(values: list[tuple[str, str]], status: int, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        chosen(values)
    assert caught.value.status == status
    assert words in caught.value.detail


def test_the_ways_to_ask_agree(client: FlaskClient) -> None:
    """Fields of the address and of the form are read together."""
    named: dict[str, Any] = {"query_string": {"format": "tsv"}, "data": {"query": SELECT, "output": TSV}}
    assert client.post("/sparql", **named).mimetype == TSV
    named["data"]["output"] = CSV
    assert client.post("/sparql", **named).status_code == 400


@pytest.mark.parametrize("name", ["format", "output", "results"])
def test_all_of_its_names_are_read(client: FlaskClient, name: str) -> None:
    assert client.get("/sparql", query_string={"query": SELECT, name: "csv"}).mimetype == CSV


@pytest.mark.parametrize(
    ("query", "offered"),
    [
        (SELECT, list(RESULTS)),
        ("BASE <http://e/CONSTRUCT> PREFIX construct: <http://e/> # CONSTRUCT\nask{}", list(RESULTS)),
        (CONSTRUCT, list(GRAPHS)),
        (DESCRIBE, list(GRAPHS)),
        ("NONSENSE", [*RESULTS, *GRAPHS]),
    ],
)
def test_a_refusal_offers_what_the_query_can_give(client: FlaskClient, query: str, offered: list[str]) -> None:
    with pytest.raises(QueryError) as caught:
        accepted(query, "image/png")
    assert caught.value.extra == {"offered": offered}
    for also in ({}, {"timeout": "5"}):  # the short way and the long one
        said = client.get("/sparql", query_string={"query": query, **also}, headers={"Accept": "image/png"})
        assert (said.status_code, said.get_json()["offered"]) == (406, offered)
        assert "text/turtle" in said.get_json()["detail"] or offered == list(RESULTS)


@pytest.mark.parametrize("query", [SELECT, ASK, CONSTRUCT, DESCRIBE])
def test_what_is_offered_is_given(client: FlaskClient, query: str) -> None:
    refused = client.get("/sparql", query_string={"query": query}, headers={"Accept": "image/png"})
    for media_type in refused.get_json()["offered"]:
        answer = client.get("/sparql", query_string={"query": query}, headers={"Accept": media_type})
        assert (answer.status_code, answer.mimetype) == (200, media_type)


FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"


@pytest.mark.parametrize("method", ["POST", "QUERY"])
@pytest.mark.parametrize(("kind", "body"), [(FORM, b"query=ASK+%7B%7D"), (DIRECT, b"ASK {}")])
def test_a_coded_body_is_415_and_says_which_coding_is_taken(
    client: FlaskClient, method: str, kind: str, body: bytes
) -> None:
    asked: dict[str, Any] = {"method": method, "content_type": kind}
    # Also what only says that it is coded, before and after the same bytes without a coding.
    for data, coding, status in (
        (body, "gzip", 415), (body, None, 200), (body, "gzip", 415), (body, "Identity", 200),
        (gzip.compress(body), "gzip", 415), (body, "br", 415),
    ):  # fmt: skip
        headers = {} if coding is None else {"Content-Encoding": coding}
        answer = client.open("/sparql", data=data, headers=headers, **asked)
        assert answer.status_code == status, (data, coding)
        assert answer.headers.get("Accept-Encoding") == ("identity" if status == 415 else None)
        if status == 415:
            assert answer.get_json()["offered"] == ["identity"]
            assert f"Content-Encoding: {coding}" in answer.get_json()["detail"]


def test_a_415_for_another_reason_speaks_of_no_coding(client: FlaskClient) -> None:
    """RFC 9110, 12.5.3: it must not."""
    answer = client.post("/sparql", data="ASK {}", content_type="text/plain")
    assert answer.status_code == 415
    assert "Accept-Encoding" not in answer.headers
