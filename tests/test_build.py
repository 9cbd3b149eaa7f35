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
from avidity_loaders import places
from avidity_loaders.build import build
from avidity_loaders.errors import LoaderError, ReleaseError
from avidity_loaders.inputs import Inputs, inputs_digest
from avidity_loaders.names import BASE, DCTERMS, KINDS, PREFIXES, RDF_TYPE, SH, split_iri
from avidity_loaders.release import ReleaseContent, write_release
from avidity_service.iris import PREFIXES as SERVED_PREFIXES
from ruamel.yaml import YAML


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


def objects(store: ox.Store, subject: str, predicate: str) -> list[ox.Quad]:
    return list(store.quads_for_pattern(ox.NamedNode(subject), ox.NamedNode(predicate), None))


def test_void_says_whose_the_dataset_is(store: ox.Store) -> None:
    """What CITATION.cff and the licence of the source's text say, and nothing else."""
    cited = YAML(typ="safe").load((places.CHECKOUT / "CITATION.cff").read_text(encoding="utf-8"))

    def said(name: str, of: str = BASE + "dataset") -> list[str]:
        return [quad.object.value for quad in objects(store, of, DCTERMS + name)]  # type: ignore[union-attr]

    assert said("title") == [cited["title"]]
    assert said("description") == [cited["abstract"]]
    assert said("creator") == said("publisher") == [author["name"] for author in cited["authors"]]
    assert said("license") == [f"https://www.apache.org/licenses/LICENSE-{cited['license'].removeprefix('Apache-')}"]
    [source] = said("source")
    assert said("identifier", source) == [f"doi:{cited['references'][0]['doi']}"]
    # The text's licence is another one, and stands with the text.
    assert said("license", source)[0] in (places.CHECKOUT / "seeds" / "review" / "LICENSE.md").read_text()
    [rights] = said("rights")
    assert "keep the licence of the source" in rights


def test_the_prefixes_that_are_declared_are_those_that_are_used(store: ox.Store) -> None:
    declared = {}
    for quad in objects(store, BASE + "dataset", SH + "declare"):
        assert isinstance(quad.object, ox.NamedNode)
        [[prefix], [namespace]] = ([found.object.value for found in objects(store, quad.object.value, SH + name)]  # type: ignore[union-attr]
                                   for name in ("prefix", "namespace"))  # fmt: skip
        declared[prefix] = namespace
    iris, terms, kinds = set(), set(), set()
    for quad in store:
        iris |= {term.value for term in quad if isinstance(term, ox.NamedNode)}
        terms.add(quad.predicate.value)
        if quad.predicate.value == RDF_TYPE and isinstance(quad.object, ox.NamedNode):
            terms.add(quad.object.value)
        if isinstance(quad.object, ox.Literal):
            terms.add(quad.object.datatype.value)
        if isinstance(quad.subject, ox.NamedNode):
            kind, slug = split_iri(quad.subject.value)
            kinds |= {kind} if slug else set()
    # Of every property, class and datatype the namespace, and of every kind that is promised.
    needed = {iri[: max(iri.rfind("#"), iri.rfind("/")) + 1] for iri in terms}
    needed |= {f"{BASE}{kind}/" for kind in kinds & set(KINDS)}
    assert needed <= set(declared.values())
    assert len(needed) > 40
    # And nothing that no IRI starts with.
    assert [name for name, space in declared.items() if not any(iri.startswith(space) for iri in iris)] == []
    assert declared == PREFIXES == SERVED_PREFIXES


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
