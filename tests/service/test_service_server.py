"""The production server as a process: it says where it is, answers, and ends when it is told to."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from avidity_service.errors import SettingsError
from avidity_service.release import Release
from avidity_service.server import run
from avidity_service.settings import Settings

_SERVE = """
import sys
from pathlib import Path
from avidity_service.release import open_release
from avidity_service.server import run
from avidity_service.settings import Settings
run(open_release(Path(sys.argv[1])), Settings().with_values(port=0, workers=1, query_timeout_s=60))
"""
_ENDLESS = "SELECT (COUNT(*) AS ?n) { " + " ".join(f"?a{n} ?b{n} ?c{n} ." for n in range(12)) + " }"


@pytest.fixture
def server(release: Release) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-c", _SERVE, str(release.path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            words = process.stderr.readline()
            assert "http://127.0.0.1:" in words, words
            yield process, "http://127.0.0.1:" + words.rsplit(":", 1)[1].strip().rstrip("/")
        finally:
            process.kill()


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as response:
        return bytes(response.read())


def _workers(pid: int) -> set[int]:
    """The workers of a server: the children of its nursery."""
    return {worker for nursery in _children(pid) for worker in _children(nursery)}


def _children(pid: int) -> set[int]:
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(stat.parent.name))
    return found


def _until(done: object, seconds: float = 20) -> bool:
    assert callable(done)
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(done())


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_it_serves_and_ends_without_a_trace(server: tuple[subprocess.Popen[str], str]) -> None:
    process, base = server
    assert json.loads(_get(base + "/ready"))["release"] == "tiny"
    assert json.loads(_get(base + "/sparql?query=ASK%20%7B%7D"))["boolean"] is True
    workers = _children(process.pid) | _workers(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == 0
    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_the_query_ends_when_its_client_hangs_up(server: tuple[subprocess.Popen[str], str]) -> None:
    process, base = server
    _get(base + "/ready")
    before = _workers(process.pid)
    assert before
    host, port = base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as client:
        body = _ENDLESS.encode()
        head = f"POST /sparql HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/sparql-query\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.5)
    assert _until(lambda: before.isdisjoint(_workers(process.pid))), "the worker is still at it"
    assert json.loads(_get(base + "/sparql?query=ASK%20%7B%7D"))["boolean"] is True


def test_a_taken_port_is_said_in_words(release: Release) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"127\.0\.0\.1:{port}.*--port"):
            run(release, Settings().with_values(port=port))


def test_a_first_worker_starts_ahead_of_the_first_query(server: tuple[subprocess.Popen[str], str]) -> None:
    process, base = server
    assert _until(lambda: len(_children(process.pid)) == 1)
    assert _until(lambda: len(_workers(process.pid)) == 1)
    first = _workers(process.pid)
    # No point, so a worker is asked.
    assert json.loads(_get(base + "/sparql?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"))["boolean"] is True
    assert first <= _workers(process.pid)
