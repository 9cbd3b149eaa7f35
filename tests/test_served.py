"""The real server in a process of its own, asked by other people's clients; the built wheel; a browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import rdflib
from avidity_loaders import places
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, SPARQLWrapper

TYPES = "SELECT ?study WHERE { ?study <https://w3id.org/avidity/ontology#referenceNumber> ?n }"


def start(arguments: list[str], **more: object) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "avidity_service", "serve", "--port", "0", "--log", "error", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **more)  # type: ignore[call-overload]
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        address = re.search(r"at (http://127\.0\.0\.1:\d+)/", line)
        if address:
            return process, address[1]
    raise AssertionError("".join(seen))


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    assert process.stderr is not None
    process.stderr.read()
    process.stderr.close()
    return process.wait(timeout=20)


@pytest.fixture(scope="module")
def served(release_folder: Path) -> Iterator[str]:
    process, address = start(["--release", str(release_folder)])
    yield address
    assert stop(process) == 0


def fetch(address: str, **headers: str) -> str:
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=20) as answer:
        return str(answer.read().decode())


def test_sparqlwrapper(served: str) -> None:
    client = SPARQLWrapper(served + "/sparql")
    client.setQuery(TYPES)
    client.setReturnFormat(JSON)
    answer: dict[str, dict[str, list[object]]] = client.query().convert()  # type: ignore[assignment]
    assert len(answer["results"]["bindings"]) == 17


def test_rdflib_store(served: str) -> None:
    graph = rdflib.Graph(store=SPARQLStore(served + "/sparql"))
    assert len(list(graph.query(TYPES))) == 17


def test_our_own_client(served: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "avidity_service", "query", "-", "--endpoint", served + "/sparql", "--format", "csv"],
        input=TYPES, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert len(run.stdout.splitlines()) == 18


def test_rest_over_the_wire(served: str) -> None:
    body = json.loads(fetch(served + "/api/v1/agents?alteration=NRAS&measure=uptake-restored"))
    assert [agent["id"] for agent in body["data"]] == ["selumetinib", "trametinib"]


def test_workers_go_with_the_server(release_folder: Path) -> None:
    process, address = start(["--release", str(release_folder)])
    assert json.loads(fetch(address + "/ready"))["status"] == "ready"
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    workers = [int(pid) for pid in children.read_text().split()] if children.exists() else []
    assert stop(process) == 0
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_port_that_is_taken(served: str, release_folder: Path) -> None:
    port = served.rsplit(":", 1)[1]
    run = subprocess.run(
        [sys.executable, "-m", "avidity_service", "serve", "--port", port, "--release", str(release_folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "--port" in run.stderr


def test_the_wheel_serves_from_another_folder(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=places.CHECKOUT,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    for name in (
        "seeds/review/review.txt",
        "seeds/claims/ho-2013.yaml",
        "ontology/avidity.ttl",
        "queries/agents-for-genotype.rq",
    ):
        assert f"avidity_loaders/data/{name}" in names
    assert {"avidity_service/templates/home.html", "avidity_service/templates/ontology/page.html"} <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "data/")) or "__pycache__" in name]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
    }
    process, address = start([], cwd=elsewhere, env=environment)
    try:
        body = json.loads(fetch(address + "/api/v1/agents?alteration=NRAS"))
        assert [agent["id"] for agent in body["data"]] == ["selumetinib", "trametinib"]
        assert (tmp_path / "cache" / "avidity" / "release" / "manifest.json").is_file()
    finally:
        assert stop(process) == 0


def test_in_a_browser(served: str, need: Callable[[str], str], tmp_path: Path) -> None:
    chromium = need("chromium")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-quic", f"--user-data-dir={tmp_path}/profile", "--dump-dom",
        served + "/questions/agents-for-genotype?alteration=NRAS",
    ]  # fmt: skip
    dom = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout
    assert "5 / 5" in dom
    assert "all five patients with NRAS mutations showed restored radioiodine uptake" in dom
