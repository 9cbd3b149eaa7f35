"""REST over HTTP without the cache, beside the same work in process and a file of about the same size.

    python benchmarks/rest.py --release DIR

Requests of the three kinds alternate in one run; medians in milliseconds. The aim: at most three times the work in
process plus what the server needs for any answer (the file).
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from avidity_service.app import create_app
from avidity_service.context import KEY
from avidity_service.release import open_release
from avidity_service.settings import Settings

PATHS = (
    "/api/v1/findings?alteration=NRAS&measure=uptake-restored",
    "/api/v1/agents?alteration=NRAS",
    "/api/v1/questions/agents-for-genotype?alteration=NRAS",
    "/api/v1/questions/denominator-ledger",
    "/api/v1/findings/ho-2013/nras/uptake-restored",
    "/api/v1/search?q=selumetinb",
    "/api/v1/synthesis?measure=uptake-restored&alteration=BRAF&match=exact&definition=diagnostic-scan",
)
FILE = "/downloads/reports/discrepancies.json"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    command = [sys.executable, "-m", "avidity_service", "serve", "--port", "0", "--log", "error", "--cache-mb", "0"]
    environment = {**os.environ, "AVIDITY_QUERY_LOG": "off"}
    server = subprocess.Popen(
        [*command, "--release", str(given.release)], stderr=subprocess.PIPE, text=True, env=environment
    )
    assert server.stderr is not None
    try:
        port = next(int(found[1]) for line in server.stderr if (found := re.search(r":(\d+)/", line)))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        app = create_app(open_release(given.release), Settings(cache_mb=0, workers=1, query_log="off"))
        client = app.test_client()
        print("| path | in process, ms | over HTTP, ms | file, ms | HTTP − file : in process |\n|---|---|---|---|---|")
        for path in PATHS:
            _row(path, given.rounds, lambda path=path: client.get(path).get_data(), connection)  # type: ignore[misc]
        app.extensions[KEY].pool.close()
    finally:
        server.terminate()
        server.wait(30)


def _row(path: str, rounds: int, inside: Callable[[], bytes], connection: http.client.HTTPConnection) -> None:
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    calls: tuple[Callable[[], object], ...] = (inside, lambda: _get(connection, path), lambda: _get(connection, FILE))
    for _ in range(rounds):
        for call, found in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            found.append(1000 * (time.perf_counter() - started))
    here, there, file = (median(found) for found in times)
    print(f"| `{path}` | {here:.2f} | {there:.2f} | {file:.2f} | {(there - file) / here:.2f} |")


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (path, answer.status)
    return body


if __name__ == "__main__":
    main()
