"""A process that loads the dataset once and forks workers, which share its memory.

Run as `python -m avidity_service.sparql.nursery DATASET MEMORY_MB MOST_BYTES MOST_ROWS CONTROL_DESCRIPTOR`. DATASET is
a descriptor of gzipped N-Quads; or the path of a store, which is not loaded: each worker opens it for itself.
Over the control socket, `N worker` with a descriptor asks for a worker that answers there (`sparql.worker`),
`N ended PID` for the signal that ended one, and `N end PID` has one ended of which nobody will ask. Each message is
answered at once, with its number N as `to`; 0 says that the dataset is loaded. The process ends when the other end of
the control socket is closed.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial

import pyoxigraph as ox

from avidity_service.release import load_store
from avidity_service.sparql import sockets
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import serve

Opened = Callable[[], ox.Store]
# How often it is looked whether those have ended that are to.
_LOOK_MS = 200


def main(dataset: str, memory_mb: str, most_bytes: str, most_rows: str, control: str) -> None:
    """Fork workers until the front is gone."""
    opened: Opened
    on_disk = not dataset.isdecimal()
    if not on_disk:
        store = load_store(_read_all(int(dataset)))

        def opened() -> ox.Store:
            return store

    else:

        def opened() -> ox.Store:
            # First, so that it holds for the threads of the store too.
            sockets.refuse()
            # Not before the fork: the store has threads of its own, and those are not forked.
            return ox.Store.read_only(dataset)

    caps = Caps(int(most_bytes), int(most_rows))
    front = socket.socket(fileno=int(control))
    # What is there now is for all children; a collection would write to its pages and unshare them.
    gc.collect()
    gc.freeze()
    fork = partial(_fork, opened, front, int(memory_mb), caps, on_disk=on_disk)
    with contextlib.suppress(OSError):  # the front is gone
        _answer(front, fork)
    os._exit(0)


def _answer(front: socket.socket, fork: Callable[[int], int]) -> None:
    """Do what the front says, until it is gone."""
    children = Children()
    said: dict[str, int | str | None] = {"to": 0}
    while True:
        front.send(json.dumps(said).encode())
        while children.ending and not _has_message(front):
            children.reap()
        message, descriptors, _, _ = socket.recv_fds(front, 64, 1)
        if not message:
            return
        number, verb, *rest = message.split()
        said = {"to": int(number)}
        if verb == b"worker":
            said |= _born(fork, descriptors, children)
        elif verb == b"ended":
            said["signal"] = children.ended(int(rest[0]))
        else:
            children.end(int(rest[0]))


class Children:
    """The workers. Each is reaped when the front has asked how it ended, or has let go of it.

    Until then its number stays its own, also when it has ended; so whoever sends it a signal, or looks it up, meets no
    other process.
    """

    def __init__(self) -> None:
        self.there: set[int] = set()
        self.ending: set[int] = set()

    def ended(self, pid: int) -> int | None:
        """The signal that ended it, 0 for none or if that is not known any more; None while it is there."""
        if pid not in self.there:
            return 0
        found, status = os.waitpid(pid, os.WNOHANG)
        if not found:
            return None
        self.there.discard(pid)
        self.ending.discard(pid)
        return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0

    def end(self, pid: int) -> None:
        """End it, and reap it some time; nobody will ask for it."""
        if pid in self.there:
            os.kill(pid, signal.SIGKILL)
            self.ending.add(pid)
            self.reap()

    def reap(self) -> None:
        """Reap those that were to end and have."""
        for pid in list(self.ending):
            self.ended(pid)


def _has_message(front: socket.socket) -> bool:
    poll = select.poll()
    poll.register(front, select.POLLIN)
    return bool(poll.poll(_LOOK_MS))


def _born(fork: Callable[[int], int], descriptors: Sequence[int], children: Children) -> dict[str, int | str | None]:
    """A worker's number, or why there is none: the system may have no room for a process, or for a descriptor."""
    if not descriptors:
        return {"refused": os.strerror(errno.EMFILE)}
    try:
        pid = fork(descriptors[0])
    except OSError as error:
        return {"refused": error.strerror}
    finally:
        os.close(descriptors[0])
    children.there.add(pid)
    return {"pid": pid}


def _fork(opened: Opened, front: socket.socket, memory_mb: int, caps: Caps, descriptor: int, *, on_disk: bool) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        front.close()
        os.dup2(descriptor, 0)
        os.dup2(descriptor, 1)
        os.close(descriptor)
        serve(opened(), memory_mb, caps, opens_files=on_disk)
    finally:
        os._exit(1)


def _read_all(descriptor: int) -> bytes:
    """The bytes of an inherited file, read by position: its other readers share the offset."""
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        size, parts, position = os.fstat(descriptor).st_size, [], 0
        while position < size:
            parts.append(os.pread(file.fileno(), size - position, position))
            position += len(parts[-1])
    return b"".join(parts)


if __name__ == "__main__":
    # The front stops the workers; what its whole group is told must not.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    main(*sys.argv[1:])
