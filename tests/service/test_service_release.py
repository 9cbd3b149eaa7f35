from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from unittest.mock import patch

import pyoxigraph as ox
import pytest
from avidity_service import release as release_module
from avidity_service.errors import ReleaseError
from avidity_service.release import Release, load_store, open_release
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def folder(release_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release_folder, tmp_path / "release"))


def test_a_release_is_opened_with_its_graphs(release: Release) -> None:
    assert release.id == "tiny"
    assert release.graphs == ["https://w3id.org/avidity/graph/one", "https://w3id.org/avidity/graph/two"]
    assert len(release.store) > 6


def test_no_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="avidity build"):
        open_release(tmp_path / "none")


def test_an_altered_file_is_named_with_both_digests(folder: Path) -> None:
    (folder / "void.ttl").write_bytes(b"# altered\n")
    stated = json.loads((folder / "manifest.json").read_text())["files"]["void.ttl"]["sha256"]
    with pytest.raises(ReleaseError, match=r"void\.ttl") as caught:
        open_release(folder)
    assert stated in str(caught.value)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "dataset.nq.gz").unlink()
    with pytest.raises(ReleaseError, match=r"dataset\.nq\.gz"):
        open_release(folder)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"release": "x"}',
        '{"release": "x", "files": []}',
        '{"release": "x", "files": {"dataset.nq.gz": {}}}',
        '{"files": {"dataset.nq.gz": {"sha256": "0"}}}',
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ReleaseError, match=r"manifest\.json"):
        open_release(folder)


def test_an_opened_release_outlives_its_folder(folder: Path) -> None:
    release = open_release(folder)
    shutil.rmtree(folder)
    assert len(release.store) > 6


NODES = st.sampled_from(["a", "b", "_:a", "c_"]).map(lambda name: ox.NamedNode(f"http://e/{name}"))
THINGS = NODES | st.sampled_from(["a", "b"]).map(ox.BlankNode)
VALUES = THINGS | st.text(alphabet='_: .\n<>"a', max_size=6).map(ox.Literal)


@given(
    quads=st.lists(st.builds(ox.Quad, THINGS, NODES, VALUES, NODES), max_size=12),
    at_a_time=st.integers(min_value=1, max_value=60),
    ends=st.booleans(),
)
def test_a_dataset_is_loaded_piece_by_piece_with_its_blank_nodes(
    quads: list[ox.Quad], at_a_time: int, ends: bool
) -> None:
    text = ox.serialize(quads, format=ox.RdfFormat.N_QUADS) or b""
    with patch.object(release_module, "_AT_A_TIME", at_a_time):
        store = load_store(gzip.compress(text if ends else text.rstrip(b"\n")))
    assert set(store) == set(quads)
