"""The Python client: the rows of REST, in this process and over a socket."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from avidity_loaders import places
from avidity_service.client import Client, Refused, Unreachable, connect, in_process
from avidity_service.context import KEY
from avidity_service.errors import ReleaseError
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server


@pytest.fixture(scope="module", params=["in this process", "over a socket"])
def service(app: Flask, request: pytest.FixtureRequest) -> Iterator[Client]:
    if request.param == "in this process":
        yield in_process(app)
        return
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield connect(f"http://127.0.0.1:{server.port}/")
    server.shutdown()
    thread.join()


def test_the_rows_are_those_of_rest(service: Client, client: FlaskClient) -> None:
    asked = {"alteration": "NRAS", "measure": "uptake-restored"}
    found = service.findings(**asked)
    assert found.rows == client.get("/api/v1/findings", query_string=asked).get_json()["data"]
    assert next((row["study"], row["count"], row["denominator"]) for row in found) == ("ho-2013", 5, 5)
    assert found.meta["release"] == service.release()["release"]
    assert len(service.agents(alteration=["NRAS", "BRAF V600E"])) > len(service.agents(alteration="NRAS"))


def test_all_pages_come(service: Client) -> None:
    whole = service.all("passages")
    assert len(whole) == whole.meta["total"] > 400
    assert [row["id"] for row in service.all("passages", limit=5, offset=10)] == [
        row["id"] for row in whole.rows[10:15]
    ]


def test_a_query_gives_rows_with_numbers_as_numbers(service: Client) -> None:
    found = service.sparql("SELECT ?count WHERE { finding:ho-2013\\/nras\\/uptake-restored av:count ?count }")
    assert found.rows == [{"count": 5}]
    assert service.sparql("ASK { ?finding av:count 5 }").rows == [{"boolean": True}]
    assert service.sparql(service.findings(alteration="NRAS").meta["query"])


def test_a_refusal_has_the_service_s_words(service: Client) -> None:
    with pytest.raises(Refused, match=r"Did you mean NRAS\?.*Allowed: .*nras-mutation") as error:
        service.findings(alteration="NRSA")
    assert error.value.problem["status"] == 422
    with pytest.raises(Refused, match=r"Line 1, column"):
        service.sparql("SELECT ?a WHERE { ?a a }")
    with pytest.raises(Refused, match="There is no agent"):
        service.thing("agents", "aspirin")


def test_nothing_at_the_address(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
        connect("http://127.0.0.1:9").release()
    with pytest.raises(ReleaseError):
        connect(tmp_path / "none")


def test_the_code_in_the_docs_runs(app: Flask) -> None:
    text = (places.CHECKOUT / "docs" / "client.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    names: dict[str, object] = {"connect": lambda *_: in_process(app)}
    exec(code.replace("from avidity_service.client import connect\n", ""), names)
    assert names["release"] == app.extensions[KEY].release.id
