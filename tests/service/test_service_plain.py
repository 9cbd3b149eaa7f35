"""Requests that are read at a glance, and the sockets that are waited for: the same answers as by the long way."""

from __future__ import annotations

import contextlib
import functools
import re
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from avidity_service.plain import Heads
from avidity_service.polling import Poller
from hypothesis import given
from hypothesis import strategies as st
from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser

from .running import Running, running

HEAD = b"Host: example.org\r\nAccept: text/csv\r\n\r\n"
HEADERS = {"HOST": "example.org", "ACCEPT": "text/csv"}
# What may differ between two answers to the same request.
_OWN = re.compile(rb"\r\n(?:Date|X-Request-Id): [^\r]*")
# Any header makes a request look new, and so it goes the long way once.
_NUMBERS = iter(range(10**9))


def learned() -> Heads:
    heads = Heads()
    heads.learn(b"GET / HTTP/1.1\r\n" + HEAD, HEADERS)
    return heads


@pytest.mark.parametrize(
    "target",
    ["/", "/sparql", "/sparql?query=ASK%20%7B%7D", "/sparql?query=a+b&x=y", "/v/1.0/study/ho-2013?", "/a?b?c=%C3%A4"],
)
def test_a_known_head_is_read_as_the_parser_reads_it(target: str) -> None:
    data = f"GET {target} HTTP/1.1\r\n".encode() + HEAD
    parser = HTTPRequestParser(Adjustments())
    assert parser.received(data) == len(data)
    found = learned().read(data)
    assert found is not None
    assert (found.path, found.query, found.headers) == (parser.path, parser.query, parser.headers)
    assert (found.command, found.version) == (parser.command, parser.version)


# Printable, so that every letter may meet every rule of the request line.
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30))
def test_whatever_is_asked_is_read_as_the_parser_reads_it_or_not_at_all(rest: str) -> None:
    data = f"GET /{rest} HTTP/1.1\r\n".encode() + HEAD
    found = learned().read(data)
    if found is None:
        return
    parser = HTTPRequestParser(Adjustments())
    parser.received(data)
    assert not parser.error
    assert (found.path, found.query) == (parser.path, parser.query)


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\n" + HEAD,
        b"HEAD / HTTP/1.1\r\n" + HEAD,
        b"GET / HTTP/1.0\r\n" + HEAD,
        b"GET /%41 HTTP/1.1\r\n" + HEAD,
        b"GET //host/ HTTP/1.1\r\n" + HEAD,
        b"GET http://example.org/ HTTP/1.1\r\n" + HEAD,
        b"GET /a#b HTTP/1.1\r\n" + HEAD,
        b"GET  / HTTP/1.1\r\n" + HEAD,
        b"GET /\xc3\xa4 HTTP/1.1\r\n" + HEAD,
        b"GET /a\x00b HTTP/1.1\r\n" + HEAD,
        b"GET / HTTP/1.1\r\n" + HEAD[:-1],
        b"GET / HTTP/1.1\r\n" + HEAD + b"G",
        b"GET / HTTP/1.1\r\nX: y\r\n" + HEAD,
        b"GET / HTTP/1.1\n" + HEAD,
        b"\r\n",
        b"",
    ],
)
def test_what_is_unlike_takes_the_long_way(data: bytes) -> None:
    assert learned().read(data) is None


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n" + HEAD + b"GET / HTTP/1.1\r\n" + HEAD,  # two at once
        b"GET / HTTP/1.1\r\n" + HEAD[:-2],  # not whole
        b"GET / HTTP/1.1\r\nX: " + b"y" * 5000 + b"\r\n" + HEAD,  # long
    ],
)
def test_only_what_came_whole_and_alone_is_learned(data: bytes) -> None:
    heads = Heads()
    heads.learn(data, HEADERS)
    assert heads.known == {}


def test_heads_do_not_grow_without_end() -> None:
    heads = Heads()
    for number in range(2000):
        heads.learn(b"GET / HTTP/1.1\r\nX: %d\r\n" % number + HEAD, HEADERS)
    assert 0 < len(heads.known) <= 512


def test_the_long_way_gets_the_same_request() -> None:
    data = b"GET /sparql?query=x HTTP/1.1\r\n" + HEAD
    found = learned().read(data)
    assert found is not None
    found.begun = begun = SimpleNamespace()  # type: ignore[assignment]
    full = found.full(HTTPRequestParser(Adjustments()))
    assert full.completed
    assert (full.path, full.query, full.headers, full.begun) == ("/sparql", "query=x", HEADERS, begun)


@pytest.fixture(scope="module")
def service(release_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(release_folder, tmp_path_factory.mktemp("plain")) as found:
        yield found


class Line:
    """A connection by hand."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(30)
        self.socket = end
        self.rest = b""

    def ask(self, data: bytes) -> bytes:
        self.socket.sendall(data)
        return self.answer()

    def answer(self) -> bytes:
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: (\d+)", head)
        size = int(found[1]) if found and b" 304 " not in head[:20] else 0
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return _OWN.sub(b"", head + b"\r\n\r\n") + body

    def ended(self) -> bool:
        return self.rest == b"" and self.socket.recv(1) == b""

    def _more(self) -> None:
        data = self.socket.recv(65536)
        assert data, self.rest
        self.rest += data


@pytest.fixture
def line(service: Running) -> Iterator[Line]:
    found = Line(socket.create_connection(("127.0.0.1", service.port)))
    with contextlib.closing(found.socket):
        yield found


def get(target: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", "Host: 127.0.0.1", *headers, "", ""]).encode()


def sparql(query: str, *headers: str) -> bytes:
    return get("/sparql?query=" + quote(query, safe=""), *headers)


def new() -> str:
    """A header that no request had before."""
    return f"X-Number: {next(_NUMBERS)}"


SAME = {
    "a point": sparql("SELECT ?p ?o { <http://example.org/s0> ?p ?o }"),
    "a query for a worker": sparql("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY ?p"),
    "an error": sparql("SELEKT"),
    "a refusal": sparql("SELECT * { SERVICE <http://example.org/> { ?s ?p ?o } }"),
    "FROM": sparql("SELECT * FROM <http://example.org/g> { ?s ?p ?o }"),
    "two parameters": get("/sparql?query=ASK%7B%7D&format=json"),
    "no query": get("/sparql"),
    "a release that is not there": get("/v/never/sparql?query=ASK%7B%7D"),
    "health": get("/health"),
    "an address that is none": get("/nowhere"),
}


@pytest.mark.parametrize("name", SAME)
def test_both_ways_give_the_same_bytes(name: str, service: Running, line: Line) -> None:
    data = SAME[name]
    # The same bytes twice: the second time the head is known. A new header each time: it is not.
    at_a_glance = [line.ask(data) for _ in range(3)]
    other = Line(socket.create_connection(("127.0.0.1", service.port)))
    with contextlib.closing(other.socket):
        by_the_parser = [other.ask(data[:-2] + new().encode() + b"\r\n\r\n") for _ in range(2)]
    assert set(map(_timeless, [*at_a_glance, *by_the_parser])) == {_timeless(at_a_glance[0])}


def _timeless(answer: bytes) -> bytes:
    # /health tells for how long it has been up, and each error its own request.
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *headers = head.split(b"\r\n")
    # waitress writes the names of headers in its own way.
    named = [(name.lower(), value) for name, _, value in (header.partition(b": ") for header in headers)]
    told = [name + b": " + value for name, value in sorted(named) if name != b"content-length"]
    answer = b"\r\n".join([status, *told, body])
    return re.sub(rb'"(?:uptime_s|seconds|instance|request|workers)":\s*(?:"[^"]*"|[0-9.]+)', b"", answer)


def test_requests_sent_in_one_go_are_answered_in_their_order(line: Line) -> None:
    numbers = list(range(20))
    line.ask(sparql("ASK {}"))
    line.socket.sendall(b"".join(sparql(f"SELECT (({n} + 1000) AS ?n) {{}}") for n in numbers))
    assert [int(re.findall(rb'"value":"(\d+)"', line.answer())[-1]) - 1000 for n in numbers] == numbers


def test_a_request_cut_anywhere_is_the_same_request(line: Line) -> None:
    data = SAME["a query for a worker"]
    whole = line.ask(data)
    for cut in range(1, len(data), 7):
        line.socket.sendall(data[:cut])
        # Not one packet with what follows.
        assert not select.select([line.socket], [], [], 0.001)[0]
        assert line.ask(data[cut:]) == whole


@pytest.mark.parametrize(
    "head",
    ["", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n", "host: a\r\nHOST: b\r\n"],
)
def test_one_host_is_due(head: str, line: Line) -> None:
    answer = line.ask(f"GET /health HTTP/1.1\r\n{head}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert line.ended()


_CHUNKED = "Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (f"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{_CHUNKED}\r\n0\r\n\r\n", 400),
        (f"POST /sparql HTTP/1.1\r\nHost: a\r\n{_CHUNKED}Content-Length: 0\r\n\r\n0\r\n\r\n", 400),
        (f"POST /sparql HTTP/1.0\r\nHost: a\r\n{_CHUNKED}\r\n0\r\n\r\n", 400),
        ("GET /health HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("POST /sparql HTTP/3.0\r\nHost: a\r\nContent-Length: 5\r\n\r\nASK{}", 505),
    ],
)
def test_what_two_readers_may_understand_in_two_ways_ends_the_connection(
    request_: str, status: int, line: Line
) -> None:
    assert int(line.ask(request_.encode()).split(b" ", 2)[1]) == status
    assert line.ended()


def test_the_old_protocol_needs_no_host(line: Line) -> None:
    assert line.ask(b"GET /health HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200 ")


def test_a_large_answer_comes_whole_to_a_slow_reader(service: Running) -> None:
    values = " ".join(f'({n} "{"7" * 100}")' for n in range(60))
    query = f"SELECT * {{ VALUES (?a ?x) {{ {values} }} VALUES (?b ?y) {{ {values} }} }}"
    with socket.socket() as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        end.connect(("127.0.0.1", service.port))
        line = Line(end)
        # The system takes some megabytes for a client that does not read; what is beyond has to wait here.
        for number in range(10):
            end.sendall(sparql(f"{query} # {number}", "Accept: text/csv"))
            time.sleep(0.15)
        for _ in range(10):
            answer = line.answer()
            assert answer.startswith(b"HTTP/1.1 200")
            assert answer.partition(b"\r\n\r\n")[2].count(b"\r\n") == 60 * 60 + 1
            assert len(answer) > 700_000
        assert line.ask(get("/health")).startswith(b"HTTP/1.1 200")


class Handler:
    """As much of a dispatcher of waitress as a poller needs."""

    accepting = connected = True
    closing = False

    def __init__(self, end: socket.socket) -> None:
        self.end, self.read = end, b""

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        self.read += self.end.recv(100)

    def handle_close(self) -> None:
        self.closing = True

    def handle_error(self) -> None:
        raise AssertionError


@pytest.fixture(params=[False, True] if hasattr(select, "epoll") else [False], ids=["poll", "epoll"])
def poller(request: pytest.FixtureRequest) -> Iterator[Poller]:
    found = Poller(with_epoll=request.param)
    yield found
    found.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_what_is_watched_once_is_called_once(poller: Poller, pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    calls: list[int] = []
    poller.once(ours.fileno(), lambda: calls.append(1))
    poller.turn(0)
    assert calls == []
    theirs.send(b"x")
    for _ in range(3):  # nobody reads it
        poller.turn(0.01)
    assert calls == [1]
    poller.once(ours.fileno(), lambda: calls.append(2))
    poller.turn(0.01)
    assert calls == [1, 2]


def test_what_is_not_to_be_called_is_not(poller: Poller, pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    calls: list[int] = []
    poller.once(ours.fileno(), lambda: calls.append(1))
    poller.never(ours.fileno())
    poller.never(ours.fileno())
    theirs.send(b"x")
    for _ in range(3):
        poller.turn(0.01)
    assert calls == []


def test_an_end_is_told(poller: Poller, pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    calls: list[int] = []
    poller.once(ours.fileno(), lambda: calls.append(1))
    theirs.close()
    poller.turn(0.01)
    assert calls == [1]


def test_a_descriptor_that_is_another_ones_now_is_watched_anew(poller: Poller) -> None:
    calls: list[int] = []
    for number in range(5):
        ours, theirs = socket.socketpair()
        with ours, theirs:  # closed unseen each time; the next pair has the same numbers
            poller.once(ours.fileno(), functools.partial(calls.append, number))
            theirs.send(b"x")
            poller.turn(0.01)
    assert calls == [0, 1, 2, 3, 4]


def test_handlers_come_and_go(poller: Poller, pair: tuple[Any, Any]) -> None:
    ours, theirs = pair
    handler = Handler(ours)
    poller.handlers[ours.fileno()] = handler
    theirs.send(b"one")
    poller.turn(0.01)
    assert handler.read == b"one"
    del poller.handlers[ours.fileno()]
    theirs.send(b"two")
    poller.turn(0.01)
    assert handler.read == b"one"
    poller.handlers[ours.fileno()] = handler
    poller.turn(0.01)
    assert handler.read == b"onetwo"
