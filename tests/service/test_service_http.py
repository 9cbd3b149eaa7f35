"""What every answer has: headers, problems instead of tracebacks, tags, compression."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable

import pytest
from avidity_service.context import KEY
from avidity_service.release import Release
from flask import Flask
from flask.testing import FlaskClient

MakeApp = Callable[..., Flask]
NUMBERS = "/sparql?query=SELECT ?n { ?s <http://example.org/p> ?n } ORDER BY ?n"
LONG = "/sparql?query=SELECT ?n { VALUES ?n { " + " ".join(str(n) for n in range(300)) + " } }"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/ready", 200),
        ("GET", NUMBERS, 200),
        ("GET", "/sparql?query=SELECT", 400),
        ("GET", "/api/v1/nothing-of-the-kind", 404),
        ("DELETE", "/health", 405),
        ("OPTIONS", "/sparql", 200),
    ],
)
def test_headers_are_on_every_answer(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method, headers={"Origin": "http://elsewhere.example"})
    assert response.status_code == status
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_health_and_readiness_name_the_release(client: FlaskClient) -> None:
    assert json.loads(client.get("/health").data)["status"] == "ok"
    assert json.loads(client.get("/ready").data) == {"status": "ready", "release": "tiny", "store": "memory"}


def test_not_ready_when_no_worker_can_answer(make_app: MakeApp, release: Release) -> None:
    app = make_app(release, workers=1)
    app.extensions[KEY].pool.close()
    assert app.test_client().get("/ready").status_code == 503
    assert app.test_client().get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/nothing-of-the-kind", "/api/v1/agents/nobody"])
def test_what_is_not_there_is_a_problem(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= set(json.loads(response.data))


def test_a_method_that_is_not_allowed_is_a_problem_with_allow(client: FlaskClient) -> None:
    response = client.post("/health")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert response.mimetype == "application/problem+json"


def test_a_fault_of_ours_is_logged_and_not_told(
    make_app: MakeApp, release: Release, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(release)

    def breaks() -> str:
        raise RuntimeError("the secret")

    app.add_url_rule("/api/breaks", view_func=breaks)
    with caplog.at_level(logging.ERROR, logger="avidity"):
        response = app.test_client().get("/api/breaks")
    assert response.status_code == 500
    found = json.loads(response.data)
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert found["incident"] in caplog.text
    assert "the secret" in caplog.text


def test_the_same_request_has_the_same_tag_and_is_not_sent_twice(client: FlaskClient) -> None:
    first = client.get(NUMBERS)
    tag = first.headers["ETag"]
    assert not tag.startswith("W/")
    assert client.get(NUMBERS).headers["ETag"] == tag
    again = client.get(NUMBERS, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == tag


@pytest.mark.parametrize(
    "headers",
    [{"Accept": "text/csv"}, {"Accept": "text/csv", "Accept-Encoding": "gzip"}],
)
def test_another_representation_has_another_tag(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.get(LONG).headers["ETag"] != client.get(LONG, headers=headers).headers["ETag"]


def test_a_known_answer_needs_no_worker(make_app: MakeApp, release: Release) -> None:
    app = make_app(release, workers=1)
    client = app.test_client()
    first = client.get(NUMBERS)
    app.extensions[KEY].pool.close()
    assert client.get(NUMBERS).data == first.data
    assert client.get(NUMBERS, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(LONG).status_code == 503, "the pool is closed indeed"


def test_a_failure_is_not_kept(make_app: MakeApp, release: Release) -> None:
    app = make_app(release, workers=1)
    client = app.test_client()
    assert client.get("/sparql?query=SELECT").status_code == 400
    assert "ETag" not in client.get("/sparql?query=SELECT").headers


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "now ( )"])
def test_what_differs_each_time_is_not_kept(client: FlaskClient, function: str) -> None:
    response = client.get("/sparql", query_string={"query": f"SELECT ({function} AS ?x) {{}}"})
    assert response.status_code == 200
    assert "ETag" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "compressed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("identity", False), (None, False)],
)
def test_gzip_when_it_is_accepted(client: FlaskClient, accept: str | None, compressed: bool) -> None:
    plain = client.get(LONG).data
    response = client.get(LONG, headers={} if accept is None else {"Accept-Encoding": accept})
    assert (response.headers.get("Content-Encoding") == "gzip") == compressed
    assert (gzip.decompress(response.data) if compressed else response.data) == plain
    assert int(response.headers["Content-Length"]) == len(response.data)
    assert {"accept", "accept-encoding"} <= {name.strip().lower() for name in response.headers["Vary"].split(",")}


def test_short_answers_are_not_compressed(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get(NUMBERS, headers={"Accept-Encoding": "gzip"}).headers


def test_a_choice_that_failed_still_varies(client: FlaskClient) -> None:
    response = client.get(NUMBERS, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert "Accept" in response.headers.get("Vary", "")
