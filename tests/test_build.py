"""The release: reproducible, all or nothing, and what the manifest says of it is true."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest
from avidity_loaders.build import build
from avidity_loaders.errors import LoaderError, ReleaseError
from avidity_loaders.inputs import Inputs, inputs_digest
from avidity_loaders.release import ReleaseContent, write_release


def test_same_input_same_bytes(release_folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    # Another process with another hash seed: nothing may depend on the order of a set.
    subprocess.run(
        [sys.executable, "-m", "avidity_service", "build", "--out", str(again)],
        env={**os.environ, "PYTHONHASHSEED": "12345"}, check=True, capture_output=True,
    )  # fmt: skip
    names = sorted(str(path.relative_to(release_folder)) for path in release_folder.rglob("*") if path.is_file())
    assert names == [
        "dataset.nq.gz",
        "manifest.json",
        "ontology/avidity.ofn",
        "ontology/avidity.omn",
        "ontology/avidity.owl",
        "ontology/avidity.ttl",
        "reports/checks.json",
        "reports/coverage.json",
        "reports/discrepancies.json",
        "reports/source.json",
        "search.jsonl",
        "source/review.txt",
        "void.ttl",
    ]
    for name in names:
        assert (again / name).read_bytes() == (release_folder / name).read_bytes(), name


def test_manifest(release_folder: Path, inputs: Inputs, store: ox.Store) -> None:
    manifest = json.loads((release_folder / "manifest.json").read_text())
    for name, stated in manifest["files"].items():
        data = (release_folder / name).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (stated["sha256"], stated["bytes"])
    assert manifest["counts"]["quads"] == len(store)
    assert manifest["counts"]["Study"] == 17
    assert manifest["counts"]["facts_proven"] > 650
    assert manifest["inputs"] == inputs_digest(inputs)


def test_void_counts_what_sparql_counts(release_folder: Path, store: ox.Store) -> None:
    void = ox.Store()
    void.bulk_load(path=str(release_folder / "void.ttl"), format=ox.RdfFormat.TURTLE)
    rows = void.query(
        "PREFIX void: <http://rdfs.org/ns/void#> SELECT ?class ?n WHERE { ?d void:classPartition ?p . ?p void:class ?class ; void:entities ?n }"
    )
    assert isinstance(rows, ox.QuerySolutions)
    stated = {row["class"].value: int(row["n"].value) for row in rows}
    found = store.query(
        "SELECT ?class (COUNT(DISTINCT ?thing) AS ?n) WHERE { ?thing a ?class FILTER(isIRI(?class)) } GROUP BY ?class",
        use_default_graph_as_union=True,
    )
    assert isinstance(found, ox.QuerySolutions)
    assert stated == {row["class"].value: int(row["n"].value) for row in found}
    assert len(stated) > 40


def content(marker: str) -> ReleaseContent:
    files = {f"f{i}": (marker * 50_000).encode() for i in range(20)}
    stated = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    return ReleaseContent(marker, files, {"release": marker, "files": stated})


def whole(place: Path) -> str:
    """The id of the release at a place, after checking that all of it belongs together."""
    manifest = json.loads((place / "manifest.json").read_text())
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((place / name).read_bytes()).hexdigest() == digest
    return str(manifest["release"])


_WRITER = """
import sys, itertools
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_build import content
from avidity_loaders.release import write_release
for marker in itertools.cycle("bc"):
    write_release(content(marker), Path(sys.argv[1]))
    print(marker, flush=True)
"""


def test_killed_at_any_moment_a_whole_release_stays(tmp_path: Path) -> None:
    place = tmp_path / "release"
    write_release(content("a"), place)
    seen = set()
    for seed in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(place), str(Path(__file__).parent)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(random.Random(seed).uniform(0, 0.05))
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        seen.add(whole(place))
    assert seen <= {"b", "c"}
    write_release(content("d"), place)
    assert whole(place) == "d"
    assert [path.name for path in tmp_path.iterdir() if "unfinished" in path.name] == []


def test_a_folder_that_is_no_release_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(ReleaseError, match="holds other files"):
        write_release(content("a"), tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear"


def test_without_atomic_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "other")
    for marker in "ab":
        write_release(content(marker), tmp_path / "release")
        assert whole(tmp_path / "release") == marker


def test_a_changed_source_stops_the_build(inputs: Inputs, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(inputs.seeds, tmp_path / "seeds")
    path = tmp_path / "seeds" / "review" / "review.txt"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(LoaderError, match="SHA-256"):
        build(replace(inputs, seeds=tmp_path / "seeds"), tmp_path / "out")


def test_every_passage_stands_at_its_offsets(store: ox.Store, inputs: Inputs) -> None:
    source = (inputs.seeds / "review" / "review.txt").read_bytes().decode()
    rows = store.query(
        "PREFIX av: <https://w3id.org/avidity/ontology#> PREFIX oa: <http://www.w3.org/ns/oa#> SELECT DISTINCT * WHERE { ?p av:quote ?quote ; av:startOffset ?start ; "
        "av:endOffset ?end ; oa:hasSelector ?words, ?place . ?words oa:exact ?exact ; oa:prefix ?prefix ; oa:suffix ?suffix . ?place oa:start ?s ; oa:end ?e }",
        use_default_graph_as_union=True,
    )
    assert isinstance(rows, ox.QuerySolutions)
    count = 0
    for row in rows:
        start, end = int(row["start"].value), int(row["end"].value)
        assert source[start:end] == row["quote"].value == row["exact"].value
        assert (int(row["s"].value), int(row["e"].value)) == (start, end)
        assert source[:start].endswith(row["prefix"].value)
        assert source[end:].startswith(row["suffix"].value)
        count += 1
    assert count > 200
