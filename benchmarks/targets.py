"""What is measured: our service and its peers, each loaded with the same quads, with the seconds that took."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from avidity_loaders.prepared import prepare

from benchmarks.generate import generate
from tests.stores import free_port, oxigraph, oxigraph_store, running, virtuoso_store


@dataclass(frozen=True, slots=True)
class Target:
    """A running server: its SPARQL address, its process, and the seconds until it held the data."""

    name: str
    url: str
    process: int
    load_s: float
    first_s: float | None = None


def write_data(folder: Path, quads: int) -> tuple[Path, int]:
    """The quads as N-Quads in the order that a release has them, the release beside them, and the number of studies."""
    data = folder / "data.nq"
    release = folder / "release"
    release.mkdir()
    subprocess.run([sys.executable, "-m", "avidity_service", "build", "--out", str(folder / "real")], check=True,
                   capture_output=True)  # fmt: skip
    lines = list(generate(quads))
    studies = sum("ontology#referenceNumber>" in line for line in lines)
    # The service wants the questions; they are a few hundred quads more.
    with gzip.open(folder / "real" / "dataset.nq.gz", "rt", encoding="utf-8") as real:
        lines += (line for line in real if line.endswith("/graph/queries> .\n"))
    with data.open("w", encoding="utf-8") as out:
        out.writelines(sorted(lines))
    del lines
    with data.open("rb") as plain, gzip.open(release / "dataset.nq.gz", "wb", compresslevel=1) as packed:
        shutil.copyfileobj(plain, packed)
    stated = {"dataset.nq.gz": _file(release / "dataset.nq.gz")}
    manifest = {"release": f"made-up-{quads}", "version": "0", "files": stated, "counts": {"quads": quads}}
    (release / "manifest.json").write_text(json.dumps(manifest))
    prepare(release, (release / "dataset.nq.gz").read_bytes(), str(manifest["release"]))
    return folder, studies


def _file(path: Path) -> dict[str, object]:
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}


@contextmanager
def avidity(folder: Path) -> Iterator[Target]:
    """Our service as it comes, with time for large queries."""
    port = free_port()
    command = [sys.executable, "-m", "avidity_service", "serve", "--port", str(port), "--log", "error",
               "--release", str(folder / "release"), "--query-timeout-s", "120"]  # fmt: skip
    start = time.perf_counter()
    url = f"http://127.0.0.1:{port}/sparql"
    with running(command, folder, f"http://127.0.0.1:{port}/health") as process:
        _ask(url)
        first = time.perf_counter() - start
        # It goes on from disk until the dataset is in memory; then other workers answer.
        while json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/ready"))["store"] == "disk":
            time.sleep(0.1)
        yield Target("avidity", url, process, time.perf_counter() - start, first)


@contextmanager
def oxigraph_in_memory(folder: Path) -> Iterator[Target]:
    """`oxigraph serve` without a folder; the data comes by HTTP."""
    with oxigraph_store(_oxigraph(), "--union-default-graph") as store:
        start = time.perf_counter()
        with (folder / "data.nq").open("rb") as data:
            request = urllib.request.Request(store.graphs, data, {"Content-Type": "application/n-quads"}, method="POST")
            request.add_header("Content-Length", str(os.fstat(data.fileno()).st_size))
            urllib.request.urlopen(request).close()
        yield Target("oxigraph, memory", store.query, store.process, time.perf_counter() - start)


@contextmanager
def oxigraph_on_disk(folder: Path) -> Iterator[Target]:
    """`oxigraph load` and `optimize`, then `oxigraph serve-read-only`."""
    place = folder / "oxigraph"
    start = time.perf_counter()
    if not place.exists():
        for more in (["load", "--file", str(folder / "data.nq")], ["optimize"]):
            subprocess.run([_oxigraph(), more[0], "--location", str(place), *more[1:]], check=True, capture_output=True)
    loaded, start = time.perf_counter() - start, time.perf_counter()
    with oxigraph_store(_oxigraph(), "--location", str(place), "--union-default-graph") as store:
        _ask(store.query)
        yield Target("oxigraph, disk", store.query, store.process, loaded, time.perf_counter() - start)


@contextmanager
def virtuoso(folder: Path) -> Iterator[Target]:
    """Virtuoso with its bulk loader."""
    program = shutil.which("virtuoso-t")
    if program is None:
        raise FileNotFoundError("virtuoso-t is not installed (Debian: virtuoso-opensource)")
    place = folder / "virtuoso"
    place.mkdir()
    with virtuoso_store(program, place, buffers=170_000) as store:
        start = time.perf_counter()
        port = re.findall(r"ServerPort = 127\.0\.0\.1:(\d+)", (place / "virtuoso.ini").read_text())[0]
        (place / "data.nq").symlink_to(folder / "data.nq")
        steps = f"ld_dir('{place}', 'data.nq', 'http://nobody.example/'); rdf_loader_run(); checkpoint;"
        subprocess.run(["isql-vt", f"127.0.0.1:{port}", "dba", "dba", f"exec={steps}"], check=True, capture_output=True)
        yield Target("virtuoso", store.query, store.process, time.perf_counter() - start)


@contextmanager
def rdflib_endpoint(folder: Path) -> Iterator[Target]:
    """rdflib-endpoint, from an environment of its own: AVIDITY_BENCH_RDFLIB is its program."""
    program = os.environ.get("AVIDITY_BENCH_RDFLIB")
    if program is None:
        raise FileNotFoundError("AVIDITY_BENCH_RDFLIB is not set to the program rdflib-endpoint")
    port = free_port()
    start = time.perf_counter()
    command = [program, "serve", "--host", "127.0.0.1", "--port", str(port), str(folder / "data.nq")]
    with running(command, folder, f"http://127.0.0.1:{port}/?query=ASK%20%7B%7D") as process:
        yield Target("rdflib-endpoint", f"http://127.0.0.1:{port}/", process, time.perf_counter() - start)


def _oxigraph() -> str:
    program = oxigraph()
    if program is None:
        raise FileNotFoundError("oxigraph is not installed (PyPI: oxigraph)")
    return program


def _ask(url: str) -> None:
    urllib.request.urlopen(url + "?query=ASK%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D").close()
