"""One thread that looks after all requests to the store, and cuts those that are late or whose client has left.

A read of a socket cannot be interrupted from within, and a store that drips a byte now and then never runs into a
time-out of the socket. So the socket is shut down from outside, which ends the read at once.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

from avidity_service.sparql.process import Abandoned, Late, never

_LOOK_S = 0.05


class Watch:
    """One request: when it must be done, how to tell if to give up, and the socket to cut. `verdict` is why it was."""

    def __init__(self, deadline: float, look: Callable[[], bool]) -> None:
        self.deadline, self.look = deadline, look
        self.socket: socket.socket | None = None
        self.verdict: Exception | None = None

    @property
    def left_s(self) -> float:
        """The seconds until the deadline, a little above zero once it is past."""
        return max(0.001, self.deadline - time.monotonic())

    def check(self) -> None:
        """Cut the request if it is time to, once."""
        try:
            if time.monotonic() >= self.deadline:
                self.verdict = Late()
            elif self.look():
                self.verdict = Abandoned()
        except Exception as error:
            self.verdict = error
        if self.verdict is not None and self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)


class Watchman:
    """Looks at all watches every few hundredths of a second; its thread is there while there are any."""

    def __init__(self) -> None:
        self.watches: set[Watch] = set()
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    @contextlib.contextmanager
    def over(self, limit_s: float, look: Callable[[], bool] = never) -> Iterator[Watch]:
        """Look after what is done inside. After it `look` is called no more."""
        watch = Watch(time.monotonic() + limit_s, look)
        with self.lock:
            self.watches.add(watch)
            if self.thread is None:
                self.thread = threading.Thread(target=self._walk, name="store-watchman", daemon=True)
                self.thread.start()
        try:
            yield watch
        finally:
            with self.lock:
                self.watches.discard(watch)

    def _walk(self) -> None:
        idle_since = time.monotonic()
        while True:
            time.sleep(_LOOK_S)
            with self.lock:
                for watch in self.watches:
                    # Again and again, until the request ends: its socket may have come after the verdict.
                    watch.check()
                if self.watches:
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > 1:
                    self.thread = None
                    return
