"""What comes in that is no request, who does not read, and how a service ends while it is used."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from avidity_service import looping
from avidity_service.channel import Channel
from avidity_service.connections import Connections
from avidity_service.fair import FairQueue
from avidity_service.front import asked
from avidity_service.parsing import Parser
from avidity_service.polling import Poller
from avidity_service.requesting import asked_by, client_of, is_short
from avidity_service.settings import Settings
from hypothesis import given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from .running import Running, running

HOST = "Host: 127.0.0.1\r\n"
NUMBERS = " ".join(map(str, range(400)))
# 160,000 rows, 2 MB as CSV and more than systems hold for a client who does not read.
LARGE = f'SELECT * {{ VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} BIND("{"x" * 40}" AS ?c) }}'


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(release_folder, tmp_path_factory.mktemp("connections"), "--log-queries", "text") as found:
        yield found


def said(service: Running, data: bytes, *, most: int = 1_000_000) -> bytes:
    """All that is answered until the connection ends."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as end:
        end.sendall(data)
        parts = b""
        while len(parts) < most and (part := end.recv(65_536)):
            parts += part
        return parts


def parsed(data: bytes, **tuning: int) -> Parser:
    """A request read to its end."""
    found = Parser(Adjustments(**tuning))
    found.received(data)
    return found


REFUSED = {
    "a head that is too long": (f"GET /?{'x' * 262_144} HTTP/1.1\r\n{HOST}\r\n", 431, "by POST"),
    "headers that are too long": (f"GET / HTTP/1.1\r\n{HOST}X: {'x' * 40_000}\r\n\r\n", 431, "by POST"),
    "too many headers": (f"GET / HTTP/1.1\r\n{HOST}" + "A: b\r\n" * 101 + "\r\n", 431, "by POST"),
    "a body that is too long": (f"POST /sparql HTTP/1.1\r\n{HOST}Content-Length: 300000\r\n\r\n", 413, "262144 bytes"),
    "no length": (f"POST /sparql HTTP/1.1\r\n{HOST}Content-Length: x\r\n\r\n", 400, "Content-Length is invalid"),
    "a length like no other": (f"POST / HTTP/1.1\r\n{HOST}Content-Length: {'0' * 5000}1\r\n\r\n", 400, "cannot be read"),
    "an address that is none": (f"GET http://[/health HTTP/1.1\r\n{HOST}\r\n", 400, "cannot be read"),
    "another coding": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: gzip\r\n\r\n", 501, "not supported"),
    "chunks twice": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked, chunked\r\n\r\n", 400, "once"),
    "no coding": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding:\r\nContent-Length: 2\r\n\r\nab", 400, "once"),
    "a comma": (f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: ,\r\nContent-Length: 2\r\n\r\nab", 400, "once"),
    "no host": ("GET / HTTP/1.1\r\n\r\n", 400, "one Host"),
    "an empty host": ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "Host is not"),
    "a host that is none": ("GET / HTTP/1.1\r\nHost: a/b@c d\r\n\r\n", 400, "Host is not"),
    "a host of tags": ("GET / HTTP/1.1\r\nHost: ex<ample\r\n\r\n", 400, "Host is not"),
    "another protocol": (f"GET / HTTP/3.0\r\n{HOST}\r\n", 505, "HTTP/1.1"),
    "no request": ("nonsense\r\n\r\n", 400, ""),
    "a body to wait for that is too long": (
        f"POST /sparql HTTP/1.1\r\n{HOST}Content-Length: 300000\r\nExpect: 100-continue\r\n\r\n", 413, "262144"),
    "a length to wait for that is none": (
        f"POST / HTTP/1.1\r\n{HOST}Content-Length: x\r\nExpect: 100-continue\r\n\r\n", 400, "Content-Length"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_told_as_all_else_is(name: str, service: Running) -> None:
    data, status, words = REFUSED[name]
    head, _, body = said(service, data.encode("latin-1")).partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} ") or lines[0].startswith(f"http/1.0 {status} "), lines[0]
    assert {"access-control-allow-origin: *", "content-type: application/problem+json", "connection: close"} < set(
        lines
    )
    assert any(line.startswith("x-request-id: ") for line in lines)
    problem = json.loads(body)
    assert problem["status"] == status
    assert words in problem["detail"]
    assert "server" not in problem["detail"].lower() or status == 505


def test_refusals_are_counted_and_logged(service: Running) -> None:
    def refused() -> float:
        text = service.get("/metrics")[2].decode()
        lines = [line for line in text.splitlines() if 'door="sparql",outcome="too-large"' in line]
        return float(lines[0].rsplit(" ", 1)[1]) if lines else 0.0

    before = refused()
    said(service, f"POST /sparql HTTP/1.1\r\n{HOST}Content-Length: 300000\r\nX-Request-Id: too-much\r\n\r\n".encode())
    assert refused() == before + 1
    log = service.pid_file.parent / "stderr"
    deadline = time.monotonic() + 10
    while "too-much" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.05)
    (line,) = [json.loads(line) for line in log.read_text().splitlines() if "too-much" in line]
    assert (line["status"], line["method"], line["door"]) == (413, "POST", "sparql")


@pytest.mark.parametrize("way", ["GET", "form", "direct"])
def test_the_longest_query_that_is_announced_is_answered_however_it_is_written(way: str, service: Running) -> None:
    query = "ASK {} #" + "\u00e9" * ((65_536 - 8) // 2)
    assert len(query.encode()) == 65_536
    form = "query=" + quote(query, safe="")
    if way == "GET":
        data = f"GET /sparql?{form} HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode()
    else:
        body = form.encode() if way == "form" else query.encode()
        kind = "application/x-www-form-urlencoded" if way == "form" else "application/sparql-query"
        head = f"POST /sparql HTTP/1.1\r\n{HOST}Connection: close\r\nContent-Type: {kind}\r\n"
        data = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    assert said(service, data).startswith(b"HTTP/1.1 200 ")


def test_nobody_waits_for_a_body_that_is_not_to_come(service: Running) -> None:
    first = f"GET /health HTTP/1.1\r\n{HOST}Expect: 100-continue\r\nX-Request-Id: first\r\n\r\n"
    second = f"GET /ready HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
    answers = said(service, (first + second).encode())
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert b"100 Continue" not in answers
    assert answers.count(b"X-Request-Id: first") == 1


def test_who_expects_to_be_told_to_go_on_is(service: Running) -> None:
    head = f"POST /sparql HTTP/1.1\r\n{HOST}Content-Type: application/sparql-query\r\nContent-Length: 6\r\n"
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as end:
        end.sendall(f"{head}Expect: 100-continue\r\nConnection: close\r\n\r\n".encode())
        assert end.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        end.sendall(b"ASK {}")
        assert end.recv(65_536).startswith(b"HTTP/1.1 200 ")


def test_a_later_minor_version_is_the_one_we_speak(service: Running) -> None:
    answer = said(service, f"GET /health HTTP/1.2\r\n{HOST}Connection: keep-alive, Close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert said(service, b"GET /health HTTP/1.2\r\n\r\n").startswith(b"HTTP/1.1 400 ")


@given(
    cuts=st.lists(st.integers(min_value=1, max_value=60), min_size=1, max_size=10),
    lines=st.lists(st.sampled_from(["Accept: */*", "X-A: " + "b" * 50, "Content-Length: 3"]), max_size=3, unique=True),
    rest=st.sampled_from(["", "abcGET", "x" * 30]),
)
def test_a_request_in_pieces_is_read_as_waitress_reads_it_whole(cuts: list[int], lines: list[str], rest: str) -> None:
    data = "\r\n".join(["GET /a?b HTTP/1.1", "Host: a", *lines, "", rest]).encode()
    whole = HTTPRequestParser(Adjustments())
    whole_taken = 0
    while not whole.completed and (taken := whole.received(data[whole_taken:])):
        whole_taken += taken
    found, at, turn = Parser(Adjustments()), 0, 0
    while at < len(data) and not found.completed:
        piece = data[at : at + cuts[turn % len(cuts)]]
        taken, turn = found.received(piece), turn + 1
        at += taken
    assert (found.completed, at) == (whole.completed, whole_taken)
    assert found.headers == whole.headers
    if found.completed and lines:
        assert found.get_body_stream().read() == whole.get_body_stream().read()


def test_a_head_that_comes_byte_by_byte_is_not_read_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    real = HTTPRequestParser.received

    def received(self: HTTPRequestParser, data: bytes) -> int:
        reads.append(1)
        return int(real(self, data))

    monkeypatch.setattr(HTTPRequestParser, "received", received)
    found = Parser(Adjustments(max_request_header_size=50_000))
    for _ in range(40_000):
        assert found.received(b"x") == 1
    assert not reads
    while not found.completed:
        found.received(b"x")
    assert found.error.code == 431
    lines = Parser(Adjustments())
    while not lines.completed:
        lines.received(b"A:b\r\n")
    assert lines.error.code == 431
    assert len(reads) < 200


class _Vanishing(list[object]):
    """Requests of which a thread takes the last one away just when they have been seen to be there."""

    def __bool__(self) -> bool:
        found = len(self) > 0
        self.clear()
        return found


def test_a_request_that_a_thread_takes_away_does_no_harm() -> None:
    channel: Any = SimpleNamespace(total_outbufs_len=0, will_close=False, close_when_flushed=False)
    channel.requests = _Vanishing([object()])
    assert Channel.is_restless.fget(channel) in (True, False)  # type: ignore[attr-defined]
    other: Any = SimpleNamespace(requests=_Vanishing([object()]), addr=("192.0.2.1", 1))
    other.server = SimpleNamespace(settings=Settings(trusted_proxy="192.0.2.1"))
    other.requests[:] = []
    assert client_of(other) == "192.0.2.1"


def test_a_fault_of_the_loop_does_not_end_the_service(caplog: pytest.LogCaptureFixture) -> None:
    def turn(_: float) -> None:
        raise IndexError("one connection's fault")

    looked: list[int] = []
    loop: Any = SimpleNamespace(_turn=turn, poller=SimpleNamespace(look_again=lambda: looked.append(1)))
    Connections._turn_safely(loop, 1.0)
    assert looked == [1]
    assert "one connection's fault" in caplog.text


@pytest.mark.parametrize(
    ("trusted", "peer", "owner"),
    [
        (None, "192.0.2.1", "192.0.2.1"),
        ("192.0.2.9", "192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1", "203.0.113.5"),
        ("*", "192.0.2.1", "203.0.113.5"),
    ],
)
def test_only_a_proxy_says_whose_a_request_is(trusted: str | None, peer: str, owner: str) -> None:
    request = SimpleNamespace(headers={"X_FORWARDED_FOR": "198.51.100.1, 203.0.113.5"})
    server = SimpleNamespace(settings=Settings(trusted_proxy=trusted))
    channel: Any = SimpleNamespace(requests=[request], addr=(peer, 1), server=server)
    assert client_of(channel) == owner


@pytest.mark.parametrize(
    ("queued", "waiting", "client", "crowded"),
    [(0, 0, "one", False), (5, 6, "one", False), (6, 6, "one", True), (6, 6, "two", False), (8, 8, "two", True)],
)
def test_some_room_is_kept_for_clients_that_have_few(queued: int, waiting: int, client: str, *, crowded: bool) -> None:
    queues: list[FairQueue[str]] = [FairQueue(str), FairQueue(str)]
    for queue, size in zip(queues, (queued, waiting), strict=True):
        for _ in range(size):
            queue.append("one")
    server: Any = SimpleNamespace(settings=Settings(queue_length=16), dispatchers=SimpleNamespace(queued=queues[0]))
    server.looping, full = SimpleNamespace(waiting=queues[1]), {"three"}
    server.untaken = SimpleNamespace(is_full=lambda owner: owner in full)
    server._untaken = lambda channel: Connections._untaken(server, channel)
    channel: Any = SimpleNamespace(requests=[], addr=(client, 1), server=server)
    assert (Connections._crowded(server, channel) is not None) is crowded
    full.add(client)
    assert Connections._crowded(server, channel) is not None


@pytest.mark.parametrize("header", ["Accept", "Accept-Encoding", "If-None-Match", None])
def test_what_takes_long_to_read_is_not_the_loops(header: str | None) -> None:
    short = {} if header is None else {header.upper().replace("-", "_"): "a/a," * 255}
    long_ = {name: value + "b/b,b" for name, value in short.items()}
    query = "query=" + "x" * (8192 - 6)
    assert is_short(query, short)
    assert not is_short(query + ("x" if header is None else ""), long_ or short)


def test_a_query_that_has_a_worker_waits_behind_none_that_waits_for_one() -> None:
    added: list[str] = []
    server: Any = SimpleNamespace(
        dispatchers=SimpleNamespace(
            queries=SimpleNamespace(add_task=lambda _: added.append("waits")),
            under_way=SimpleNamespace(add_task=lambda _: added.append("has one")),
        )
    )
    for begun in (None, object()):
        channel: Any = SimpleNamespace(requests=[SimpleNamespace(begun=begun)])
        Connections._queue(server, channel)
    assert added == ["waits", "has one"]


def _reads_nothing(service: Running, number: int) -> socket.socket:
    end = socket.socket()
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    end.settimeout(60)
    end.connect(("127.0.0.1", service.port))
    path = "/sparql?query=" + quote(f"{LARGE} # {number % 2}")
    one = f"GET {path} HTTP/1.1\r\n{HOST}Accept: text/csv\r\n\r\n"
    end.sendall(f"{one}GET /health HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    return end


def test_clients_that_ask_on_and_read_nothing_hold_no_thread(service: Running) -> None:
    """More of them than threads of either kind; each still gets both answers when it reads."""
    with contextlib.ExitStack() as stack:
        ends = []
        for number in range(30):
            ends.append(stack.enter_context(_reads_nothing(service, number)))
            if number < 2:
                assert ends[-1].recv(12, socket.MSG_PEEK | socket.MSG_WAITALL) == b"HTTP/1.1 200"
        time.sleep(1)
        slowest = 0.0
        for _ in range(20):
            before = time.monotonic()
            assert service.get("/health")[0] == 200
            assert service.get("/api/v1/things/study?limit=1")[0] in (200, 404, 503)
            slowest = max(slowest, time.monotonic() - before)
        assert slowest < 5
        for end in ends:
            data = b"".join(iter(lambda end=end: end.recv(1 << 20), b""))  # type: ignore[misc]
            if data.startswith(b"HTTP/1.1 503"):
                continue
            assert data.startswith(b"HTTP/1.1 200 ")
            assert data.count(b"HTTP/1.1 200 ") == 2
            assert data.endswith(b"}\n")


@pytest.mark.parametrize(("left", "seconds", "overdue"), [(0, 1000, False), (10, 55, False), (10, 65, True)])
def test_who_takes_nothing_for_a_minute_is_cut(left: int, seconds: float, *, overdue: bool) -> None:
    channel: Any = SimpleNamespace(
        total_outbufs_len=left, left=(0, 0.0), at=(None, 0.0), answers="one", request=None, requests=[1]
    )
    assert not Channel.is_overdue(channel, 0.0)
    assert Channel.is_overdue(channel, seconds) is overdue


def test_who_takes_little_but_steadily_is_not_cut_until_an_answer_has_lasted_too_long() -> None:
    channel: Any = SimpleNamespace(
        total_outbufs_len=1000, left=(0, 0.0), at=(None, 0.0), answers="one", request=None, requests=[1]
    )
    for second in range(0, 600, 30):
        channel.total_outbufs_len -= 1
        assert not Channel.is_overdue(channel, float(second))
    channel.answers = "two"  # the next one has its own time
    assert not Channel.is_overdue(channel, 610.0)
    channel.total_outbufs_len -= 1
    assert Channel.is_overdue(channel, 1300.0)


class Client(threading.Thread):
    """Asks one query after the other over a connection that stays open, until the service says that it ends."""

    def __init__(self, port: int, path: str) -> None:
        super().__init__(daemon=True)
        self.port, self.path = port, path
        self.answers, self.cut = 0, ""
        self.told = False

    def run(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as end, end.makefile("rb") as lines:
            while not self.told:
                try:
                    end.sendall(f"GET {self.path} HTTP/1.1\r\n{HOST}\r\n".encode())
                    status = lines.readline()
                    head: dict[str, str] = {}
                    while line := lines.readline().decode().strip().lower():
                        name, _, head[name] = line.partition(": ")
                    lines.read(int(head.get("content-length", 0)))
                except OSError as error:
                    self.cut = repr(error)
                    return
                if not status.startswith(b"HTTP/1.1 200 "):
                    self.cut = repr(status)
                    return
                self.answers += 1
                self.told = head.get("connection") == "close"
                time.sleep(0.01)


def test_a_service_that_ends_cuts_nobody_off_and_does_not_wait_for_those_who_go_on(
    release_folder: Path, tmp_path: Path
) -> None:
    with running(release_folder, tmp_path, "--stop-timeout-s", "30") as service:
        paths = ["/sparql?query=" + quote(query) for query in ("ASK {}", "SELECT * { ?s ?p ?o } LIMIT 3")]
        clients = [Client(service.port, path) for path in (*paths, *paths, "/health", "/", "/api/v1/questions")]
        clients[2].path += "%20%23"
        for client in clients:
            client.start()
        time.sleep(0.5)
        before = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=60) == 0
        assert time.monotonic() - before < 10
        for client in clients:
            client.join(20)
            assert (client.cut, client.told) == ("", True), (client.path, client.cut)
            assert client.answers >= 1


def test_who_reads_nothing_is_really_cut_off(release_folder: Path, tmp_path: Path) -> None:
    """Nothing tells the system to let us know of him any more, so the loop has to end it by itself."""
    program = (
        "import avidity_service.channel as c, avidity_service.tuning as t; c._STALLED_S = 1; t._LOOK_EVERY_S = 1\n"
    )
    program += "from avidity_service.cli import main; main()"
    flags = ["--max-result-mb", "16", "--cache-mb", "0"]
    with running(release_folder, tmp_path, *flags, program=program) as service, contextlib.ExitStack() as stack:
        ends = [stack.enter_context(_reads_nothing(service, number)) for number in range(3)]
        assert ends[-1].recv(12, socket.MSG_PEEK | socket.MSG_WAITALL) == b"HTTP/1.1 200"
        held = f"/proc/{service.process.pid}/fd"
        number_of = len(list(Path(held).iterdir()))
        deadline = time.monotonic() + 20
        while len(list(Path(held).iterdir())) > number_of - 3 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert len(list(Path(held).iterdir())) <= number_of - 3


def test_behind_a_proxy_an_answer_is_known_by_the_address_that_the_proxy_has() -> None:
    headers = {"HOST": "127.0.0.1:8000", "X_FORWARDED_PROTO": "https", "X_FORWARDED_HOST": "a.example, b.example"}
    request: Any = SimpleNamespace(command="GET", path="/sparql", query="query=ASK%7B%7D", headers=headers)
    server = SimpleNamespace(settings=Settings(trusted_proxy="192.0.2.1"))
    for peer, scheme, host in (("192.0.2.1", "https", "b.example"), ("192.0.2.2", "http", "127.0.0.1:8000")):
        channel: Any = SimpleNamespace(requests=[request], addr=(peer, 1), server=server)
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": "/sparql", "QUERY_STRING": "query=ASK%7B%7D",
            "wsgi.url_scheme": scheme, "HTTP_HOST": host,
        }  # fmt: skip
        assert asked_by(channel, request).key == asked.read(environ).key


@pytest.mark.parametrize("request_", ["GET /health HTTP/1.0\r\n", "GET /health HTTP/3.0\r\n"])
def test_an_answer_says_one_thing_about_its_connection(request_: str, service: Running) -> None:
    answer = said(service, f"{request_}{HOST}Connection: keep-alive\r\n\r\n".encode(), most=50)
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.count(b"connection: ") == 1


def test_a_query_that_brings_a_fault_about_does_not_stop_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def begin(_: object, wanted: Any) -> Any:
        if wanted.name == "bad":
            raise MemoryError
        begun.append(wanted.name)

    monkeypatch.setattr(looping, "at_once", lambda *_: None)
    monkeypatch.setattr(looping, "begin", begin)
    front: Any = SimpleNamespace(knows=lambda _: False)
    ended: list[str] = []
    loop = looping.Looping(front, Poller(), ended.append, ended.append, lambda channel: channel.name)
    for name in ("bad", "good"):
        channel: Any = SimpleNamespace(name=name, connected=True, handle_close=lambda name=name: ended.append(name))
        loop.want(channel, SimpleNamespace(wish=SimpleNamespace(name=name, asked=None, is_point=False)))
    loop.turn()
    assert ended == ["bad"]
    assert begun == ["good"]
