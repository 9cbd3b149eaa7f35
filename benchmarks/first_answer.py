"""How long a build takes, a first answer after `avidity serve`, and REST and SPARQL answers; medians over real HTTP.

Run by hand or with `make bench`; bounded to about a minute. "first" is an answer that nobody asked for before, "again"
the same one from the byte cache.
"""

from __future__ import annotations

import http.client
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

AVIDITY = [sys.executable, "-m", "avidity_service"]
SLUGS = ("nras-mutation", "ras-mutation", "braf-mutation", "braf-v600e", "ret-alteration", "ntrk-fusion", "wild-type")
NRAS = """PREFIX av: <https://w3id.org/avidity/ontology#> SELECT ?given ?tier ?count ?denominator WHERE {
  ?evidence av:aboutAlteration <https://w3id.org/avidity/alteration/nras-mutation> ; av:tier ?tier ; av:onFinding ?f ;
    av:viaRegimen/av:given ?given . ?f av:count ?count ; av:denominator ?denominator }"""


@contextmanager
def served(release: Path) -> Iterator[tuple[int, float]]:
    """A server on a port of its own, and the seconds from its start to its first answer."""
    started = time.perf_counter()
    command = [*AVIDITY, "serve", "--port", "0", "--log", "error", "--release", str(release)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    try:
        port = next(int(m[1]) for line in server.stderr if (m := re.search(r":(\d+)/", line)))
        get(port, "/api/v1/agents?alteration=NRAS&measure=uptake-restored")
        yield port, time.perf_counter() - started
    finally:
        server.terminate()
        server.stderr.close()
        server.wait()


def get(port: int, path: str) -> None:
    """One GET on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")


def milliseconds(calls: Sequence[Callable[[], None]]) -> list[float]:
    """The time of each call."""
    times = []
    for call in calls:
        before = time.perf_counter()
        call()
        times.append((time.perf_counter() - before) * 1000)
    return times


def report(name: str, times: Sequence[float], unit: str = "ms") -> None:
    """One line: median, and the range from the 5th to the 95th percentile."""
    ordered = sorted(times)
    low, high = ordered[int(len(ordered) * 0.05)], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    print(f"{name:<58} {statistics.median(times):8.2f} {unit}   {low:8.2f} – {high:8.2f}   n={len(times)}")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        release = Path(folder) / "release"
        builds = []
        for _ in range(3):
            before = time.perf_counter()
            subprocess.run([*AVIDITY, "build", "--out", str(release)], check=True, capture_output=True)
            builds.append(time.perf_counter() - before)
        report("avidity build", builds, "s ")
        firsts = []
        for _ in range(3):
            with served(release) as (_, first):
                firsts.append(first)
        report("avidity serve to first answer", firsts, "s ")
        with served(release) as (port, _):
            requests(port)


def requests(port: int) -> None:
    """REST and SPARQL, first and again."""
    paths = {
        "/agents?alteration=…&measure=uptake-restored": [
            f"/api/v1/agents?alteration={slug}&measure=uptake-restored&limit={n}"
            for slug in SLUGS
            for n in range(100, 130)
        ],
        "/findings?alteration=… (all measures, up to 95 rows)": [
            f"/api/v1/findings?alteration={slug}&limit={n}" for slug in SLUGS for n in range(100, 130)
        ],
        "/adverse-events?agent=trametinib&grade_min=3": [
            f"/api/v1/adverse-events?agent=trametinib&grade_min=3&limit={n}" for n in range(100, 300)
        ],
        "/questions/agents-for-genotype?alteration=…": [
            f"/api/v1/questions/agents-for-genotype?alteration={slug}&limit={n}"
            for slug in SLUGS
            for n in range(100, 130)
        ],
        "/findings/<one>": [f"/api/v1/findings/ho-2013/nras/uptake-restored?x={n}" for n in range(200)],
        "/sparql NRAS question": [f"/sparql?query={quote(NRAS + f' # {n}')}" for n in range(200)],
    }
    for name, group in paths.items():
        for when in ("first", "again"):
            report(f"{name}, {when}", milliseconds([partial(get, port, path) for path in group]))


if __name__ == "__main__":
    main()
