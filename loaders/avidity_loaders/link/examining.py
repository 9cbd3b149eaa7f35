"""A file is looked at whole before any parser sees it: format, size, digest, no XML entities, not cut off."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from avidity_loaders.errors import LinkError, Problem
from avidity_loaders.link.detecting import BOM, GZIP, ROBOT, Format, detect
from avidity_loaders.link.guarding import XmlGuard

MOST_BYTES = 8 << 30
CHUNK = 1 << 20
_HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class OntologyFile:
    """A file that was examined: what is read of it later is what was looked at, as long as `stamp` stays the same.

    `sha256` is that of the file as it lies there, also if it is compressed.
    """

    path: Path
    format: Format
    gzipped: bool
    sha256: str
    stamp: tuple[int, int]

    def open(self) -> BinaryIO:
        """The text as bytes, decompressed and without a byte order mark."""
        stream = _open(self.path, self.gzipped)
        if stream.read(len(BOM)) != BOM:
            stream.seek(0)
        return stream

    def refuse_change(self) -> None:
        """Make sure that the file is still the one that was examined.

        Raises:
            LinkError: if it was written to in the meantime.
        """
        if _stamp(self.path) != self.stamp:
            raise LinkError(Problem("changed while it was read", self.path, cure="Wait until it is whole; run again."))


def examine(path: Path, most_bytes: int = MOST_BYTES) -> OntologyFile:
    """Look at a file whole, in steps of one megabyte.

    Raises:
        LinkError: naming the file, and the line where there is one, if it is no ontology that can be read, larger than
            `most_bytes` when decompressed, cut off, or if it holds XML entities or names a DTD.
    """
    stamp = _stamp(path)
    gzipped, sha256 = _digest(path)
    with _open(path, gzipped) as stream:
        head = next(_chunks(stream, path, most_bytes, _HEAD), b"")
    found = detect(head)
    if not isinstance(found, Format):
        what, cure = found
        raise LinkError(Problem(f"is {what}", path, cure=cure.replace("FILE", path.name)))
    _look_through(path, gzipped, found, most_bytes)
    return OntologyFile(path, found, gzipped, sha256, stamp)


def _digest(path: Path) -> tuple[bool, str]:
    if not path.is_file():
        raise LinkError(Problem("is no file, and cannot be read more than once", path, cure="Save it to a file first."))
    try:
        with path.open("rb") as file:
            gzipped = file.read(len(GZIP)) == GZIP
            file.seek(0)
            return gzipped, hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LinkError(Problem(f"cannot be read: {error.strerror}", path)) from None


def _look_through(path: Path, gzipped: bool, format_: Format, most_bytes: int) -> None:
    guard = XmlGuard() if format_ is Format.RDF_XML else None
    last = b""
    with _open(path, gzipped) as stream:
        for chunk in _chunks(stream, path, most_bytes):
            last = chunk[-1:]
            if guard:
                guard.feed(chunk)
    if guard:
        guard.feed(b"", last=True)
        _judge_xml(guard, path)
    # OBO has no end sign; but its last line has an end, and a file that was cut off seldom does.
    if format_ is Format.OBO and last != b"\n":
        cure = f"Fetch it again; if it is whole, add the line break: echo >> {path.name}"
        raise LinkError(Problem("seems cut off: its last line has no end", path, cure=cure))


def _judge_xml(guard: XmlGuard, path: Path) -> None:
    if guard.refused_line is not None:
        raise LinkError(
            Problem(
                "declares XML entities or names a DTD, which are never read: they can fill memory or open other files",
                path,
                guard.refused_line,
                cure="Write it again without them: "
                + ROBOT.partition(": ")[2].replace("FILE", path.name)
                + "\nThis is for files that you trust: ROBOT reads the entities.",
            )
        )
    if not guard.is_whole:
        raise LinkError(Problem("is cut off: it does not end with </rdf:RDF>", path, cure="Fetch it again."))


def _open(path: Path, gzipped: bool) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if gzipped else path.open("rb")


def _chunks(stream: BinaryIO, path: Path, most_bytes: int, size: int = CHUNK) -> Iterator[bytes]:
    read = 0
    try:
        while chunk := stream.read(size):
            read += len(chunk)
            if read > most_bytes:
                raise LinkError(
                    Problem(
                        f"holds more than {most_bytes} bytes when read out",
                        path,
                        cure="If that is right, allow more with --max-gb.",
                    )
                )
            yield chunk
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise LinkError(Problem(f"is broken gzip: {error}", path, cure="Fetch it again.")) from None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise LinkError(Problem(f"cannot be read: {error.strerror}", path)) from None
    return status.st_size, status.st_mtime_ns
