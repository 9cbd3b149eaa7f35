"""A process that loads the dataset once and forks workers, which share its memory.

Run as `python -m avidity_service.sparql.nursery DATASET MEMORY_MB MOST_BYTES MOST_ROWS CONTROL_DESCRIPTOR`. DATASET is
a descriptor of gzipped N-Quads; or the path of a store, which is not loaded: each worker opens it for itself.
Over the control socket, `worker` with a descriptor asks for a worker that answers there (`sparql.worker`), `ended PID`
for the signal that ended one, and `forget PID` says that nobody will ask. Each message is answered at once. The process
ends when the other end of the control socket is closed.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from collections.abc import Callable

import pyoxigraph as ox

from avidity_service.release import load_store
from avidity_service.sparql import sockets
from avidity_service.sparql.worker import Caps, serve

Opened = Callable[[], ox.Store]


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
    front.send(json.dumps({"status": "ready"}).encode())
    children = _Children()
    while True:
        message, descriptors, _, _ = socket.recv_fds(front, 64, 1)
        if not message:
            os._exit(0)
        verb, *rest = message.split()
        children.reap()
        answer: dict[str, int | None] = {}
        if verb == b"worker":
            answer = {"pid": _fork(opened, descriptors[0], front, int(memory_mb), caps, on_disk=on_disk)}
        elif verb == b"ended":
            answer = {"signal": children.ended(int(rest[0]))}
        else:
            children.forget(int(rest[0]))
        front.send(json.dumps(answer).encode())


class _Children:
    """How the workers ended, until somebody asks."""

    def __init__(self) -> None:
        self.signals: dict[int, int] = {}
        self.forgotten: set[int] = set()

    def reap(self) -> None:
        """Take note of all that have ended."""
        try:
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                if pid in self.forgotten:
                    self.forgotten.discard(pid)
                else:
                    self.signals[pid] = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        except ChildProcessError:  # there is none
            pass

    def ended(self, pid: int) -> int | None:
        """The signal that ended it, 0 for none; None while it is there."""
        return self.signals.pop(pid, None)

    def forget(self, pid: int) -> None:
        """Nobody will ask for this one."""
        if self.signals.pop(pid, None) is None:
            self.forgotten.add(pid)


def _fork(opened: Opened, descriptor: int, front: socket.socket, memory_mb: int, caps: Caps, *, on_disk: bool) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
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
