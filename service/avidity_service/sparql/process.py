"""Worker processes as the front sees them: asked over a socket, killed when late, and how they ended.

What may be called by the loop of connections waits for nothing: `send`, `take`, `close`. `let_go` asks the nursery,
which may take seconds; it is for a thread that does only that.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from avidity_service.sparql.frames import Frame

_LOG = logging.getLogger("avidity")
# How often a waiting front looks whether its client is still there, or whether the query has become a long one.
_LOOK_S = 0.05
# How long it may take to be told how a worker ended.
_TELLING_S = 15.0
_TICKS = os.sysconf("SC_CLK_TCK")
# Bytes of an answer that are asked for at a time: most are small, and for the others it is known how many are missing.
_PART, _MOST_PART = 64 * 1024, 1024 * 1024


class _Room(threading.local):
    """Where a thread receives what fits."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_PART))


_room = _Room()


class Gone(Exception):
    """The worker, or where they come from, is no more."""


class Late(Exception):
    """The worker did not answer in time."""


class Abandoned(Exception):
    """The client has left."""


def never() -> bool:
    """Nobody leaves."""
    return False


class Forks(Protocol):
    """Who forked a worker (`sparql.forking`); all of it may wait."""

    def ended(self, pid: int) -> int | None:
        """The signal that ended a worker, 0 for none; None if nobody knows."""

    def end(self, pid: int) -> None:
        """End a worker; nobody will ask how it ended."""


class Worker:
    """One worker process."""

    def __init__(self, pid: int, connection: socket.socket, nursery: Forks) -> None:
        self.pid, self.connection, self.nursery = pid, connection, nursery
        self.frame = Frame()
        self.is_whole = False
        self.slowed = False
        # Closed by us; and ended, as its socket tells, against our will.
        self.closed = self.lost = False
        # The signal that ended it, once that is known; 0 for none.
        self.signal, self.is_known = 0, threading.Event()
        self.handle = _handle(pid)
        # Of the handle; held for a moment. The collector of garbage may close a forgotten pool amid anything.
        self.lock = threading.RLock()

    @property
    def alive(self) -> bool:
        """Whether an idle worker is there: nothing is to be read from it, its end is."""
        try:
            self.lost = _is_readable(self.connection, 0)
        except (OSError, ValueError):  # closed by us
            return False
        return not self.lost

    @property
    def has_ended(self) -> bool:
        """Whether it has; asked of a worker that somebody else may have begun to use meanwhile."""
        poll = select.poll()
        try:
            poll.register(self.connection, 0)  # the end is told without being asked for, an answer is not
            return bool(poll.poll(0))
        except (OSError, ValueError):  # closed by us
            return True

    def send(self, header: bytes, query: bytes) -> None:
        """Send a query with its header in JSON; its answer is to be taken or read before the next one.

        Raises:
            Gone: if the process ended.
        """
        self.frame, self.is_whole = Frame(), False
        try:
            self.connection.sendall(b"%d %b\n%b" % (len(query), header, query))
        except OSError:
            self.lost = not self.closed
            raise Gone from None

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
        # Also while pieces of the answer come one after the other.
        looked = time.monotonic()
        while not self.is_whole:
            now = time.monotonic()
            if now >= deadline:
                raise Late
            if now - looked > _LOOK_S:
                looked = now
                if look():
                    raise Abandoned
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
        """End the process, whatever it is doing, and waits for nothing; the second time does nothing."""
        self.closed = True
        with self.lock, contextlib.suppress(OSError):
            # Not by its number, which is another's if the nursery is gone and the system has reaped it. Where there are
            # no handles the nursery kills it, in `let_go`; and it ends by itself when its socket is closed.
            if self.handle is not None:
                signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self.connection.close()

    def ended_by(self, deadline: float) -> int:
        """The signal that ended a worker that was lost and dropped; 0 if none did, or nobody knows at the deadline."""
        self.is_known.wait(max(0.0, min(_TELLING_S, deadline - time.monotonic())))
        return self.signal

    def let_go(self) -> None:
        """Have it reaped, and give back what is held of it; if it was lost, how is told in the log."""
        try:
            if self.lost:
                self._ask_how()
            else:
                self.nursery.end(self.pid)
        finally:
            self.is_known.set()
            self.give_back_handle()

    def _ask_how(self) -> None:
        found = self.nursery.ended(self.pid)
        if found is None:
            self.nursery.end(self.pid)
            how = "has ended, nobody knows how"
        else:
            self.signal = found
            how = f"was ended by signal {found} ({signal.Signals(found).name})" if found else "ended by itself"
        _LOG.warning("worker %d %s", self.pid, how)

    def give_back_handle(self) -> None:
        """After this it is not killed any more; the second time does nothing."""
        with self.lock:
            handle, self.handle = self.handle, None
            if handle is not None:
                os.close(handle)

    def _more(self, deadline: float, look: Callable[[], bool]) -> bytes:
        try:
            while not _is_readable(self.connection, _slice(deadline)):
                if time.monotonic() >= deadline:
                    raise Late
                if look():
                    raise Abandoned
            data = self.connection.recv(_MOST_PART)
        except (OSError, ValueError):
            data = b""
        if not data:
            self.lost = not self.closed  # else closed under our hands: the service is stopping
            raise Gone
        return data


def _handle(pid: int) -> int | None:
    """A descriptor that stands for the process, where the system has such (Linux since 5.3)."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _is_readable(connection: socket.socket, timeout_s: float) -> bool:
    # Not select.select, which knows no descriptor above 1023: there may be thousands of connections.
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(timeout_s * 1000))


def _slice(deadline: float) -> float:
    return max(0.0, min(_LOOK_S, deadline - time.monotonic()))
