"""deploy/nginx.conf, run: nothing goes round its rules, it keeps no answer for another, and no request is lost."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from avidity_service import tuning
from avidity_service.settings import Settings

from tests.conftest import Need
from tests.fronted import Answer, Fronted, answer, certify, configured, free_ports, fronted
from tests.service.running import Running, running

ASK = "query=ASK%7B%7D"
# Every way to write them that the service understands; RELEASE stands for the present one.
METRICS = ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/metrics%2f", "/metrics//", "/v/RELEASE//metrics",
           "/v%2FRELEASE//metrics", "//v/RELEASE//metrics", "/metrics?x", "/x/../metrics")  # fmt: skip
SPARQL = ("/sparql", "/sparql/", "//sparql", "/%73parql", "/sparql%2F", "/v/RELEASE/sparql", "/v/RELEASE/sparql/",
          "/v/RELEASE//sparql", "//v/RELEASE/sparql", "/v%2fRELEASE%2fsparql")  # fmt: skip
REST = ("/api/v1/agents", "/api/v1/agents/", "//api/v1/agents", "/%61pi/v1/agents", "/v/RELEASE/api/v1/agents")


@pytest.fixture(scope="module")
def nginx(need: Need) -> str:
    return need("nginx")


@pytest.fixture
def folder(need: Need, tmp_path: Path) -> Path:
    certify(need("openssl"), tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("service")
    with running(release_folder, place, "--trusted-proxy", "127.0.0.1", "--workers", "1", "--query-log", "off") as it:
        yield it


@pytest.fixture
def at(nginx: str, folder: Path, service: Running) -> Iterator[Fronted]:
    with fronted(nginx, folder, service.port) as it:
        yield it


def release_of(service: Running) -> str:
    found = service.get("/health")[1]["Avidity-Release"]
    assert found
    return found


def check_problem(found: Answer, status: int) -> None:
    assert found.status == status
    assert found.headers["Content-Type"] == "application/problem+json"
    assert found.headers["Access-Control-Allow-Origin"] == "*"
    problem = json.loads(found.body)
    assert problem["status"] == status
    assert problem["title"]
    assert (found.headers["Retry-After"] is not None) == (status in (502, 503, 504))


def test_nginx_reads_it_without_a_word(nginx: str, folder: Path) -> None:
    conf, _ = configured(folder, (8000, 8001), {})
    told = subprocess.run([nginx, "-t", "-q", "-p", folder, "-c", conf, "-e", "stderr"], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    # nginx 1.25.1 and newer would have this in another line, which those before do not know.
    said = [line for line in told.stderr.splitlines() if 'the "listen ... http2" directive is deprecated' not in line]
    assert said == []


def test_no_spelling_gives_strangers_the_metrics(nginx: str, folder: Path, service: Running) -> None:
    stranger = {"        allow 127.0.0.1;\n        allow ::1;\n": ""}
    with fronted(nginx, folder, service.port, changes=stranger) as at:
        for spelling in METRICS:
            path = spelling.replace("RELEASE", release_of(service))
            found = at.get(path)
            check_problem(found, 404 if "RELEASE" in spelling else 403)
    # Most of these are metrics for the service: without that, nothing is shown above.
    given = [service.get(path.replace("RELEASE", release_of(service)))[0] for path in METRICS]
    assert given.count(200) >= 7


def test_the_machine_itself_has_the_metrics(at: Fronted) -> None:
    found = at.get("/metrics")
    assert found.status == 200
    assert b"avidity_requests_total" in found.body


@pytest.mark.parametrize(
    ("rate", "burst", "spellings", "query"),
    [("rate=20r/s", "burst=100", SPARQL, ASK), ("rate=50r/s", "burst=200", REST, "")],
    ids=["sparql", "rest"],
)
def test_no_spelling_escapes_the_limit(
    nginx: str, folder: Path, service: Running, rate: str, burst: str, spellings: tuple[str, ...], query: str
) -> None:
    release = release_of(service)
    paths = [f"{path.replace('RELEASE', release)}?{query}" for path in spellings]
    assert all(service.get(path)[0] == 200 for path in paths)
    with fronted(nginx, folder, service.port, changes={rate: "rate=1r/m", burst: "burst=1"}) as at:
        first = [at.get(path) for path in paths[:2]]
        assert [each.status for each in first] == [200, 200]
        for path in paths:
            check_problem(at.get(path), 503)
        others = at.get("/" if query else f"/sparql?{ASK}")
        assert others.status == 200


def test_what_never_changes_is_kept_by_accept_and_coding(at: Fronted, service: Running) -> None:
    release = release_of(service)
    path = f"/v/{release}/api/v1/agents"
    wanted = [
        {"Accept": accept, "Accept_Encoding": coding}
        for accept in ("application/json", "text/csv")
        for coding in ("identity", "gzip")
    ]
    before = _asked(service)
    first, again = ([at.get(path, **each) for each in wanted] for _ in range(2))
    assert _asked(service) - before == len(wanted)
    for each, one, two in zip(wanted, first, again, strict=True):
        status, headers, body = service.get(path, **{name.replace("_", "-"): value for name, value in each.items()})
        for found in (one, two):
            assert (found.status, found.body) == (status, body)
            assert found.headers["Content-Type"] == headers["Content-Type"]
            assert found.headers["Content-Encoding"] == headers["Content-Encoding"]
            assert len(found.headers.get_all("X-Request-Id") or []) == 1
        assert one.headers["X-Request-Id"] != two.headers["X-Request-Id"]
    assert len({found.body for found in first}) == len(wanted)


@pytest.mark.parametrize("lasting", [True, False])
def test_tags_hold_through_nginx(at: Fronted, service: Running, *, lasting: bool) -> None:
    path = f"/v/{release_of(service)}/api/v1/agents" if lasting else "/api/v1/agents"
    found = at.get(path, Accept="text/csv")
    tag = {"If_None_Match": f'"x", {found.headers["ETag"]}'}
    assert at.get(path, Accept="text/csv", **tag).status == 304
    assert at.get(path, Accept="application/json", **tag).status == 200


@pytest.mark.parametrize(
    "path", ["/api/v1/agents", "/v/RELEASE/sparql?query=SELECT%20(NOW()%20AS%20%3Ft)%7B%7D", "/v/x/"]
)
def test_nothing_else_is_kept(at: Fronted, service: Running, path: str) -> None:
    path = path.replace("RELEASE", release_of(service))
    before = _asked(service)
    assert at.get(path).status == at.get(path).status
    assert _asked(service) - before == 2


def test_the_service_hears_who_asks(at: Fronted) -> None:
    """The description names the address that the client used."""
    found = at.get("/sparql", Accept="text/turtle")
    assert b"<https://127.0.0.1/sparql>" in found.body
    assert at.get("/health", X_Request_Id="mine").headers["X-Request-Id"] not in (None, "mine")


def _asked(service: Running) -> float:
    """How many requests have been answered, other than this one's kind."""
    lines = service.get("/metrics")[2].decode().splitlines()
    counted = [line for line in lines if line.startswith("avidity_requests_total") and 'door="live"' not in line]
    return sum(float(line.rpartition(" ")[2]) for line in counted)


class _Odd(socketserver.StreamRequestHandler):
    """A service with manners of its own; says how long the first line was."""

    def handle(self) -> None:
        asked = 0
        while line := self.rfile.readline(1 << 20):
            length = 0
            while (header := self.rfile.readline(1 << 20)) not in (b"\r\n", b""):
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            self.rfile.read(length)
            asked += 1
            path = line.split()[1]
            if path == b"/breaks-when-kept" and asked > 1:
                return
            time.sleep(2 if path == b"/slow" else 0)
            status = path[1:4] if path[1:4].isdigit() else b"200"
            body = b"%d" % len(line)
            self.wfile.write(
                b"HTTP/1.1 %s Word\r\nRetry-After: 7\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
            )


@pytest.fixture
def odd(nginx: str, folder: Path) -> Iterator[Fronted]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Odd) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        changes = {"proxy_read_timeout 30s": "proxy_read_timeout 1s"}
        with fronted(nginx, folder, server.server_address[1], changes=changes) as it:
            yield it
        server.shutdown()


def test_errors_of_the_service_pass_as_they_are(odd: Fronted) -> None:
    for status in (403, 404, 413, 502, 503, 504):
        found = odd.get(f"/{status}")
        assert (found.status, found.headers["Retry-After"]) == (status, "7")
        assert found.body.isdigit()


def test_errors_of_nginx_are_problems(nginx: str, folder: Path, odd: Fronted) -> None:
    check_problem(odd.get("/slow"), 504)
    check_problem(odd.ask("POST", "/sparql", b"x" * 300_000, {}), 413)
    check_problem(odd.get("/" + "x" * 300_000), 414)
    assert odd.get("/nginx/too-long").status == 404
    with fronted(nginx, folder, *free_ports(1)) as alone:
        check_problem(alone.get(f"/sparql?{ASK}"), 502)
        check_problem(alone.get("/v/x/sparql"), 502)


def test_the_longest_address_passes(odd: Fronted) -> None:
    """A query of the most bytes that are allowed, each percent-encoded, and some kilobytes around it."""
    path = "/sparql?query=" + "%20" * Settings().max_query_bytes + "&x=" + "x" * 60_000
    found = odd.get(path)
    assert (found.status, int(found.body)) == (200, len(f"GET {path} HTTP/1.1\r\n"))
    body = b"query=" + b"%20" * Settings().max_query_bytes
    assert odd.ask("POST", "/sparql", body, {}).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_breaks_costs_no_request(odd: Fronted, method: str) -> None:
    body = b"ASK{}" if method == "POST" else None
    assert [odd.ask(method, "/breaks-when-kept", body, {}).status for _ in range(4)] == [200] * 4


def test_plain_http_is_sent_to_tls(at: Fronted) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", at.plain)) as connection:
        found = answer(connection, "POST", "/sparql?a=b", b"x", {"Host": "here"})
    assert (found.status, found.headers["Location"]) == (308, "https://here/sparql?a=b")


def test_nginx_lets_go_of_connections_before_the_service_does() -> None:
    text = Path(__file__).parents[1].joinpath("deploy", "nginx.conf").read_text()
    [seconds] = re.findall(r"(?m)^    keepalive_timeout (\d+)s;", text)
    assert int(seconds) + 5 <= tuning._IDLE_S


def test_the_code_is_exchanged_without_a_failed_request(nginx: str, folder: Path, release_folder: Path) -> None:
    """As docs/operations.md has it: a second one at the other port, the first anew, and the second ends."""
    ports = free_ports(2)
    many = {"rate=20r/s": "rate=10000r/s", "rate=50r/s": "rate=10000r/s"}
    told = threading.Event()

    def at_port(port: int, name: str) -> contextlib.AbstractContextManager[Running]:
        (folder / name).mkdir()
        return running(release_folder, folder / name, "--port", str(port), "--workers", "1", "--query-log", "off")

    with at_port(ports[0], "old") as old, fronted(nginx, folder, *ports, changes=many) as at:
        asking = [_Asking(at, told, by_post=number % 2 > 0) for number in range(4)]
        with at_port(ports[1], "second") as second:
            time.sleep(0.3)
            assert old.stop() == 0
            with at_port(ports[0], "new"):
                time.sleep(0.3)
                assert second.stop() == 0
                time.sleep(0.3)
                told.set()
                for each in asking:
                    each.join()
    assert [failed for each in asking for failed in each.failed] == []
    assert sum(each.asked for each in asking) > 100


class _Asking(threading.Thread):
    """A client that asks one thing after the other, and keeps its connection."""

    def __init__(self, at: Fronted, told: threading.Event, *, by_post: bool) -> None:
        super().__init__(daemon=True)
        self.at, self.told, self.by_post = at, told, by_post
        self.asked, self.failed = 0, list[str]()
        self.start()

    def run(self) -> None:
        with contextlib.closing(self.at.connect()) as connection:
            while not self.told.is_set():
                self.asked += 1
                query = f"SELECT ({self.asked} AS ?n) {{}}"
                found = (
                    answer(connection, "POST", "/sparql", query.encode(), {"Content-Type": "application/sparql-query"})
                    if self.by_post
                    else answer(connection, "GET", f"/api/v1/agents?limit={1 + self.asked % 9}", None, {})
                )
                if found.status != 200:
                    self.failed.append(f"{found.status} {found.body[:100]!r}")
