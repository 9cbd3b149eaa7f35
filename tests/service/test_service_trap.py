"""No query reaches another server: a listener on loopback counts who knocks, with the guard of words and without it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from avidity_service.errors import QueryError
from avidity_service.release import Release, open_release
from avidity_service.settings import Settings
from avidity_service.sparql.pool import Pool
from flask.testing import FlaskClient

from .conftest import WriteRelease

# TRAP stands for the listener's address.
CALLS = [
    "SELECT * { SERVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { service <TRAP> { ?s ?p ?o } }",
    "SELECT * { SERVICE SILENT <TRAP> { ?s ?p ?o } }",
    "SELECT * { SeRvIcE#comment\n<TRAP> { ?s ?p ?o } }",
    "SELECT * { SERVICE<TRAP>{ ?s ?p ?o } }",
    "SELECT * { VALUES ?e { <TRAP> } SERVICE ?e { ?s ?p ?o } }",
    "SELECT * { BIND(<TRAP> AS ?e) SERVICE SILENT ?e { ?s ?p ?o } }",
    "PREFIX t: <TRAP> SELECT * { SERVICE t: { ?s ?p ?o } }",
    "BASE <TRAP> SELECT * { SERVICE <sparql> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { SERVICE <TRAP> { ?s ?p ?o } } } }",
    "SELECT * { ?a ?b ?c FILTER EXISTS { SERVICE <TRAP> { ?s ?p ?o } } }",
    "SELECT * { ?a ?b ?c MINUS { SERVICE <TRAP> { ?s ?p ?o } } }",
    "SELECT * { ?a ?b ?c OPTIONAL { SERVICE SILENT <TRAP> { ?s ?p ?o } } }",
    "SELECT * { { ?a ?b ?c } UNION { SERVICE <TRAP> { ?s ?p ?o } } }",
    "SELECT * { GRAPH ?g { SERVICE <TRAP> { ?s ?p ?o } } }",
    "ASK { SERVICE <TRAP> { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <TRAP> { ?s ?p ?o } }",
    "DESCRIBE ?s { SERVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { 1 SERVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { ?a a\tSERVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { \\u0053ERVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { S\\u0045RVICE <TRAP> { ?s ?p ?o } }",
    "SELECT * { SERV\\U00000049CE <TRAP> { ?s ?p ?o } }",
]
# These name an address, and asking must fetch nothing from it either.
DATASETS = ["SELECT * FROM <TRAP> { ?s ?p ?o }", "SELECT * FROM NAMED <TRAP> { GRAPH ?g { ?s ?p ?o } }"]
UPDATES = [
    "LOAD <TRAP>",
    "LOAD SILENT <TRAP> INTO GRAPH <http://e/g>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <TRAP> { ?s ?p ?o } }",
]
# The word in places where it is no word.
HARMLESS = [
    'SELECT * { ?s ?p "SERVICE <http://e/> { }" }',
    "SELECT * { ?s ?p <http://e/SERVICE> }",
    "SELECT ?SERVICE { ?SERVICE ?p ?o } # SERVICE <http://e/> {}",
    "PREFIX service: <http://e/> SELECT * { ?s service:SERVICE ?o }",
]


class Trap:
    """A listener; `hits` are the connections that came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        self.hits = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.hits += 1
            connection.close()

    def works(self) -> bool:
        """Whether a knock is heard."""
        before = self.hits
        socket.create_connection(self.socket.getsockname()).close()
        for _ in range(100):
            if self.hits > before:
                self.hits = before
                return True
            threading.Event().wait(0.02)
        return False


@pytest.fixture
def trap() -> Iterator[Trap]:
    made = Trap()
    assert made.works()
    yield made
    assert made.works()  # it still listened at the end
    made.socket.close()


def test_enough_is_tried() -> None:
    assert len(CALLS) >= 20


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_refused_with_words(method: str, trap: Trap, client: FlaskClient) -> None:
    for query in CALLS:
        text = query.replace("TRAP", trap.address)
        asked = {"query_string": {"query": text}} if method == "GET" else {"data": {"query": text}}
        answer = client.open("/sparql", method=method, **asked)  # type: ignore[arg-type]
        assert answer.status_code in (400, 403), query
        assert answer.content_type == "application/problem+json"
    assert trap.hits == 0


def test_datasets_fetch_nothing_and_updates_are_refused(trap: Trap, client: FlaskClient) -> None:
    for query in DATASETS:
        answer = client.get("/sparql", query_string={"query": query.replace("TRAP", trap.address)})
        assert answer.status_code == 200
        assert answer.get_json()["results"]["bindings"] == []
    for name in ("default-graph-uri", "named-graph-uri"):
        client.get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o }", name: trap.address})
    for update in UPDATES:
        for asked in ({"query": update}, {"update": update}):
            text = {name: value.replace("TRAP", trap.address) for name, value in asked.items()}
            assert client.post("/sparql", data=text).status_code in (400, 403)
    assert trap.hits == 0


@pytest.mark.parametrize("query", HARMLESS)
def test_the_word_alone_is_no_call(query: str, client: FlaskClient) -> None:
    assert client.get("/sparql", query_string={"query": query}).status_code == 200


def test_without_the_guard_a_worker_opens_no_socket(trap: Trap, write_release: WriteRelease, tmp_path: object) -> None:
    """What the guard of words would let through by mistake: the pool is asked itself."""
    release: Release = open_release(write_release(tmp_path))
    pool = Pool(release, Settings(workers=1, query_timeout_s=10))
    asked = 0
    try:
        for query in CALLS:
            with contextlib.suppress(QueryError):
                pool.ask(query.replace("TRAP", trap.address), ["application/sparql-results+json", "text/turtle"])
            asked += 1
            assert b"true" in pool.ask("ASK {}", ["application/sparql-results+json"]).body
    finally:
        pool.close()
    assert asked == len(CALLS)
    assert trap.hits == 0
