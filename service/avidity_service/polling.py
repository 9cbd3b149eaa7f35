"""Which of many sockets have something to do: the system remembers what is watched, so a turn costs what happens in it.

waitress tells its loop anew in every turn what each connection wants to know, which with many of them takes longer
than their answers. Here a connection is looked at again when something happened to it, or while it may change alone.
"""

from __future__ import annotations

import contextlib
import select
from collections.abc import Callable
from typing import Any

from waitress import wasyncore

from avidity_service.awake import Awake, Events

_IN, _OUT, _PRI = select.POLLIN, select.POLLOUT, select.POLLPRI


class Watched(dict[int, Any]):
    """waitress' map of descriptors to what handles them, which tells the poller of all that come and go."""

    def __init__(self, poller: Poller) -> None:
        super().__init__()
        self.poller = poller

    def __setitem__(self, fd: int, handler: Any) -> None:
        super().__setitem__(fd, handler)
        self.poller.changed.add(fd)

    def __delitem__(self, fd: int) -> None:
        super().__delitem__(fd)
        self.poller.forget(fd)


class Poller:
    """Waits for sockets. Handlers stay in `handlers`; `once` watches a descriptor until it has something to read.

    A handler that `is_restless`, or accepts connections, is asked in every turn what it wants to know; any other after
    something happened to it that has not left it `is_settled`, or when it was put into `changed`.
    """

    def __init__(self, *, awake_s: float = 0, with_epoll: bool = hasattr(select, "epoll")) -> None:
        self.is_epoll = with_epoll
        self.system: Any = select.epoll() if with_epoll else select.poll()
        self.awake = Awake(self.system.poll if with_epoll else self._poll_ms, awake_s)
        self.flags_once = _IN | select.EPOLLONESHOT if with_epoll else _IN
        self.handlers = Watched(self)
        self.calls: dict[int, Callable[[], object]] = {}
        self.flags: dict[int, int] = {}
        self.changed: set[int] = set()

    def once(self, fd: int, call: Callable[[], object]) -> None:
        """Have it called when there is something to read, or nothing to come any more; then never again."""
        self.calls[fd] = call
        self._set(fd, self.flags_once)

    def never(self, fd: int) -> None:
        """Have it not called; the second time does nothing."""
        if self.calls.pop(fd, None) is not None and not self.is_epoll:
            self._drop(fd)

    def forget(self, fd: int) -> None:
        """A handler has gone; its descriptor is still open."""
        self.changed.discard(fd)
        if self.flags.pop(fd, 0):
            self._drop(fd)

    def look_again(self) -> None:
        """Ask all handlers what they want to know."""
        self.changed.update(self.handlers)

    def turn(self, timeout_s: float, *, awake: bool = False) -> None:
        """Wait for so many seconds at most, awake if that is worth it, and let all handle what happened to them."""
        self._update()
        try:
            events = self.awake.wait(timeout_s, may_stay=awake)
        except InterruptedError:
            return
        for fd, flags in events:
            call = self.calls.pop(fd, None)
            if call is not None:
                if not self.is_epoll:
                    self._drop(fd)
                call()
                continue
            handler = self.handlers.get(fd)
            if handler is None:
                # Nobody waits for it any more: a worker whose query a thread has, or that has ended.
                if not self.is_epoll or flags & ~_IN:
                    self._drop(fd)
                continue
            wasyncore.readwrite(handler, flags)
            if not getattr(handler, "is_settled", False):
                self.changed.add(fd)

    def close(self) -> None:
        """Give the system's part back."""
        if self.is_epoll:
            self.system.close()

    def _poll_ms(self, timeout_s: float) -> Events:
        found: Events = self.system.poll(timeout_s * 1000)
        return found

    def _update(self) -> None:
        looked, self.changed = self.changed, set()
        for fd in list(looked):  # a thread may just be adding to it
            handler = self.handlers.get(fd)
            if handler is None:
                continue
            wanted = _IN | _PRI if handler.readable() else 0
            if not handler.accepting:
                if handler.writable():
                    wanted |= _OUT
                if getattr(handler, "is_restless", False):
                    self.changed.add(fd)
            else:
                self.changed.add(fd)
            if wanted != self.flags.get(fd, 0):
                self.flags[fd] = wanted
                if wanted:
                    self._set(fd, wanted)
                else:
                    self._drop(fd)

    def _set(self, fd: int, flags: int) -> None:
        # A descriptor may be another's than the last time, of which the system knows and we do not.
        try:
            self.system.modify(fd, flags)
        except FileNotFoundError:
            self.system.register(fd, flags)

    def _drop(self, fd: int) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.system.unregister(fd)
