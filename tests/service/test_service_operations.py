"""What an operator sees: metrics, one line a query, who asked; and that clients who abuse the service stop nobody."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import re
import signal
import socket
import statistics
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from avidity_service import outcomes
from avidity_service.errors import SettingsError
from avidity_service.journal import Journal, Line
from avidity_service.outcomes import door
from avidity_service.release import Release
from avidity_service.settings import Settings
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from tests.service.running import Running, running, until

MakeApp = Callable[..., Flask]
QUERY = "SELECT ?n { ?s <http://example.org/p> ?n }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(12)) + " }"
ENVIRON = {"REMOTE_ADDR": "192.0.2.7"}


def sample(text: str, name: str, **labels: str) -> float:
    """The value of one series."""
    for family in text_string_to_metric_families(text):
        for found in family.samples:
            if found.name == name and all(found.labels.get(key) == value for key, value in labels.items()):
                return float(found.value)
    raise AssertionError(f"no {name} {labels}")


def test_metrics_count_what_happens(make_app: MakeApp, release: Release) -> None:
    client = make_app(release, workers=1).test_client()
    path = "/sparql?query=" + quote(QUERY)
    etag = client.get(path).headers["ETag"]
    client.get(path)
    client.get(path, headers={"If-None-Match": etag})
    client.get("/sparql?query=SELEC")
    client.get("/sparql?timeout=0.3&query=" + quote(ENDLESS))
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.text
    for outcome, number in (("ok", 2), ("not-modified", 1), ("malformed", 1), ("late", 1)):
        assert sample(text, "avidity_requests_total", door="sparql", outcome=outcome) == number
    assert sample(text, "avidity_query_seconds_count", door="sparql", cache="hit") == 2
    assert sample(text, "avidity_query_seconds_count", door="sparql", cache="miss") == 3
    assert sample(text, "avidity_worker_kills_total", reason="late") == 1
    assert sample(text, "avidity_worker_kills_total", reason="memory") == 0
    assert sample(text, "avidity_cache_requests_total", result="hit") == 2
    assert sample(text, "avidity_cache_requests_total", result="miss") == 3
    assert sample(text, "avidity_cache_entries") == 1
    assert 0 < sample(text, "avidity_cache_bytes") < sample(text, "avidity_cache_limit_bytes") == 64 * 2**20
    assert sample(text, "avidity_queue_length") == 0
    assert sample(text, "avidity_release_info", release="tiny") == 1
    assert sample(text, "avidity_release_quads") >= 6
    assert sample(text, "avidity_build_info", version="0.1.0") == 1
    assert sample(text, "process_resident_memory_bytes") > 1e6
    assert "# EOF" in client.get("/metrics", headers={"Accept": "application/openmetrics-text"}).text


def test_an_answer_of_which_only_the_tag_is_kept_is_no_hit(make_app: MakeApp, release: Release) -> None:
    client = make_app(release, workers=1, cache_mb=1).test_client()
    path = "/sparql?query=" + quote("SELECT * { " + " ".join(
        f"VALUES ?{name} {{ {' '.join(map(str, range(20)))} }}" for name in "abc") + " }")  # fmt: skip
    for _ in range(3):
        etag = client.get(path).headers["ETag"]
    text = client.get("/metrics").text
    assert sample(text, "avidity_cache_requests_total", result="hit") == 0
    for name, labels in (
        ("avidity_cache_requests_total", {"result": "miss"}),
        ("avidity_query_seconds_count", {"door": "sparql", "cache": "miss"}),
    ):
        assert sample(text, name, **labels) == 3
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    text = client.get("/metrics").text
    assert sample(text, "avidity_cache_requests_total", result="hit") == 1
    assert sample(text, "avidity_query_seconds_count", door="sparql", cache="hit") == 1


def test_a_long_path_is_not_remembered() -> None:
    for number in range(30):
        assert door(f"/api/v1/{number}" + "x" * 1000) == "api"
    assert outcomes._door.cache_info().currsize < 20
    assert (door("/metrics"), door("/sparql/"), door("/readymade"), door("/")) == ("live", "sparql", "live", "page")


def lines(folder: Path, line: Line, **settings: object) -> str:
    """What is written of one request."""
    journal = Journal(Settings().with_values(query_log=str(folder / "log"), **settings))
    line.read_query(True, {"QUERY_STRING": "query=" + quote(QUERY), "wsgi.input": None})
    journal.note(line, "GET", "/sparql", "200 OK", 12, "tiny")
    journal.note(line, "GET", "/static/avidity.css", "200 OK", 12, "tiny")
    journal.close()
    return (folder / "log").read_text()


def test_a_line_says_what_became_of_a_query_and_not_what_it_was(tmp_path: Path) -> None:
    written = lines(tmp_path, Line.of(ENVIRON))
    (line,) = map(json.loads, written.splitlines())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}\+00:00", line.pop("time"))
    assert line.pop("ms") >= 0
    assert re.fullmatch("[0-9a-f]{12}", line.pop("client"))
    assert re.fullmatch("[0-9a-f]{16}", line.pop("query"))
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]+", line.pop("request"))
    assert line == {
        "door": "sparql", "method": "GET", "outcome": "ok", "status": 200, "bytes": 12, "cache": "miss", "release": "tiny",
    }  # fmt: skip
    assert "192.0.2.7" not in written
    assert "example.org" not in written


def test_text_and_address_only_if_they_are_set(tmp_path: Path) -> None:
    line = json.loads(lines(tmp_path, Line.of(ENVIRON), log_queries="text", log_clients="address"))
    assert (line["text"], line["client"]) == (QUERY, "192.0.2.7")


def test_the_same_client_has_another_digest_after_each_start(tmp_path: Path) -> None:
    one, two = (json.loads(lines(tmp_path, Line.of(ENVIRON)).splitlines()[-1])["client"] for _ in range(2))
    assert one != two


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1", True), ("x" * 65, False), ('a"b', False), ("a b", False), ("", False)]
)
def test_a_request_s_own_id_is_kept_if_it_is_harmless(given: str, kept: bool) -> None:
    assert (Line.of({**ENVIRON, "HTTP_X_REQUEST_ID": given}).id == given) == kept


@pytest.mark.parametrize("way", ["GET", "form", "direct"])
def test_a_query_has_one_digest_by_every_way(make_app: MakeApp, release: Release, tmp_path: Path, way: str) -> None:
    app = make_app(release, workers=1)
    journal = Journal(Settings().with_values(query_log=str(tmp_path / "log")))
    app.wsgi_app.journal = journal  # type: ignore[attr-defined]
    client = app.test_client()
    match way:
        case "GET":
            client.get("/sparql", query_string={"query": QUERY})
        case "form":
            client.post("/sparql", data={"query": QUERY})
        case _:
            client.post("/sparql", data=QUERY, content_type="application/sparql-query")
    journal.close()
    assert json.loads((tmp_path / "log").read_text())["query"] == hashlib.sha256(QUERY.encode()).hexdigest()[:16]


@pytest.mark.parametrize("words", ["digest", "text"])
def test_a_hit_is_logged_as_the_first_was(make_app: MakeApp, release: Release, tmp_path: Path, words: str) -> None:
    app = make_app(release, workers=1)
    journal = Journal(Settings().with_values(query_log=str(tmp_path / "log"), log_queries=words))
    app.wsgi_app.journal = journal  # type: ignore[attr-defined]
    client = app.test_client()
    for _ in range(2):
        client.post("/sparql", data=QUERY, content_type="application/sparql-query")
    journal.close()
    first, second = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (first["cache"], second["cache"]) == ("miss", "hit")
    assert first["query"] == second["query"] == hashlib.sha256(QUERY.encode()).hexdigest()[:16]
    assert first.get("text") == second.get("text") == (QUERY if words == "text" else None)


@pytest.mark.parametrize(
    ("words", "path"), [("text", "/sparql"), ("digest", "/sparql"), ("digest", "/api/" + "x" * 60_000)]
)
def test_lines_that_nobody_takes_are_bounded_by_their_bytes(tmp_path: Path, words: str, path: str) -> None:
    journal = Journal(Settings().with_values(query_log=str(tmp_path / "log"), log_queries=words))
    journal.close()  # its writer takes nothing any more
    tracemalloc.start()
    try:
        for number in range(1000):
            line = Line()
            line.query = f"{number} " + "x" * 60_000
            journal.note(line, "GET", f"{path}{number}", "200 OK", 1, "tiny")
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    large = words == "text" or len(path) > 100
    assert taken < (18_000_000 if large else 2_000_000)
    assert taken * 0.9 < journal.size < 16 * 2**20
    assert (journal.dropped > 0) == large
    assert len(journal.waiting) + journal.dropped == 1000
    journal._write()
    assert (journal.size, len(journal.waiting)) == (0, 0)
    assert (tmp_path / "log").read_text().count("\n") == 1000 - journal.dropped


def test_a_log_that_was_moved_away_is_opened_anew(tmp_path: Path) -> None:
    journal = Journal(Settings().with_values(query_log=str(tmp_path / "log")))
    (tmp_path / "log").rename(tmp_path / "old")
    journal.reopen()
    journal.note(Line.of(ENVIRON), "GET", "/sparql", "200 OK", 1, "tiny")
    journal.close()
    assert (tmp_path / "old").read_text() == ""
    assert (tmp_path / "log").read_text().count("\n") == 1


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="AVIDITY_QUERY_LOG"):
        Journal(Settings().with_values(query_log=str(tmp_path)))


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    with running(release_folder, folder, "--workers", "2", "--trusted-proxy", "127.0.0.1", "--log-clients", "address",
                 "--query-log", str(folder / "queries")) as found:  # fmt: skip
        yield found


def test_behind_a_proxy_the_client_is_the_one_that_it_names(service: Running) -> None:
    service.get("/sparql?query=ASK%7B%7D", **{"X-Forwarded-For": "198.51.100.9", "X-Request-Id": "from-far"})
    log = service.pid_file.with_name("queries")
    assert until(lambda: "from-far" in log.read_text())
    assert json.loads(log.read_text().splitlines()[-1])["client"] == "198.51.100.9"
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "graph.example", "Accept": "text/turtle"}
    assert b"https://graph.example/sparql" in service.get("/sparql", **headers)[2]


def test_the_connection_stays_open_after_a_304(service: Running) -> None:
    etag = service.get("/sparql?query=ASK%7B%7D")[1]["ETag"]
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    connection.connect()
    address = connection.sock.getsockname()
    for _ in range(3):
        connection.request("GET", "/sparql?query=ASK%7B%7D", headers={"If-None-Match": etag})
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers["Connection"]) == (304, b"", None)
        assert connection.sock.getsockname() == address
    connection.request("GET", "/sparql?query=ASK%7B%7D", headers={"If-None-Match": etag, "Connection": "close"})
    assert connection.getresponse().headers["Connection"] == "close"
    connection.close()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
@pytest.mark.parametrize("prefix", ["", "/v/tiny"])
def test_a_known_answer_is_the_same_by_the_short_way(service: Running, method: str, coding: str, prefix: str) -> None:
    path = prefix + "/sparql?query=" + quote("SELECT ?n { VALUES ?n { " + "1 " * 500 + "} }")
    # What a proxy adds makes the server take the long way through WSGI, threads and headers one by one.
    long_way = {"X-Forwarded-Proto": "http", "X-Forwarded-Host": f"127.0.0.1:{service.port}"}
    said, etag = [], ""
    for tag in ("", '"x"', None):
        for more in (long_way, {}, {"Connection": "keep-alive"}):
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
            headers = {"Accept-Encoding": coding, "If-None-Match": tag if tag is not None else etag, **more}
            for _ in range(2):
                connection.request(method, path, headers=headers)
                answer = connection.getresponse()
                etag = answer.headers["ETag"]
                kept = {k.lower(): v for k, v in answer.headers.items() if k.lower() not in ("date", "x-request-id")}
                said.append((tag is None, answer.status, kept, answer.read()))
            connection.close()
    whole, not_modified = ([found[1:] for found in said if found[0] is wanted] for wanted in (False, True))
    assert all(found == whole[0] for found in whole)
    assert all(found == not_modified[0] for found in not_modified)
    assert (whole[0][0], not_modified[0][0]) == (200, 304)
    assert whole[0][1].get("content-encoding", "identity") == coding


def test_known_answers_asked_for_in_one_go_come_in_order(service: Running) -> None:
    paths = ["/sparql?query=" + quote(f'SELECT ("{name}" AS ?x) {{}}') for name in ("one", "two")]
    for path in paths:
        service.get(path)
    paths += ["/health", "/sparql?query=" + quote('SELECT ("new" AS ?x) {}'), paths[0]]
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as client:
        client.sendall(
            b"".join(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{service.port}\r\n\r\n".encode() for path in paths)
        )
        data = b""
        while data.count(b"HTTP/1.1 200") < 5 or not data.endswith(b"}"):
            data += client.recv(65_536)
    assert re.findall(rb'"(one|two|new)"|"status":"(ok)', data.replace(b" ", b"")) == [
        (b"one", b""), (b"two", b""), (b"", b"ok"), (b"new", b""), (b"one", b""),
    ]  # fmt: skip


@pytest.fixture
def connect(service: Running) -> Iterator[Callable[[bytes], socket.socket]]:
    """Connections that send some bytes and then nothing; closed at the end."""
    with contextlib.ExitStack() as stack:

        def one(data: bytes) -> socket.socket:
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", service.port))
            client.sendall(data)
            return client

        yield one


def test_slow_clients_stop_nobody(
    service: Running, connect: Callable[[bytes], socket.socket], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "SELECT * { " + " ".join(f"VALUES ?{name} {{ {' '.join(map(str, range(30)))} }}" for name in "abc") + " }"
    large = f"GET /sparql?format=xml&query={quote(rows)} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    body = (
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 5000\r\n\r\nASK"
    )
    slow = [connect(b"GET /sparql?query=ASK%7B%7D HTTP/1.1\r\nHost: x\r\nX-A: ") for _ in range(400)]
    slow += [connect(body) for _ in range(20)]
    readers = [connect(large) for _ in range(20)]
    stopping = threading.Event()

    def drip() -> None:
        while not stopping.wait(0.2):
            for client in slow:
                with contextlib.suppress(OSError):
                    client.sendall(b"a")
            for client in readers:
                with contextlib.suppress(OSError):
                    client.recv(16)

    size = int(service.get(f"/sparql?format=xml&query={quote(rows)}")[1]["Content-Length"])
    assert size > 4_000_000, "far more than the buffers between us and a reader hold"
    dripping = threading.Thread(target=drip)
    dripping.start()
    try:
        assert until(lambda: sample(service.get("/metrics")[2].decode(), "process_open_fds") > 440)
        seconds = []
        for _ in range(30):
            before = time.perf_counter()
            assert service.get("/health")[0] == 200
            seconds.append(time.perf_counter() - before)
            assert service.get("/sparql?query=ASK%7B%7D")[0] == 200
    finally:
        stopping.set()
        dripping.join()
    with capsys.disabled():
        print(f"\n/health beside 440 slow clients: median {statistics.median(seconds) * 1000:.1f} ms, "
              f"worst {max(seconds) * 1000:.1f} ms")  # fmt: skip
    assert max(seconds) < 2


@pytest.mark.parametrize("who", ["worker", "nursery", "both"])
def test_after_a_kill_the_next_request_is_right(service: Running, who: str) -> None:
    for number in range(5):
        assert service.get("/ready")[0] == 200
        victims = (service.workers() if who != "nursery" else set()) | (
            service.nurseries() if who != "worker" else set()
        )
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        status, _, body = service.get("/sparql?query=" + quote(f"{QUERY} # {who} {number}"))
        assert (status, body.count(b'"n"')) == (200, 4), body


def test_queries_that_wait_do_not_stop_pages(release_folder: Path, tmp_path: Path) -> None:
    flags = ("--workers", "1", "--long-queries", "1", "--queue-length", "4", "--query-timeout-s", "3")
    with running(release_folder, tmp_path, *flags) as service:
        statuses: list[int] = []

        def ask(number: int) -> None:
            statuses.append(service.get("/sparql?query=" + quote(f"{ENDLESS} # {number}"))[0])

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for path in ("/health", "/", "/metrics"):
            assert service.get(path)[0] == 200
        assert 503 in statuses or until(lambda: 503 in statuses)
        for thread in threads:
            thread.join()
        assert set(statuses) <= {503, 504}
        assert service.get("/sparql?query=ASK%7B%7D")[0] == 200
