"""What a forked worker does: answer foreign queries, one at a time; it can be killed at any moment.

It reads frames from descriptor 0 and writes frames to descriptor 1: a line with the number of bytes that follow it, a
space and a JSON header; then these bytes. Of a large answer pieces go before its frame, while the rest is being made:
each a line with a plus sign and its number of bytes, and these. What is sent is all of them in their order, if the
header says that the query was answered; else they are to be thrown away.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from avidity_service.iris import BASE
from avidity_service.sparql.counting import BY_LINES, RowCount
from avidity_service.sparql.formats import GRAPHS, RESULTS, XML
from avidity_service.sparql.hugepages import AFTER_QUERIES, Memory
from avidity_service.sparql.sink import Caps, Emit, Sink, TooLarge, TooMany
from avidity_service.sparql.unsayable import Unsayable, well_formed, write_graph

_MB = 1024 * 1024
# Behind the front, and before the long queries, which have 19.
_NICE = 10
Found = ox.QuerySolutions | ox.QueryBoolean | Iterable[ox.Triple]


def serve(store: ox.Store, memory_mb: int, caps: Caps, *, opens_files: bool = False) -> None:
    """Answer until the input ends; memory is capped at so many MB above what the store takes.

    A store that `opens_files` while it is read has to be kept from sockets by the caller (`sparql.sockets`).
    """
    threading.Thread(target=_end_with_the_front, daemon=True).start()
    memory = Memory()
    _confine(memory_mb, opens_files=opens_files)
    _let_others_finish()
    requests = os.fdopen(0, "rb")
    asked = 0
    while line := requests.readline():
        size, _, header = line.partition(b" ")
        query = requests.read(int(size)).decode()
        status, body = answer(store, query, _header(header), caps, _send_piece)
        _send(status, body)
        asked += 1
        if asked == AFTER_QUERIES:
            memory.gather_later()


@lru_cache(maxsize=64)  # most queries come with the same few
def _header(line: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found


def _end_with_the_front() -> None:
    """End the process, also amid a query, when nobody holds the other end of its input any more."""
    poll = select.poll()
    poll.register(0, 0)  # hang-ups and errors are reported without being asked for
    poll.poll()
    os._exit(0)


def _let_others_finish() -> None:
    """Do not stop whoever is at work on the same processor, and let the front go first: all workers wait for it."""
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
        os.nice(_NICE)


def _confine(memory_mb: int, *, opens_files: bool) -> None:
    """Cap memory above what the store takes, and open no descriptor more: a socket needs one.

    When the machine itself has no memory left, a worker is to go before the front and the process that has the dataset.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    if pages:
        used = pages * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + memory_mb * _MB,) * 2)
    if not opens_files:
        with contextlib.suppress(ValueError, OSError):
            most = _fill_descriptors()
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _fill_descriptors() -> int:
    """Leave none free below the highest that is open, so that none is to be had; gives how many there are."""
    fds = Path("/proc/self/fd")
    highest = max([2, *(int(path.name) for path in fds.iterdir() if path.is_symlink())]) if fds.exists() else 2
    while os.dup(2) < highest:
        pass
    return highest + 1


def answer(
    store: ox.Store, query: str, header: dict[str, Any], caps: Caps, emit: Emit | None = None
) -> tuple[dict[str, Any], bytes]:
    """The status of a query, and the bytes of its answer; a fault is a status, never an exception.

    With `emit`, the bytes are those that were not given to it before.

    The header's `accept` names media types, the best first; `default` and `named` are the protocol's dataset;
    `sets_dataset` takes the default graph as it stands, not as the union; `base` resolves relative IRIs.
    """
    try:
        # One base for every host: <study/ho-2013> is a thing of ours wherever the endpoint stands.
        found = store.query(query, base_iri=header.get("base", BASE), **_dataset(header))
        return write(found, header["accept"], caps, emit)
    except SyntaxError as error:
        return {"status": "syntax", "message": error.msg}, b""
    except MemoryError:
        return {"status": "memory"}, b""
    except (OSError, ValueError, RuntimeError) as error:
        return {"status": "failed", "message": str(error)}, b""


def write(found: Found, accept: Sequence[str], caps: Caps, emit: Emit | None = None) -> tuple[dict[str, Any], bytes]:
    """The status of an answer, and its bytes in the first media type of `accept` that fits its kind, as `answer`."""
    graph = not isinstance(found, (ox.QuerySolutions, ox.QueryBoolean))
    media_type = _fitting(tuple(accept), graph=graph)
    if media_type is None:
        return {"status": "unacceptable", "kind": "graph" if graph else "results"}, b""
    try:
        return _ok(media_type), _serialize(found, media_type, caps, emit)
    except Unsayable as error:
        kind = "graph" if graph else "results"
        return {"status": "unacceptable", "kind": kind, "but": media_type, "why": str(error)}, b""
    except TooLarge:
        return {"status": "too-large"}, b""
    except TooMany:
        return {"status": "too-many"}, b""


@lru_cache(maxsize=256)
def _fitting(accept: tuple[str, ...], *, graph: bool) -> str | None:
    return next((name for name in accept if name in (GRAPHS if graph else RESULTS)), None)


@lru_cache(maxsize=32)
def _ok(media_type: str) -> dict[str, Any]:
    return {"status": "ok", "type": media_type}


def _serialize(found: Found, media_type: str, caps: Caps, emit: Emit | None) -> bytes:
    if media_type in XML:  # whether it is XML is only known when all of it is there
        emit = None
    if isinstance(found, ox.QueryTriples) and media_type in BY_LINES:
        # Without a Python object for each triple.
        sink = Sink(caps, RowCount(media_type), emit)
        found.serialize(sink, format=GRAPHS[media_type])  # type: ignore[arg-type]
    elif not isinstance(found, (ox.QuerySolutions, ox.QueryBoolean)):
        sink = Sink(caps, emit=emit)
        write_graph(_counted(found, caps), sink, media_type)
    else:
        sink = Sink(caps, RowCount(media_type) if isinstance(found, ox.QuerySolutions) else None, emit)
        found.serialize(sink, format=RESULTS[media_type])  # type: ignore[arg-type]
    rest = well_formed(b"".join(sink.rest), media_type)
    caps.check_bytes(len(rest))
    return rest


def _counted(triples: Iterable[ox.Triple], caps: Caps) -> Iterator[ox.Triple]:
    for number, triple in enumerate(triples, start=1):
        caps.check_rows(number)
        yield triple


def _dataset(header: dict[str, Any]) -> dict[str, Any]:
    """The protocol's dataset goes before the query's (SPARQL 1.1 Protocol 2.1.4), and that before the union."""
    default, named = header.get("default") or [], header.get("named") or []
    if not default and not named:
        # The engine would take the union for the default graph in spite of FROM.
        return {"use_default_graph_as_union": not header.get("sets_dataset")}
    return {
        "default_graph": [ox.NamedNode(iri) for iri in default],
        "named_graphs": [ox.NamedNode(iri) for iri in named],
    }


@lru_cache(maxsize=32)
def _said_ok(media_type: str) -> bytes:
    return json.dumps(_ok(media_type)).encode()


def _send(header: dict[str, Any], body: bytes) -> None:
    # In one piece where the system takes it: the front is woken once.
    said = _said_ok(header["type"]) if header["status"] == "ok" else json.dumps(header).encode()
    _write(b"%d %b\n%b" % (len(body), said, body))


def _send_piece(parts: Sequence[bytes]) -> None:
    _write(b"".join((b"+%d\n" % sum(map(len, parts)), *parts)))


def _write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]
