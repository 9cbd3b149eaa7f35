"""Large answers: they leave the worker in pieces, wait for their client without a copy, and are whole or refused."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Condition
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import pytest
from avidity_service.channel import Channel
from avidity_service.settings import Settings
from avidity_service.sparql.frames import Frame
from avidity_service.sparql.process import Abandoned, Late, Worker
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import answer
from avidity_service.untaken import Untaken
from hypothesis import given
from hypothesis import strategies as st
from waitress.channel import ClientDisconnected

from .running import Running, running, until

MB = 1024 * 1024
CSV, JSON, TRIPLES = "text/csv", "application/sparql-results+json", "application/n-triples"
NUMBERS = " ".join(map(str, range(200)))
# 40,000 rows, or triples, of a hundred bytes and more; no two are the same.
THINGS = (
    f"VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} "
    'BIND(IRI(CONCAT("http://example.org/a-thing-with-a-long-name/", STR(?a), "/", STR(?b))) AS ?thing)'
)
SELECT = f"SELECT * {{ {THINGS} }}"
CONSTRUCT = f"CONSTRUCT {{ ?thing <http://example.org/a> ?thing }} {{ {THINGS} }}"


@given(
    pieces=st.lists(st.binary(max_size=40), max_size=4),
    rest=st.binary(max_size=40),
    cuts=st.lists(st.integers(min_value=1, max_value=30), min_size=1, max_size=20),
)
def test_an_answer_in_pieces_is_the_same_however_it_is_cut(pieces: list[bytes], rest: bytes, cuts: list[int]) -> None:
    header = {"status": "ok", "type": CSV}
    data = b"".join(b"+%d\n%b" % (len(piece), piece) for piece in pieces)
    data += b"%d %b\n%b" % (len(rest), json.dumps(header).encode(), rest)
    frame, at, turn, is_whole = Frame(), 0, 0, False
    while at < len(data):
        assert not is_whole
        end = at + cuts[turn % len(cuts)]
        is_whole = frame.add(data[at:end])
        at, turn = end, turn + 1
    assert is_whole
    assert frame.whole() == (header, b"".join((*pieces, rest)))
    assert frame.size == sum(map(len, pieces)) + len(rest)


@pytest.mark.parametrize(
    ("query", "media_type"), [(SELECT, CSV), (SELECT, JSON), (CONSTRUCT, TRIPLES), (CONSTRUCT, "text/turtle")]
)
def test_pieces_and_the_rest_are_what_is_answered_without_pieces(query: str, media_type: str) -> None:
    pieces: list[bytes] = []
    header, caps = {"accept": [media_type]}, Caps(64 * MB, 1_000_000)
    status, rest = answer(ox.Store(), query, header, caps, lambda parts: pieces.append(b"".join(parts)))
    whole = answer(ox.Store(), query, header, caps)
    assert status == whole[0] == {"status": "ok", "type": media_type}
    assert b"".join((*pieces, rest)) == whole[1]
    assert len(pieces) >= 2
    assert all(MB <= len(piece) < MB + 64 * 1024 for piece in pieces)


@pytest.mark.parametrize(("caps", "status"), [(Caps(2 * MB, 0), "too-large"), (Caps(64 * MB, 39_999), "too-many")])
def test_caps_hold_for_what_has_been_given_away(caps: Caps, status: str) -> None:
    pieces: list[bytes] = []
    said, rest = answer(ox.Store(), SELECT, {"accept": [JSON]}, caps, lambda parts: pieces.append(b"".join(parts)))
    assert (said, rest) == ({"status": status}, b"")
    assert pieces


@pytest.fixture
def service(request: pytest.FixtureRequest, release_folder: Path, tmp_path: Path) -> Iterator[Running]:
    """With so many workers, and too little memory for two answers that nobody takes."""
    flags = ("--workers", str(request.param), "--long-queries", str(request.param), "--cache-mb", "0")
    with running(release_folder, tmp_path, *flags, "--max-result-mb", "16", "--max-rows", "50000") as found:
        yield found


def _path(query: str) -> str:
    return "/sparql?query=" + quote(query)


@pytest.mark.parametrize("service", [1], indirect=True)
def test_large_answers_and_refusals_follow_each_other_on_one_worker(service: Running) -> None:
    whole = answer(ox.Store(), SELECT, {"accept": [JSON]}, Caps(64 * MB, 0))[1]
    assert len(whole) > 4 * MB
    more = SELECT.replace(NUMBERS, NUMBERS + " " + " ".join(map(str, range(200, 300))), 1)
    wider = SELECT.replace("a-thing-with-a-long-name", "a-thing-with-a-long-name" * 8)
    workers = None
    for number in range(3):
        status, _, body = service.get(_path(f"{SELECT} # {number}"), Accept=JSON)
        assert status == 200
        assert body == whole
        status, _, body = service.get(_path(f"{more} # {number}"), Accept=JSON)
        assert status == 413
        assert "50000 rows" in json.loads(body)["detail"]
        status, _, body = service.get(_path(f"{wider} # {number}"), Accept=JSON)
        assert status == 413
        assert "16 MB" in json.loads(body)["detail"]
        status, _, body = service.get(_path(f"ASK {{}} # {number}"), Accept=JSON)
        assert (status, json.loads(body)["boolean"]) == (200, True)
        # None of them was ended for it.
        workers = workers or service.workers()
        assert service.workers() & workers


@pytest.mark.parametrize("service", [6], indirect=True)
def test_readers_who_do_not_read_get_all_of_it_in_the_end(service: Running) -> None:
    with ExitStack() as stack:
        ends = []
        # Together far more than may be held in memory.
        for number in range(6):
            end = stack.enter_context(socket.socket())
            end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            end.settimeout(60)
            end.connect(("127.0.0.1", service.port))
            head = f"Host: 127.0.0.1:{service.port}\r\nAccept: {JSON}\r\nConnection: close\r\n"
            end.sendall(f"GET {_path(f'{SELECT} # slow {number}')} HTTP/1.1\r\n{head}\r\n".encode())
            ends.append(end)
            assert until(lambda: service.get("/health")[0] == 200)
        time.sleep(1)
        answers = []
        for end in ends:
            parts = list(iter(lambda end=end: end.recv(MB), b""))  # type: ignore[misc]
            answers.append(b"".join(parts))
    bodies = {data.partition(b"\r\n\r\n")[2] for data in answers}
    assert all(data.startswith(b"HTTP/1.1 200 ") for data in answers)
    assert bodies == {answer(ox.Store(), SELECT, {"accept": [JSON]}, Caps(64 * MB, 0))[1]}


def test_no_more_is_held_than_told_and_what_is_closed_is_given_back() -> None:
    untaken = Untaken(100)
    first, second = untaken.hold(b"a" * 60), untaken.hold(b"b" * 40)
    assert (first.filed_for, second.filed_for) == (None, None)
    assert (first.get(50), len(first)) == (b"a" * 50, 60)
    first.skip(50, True)
    assert (first.get(50), len(first)) == (b"a" * 10, 10)
    for _ in range(2):
        first.close()
        assert untaken.held == 40
    with closing(untaken.hold(b"c" * 61)) as third, closing(untaken.hold(b"d" * 60)) as fourth:
        assert (third.filed_for, fourth.filed_for) == ("", None)
        assert (third.get(100), len(third)) == (b"c" * 61, 61)
        assert (untaken.held, untaken.filed, untaken.is_full("one")) == (100, 61, False)
    second.close()
    assert (untaken.held, untaken.filed) == (0, 0)
    untaken = Untaken(10, in_files=2)
    with closing(untaken.hold(b"e" * 20, "one")):
        assert untaken.is_full("two")
    assert not untaken.is_full("one")
    untaken = Untaken(10, in_files=10)
    with closing(untaken.hold(b"f" * 25, "one")):
        assert untaken.is_full("one"), "a quarter is one client's part"
        assert not untaken.is_full("two")
    assert not untaken.filed_of


class _Gone(Channel):
    """A channel whose client has left."""

    def __init__(self, untaken: Untaken, *, connected: bool) -> None:
        self.server = SimpleNamespace(untaken=untaken, pull_trigger=lambda: None, settings=Settings())
        self.addr, self.requests = ("192.0.2.1", 1), []
        self.adj = SimpleNamespace(outbuf_overflow=10, outbuf_high_watermark=1000, send_bytes=10**6)
        self.connected = connected
        self.outbufs: list[Any] = []
        self.outbuf_lock = Condition()
        self.current_outbuf_count = self.total_outbufs_len = 0


def test_what_a_client_that_has_left_does_not_take_is_given_back() -> None:
    untaken = Untaken(1000)
    with pytest.raises(ClientDisconnected):
        _Gone(untaken, connected=False).write_soon(b"a" * 20)
    assert untaken.held == 0
    there = _Gone(untaken, connected=True)
    assert there.write_soon(b"a" * 20) == 20
    assert untaken.held == 20
    for buffer in there.outbufs:
        buffer.close()
    assert untaken.held == 0


def _streaming() -> tuple[Worker, threading.Event]:
    """A worker that sends a piece every hundredth of a second, and never ends; and what stops it."""
    ours, theirs = socket.socketpair()
    stopped = threading.Event()

    def send() -> None:
        with theirs:
            while not stopped.wait(0.01):
                theirs.sendall(b"+4\nabcd")

    threading.Thread(target=send, daemon=True).start()
    worker = Worker.__new__(Worker)
    worker.connection, worker.frame, worker.is_whole, worker.closed = ours, Frame(), False, False
    return worker, stopped


def test_a_deadline_holds_while_pieces_come() -> None:
    worker, stopped = _streaming()
    with closing(worker.connection):
        began = time.monotonic()
        with pytest.raises(Late):
            worker.read(began + 0.3)
        assert 0.25 < time.monotonic() - began < 5
        stopped.set()


def test_a_client_that_leaves_is_seen_while_pieces_come() -> None:
    worker, stopped = _streaming()
    looks: list[float] = []

    def look() -> bool:
        looks.append(time.monotonic())
        return len(looks) == 3

    with closing(worker.connection):
        with pytest.raises(Abandoned):
            worker.read(time.monotonic() + 30, look)
        assert worker.frame.parts, "what came meanwhile was taken"
        stopped.set()
