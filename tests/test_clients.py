"""Clients that others wrote: curl and Comunica, against a served release."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.test_served import start, stop

NRAS = """PREFIX av: <https://w3id.org/avidity/ontology#>
PREFIX alteration: <https://w3id.org/avidity/alteration/>
SELECT ?count ?denominator WHERE {
  ?evidence av:aboutAlteration alteration:nras-mutation ; av:tier "exact" ; av:onFinding ?finding .
  ?finding av:measure <https://w3id.org/avidity/measure/uptake-restored> ; av:count ?count ; av:denominator ?denominator
} ORDER BY ?count"""


@pytest.fixture(scope="module")
def served(release_folder: Path) -> Iterator[str]:
    process, address = start(["--release", str(release_folder)])
    yield address
    assert stop(process) == 0


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def test_curl(served: str, need: Callable[[str], str]) -> None:
    curl, endpoint = need("curl"), served + "/sparql"
    form = run(curl, "-sf", endpoint, "--data-urlencode", f"query={NRAS}", "-H", "Accept: text/csv")
    assert form.split() == ["count,denominator", "1,3", "5,5"]
    direct = run(curl, "-sf", endpoint, "-H", "Content-Type: application/sparql-query", "--data-binary", NRAS)
    assert len(json.loads(direct)["results"]["bindings"]) == 2
    get = run(curl, "-sfG", endpoint, "--data-urlencode", f"query={NRAS}", "--data", "format=tsv", "--compressed")
    assert get.splitlines()[0] == "?count\t?denominator"
    head = run(curl, "-sfI", f"{endpoint}?query=ASK%7B%7D")
    assert "etag:" in head.lower()
    tag = next(line.split(": ", 1)[1].strip() for line in head.splitlines() if line.lower().startswith("etag"))
    status = run(
        curl,
        "-s",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        "-H",
        f"If-None-Match: {tag}",
        f"{endpoint}?query=ASK%7B%7D",
    )
    assert status == "304"


def test_comunica(served: str) -> None:
    """Needs the package `@comunica/query-sparql`: AVIDITY_COMUNICA names its command, as .ci/run does."""
    command = os.environ.get("AVIDITY_COMUNICA")
    if command is None and os.environ.get("AVIDITY_TESTS_MAY_NOT_SKIP"):
        pytest.fail("AVIDITY_COMUNICA is not set, and nothing may skip here")
    if command is None:
        pytest.skip("AVIDITY_COMUNICA does not name Comunica's command (comunica-sparql)")
    rows = json.loads(run(command, f"sparql@{served}/sparql", NRAS, "-t", "application/sparql-results+json"))
    found = [(row["count"]["value"], row["denominator"]["value"]) for row in rows["results"]["bindings"]]
    assert found == [("1", "3"), ("5", "5")]
    # Left to itself, it reads the service description to learn what stands behind the address.
    guessed = run(command, f"{served}/sparql", NRAS, "-t", "text/csv")
    assert guessed.split() == ["count,denominator", "1,3", "5,5"]
