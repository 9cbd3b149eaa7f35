"""Plain queries go past Flask: the answer is the same, byte for byte and header for header."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote_to_bytes, urlencode

import pytest
from avidity_service.front import within
from avidity_service.sparql.direct import direct, plain_query
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
PLAIN = [COUNT, "ASK {}", "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o", "CONSTRUCT WHERE { ?s ?p ?o }", "SELECT (1+1 AS ?x) {}",
         "SELECT (STRLEN(STR(NOW())) > 5 AS ?now) {}", "SELECT ?s FROM <http://e/g> { ?s ?p ?o }", "SELECT (\"é ✓ &;\" AS ?x) {}",
         "SELECT ?a { ?a a }", "SELECT * { SERVICE <http://e/> {} }", "INSERT DATA {}", "{" * 200, " ", "é"]  # fmt: skip
ACCEPTS = [
    None,
    "*/*",
    "text/csv",
    "application/sparql-results+xml;q=0.5, text/turtle",
    "text/html",
    "image/png",
    "text/*",
]
_EACH_TIME = ("X-Request-Id", "Date")


def said(answer: TestResponse) -> tuple[Any, ...]:
    headers = sorted((name, value) for name, value in answer.headers if name not in _EACH_TIME)
    return answer.status_code, headers, answer.data


def both(client: FlaskClient, monkeypatch: pytest.MonkeyPatch, **asked: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    first = said(client.open("/sparql", **asked))
    with monkeypatch.context() as patch:
        patch.setattr(within, "direct", lambda *_: None)
        # Another text, or the second would come from what is kept.
        return first, said(client.open("/sparql", **asked))


@pytest.fixture
def uncached(make_app: Any, release: Any) -> FlaskClient:
    found: FlaskClient = make_app(release, workers=1, cache_mb=0).test_client()
    return found


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", ACCEPTS)
def test_both_ways_say_the_same(
    method: str, accept: str | None, uncached: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = 0
    for query in PLAIN:
        asked: dict[str, Any] = {"method": method, "headers": {"Accept": accept} if accept else {}}
        asked |= {"data": {"query": query}} if method == "POST" else {"query_string": {"query": query}}
        plain, long = both(uncached, monkeypatch, **asked)
        assert plain[:2] == long[:2], query
        assert plain[2] == long[2], query
        compared += 1
    assert compared == len(PLAIN)


def test_what_is_plain_goes_past_flask_and_nothing_else_does(
    uncached: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def watched(*arguments: Any) -> Any:
        found = real(*arguments)
        seen.append(found is not None)
        return found

    real = direct
    monkeypatch.setattr(within, "direct", watched)
    plain = "/sparql?query=" + quote(COUNT)
    for address, expected in (
        (plain, True), (plain.replace("%20", "+"), True), (plain + "&format=csv", False), (plain + "&", False),
        ("/sparql", False), ("/sparql?query=", False), (plain + "&" + plain.partition("?")[2], False),
        ("/sparql?Query=" + quote(COUNT), False), ("/sparql?query=%ff", False), ("/sparql/?query=ASK%7B%7D", False),
    ):  # fmt: skip
        seen.clear()
        uncached.get(address)
        assert seen == [expected], address
    for body, kind, expected in (
        (urlencode({"query": COUNT}), "application/x-www-form-urlencoded", True),
        (urlencode({"query": COUNT, "update": "x"}), "application/x-www-form-urlencoded", False),
        (COUNT, "application/sparql-query", False),
    ):
        seen.clear()
        uncached.post("/sparql", data=body, content_type=kind)
        assert seen == [expected], body


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_any_query_string_is_read_the_same_both_ways(uncached: FlaskClient, text: str) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        plain, long = both(uncached, monkeypatch, method="GET", query_string="query=" + text.replace("#", ""))
    assert plain == long


@given(st.binary(min_size=1, max_size=40) | st.text("%\\x4u N{}0a", min_size=1, max_size=20).map(str.encode))
def test_a_query_is_decoded_as_the_library_would(text: bytes) -> None:
    text = text.replace(b"&", b"").replace(b";", b"") or b"x"
    try:
        expected = unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        assert plain_query(b"query=" + text) is None
    else:
        assert plain_query(b"query=" + text) == expected
