"""A release folder, opened read-only."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pyoxigraph as ox

from avidity_service.errors import ReleaseError

if TYPE_CHECKING:
    from avidity_service.search.index import Index
    from avidity_service.source import Source

_DATASET = "dataset.nq.gz"
# Lines are looked through under Python's lock, and queries are answered meanwhile: no more than some milliseconds.
_AT_A_TIME = 1024 * 1024


class Files(dict[str, bytes]):
    """The files of a release by name."""

    def __missing__(self, name: str) -> bytes:
        raise ReleaseError(f"The release has no {name}. Build it again.")


@dataclass(frozen=True)
class Release:
    """A release whose files are what its manifest says. Its bytes are read once, so a later swap does no harm."""

    path: Path
    manifest: dict[str, Any]
    files: dict[str, bytes] = field(repr=False)
    # Where the dataset is on disk, for a release that is asked there.
    disk: str | None = None

    @property
    def id(self) -> str:
        """The release id, from the dataset's digest."""
        return str(self.manifest["release"])

    @cached_property
    def store(self) -> ox.Store:
        """The dataset in memory."""
        return load_store(self.files[_DATASET])

    @cached_property
    def index(self) -> Index:
        """What can be searched."""
        # Here, as no worker and no first answer needs it, and it takes a twentieth of a second to read.
        from avidity_service.search.index import Index

        return Index(self.files["search.jsonl"])

    @cached_property
    def source(self) -> Source:
        """The source's text with its passages."""
        from avidity_service.source import Source

        return Source(self.files, self.store)

    @cached_property
    def graphs(self) -> list[str]:
        """The IRIs of the named graphs, sorted."""
        return sorted(graph.value for graph in self.store.named_graphs() if isinstance(graph, ox.NamedNode))


def load_store(packed: bytes) -> ox.Store:
    """A store in memory from gzipped N-Quads.

    `load` lays things out closer together than the ways that keep the names of blank nodes, which takes a tenth off
    queries and memory. But it gives those nodes new random names in each process, and the same query would not have
    the same bytes from two workers; so the few lines that may have some are added as parsed.
    """
    store, later = ox.Store(), []
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as lines:
        while text := lines.read(_AT_A_TIME):
            without, with_ = _by_blank_nodes(text + lines.readline())
            store.load(without, format=ox.RdfFormat.N_QUADS)
            later.append(with_)
    store.extend(ox.parse(b"".join(later), format=ox.RdfFormat.N_QUADS))
    return store


def _by_blank_nodes(text: bytes) -> tuple[bytes, bytes]:
    """The lines of N-Quads that surely name no blank node, and all others."""
    without, with_, start = [], [], 0
    while (at := text.find(b"_:", start)) >= 0:
        begin, end = text.rfind(b"\n", start, at) + 1 or start, text.find(b"\n", at) + 1 or len(text)
        without.append(text[start:begin])
        with_.append(text[begin:end])
        start = end
    return b"".join((*without, text[start:])), b"".join(with_)


def open_release(path: Path) -> Release:
    """The release in a folder.

    Raises:
        ReleaseError: if it is not there, or a file is missing or not what the manifest says.
    """
    if not path.is_dir():
        raise ReleaseError(f"There is no release at {path}. Make one with: avidity build --out {path}")
    manifest = _manifest(path)
    files = Files()
    for name, stated in manifest["files"].items():
        try:
            files[name] = (path / name).read_bytes()
        except OSError as error:
            raise ReleaseError(f"{path / name} cannot be read: {error.strerror}. Build the release again.") from None
        found = hashlib.sha256(files[name]).hexdigest()
        if found != stated["sha256"]:
            raise ReleaseError(
                f"{path / name} is not the file of this release: SHA-256 {found}, "
                f"the manifest says {stated['sha256']}. "
                "Build the release again."
            )
    return Release(path, manifest, files)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ReleaseError(f"{path} is no release: it holds no manifest.json") from None
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path / 'manifest.json'} cannot be read: {error}") from None
    if not _is_manifest(manifest):
        raise ReleaseError(f"{path / 'manifest.json'} is not the manifest of a release")
    return manifest


def _is_manifest(manifest: object) -> TypeGuard[dict[str, Any]]:
    if not isinstance(manifest, dict) or not isinstance(files := manifest.get("files"), dict):
        return False
    stated = all(isinstance(entry, dict) and "sha256" in entry for entry in files.values())
    counts = manifest.get("counts")
    counted = isinstance(counts, dict) and isinstance(counts.get("quads"), int)
    return stated and counted and "release" in manifest and _DATASET in files
