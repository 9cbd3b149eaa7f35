"""A release folder: written beside its place, then swapped in by one system call.

Whoever reads the place sees the old release whole or the new one whole, also if the writer is killed.
"""

from __future__ import annotations

import ctypes
import fcntl
import gzip
import hashlib
import io
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import ReleaseError
from avidity_loaders.prepared import WORTHWHILE, prepare

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class ReleaseContent:
    """What a release holds: its id, the files by relative path, and what the manifest says of them."""

    id: str
    files: Mapping[str, bytes]
    manifest: Mapping[str, object]


def canonical_lines(quads: Iterable[ox.Quad]) -> list[str]:
    """The quads as sorted N-Quads lines with RDFC-1.0 names for blank nodes: same content, same lines."""
    dataset = ox.Dataset(quads)
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    buffer = io.BytesIO()
    ox.serialize(dataset, buffer, format=ox.RdfFormat.N_QUADS)
    return sorted(buffer.getvalue().decode().splitlines())


def pack(lines: list[str]) -> bytes:
    """N-Quads lines as gzip without a time stamp, so that the same lines give the same bytes."""
    return gzip.compress(("\n".join(lines) + "\n").encode(), compresslevel=9, mtime=0)


def digest(data: bytes) -> str:
    """The SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_release(content: ReleaseContent, place: Path, *, with_store: bool | None = None) -> None:
    """Write the release to `place`; an older release there is replaced in one step.

    Args:
        content: what it holds.
        place: its folder.
        with_store: whether it has a prepared store too; None if it is large enough to gain by one.

    Raises:
        ReleaseError: if the place holds something that is not a release, or cannot be written.
    """
    _refuse_foreign(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _only_writer(place):
            _write(content, place, with_store=with_store)
    except OSError as error:
        raise ReleaseError(f"{place} cannot be written: {error}") from error


def _write(content: ReleaseContent, place: Path, *, with_store: bool | None) -> None:
    _clear_unfinished(place)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{place.name}{_UNFINISHED}", dir=place.parent))
    try:
        _fill(unfinished, content)
        if _is_large(content) if with_store is None else with_store:
            prepare(unfinished, content.files["dataset.nq.gz"], content.id)
        unfinished.chmod(0o755)
        _swap(unfinished, place)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _is_large(content: ReleaseContent) -> bool:
    counts = content.manifest.get("counts")
    return isinstance(counts, dict) and int(counts.get("quads", 0)) >= WORTHWHILE


def _refuse_foreign(place: Path) -> None:
    if place.is_dir() and any(place.iterdir()) and not (place / "manifest.json").is_file():
        raise ReleaseError(f"{place} holds other files and no manifest.json; choose another folder, or empty it")
    if place.exists() and not place.is_dir():
        raise ReleaseError(f"{place} is not a folder; choose another place")


@contextmanager
def _only_writer(place: Path) -> Iterator[None]:
    """Wait for another build of the same place to finish; the lock goes with the process, however it ends."""
    with place.with_name(f".{place.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear_unfinished(place: Path) -> None:
    """Remove what a killed build left behind."""
    for left in place.parent.glob(f".{place.name}{_UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)


def _fill(folder: Path, content: ReleaseContent) -> None:
    files = dict(content.files)
    files["manifest.json"] = (
        json.dumps(content.manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    ).encode()
    for name, data in sorted(files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())


def _swap(new: Path, place: Path) -> None:
    if not place.exists():
        new.rename(place)
        return
    if not _exchange(new, place):
        # No atomic exchange on this system: the old release is out of its place for two renames.
        old = new.with_name(new.name + "-old")
        place.rename(old)
        new.rename(place)
        shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders trade places in one step; False where the system cannot."""
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    result = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE)
    return bool(result == 0)
