"""The process that workers are forked from (`sparql.nursery`), as the front sees it: asked by numbered messages."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from typing import Any

from avidity_service.allocator import tuned
from avidity_service.sparql.process import Gone, Worker

_LOG = logging.getLogger("avidity")
# A large dataset takes its time to load.
_START_S = 300.0
_ANSWER_S = 10.0
# How long a worker whose socket has closed may take to end, and a process that was killed.
_ENDING_S = 5.0


class Refused(Exception):
    """The system has no room for another process or descriptor; says so in its words."""


class Nursery:
    """The process that holds the dataset and forks workers.

    Each message has a number, which its answer repeats. One that is late, or is the answer to something else, leaves
    it unknown which worker is which, so then the nursery is `broken` and says no more. All here may wait for it.
    """

    def __init__(self, command: Sequence[str], inherited: Sequence[int]) -> None:
        """`inherited` are the descriptors that the process is to have.

        Raises:
            OSError: if the system starts none.
        """
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                self.process = subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=(*inherited, theirs.fileno()),
                    env=tuned(os.environ),
                )
        except BaseException:
            self.control.close()
            raise
        # May be taken again by who has it: the collector of garbage closes a forgotten nursery amid anything.
        self.lock = threading.RLock()
        self.ready = self.broken = self.closed = False
        self.number = 0

    @property
    def alive(self) -> bool:
        """Whether the process is there, and is not broken."""
        return not self.broken and self.process.poll() is None

    def worker(self) -> Worker:
        """A new worker, which has the dataset; the first waits until that is loaded.

        Raises:
            Gone: if the nursery ended, does not start, or is broken.
            Refused: if the system has no room for one.
        """
        with self.lock:
            if not self.ready and not self.broken:
                self._hear_of_the_start()
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise Refused(error.strerror) from None
        try:
            with theirs:
                answer = self._ask("worker", theirs.fileno(), says=("pid", "refused"))
            if "refused" in answer:
                raise Refused(answer["refused"])
            worker = Worker(answer["pid"], ours, self)
            # It is reaped only by its nursery, and only when we let go of it: so if that is there now, the number was
            # this worker's when the handle was made. From here on that stands for it, whoever has the number.
            if self.process.poll() is not None:
                worker.give_back_handle()
                raise Gone
        except BaseException:
            ours.close()
            raise
        return worker

    def ended(self, pid: int) -> int | None:
        """The signal that ended a worker which is ending, 0 for none; None if nobody knows."""
        end = time.monotonic() + _ENDING_S
        with contextlib.suppress(Gone):
            while time.monotonic() < end:
                found: int | None = self._ask(f"ended {pid}", says=("signal",))["signal"]
                if found is not None:
                    return found
                time.sleep(0.002)
        return None

    def end(self, pid: int) -> None:
        """End a worker; nobody will ask how it ended."""
        with contextlib.suppress(Gone):
            self._ask(f"end {pid}")

    def close(self) -> None:
        """End the process and reap it; its workers end when their sockets are closed."""
        self.closed = True
        self.process.kill()
        with contextlib.suppress(OSError):  # whoever waits for an answer shall not
            self.control.shutdown(socket.SHUT_RDWR)
        with self.lock:
            self.broken = True
            self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_ENDING_S)

    def _hear_of_the_start(self) -> None:
        try:
            self.control.settimeout(_START_S)
            self._hear(0)
            self.control.settimeout(_ANSWER_S)
        except (OSError, EOFError, ValueError) as error:
            raise self._broken(error) from None
        self.ready = True

    def _ask(self, message: str, *descriptors: int, says: Sequence[str] = ("to",)) -> dict[str, Any]:
        """The answer to a message, which `says` one of these."""
        with self.lock:
            if self.broken:
                raise Gone
            self.number += 1
            try:
                socket.send_fds(self.control, [b"%d %b" % (self.number, message.encode())], descriptors)
                return self._hear(self.number, says)
            except (OSError, EOFError, ValueError) as error:
                raise self._broken(error) from None

    def _hear(self, number: int, says: Sequence[str] = ("to",)) -> dict[str, Any]:
        data = self.control.recv(4096)
        if not data:
            raise EOFError("it has ended")
        answer = json.loads(data)
        if not isinstance(answer, dict) or answer.get("to") != number or answer.keys().isdisjoint(says):
            raise ValueError(f"answer {data!r} to message {number}")
        return answer

    def _broken(self, why: Exception) -> Gone:
        """It is asked nothing more; says so in the log, unless it was closed."""
        self.broken = True
        self.control.close()
        if not self.closed:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(1 if isinstance(why, (EOFError, BrokenPipeError, ConnectionResetError)) else 0)
            log_end("nursery", self.process.pid, self.process.returncode, why)
        return Gone()

    def notice(self) -> None:
        """Look whether it has ended while nobody asked; not while somebody does, who will see it."""
        if not self.lock.acquire(blocking=False):
            return
        try:
            if not self.broken and self.process.poll() is not None:
                self._broken(EOFError())
        finally:
            self.lock.release()


def log_end(what: str, pid: int, code: int | None, why: object) -> None:
    """One line about a process that ended, or is given up, against our will; `code` as of `subprocess`."""
    if code is None:
        _LOG.warning("%s %d is given up: %s", what, pid, why)
    elif code < 0:
        _LOG.warning("%s %d was ended by signal %d (%s)", what, pid, -code, signal.Signals(-code).name)
    else:
        _LOG.warning("%s %d ended by itself with %d", what, pid, code)
