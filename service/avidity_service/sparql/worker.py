"""A process that answers foreign queries, one at a time, and can be killed at any moment.

It reads frames from its standard input and writes frames to its standard output: a JSON header line, then as
many bytes as the header's `bytes` says. Run as
`python -m avidity_service.sparql.worker DATASET MEMORY_MB MOST_BYTES`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

import pyoxigraph as ox

from avidity_service.release import load_store
from avidity_service.sparql.formats import GRAPHS, RESULTS

_MB = 1024 * 1024


class TooLarge(Exception):
    """The answer outgrew its cap."""


class _Sink(io.RawIOBase):
    """Bytes in memory up to a cap; what Rust serialises into."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.parts: list[bytes] = []
        self.size, self.most = 0, most

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Keep the bytes."""
        size = memoryview(data).nbytes
        self.size += size
        if self.size > self.most:
            raise TooLarge
        self.parts.append(bytes(data))
        return size


def main(dataset: str, memory_mb: str, most_bytes: str) -> None:
    """Answer until the input ends."""
    store = load_store(Path(dataset).read_bytes())
    _confine(int(memory_mb))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _send(answers, {"status": "ready"}, b"")
    while line := requests.readline():
        header = json.loads(line)
        query = requests.read(header["bytes"]).decode()
        status, body = _answer(store, query, header, int(most_bytes))
        _send(answers, status, body)


def _confine(memory_mb: int) -> None:
    """Cap memory above what the store takes, and open no descriptor more: a socket needs one."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    if pages:
        used = pages * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + memory_mb * _MB,) * 2)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(store: ox.Store, query: str, header: dict[str, Any], most: int) -> tuple[dict[str, Any], bytes]:
    try:
        found = store.query(query, **_dataset(header))
    except SyntaxError as error:
        return {"status": "syntax", "message": error.msg, "line": error.lineno, "column": error.offset}, b""
    except (OSError, ValueError, RuntimeError) as error:
        return {"status": "failed", "message": str(error)}, b""
    kind, offered = ("graph", GRAPHS) if isinstance(found, ox.QueryTriples) else ("results", RESULTS)
    media_type = next((name for name in header["accept"] if name in offered), None)
    if media_type is None:
        return {"status": "unacceptable", "kind": kind}, b""
    sink = _Sink(most)
    try:
        found.serialize(sink, format=offered[media_type])  # type: ignore[arg-type]
    except TooLarge:
        return {"status": "too-large"}, b""
    except (OSError, ValueError, RuntimeError, MemoryError) as error:
        if sink.size > most:
            return {"status": "too-large"}, b""
        return {"status": "failed", "message": str(error)}, b""
    return {"status": "ok", "type": media_type}, b"".join(sink.parts)


def _dataset(header: dict[str, Any]) -> dict[str, Any]:
    default, named = header.get("default") or [], header.get("named") or []
    if not default and not named:
        return {"use_default_graph_as_union": True}
    return {
        "default_graph": [ox.NamedNode(iri) for iri in default],
        "named_graphs": [ox.NamedNode(iri) for iri in named],
    }


def _send(answers: BinaryIO, header: dict[str, Any], body: bytes) -> None:
    answers.write(json.dumps({**header, "bytes": len(body)}).encode() + b"\n")
    answers.write(body)
    answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
