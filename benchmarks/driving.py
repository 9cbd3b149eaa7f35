"""Load: connections that ask one query after another for a while."""

from __future__ import annotations

import itertools
import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

from benchmarks.mix import Kind, Mix

_HERTZ = 100  # ticks of /proc/<pid>/stat
# Nobody of those measured answers more queries that are all different.
_MOST_A_SECOND = 12_000
_PATIENCE_S = 120.0
_PART = 256 * 1024
_RESULTS, _GRAPH = "application/sparql-results+json", "application/n-triples"


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: requests a second, median and 99th percentile in ms, CPU µs a request of the server, and failures."""

    rate: float
    median: float
    p99: float
    cpu: float
    failed: int


def drive(url: str, process: int, kinds: tuple[Kind, ...], studies: int, seed: int, connections: int, seconds: float,
          *, repeating: bool) -> Measured:  # fmt: skip
    """Ask for so many seconds over so many connections; every connection ends the request that it has begun.

    Requests are written out beforehand and answers are only cut out of the stream, so that little of the time is the
    client's. If requests run out, the run is over sooner.
    """
    requests = _requests(url, Mix(kinds, studies, seed, repeating=repeating), seconds)
    run = _Run(url, connections, requests)
    try:
        before, start = cpu_seconds(process), time.perf_counter()
        run.until(start + seconds)
        took, used = time.perf_counter() - start, cpu_seconds(process) - before
    finally:
        run.close()
    times = sorted(run.times)
    number = max(1, len(times))
    middle, high = (times[int(number * part)] * 1000 if times else float("nan") for part in (0.5, 0.99))
    return Measured(len(times) / took, middle, high, used / number * 1e6, run.failed)


def cpu_seconds(process: int) -> float:
    """What a process and all below it have used, those that ended included."""
    total = 0.0
    parents: dict[int, list[int]] = {}
    stats = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.parent.name)
        stats[pid] = sum(map(int, fields[11:15])) / _HERTZ
        parents.setdefault(int(fields[1]), []).append(pid)
    waiting = [process]
    while waiting:
        pid = waiting.pop()
        total += stats.get(pid, 0.0)
        waiting += parents.get(pid, [])
    return total


def _requests(url: str, mix: Mix, seconds: float) -> Iterator[bytes]:
    """The requests of one run, in their order: without end if they repeat."""
    if mix.known:
        written = [_request(url, *query) for query in mix.known]
        return map(mix.chance.choice, itertools.repeat(written))
    return iter([_request(url, *mix.next()) for _ in range(int(seconds * _MOST_A_SECOND))])


def _request(url: str, query: str, is_graph: bool) -> bytes:
    parts = urlsplit(url)
    return (
        f"GET {parts.path}?query={quote(query)} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Accept: {_GRAPH if is_graph else _RESULTS}\r\n\r\n"
    ).encode()


class _Run:
    """Connections that ask until the time is over, and the seconds that each answer took."""

    def __init__(self, url: str, connections: int, requests: Iterator[bytes]) -> None:
        parts = urlsplit(url)
        self.address, self.requests = (parts.hostname, parts.port), requests
        self.times: list[float] = []
        self.failed = 0
        self.selector = selectors.DefaultSelector()
        self.idle = [self._connect() for _ in range(connections)]

    def until(self, end: float) -> None:
        """Ask until then, and wait for the last answers."""
        under_way = 0
        for connection in self.idle:
            under_way += self._ask(connection, end)
        while under_way:
            ready = self.selector.select(_PATIENCE_S)
            if not ready:
                raise TimeoutError(f"no answer for {_PATIENCE_S} s")
            for key, _ in ready:
                connection = key.data
                try:
                    status = connection.take()
                except (OSError, ValueError):
                    status = 0
                if status is None:
                    continue
                if status == 200:
                    self.times.append(time.perf_counter() - connection.began)
                else:
                    self.failed += 1
                if not status or connection.closes:
                    self._drop(connection)
                    connection = self._connect()
                under_way += self._ask(connection, end) - 1

    def close(self) -> None:
        """End all connections."""
        for key in list(self.selector.get_map().values()):
            self._drop(key.data)
        self.selector.close()

    def _ask(self, connection: _Connection, end: float) -> bool:
        request = next(self.requests, None) if time.perf_counter() < end else None
        if request is not None:
            connection.ask(request)
        return request is not None

    def _connect(self) -> _Connection:
        connection = _Connection(socket.create_connection(self.address, timeout=_PATIENCE_S))
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        return connection

    def _drop(self, connection: _Connection) -> None:
        self.selector.unregister(connection.socket)
        connection.socket.close()


class _Connection:
    """One connection with at most one request under way."""

    def __init__(self, socket_: socket.socket) -> None:
        self.socket = socket_
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.closes = False
        self._begin()

    def _begin(self) -> None:
        self.data = b""
        self.status = 0
        # Bytes of the body that are still to come; None if it comes in chunks, or until the connection ends.
        self.missing: int | None = None
        self.is_chunked = False

    def ask(self, request: bytes) -> None:
        """Send a request."""
        self._begin()
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> int | None:
        """Take what has come; gives the status when the answer is whole.

        Raises:
            ValueError: if that is no answer by HTTP/1.1, or its end does not come.
        """
        data = self.socket.recv(_PART)
        if self.status:
            return self._body(data)
        if not data:
            raise ValueError("closed before an answer")
        head, ends, rest = (self.data + data).partition(b"\r\n\r\n")
        if not ends:
            self.data = head
            return None
        head = head.lower()
        self.status, self.data = int(head[9:12]), b""
        self.closes = b"\r\nconnection: close" in head
        self.is_chunked = b"\r\ntransfer-encoding: chunked" in head
        if not self.is_chunked and b"\r\ncontent-length:" in head:
            self.missing = int(head.partition(b"\r\ncontent-length:")[2].split(b"\r\n")[0])
        return self._body(rest, is_first=True)

    def _body(self, data: bytes, *, is_first: bool = False) -> int | None:
        if not data and not is_first:
            if self.is_chunked or self.missing is not None:
                raise ValueError("closed amid an answer")
            self.closes = True
            return self.status
        if self.is_chunked:
            return self._chunks(data)
        if self.missing is None:
            return None
        self.missing -= len(data)
        return self.status if self.missing <= 0 else None

    def _chunks(self, data: bytes) -> int | None:
        """Step over whole chunks; what is left of the last one is kept, or how much of it is to come."""
        if self.missing:
            if len(data) < self.missing:
                self.missing -= len(data)
                return None
            data = data[self.missing :]
        data, self.missing = self.data + data, 0
        at = 0
        while (line := data.find(b"\r\n", at)) >= 0:
            size = int(data[at:line].split(b";")[0], 16)
            end = line + 2 + size + 2
            if size == 0 and len(data) >= end:
                return self.status
            if end > len(data):
                if size:
                    self.data, self.missing = b"", end - len(data)
                    return None
                break
            at = end
        self.data = data[at:]
        return None
