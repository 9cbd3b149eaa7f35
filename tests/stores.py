"""Stores for the tests, real ones: the oxigraph server and Virtuoso, each on a port of its own of this machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_START_S = 60.0
_VIRTUOSO_INI = """[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
FileExtend = 200
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
FileExtend = 200
[Parameters]
ServerPort = 127.0.0.1:{sql}
DisableUnixSocket = 1
MaxClientConnections = 100
CheckpointInterval = 0
DirsAllowed = {folder}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
ThreadsPerQuery = 1
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 100
Charset = UTF-8
[SPARQL]
ResultSetMaxRows = {rows}
"""


@dataclass(frozen=True, slots=True)
class Store:
    """A running store: where it answers queries, where it takes graphs and updates, who may write, and its process."""

    name: str
    query: str
    graphs: str
    updates: str
    login: dict[str, str] = field(default_factory=dict)
    process: int = 0


def oxigraph() -> str | None:
    """The server's program, which the package `oxigraph` puts beside the interpreter; None where it is missing."""
    beside = Path(sys.executable).with_name("oxigraph")
    return str(beside) if beside.exists() else shutil.which("oxigraph")


@contextmanager
def oxigraph_store(program: str, *options: str) -> Iterator[Store]:
    """`oxigraph serve`, in memory and empty; with `--location` read-only on a folder."""
    at = f"http://127.0.0.1:{free_port()}"
    verb = "serve" if "--location" not in options else "serve-read-only"
    command = [program, verb, "--bind", at.removeprefix("http://"), *options]
    with running(command, Path.cwd(), at + "/") as process:
        yield Store("oxigraph", at + "/query", at + "/store", at + "/update", process=process)


@contextmanager
def virtuoso_store(program: str, folder: Path, rows: int = 1_000_000, buffers: int = 20_000) -> Iterator[Store]:
    """Virtuoso with an empty database in the folder, giving at most so many rows an answer."""
    ports = {"sql": free_port(), "http": free_port()}
    ini = _VIRTUOSO_INI.format(folder=folder, rows=rows, buffers=buffers, dirty=buffers * 3 // 5, **ports)
    (folder / "virtuoso.ini").write_text(ini, encoding="utf-8")
    at = f"http://127.0.0.1:{ports['http']}"
    command = [program, "+configfile", str(folder / "virtuoso.ini"), "+foreground"]
    with running(command, folder, at + "/sparql?query=ASK%20%7B%3Fs%20%3Fp%20%3Fo%7D") as process:
        login = {"AVIDITY_STORE_USER": "dba", "AVIDITY_STORE_PASSWORD": "dba"}  # as every new database has it
        yield Store("virtuoso", at + "/sparql", at + "/sparql-graph-crud-auth", at + "/sparql-auth", login, process)


@contextmanager
def running(command: list[str], folder: Path, ready: str) -> Iterator[int]:
    """A server, once it answers at `ready`; its process id."""
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, ready)
        yield server.pid
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], ready: str) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"{server.args!r} ended with {server.returncode}")
        try:
            with urllib.request.urlopen(ready, timeout=5):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"{server.args!r} does not answer at {ready}")


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
