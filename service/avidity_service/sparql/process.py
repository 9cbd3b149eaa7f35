"""Worker processes as the front sees them: forked from one that has the dataset, asked over a socket, killed when late.

A worker costs a fork of a few milliseconds, whatever the size of the dataset: the nursery loads it once, and its
children share the memory. The nursery is their parent, so it is asked how a worker ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from avidity_service.allocator import tuned

# A large dataset takes its time to load; that time is no query's.
_START_S = 300.0
_ANSWER_S = 10.0
# How long a worker whose socket has closed may take to end.
_ENDING_S = 5.0
# How often a waiting front looks whether its client is still there, or whether the query has become a long one.
_LOOK_S = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")
# Bytes of an answer that are asked for at a time: most are small, and for the others it is known how many are missing.
_PART, _MOST_PART = 64 * 1024, 1024 * 1024


class _Room(threading.local):
    """Where a thread receives what fits."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_PART))


_room = _Room()


class Gone(Exception):
    """The worker is no more; `signal` is what ended it, 0 if nothing did."""

    def __init__(self, signal: int = 0) -> None:
        self.signal = signal
        super().__init__(f"ended by signal {signal}")


class Late(Exception):
    """The worker did not answer in time."""


class Abandoned(Exception):
    """The client has left."""


def never() -> bool:
    """Nobody leaves."""
    return False


class Nursery:
    """The process that holds the dataset and forks workers."""

    def __init__(self, command: Sequence[str], inherited: Sequence[int]) -> None:
        """`inherited` are the descriptors that the process is to have."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            pass_fds = (*inherited, theirs.fileno())
            command = [*command, str(theirs.fileno())]
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=pass_fds,
                env=tuned(os.environ),
            )
        self.lock = threading.Lock()
        self.ready = False

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process.poll() is None

    def worker(self) -> Worker:
        """A new worker, which has the dataset.

        Raises:
            Gone: if the nursery ended, or does not start.
        """
        with self.lock:
            self._wait_until_ready()
            ours, theirs = socket.socketpair()
            try:
                with theirs:
                    socket.send_fds(self.control, [b"worker"], [theirs.fileno()])
                    pid = int(self._answer()["pid"])
            except (OSError, Gone):
                ours.close()
                raise Gone from None
        return Worker(pid, ours, self)

    def ended(self, pid: int) -> int:
        """The signal that ended a worker which is ending; 0 if none did or nobody knows."""
        end = time.monotonic() + _ENDING_S
        while time.monotonic() < end:
            found = self._ask(f"ended {pid}")
            if found is None or found["signal"] is not None:
                return int(found["signal"]) if found else 0
            time.sleep(0.002)
        return 0

    def forget(self, pid: int) -> None:
        """Say that nobody will ask how a worker ended."""
        self._ask(f"forget {pid}")

    def close(self) -> None:
        """End the process, and with it its workers; reap it."""
        self.process.kill()
        self.process.wait()
        self.control.close()

    def _ask(self, message: str) -> dict[str, Any] | None:
        """The answer to a message; None if the nursery is gone."""
        with contextlib.suppress(OSError, Gone), self.lock:
            self.control.send(message.encode())
            return self._answer()
        return None

    def _wait_until_ready(self) -> None:
        if not self.ready:
            self.control.settimeout(_START_S)
            self._answer()
            self.control.settimeout(_ANSWER_S)
            self.ready = True

    def _answer(self) -> dict[str, Any]:
        try:
            data = self.control.recv(4096)
        except OSError:
            data = b""
        if not data:
            raise Gone
        answer = json.loads(data)
        assert isinstance(answer, dict)
        return answer


class Frame:
    """An answer as it comes in: pieces of it, then its header in JSON with the rest (`sparql.worker` has the lines).

    `missing` are the bytes that the present piece still lacks, or the rest; `size` those of the body that are known of.
    """

    __slots__ = ("header", "line", "missing", "parts", "size")

    def __init__(self) -> None:
        self.header: dict[str, Any] | None = None
        self.parts: list[bytes] = []
        self.line = b""
        self.size = self.missing = 0

    def add(self, data: bytes) -> bool:
        """Take what was received; tells whether the answer is whole."""
        while True:
            if not self.missing:
                if self.header is not None:
                    return True
                line, ends, data = (self.line + data).partition(b"\n")
                if not ends:
                    self.line = line
                    return False
                self._begin(line)
            elif len(data) <= self.missing:
                self.parts.append(data)
                self.missing -= len(data)
                return self.header is not None and not self.missing
            else:
                self.parts.append(data[: self.missing])
                data, self.missing = data[self.missing :], 0

    def whole(self) -> tuple[dict[str, Any], bytes]:
        """Header and body of an answer that is whole."""
        assert self.header is not None
        return self.header, b"".join(self.parts)

    def _begin(self, line: bytes) -> None:
        size, _, header = line.partition(b" ")
        self.line, self.missing = b"", int(size)  # int takes the plus sign of a piece
        self.size += self.missing
        if header:
            self.header = _loaded(header)


@lru_cache(maxsize=32)  # successes are all alike
def _loaded(header: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(header)
    return found


class Worker:
    """One worker process."""

    def __init__(self, pid: int, connection: socket.socket, nursery: Nursery) -> None:
        self.pid, self.connection, self.nursery = pid, connection, nursery
        self.frame = Frame()
        self.is_whole = False
        self.slowed = False

    @property
    def alive(self) -> bool:
        """Whether an idle worker is there: nothing is to be read from it, its end is."""
        try:
            return not select.select([self.connection], [], [], 0)[0]
        except (OSError, ValueError):
            return False

    def send(self, header: bytes, query: bytes) -> None:
        """Send a query with its header in JSON; its answer is to be taken or read before the next one.

        Raises:
            Gone: if the process ended.
        """
        self.frame, self.is_whole = Frame(), False
        try:
            self.connection.sendall(b"%d %b\n%b" % (len(query), header, query))
        except OSError:
            raise self._gone() from None

    def take(self) -> bool:
        """Take what there is of the answer, without waiting; tells whether to go on: it is whole, or a large one."""
        try:
            data = self._received()
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        # Without data the process has ended, and whoever reads will see the same.
        self.is_whole = bool(data) and self.frame.add(data)
        return self.is_whole or not data or self.frame.size >= _MOST_PART

    def _received(self) -> bytes:
        missing = self.frame.missing
        if missing > _PART:
            return self.connection.recv(min(missing, _MOST_PART), socket.MSG_DONTWAIT)
        # What is asked for is allocated, whatever comes; so ask for much only where there is room already.
        size = self.connection.recv_into(_room.view, 0, socket.MSG_DONTWAIT)
        return bytes(_room.view[:size])

    def read(self, deadline: float, look: Callable[[], bool] = never) -> tuple[dict[str, Any], bytes]:
        """The answer to what was sent; `look` is called every few hundredths of a second and tells if to give up.

        Raises:
            Gone: if the process ended.
            Late: if there is no whole answer at the deadline.
            Abandoned: if the client left meanwhile.
        """
        while not self.is_whole:
            self.is_whole = self.frame.add(self._more(deadline, look))
        return self.frame.whole()

    def worked_s(self) -> float:
        """The seconds of processor time that the process has had; the clock's where the system does not tell."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return time.monotonic()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def slow_down(self) -> None:
        """Let all others go first, for good: only the privileged may take that back."""
        self.slowed = True
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, self.pid, 19)

    def close(self) -> None:
        """End the process, whatever it is doing; its nursery reaps it."""
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.connection.close()
        self.nursery.forget(self.pid)

    def _more(self, deadline: float, look: Callable[[], bool]) -> bytes:
        try:
            while not select.select([self.connection], [], [], _slice(deadline))[0]:
                if time.monotonic() >= deadline:
                    raise Late
                if look():
                    raise Abandoned
            data = self.connection.recv(_MOST_PART)
        except (OSError, ValueError):  # closed under our hands: the service is stopping
            data = b""
        if not data:
            raise self._gone()
        return data

    def _gone(self) -> Gone:
        # Its socket is closed, so it is ending if it has not ended.
        return Gone(self.nursery.ended(self.pid))


def _slice(deadline: float) -> float:
    return max(0.0, min(_LOOK_S, deadline - time.monotonic()))
