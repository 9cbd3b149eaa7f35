"""A store that lies, breaks off, dawdles or points elsewhere: what a client of the service is told then."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pyoxigraph as ox
import pytest
from avidity_service.errors import QueryError, SettingsError
from avidity_service.metrics import Metrics
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.run import Answer
from avidity_service.sparql.syntax import explain
from avidity_service.store.address import Address, Credentials
from avidity_service.store.client import Client, unreachable
from avidity_service.store.engine import RemoteEngine
from avidity_service.store.marks import Mark
from avidity_service.store.opening import open_store
from avidity_service.store.pool import RemotePool
from avidity_service.store.proving import Proof
from hypothesis import given
from hypothesis import strategies as st

_JSON = "application/sparql-results+json"
_ROWS = json.dumps(
    {"head": {"vars": ["n"]}, "results": {"bindings": [{"n": {"type": "literal", "value": str(n)}} for n in range(5)]}}
).encode()
_TRIPLES = b"".join(b'<http://a/a> <http://a/b> "%d" .\n' % n for n in range(5))

Script = Callable[[socket.socket, bytes], None]
Serve = Callable[[Script], "FakeStore"]


class FakeStore:
    """Listens on a port of this machine and lets a script answer each connection."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.hung_up = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/sparql"

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                try:
                    self.requests.append(_request(connection))
                    self.script(connection, self.requests[-1])
                except OSError:
                    self.hung_up.set()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Serve]:
    made: list[FakeStore] = []

    def make(script: Script) -> FakeStore:
        made.append(FakeStore(script))
        return made[-1]

    yield make
    for store in made:
        store.close()


def reply(
    status: str = "200 OK", kind: str = _JSON, body: bytes = _ROWS, length: int | None = None, *more: str
) -> Script:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body) if length is None else length}",
                        "Connection: close", *more])  # fmt: skip
    return lambda connection, _: connection.sendall(head.encode() + b"\r\n\r\n" + body)


def ask(store: FakeStore, query: str = "SELECT ?n {}", **settings: object) -> Answer:
    client = Client(Address.of(store.url), Credentials())
    limits = Settings(query_timeout_s=5).with_values(**settings)
    pool = RemotePool(client, RemoteEngine(client, 5), limits)
    try:
        return pool.ask(query, [_JSON, "application/n-triples"])
    finally:
        pool.close()


def refused(store: FakeStore, query: str = "SELECT ?n {}", **settings: object) -> QueryError:
    with pytest.raises(QueryError) as caught:
        ask(store, query, **settings)
    return caught.value


def test_a_whole_answer_is_handed_on(serve: Serve) -> None:
    answer = ask(serve(reply()))
    assert answer.media_type == _JSON
    assert len(json.loads(answer.body)["results"]["bindings"]) == 5


@pytest.mark.parametrize(
    ("script", "status", "word"),
    [
        (reply(body=_ROWS[:-5]), 502, "broken"),
        (reply(body=_ROWS[:-5] + b"The SPARQL operation has been cancelled"), 504, "took too long"),
        (reply(body=_ROWS, length=len(_ROWS) + 10), 502, "breaks off"),
        (reply(body=b""), 502, "not SPARQL"),
        (reply(kind="text/html", body=b"<html>Welcome</html>"), 502, "not SPARQL"),
        (reply(body=b"<html>Welcome</html>"), 502, "broken"),
        (reply(body=b'{"head":{},"boolean":true}'), 502, "not SPARQL"),
        (reply("302 Found", _JSON, b"", None, "Location: http://127.0.0.1:1/"), 502, "moved"),
        (reply("307 Temporary Redirect", _JSON, b"", None, "Location: http://127.0.0.1:1/"), 502, "moved"),
        (reply("401 Unauthorized", "text/plain", b"no"), 502, "does not let us in"),
        (reply("404 Not Found", "text/plain", b"no"), 502, "failed"),
        (reply("500 Internal Server Error", "text/plain", b"secret of the store"), 502, "failed"),
        (reply("500 Internal Server Error", "text/plain", b"Query timed out"), 504, "took too long"),
        (reply("503 Service Unavailable", "text/plain", b"busy"), 503, "busy"),
        (reply("400 Bad Request", "text/plain", b"error at 2:3: expected FROM"), 400, "syntax"),
        (reply("400 Bad Request", "text/html", b"<html>secret</html>"), 400, "refused"),
        (reply("200 OK", _JSON, _ROWS, None, "X-SQL-State: S1TAT"), 504, "took too long"),
        (reply("200 OK", _JSON, _ROWS, None, "X-SPARQL-MaxRows: 5"), 413, "too large"),
        (reply("200 OK", _JSON, _ROWS, None, "Content-Encoding: gzip"), 502, "not SPARQL"),
        (lambda connection, _: connection.sendall(b"HTTP/1.1 2"), 502, "breaks off"),
        (lambda connection, _: connection.sendall(b"\x00\x01\x02 nonsense\r\n\r\n"), 502, "breaks off"),
        (lambda *_: None, 502, "breaks off"),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_an_error(script: Script, status: int, word: str, serve: Serve) -> None:
    error = refused(serve(script))
    assert error.status == status
    assert word in str(error)
    assert "secret" not in str(error)


def as_the_engine(connection: socket.socket, request: bytes) -> None:
    """Answers as a store by the engine that is embedded here."""
    query = parse_qs(request.partition(b"\r\n\r\n")[2].decode())["query"][0]
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(query)
    reply("400 Bad Request", "text/plain", caught.value.msg.encode())(connection, request)


@pytest.mark.parametrize("query", [
    "SELECT ?s {?s ?p }", "\nSELECT ?s {\n ?s ?p ?o FILTER(COUNT(?s) > 1)\n}", "CONSTRUCT {?s ?p} {}",
    # What only the engine knows the place of, in the first line, in the last, and behind the last.
    "SELECT (<a:b>(DISTINCT 1) AS ?n) {}", "SELECT *\n{\n VALUES ?x {\n <<( 1 <a:b> 1 )>>\n }}", "ASK {?a <a:b>/<a:c> ?d {| ?e ?f |}}\n",
])  # fmt: skip
def test_a_mistake_has_the_place_and_words_that_it_has_here(query: str, serve: Serve) -> None:
    with pytest.raises(SyntaxError) as caught:
        ox.Store().query(query, base_iri="http://a/")
    here, there = explain(query, caught.value.msg), refused(serve(as_the_engine), query)
    assert (there.status, there.detail, there.extra) == (400, here.detail, here.extra)


def test_a_place_that_is_only_a_line_is_that_of_the_query(serve: Serve) -> None:
    said = (
        b"Virtuoso 37000 Error SP031: SPARQL compiler, line 3: Internal error: no such thing\n\nSPARQL query:\nBASE <a>"
    )
    error = refused(serve(reply("400 Bad Request", "text/plain", said)), "ASK\n{ }")
    assert error.detail == "Line 2, column 1: Internal error: no such thing"
    assert error.extra["caret"] == "{ }\n^"


def test_fewer_rows_than_the_stores_cap_are_whole(serve: Serve) -> None:
    assert ask(serve(reply("200 OK", _JSON, _ROWS, None, "X-SPARQL-MaxRows: 6"))).body


def test_a_graph_that_breaks_off_is_an_error(serve: Serve) -> None:
    whole = reply(kind="application/n-triples", body=_TRIPLES)
    assert ask(serve(whole), "CONSTRUCT { ?s ?p ?o } {}").body == _TRIPLES
    cut = reply(kind="application/n-triples", body=_TRIPLES[:-6])
    assert refused(serve(cut), "CONSTRUCT { ?s ?p ?o } {}").status == 502
    stopped = reply(kind="application/n-triples", body=_TRIPLES + b"The SPARQL operation has been cancelled\n")
    assert refused(serve(stopped), "CONSTRUCT { ?s ?p ?o } {}").status == 504


def test_the_table_that_virtuoso_gives_for_ask_is_a_boolean(serve: Serve) -> None:
    for value, truth in (("1", True), ("0", False)):
        cell = {"type": "typed-literal", "datatype": "http://www.w3.org/2001/XMLSchema#integer", "value": value}
        body = {"head": {"vars": ["__ASK_RETVAL"]}, "results": {"bindings": [{"__ASK_RETVAL": cell}]}}
        found = ask(serve(reply(body=json.dumps(body).encode())), "ASK { ?s ?p ?o }")
        assert json.loads(found.body)["boolean"] is truth


def test_nobody_there_is_503() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    pool = RemotePool(
        client := Client(Address.of(f"http://127.0.0.1:{port}/"), Credentials()),
        RemoteEngine(client, 1),
        Settings(),
    )
    with pytest.raises(QueryError, match="cannot be reached") as caught:
        pool.ask("ASK {}", [_JSON])
    assert caught.value.status == 503
    assert not pool.ping()


@pytest.mark.parametrize(
    ("status", "kind", "body", "told"),
    [
        ("500 Internal Server Error", "text/plain", b"The custom function <http://a/f> is not supported", 400),
        ("500 Internal Server Error", "text/plain", b"Virtuoso 22012 Error SR084: Division by 0.\n\nSPARQL query:\nx", 400),
        ("500 Internal Server Error", "text/plain", b"Virtuoso 42001 Error SR185: Undefined procedure DB.DBA.a.", 400),
        ("500 Internal Server Error", "text/plain", b"Virtuoso 40001 Error SR172: Transaction deadlocked", 502),
        ("500 Internal Server Error", "text/plain", b"Virtuoso 42000 Error SQ070:SECURITY: no privileges", 502),
        ("500 Internal Server Error", "text/html", b"The custom function <http://a/f> is not supported", 502),
        ("500 Internal Server Error", "text/plain", b"disk full: The custom function <a:f> is not supported", 502),
        ("502 Bad Gateway", "text/plain", b"The custom function <http://a/f> is not supported", 502),
    ],
)  # fmt: skip
def test_only_what_the_store_says_of_the_query_is_the_clients_fault(
    status: str, kind: str, body: bytes, told: int, serve: Serve
) -> None:
    error = refused(serve(reply(status, kind, body)))
    assert error.status == told
    assert ("says: " in error.detail) == (told == 400)
    assert "SPARQL query" not in error.detail


def _silent(connection: socket.socket, _: bytes) -> None:
    if not connection.recv(1):
        raise OSError


def test_our_deadline_is_not_called_the_stores(serve: Serve) -> None:
    store = serve(_silent)
    error = refused(store, query_timeout_s=0.3)
    assert (error.status, error.extra["timeout_s"]) == (504, 0.3)
    client = Client(Address.of(store.url), Credentials())
    with pytest.raises(QueryError, match=r"gave up after 0\.3 s; the store behind it may go on") as caught:
        RemoteEngine(client, 0.3).select("SELECT ?n {}")
    assert caught.value.detail == error.detail


def test_a_store_that_hangs_is_found_unready_soon(serve: Serve) -> None:
    client = Client(Address.of(serve(_silent).url), Credentials())
    pool = RemotePool(client, RemoteEngine(client, 60), Settings(query_timeout_s=60))
    began = time.monotonic()
    assert not pool.ping()
    assert time.monotonic() - began < 5
    pool.close()


def test_a_look_that_fails_proves_nothing_and_changes_nothing() -> None:
    looks: list[Mark | QueryError] = []

    def look(_: float) -> Mark:
        found = looks.pop(0)
        if isinstance(found, QueryError):
            raise found
        return found

    ours, other = Mark(frozenset({("a", "b", "c")}), "r"), Mark(frozenset({("a", "b", "d")}), "r")
    proof = Proof(look)
    looks += [ours]
    proof.begin()
    proof.check()  # nothing was heard, so nothing is looked at
    proof.hear()
    looks += [unreachable(), ours]
    with pytest.raises(QueryError, match="did not say which release") as caught:
        proof.check()
    assert caught.value.status == 503
    proof.check()
    proof.check()
    proof.hear()
    looks += [other, ours]
    for _ in range(2):  # the mark coming back would not mend what was read meanwhile
        with pytest.raises(QueryError, match="filled anew"):
            proof.check()
    assert looks == [ours]


def test_one_look_serves_all_who_wait_and_none_who_came_after_it_began() -> None:
    looking, go_on = threading.Event(), threading.Event()
    looks = []

    def look(_: float) -> Mark:
        looks.append(1)
        if len(looks) == 2:
            looking.set()
            go_on.wait(5)
        return Mark()

    proof = Proof(look)
    proof.begin()
    proof.hear()
    first = threading.Thread(target=proof.check)
    first.start()
    assert looking.wait(5)
    proof.hear()
    others = [threading.Thread(target=proof.check) for _ in range(10)]
    for thread in others:
        thread.start()
    go_on.set()
    for thread in [first, *others]:
        thread.join(5)
    assert len(looks) == 3
    assert proof.heard == proof.proven == 2


def test_a_store_that_is_away_at_the_start_is_named(release: Release) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/query"
    with pytest.raises(QueryError, match=f"AVIDITY_STORE_URL is {url}") as caught:
        open_store(release, Settings(store_url=url), Metrics())
    assert caught.value.status == 503


def test_a_store_that_drips_is_cut_at_the_deadline(serve: Serve) -> None:
    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: 100000\r\n\r\n".encode())
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    store = serve(drip)
    assert refused(store, query_timeout_s=0.3).status == 504
    assert store.hung_up.wait(5)


def test_a_store_that_says_nothing_is_cut_when_the_client_leaves(serve: Serve) -> None:
    gone = threading.Event()

    def wait(connection: socket.socket, _: bytes) -> None:
        gone.set()
        if not connection.recv(1):
            raise OSError

    store = serve(wait)
    client = Client(Address.of(store.url), Credentials())
    pool = RemotePool(client, RemoteEngine(client, 60), Settings(query_timeout_s=60))
    with pytest.raises(QueryError) as caught:
        pool.ask("ASK {}", [_JSON], is_gone=gone.is_set)
    assert caught.value.status == 503
    assert store.hung_up.wait(5)
    pool.close()


def test_too_many_bytes_are_not_read(serve: Serve) -> None:
    def flood(connection: socket.socket, _: bytes) -> None:
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: 999999999\r\n\r\n".encode())
        while True:
            connection.sendall(b" " * 65536)

    store = serve(flood)
    assert refused(store, max_result_mb=1).status == 413
    assert store.hung_up.wait(5)


def test_more_rows_than_allowed_are_refused(serve: Serve) -> None:
    assert refused(serve(reply()), max_rows=4).status == 413


def test_a_kept_connection_that_was_closed_is_opened_again(serve: Serve) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nContent-Length: {len(_ROWS)}\r\n\r\n".encode()
    # It says that the connection stays, and closes it.
    store = serve(lambda connection, _: connection.sendall(head + _ROWS))
    client = Client(Address.of(store.url), Credentials())
    engine = RemoteEngine(client, 5)
    assert [len(engine.select("SELECT ?n {}")) for _ in range(3)] == [5, 5, 5]
    client.close()


def test_a_fault_in_our_own_query_is_not_the_clients(serve: Serve) -> None:
    store = serve(reply("400 Bad Request", "text/plain", b"no such function"))
    client = Client(Address.of(store.url), Credentials())
    with pytest.raises(QueryError) as caught:
        RemoteEngine(client, 5).select("SELECT ?n {}")
    assert caught.value.status == 502
    client.close()


def test_secrets_go_with_the_request_and_nowhere_else(serve: Serve) -> None:
    store = serve(reply())
    login = Credentials.from_environment({"AVIDITY_STORE_USER": "reader", "AVIDITY_STORE_PASSWORD": "s3cret"})
    client = Client(Address.of(store.url), login)
    RemoteEngine(client, 5).select("SELECT ?n {}")
    assert b"Basic cmVhZGVyOnMzY3JldA==" in store.requests[0]
    assert "s3cret" not in repr(login)
    token = Credentials.from_environment({"AVIDITY_STORE_HEADER": "X-Api-Key: t0ken"})
    assert token.headers() == {"X-Api-Key": "t0ken"}
    assert "t0ken" not in repr(token)
    client.close()


def test_proxies_of_the_environment_are_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(reply())
    monkeypatch.setenv("http_proxy", proxy.url)
    store = serve(reply())
    ask(store)
    assert (len(store.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize(
    "environment",
    [
        {"AVIDITY_STORE_USER": "a"},
        {"AVIDITY_STORE_PASSWORD": "a"},
        {"AVIDITY_STORE_HEADER": "no colon"},
        {"AVIDITY_STORE_HEADER": "A: b\r\nC: d"},
        {"AVIDITY_STORE_HEADER": "A: b", "AVIDITY_STORE_USER": "a", "AVIDITY_STORE_PASSWORD": "b"},
    ],
)
def test_half_a_login_is_refused_without_repeating_it(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="AVIDITY_STORE_"):
        Credentials.from_environment(environment)


@pytest.mark.parametrize(
    "url", ["", "sparql", "ftp://a/b", "file:///etc/passwd", "http://", "http://u:p@a/", "http://a:x/", "http://a b/"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="AVIDITY_STORE_URL") as caught:
        Address.of(url)
    assert "u:p" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(url: str) -> None:
    try:
        found = Address.of(url)
    except SettingsError:
        return
    assert found.scheme in ("http", "https")
    assert found.host
    assert 0 <= found.port < 65536


@given(st.binary(max_size=200), st.integers(0, 400))
def test_no_cut_of_an_answer_passes_for_the_whole(noise: bytes, end: int) -> None:
    from avidity_service.store.client import Reply
    from avidity_service.store.judging import results

    body = _ROWS[:end] + (noise if end < len(_ROWS) else b"")
    try:
        found = results(Reply(200, {"content-type": _JSON}, body), "")
    except QueryError:
        return
    assert isinstance(found, ox.QuerySolutions)
    assert len(list(found)) == 5 or noise


def test_what_was_found_is_remembered_by_its_bytes(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each subject has a literal of 100 KB; a tenth of them has room."""
    literal = {"type": "literal", "value": "x" * 100_000}
    row = {"p": {"type": "uri", "value": "http://a/p"}, "o": literal}
    one = json.dumps({"head": {"vars": ["p", "o"]}, "results": {"bindings": [row]}}).encode()
    store = serve(reply(body=one))
    monkeypatch.setattr("avidity_service.store.engine._REMEMBERED", 1_000_000)
    engine = RemoteEngine(Client(Address.of(store.url), Credentials()), 5)
    subjects = [ox.NamedNode(f"http://a/{number}") for number in range(30)]
    for subject in subjects:
        assert len(list(engine.matching(subject))) == 1
    assert len(engine.known) == len(engine.sizes) == 9
    assert 900_000 < engine.size == sum(engine.sizes.values()) <= 1_000_000
    asked = len(store.requests)
    list(engine.matching(subjects[-1]))
    assert len(store.requests) == asked
    list(engine.matching(subjects[0]))
    assert len(store.requests) == asked + 1
    # One that would take more than its part is not remembered at all.
    monkeypatch.setattr("avidity_service.store.engine._REMEMBERED", 500_000)
    list(engine.matching(ox.NamedNode("http://a/large")))
    assert (ox.NamedNode("http://a/large"), None, None) not in engine.known
