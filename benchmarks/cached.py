"""What a kept answer and a 304 cost beside a static file, in one run; over real HTTP on one machine.

In turn, block by block, all from one service: a file of the release, a kept SPARQL and a kept REST answer of about the
same size, the SPARQL answer compressed, a 304, and a small static file; and the file's bytes from waitress with nothing
behind it. Printed are the medians over blocks of microseconds a request, by the clock and by the server's processor,
and the ratio of the clock to the file's, paired block by block, with the range from the 5th to the 95th percentile.
Bounded to about a minute.
"""

from __future__ import annotations

import argparse
import re
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

AVIDITY = [sys.executable, "-m", "avidity_service"]

REST = "/api/v1/agents?alteration=NRAS&measure=uptake-restored&limit=1"
STATIC = "/static/avidity.css"
FILE = "/downloads/reports/discrepancies.json"
QUERY = """PREFIX av: <https://w3id.org/avidity/ontology#> SELECT ?given ?tier ?count ?denominator WHERE {
  ?evidence av:aboutAlteration <https://w3id.org/avidity/alteration/nras-mutation> ; av:tier ?tier ; av:onFinding ?f ;
    av:viaRegimen/av:given ?given . ?f av:count ?count ; av:denominator ?denominator }"""
_BARE = """
import logging, sys, waitress
logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # nobody reads what it would write
body = b"x" * int(sys.argv[1])
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/css"), ("Content-Length", str(len(body)))])
    return [body]
server = waitress.create_server(app, host="127.0.0.1", port=0, threads=8, asyncore_use_poll=True)
print(f"at http://127.0.0.1:{server.effective_port}/", file=sys.stderr, flush=True)
server.run()
"""


@contextmanager
def process(command: list[str]) -> Iterator[tuple[int, int]]:
    """A server; its process id and port."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            port = next(int(m[1]) for line in server.stderr if (m := re.search(r":(\d+)/", line)))
            yield server.pid, port
        finally:
            server.terminate()


class Client:
    """So many connections that stay open; each sends the same request again when its answer is there."""

    def __init__(self, pid: int, port: int, path: str, connections: int, **headers: str) -> None:
        self.pid = pid
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{k}: {v}" for k, v in headers.items())]
        self.request = "\r\n".join([*lines, "", ""]).replace("_", "-").encode()
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
        self.selector = selectors.DefaultSelector()
        for one in self.sockets:
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.selector.register(one, selectors.EVENT_READ)
        head = self._exchange(self.sockets[0])
        self.status = int(head.split(b" ", 2)[1])
        found = re.search(rb"(?i)\r\netag: ([^\r]+)", head)
        self.etag = found[1].decode() if found else ""

    def block(self, requests: int) -> tuple[float, float]:
        """Microseconds a request, by the clock and by the server's processor."""
        processor, clock = _processor_s(self.pid), time.perf_counter()
        pending: dict[socket.socket, int] = {}
        sent = done = 0
        for each in self.sockets:
            each.sendall(self.request)
            sent += 1
        while done < sent:
            for key, _ in self.selector.select():
                one = key.fileobj
                assert isinstance(one, socket.socket)
                if not self._took(one, pending):
                    continue
                done += 1
                if sent < requests:
                    one.sendall(self.request)
                    sent += 1
        return (time.perf_counter() - clock) / done * 1e6, (_processor_s(self.pid) - processor) / done * 1e6

    def close(self) -> None:
        """Close all."""
        self.selector.close()
        for one in self.sockets:
            one.close()

    def _took(self, one: socket.socket, pending: dict[socket.socket, int]) -> bool:
        data = one.recv(1 << 20)
        assert data, "the server has closed the connection"
        if one not in pending:
            head, _, rest = data.partition(b"\r\n\r\n")
            assert int(head.split(b" ", 2)[1]) == self.status, head
            length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
            pending[one] = (int(length[1]) if length else 0) - len(rest)
        else:
            pending[one] -= len(data)
        if pending[one] > 0:
            return False
        del pending[one]
        return True

    def _exchange(self, one: socket.socket) -> bytes:
        one.sendall(self.request)
        data = b""
        while b"\r\n\r\n" not in data:
            data += one.recv(1 << 20)
        head, _, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        while length and len(rest) < int(length[1]):
            rest += one.recv(1 << 20)
        self.length = len(rest)
        return head


def _processor_s(pid: int) -> float:
    """Seconds of processor that all threads have had, by the scheduler's own nanoseconds."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def report(name: str, blocks: list[tuple[float, float]], static: list[tuple[float, float]]) -> None:
    """One line."""
    wall, cpu = (statistics.median(values) for values in zip(*blocks, strict=True))
    ratios = sorted(mine[0] / theirs[0] for mine, theirs in zip(blocks, static, strict=True))
    low, high = ratios[len(ratios) // 20], ratios[-1 - len(ratios) // 20]
    print(f"{name:<34} {wall:8.0f} µs {cpu:8.0f} µs   {statistics.median(ratios):6.2f}   {low:.2f} – {high:.2f}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", help="a release folder; without it, one is built")
    parser.add_argument("--blocks", type=int, default=25)
    parser.add_argument("--requests", type=int, default=400, help="of a block")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        release = given.release or f"{folder}/release"
        if not given.release:
            subprocess.run([*AVIDITY, "build", "--out", release], check=True, capture_output=True)
        log = f"{folder}/queries"  # written, as in production
        command = [*AVIDITY, "serve", "--port", "0", "--query-log", log, "--release", release, "--log", "error"]
        ours = stack.enter_context(process(command))
        first = Client(*ours, FILE, 1)
        bare = stack.enter_context(process([sys.executable, "-c", _BARE, str(first.length)]))
        first.close()
        for connections in (1, 8, 64):
            compare(ours, bare, connections, given.blocks, given.requests)


def compare(ours: tuple[int, int], bare: tuple[int, int], connections: int, blocks: int, requests: int) -> None:
    """All of them in turn, block by block."""
    query = "/sparql?query=" + quote(QUERY)
    etag = Client(*ours, query, 1).etag
    clients = {
        "file": Client(*ours, FILE, connections),
        "kept SPARQL answer": Client(*ours, query, connections),
        "kept SPARQL answer, gzip": Client(*ours, query, connections, Accept_Encoding="gzip"),
        "304": Client(*ours, query, connections, If_None_Match=etag),
        "small static file": Client(*ours, STATIC, connections),
        "kept REST answer": Client(
            *ours, "/api/v1/agents?alteration=NRAS&measure=uptake-restored&limit=1", connections
        ),
        "bare waitress, same bytes": Client(*bare, "/", connections),
    }
    assert clients["304"].status == 304
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in clients}
    for number in range(blocks + 2):
        for name, client in clients.items():
            found = client.block(requests)
            if number >= 2:  # the first two warm up
                results[name].append(found)
    print(f"\n{connections} connections{'':<20} {'clock':>11} {'processor':>11} {'ratio':>8}   (to the file)")
    for name, found_blocks in results.items():
        report(f"{name}, {clients[name].length} bytes", found_blocks, results["file"])
        clients[name].close()


if __name__ == "__main__":
    main()
