"""Who may run: short queries never wait for long ones.

Every query starts in the quick lane. One that has worked for a tenth of a second goes over to the slow lane, where it
runs behind all others; if that lane is full, it is stopped and its client asked to come back. A query that was long
once begins in the slow lane the next time, so that those who repeat it do not crowd the quick one.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from avidity_service.errors import QueryError

_QUICK_S = 0.1
# A part of that for which the processor must really have worked: on a busy machine a short query may only have waited.
_WORKED_S = 0.05
# How long a query waits for a place in the quick lane before the client is asked to come back.
_PATIENCE_S = 2.0
_REMEMBERED = 10_000


class _Slowable(Protocol):
    def worked_s(self) -> float: ...
    def slow_down(self) -> None: ...


class Crowded(Exception):
    """The query has become a long one, and there are as many of those as may be."""


class Unready(Exception):
    """The query cannot be begun without waiting for more than a place."""


class Lanes:
    """So many places for quick queries, so many for long ones."""

    def __init__(self, quick: int, slow: int) -> None:
        self.quick, self.slow = threading.BoundedSemaphore(quick), threading.BoundedSemaphore(slow)
        self.long: OrderedDict[bytes, None] = OrderedDict()
        self.lock = threading.Lock()
        self.waiting = 0

    def enter(self, query: str) -> Place:
        """A place for the query.

        Raises:
            QueryError: 503 if there is none for a while.
        """
        was_long = self._was_long(query)
        if was_long and not self.slow.acquire(blocking=False):
            raise crowded()
        if not was_long and not self._wait():
            raise QueryError(
                503, "Busy", "All workers are answering other queries; try again in a moment.", retry_after_s=1
            )
        return Place(self, query, was_long)

    def enter_at_once(self, query: str) -> Place | None:
        """A place in the quick lane if one is free.

        Raises:
            Unready: if the query has been a long one.
        """
        if self._was_long(query):
            raise Unready
        return Place(self, query, False) if self.quick.acquire(blocking=False) else None

    def _wait(self) -> bool:
        if self.quick.acquire(blocking=False):
            return True
        with self.lock:
            self.waiting += 1
        try:
            return self.quick.acquire(timeout=_PATIENCE_S)
        finally:
            with self.lock:
                self.waiting -= 1

    def _was_long(self, query: str) -> bool:
        return bool(self.long) and _mark(query) in self.long

    def remember(self, query: str) -> None:
        """Note that a query is a long one."""
        with self.lock:
            self.long[_mark(query)] = None
            while len(self.long) > _REMEMBERED:
                self.long.popitem(last=False)


class Place:
    """The place that one query has, from when it begins until it leaves."""

    def __init__(self, lanes: Lanes, query: str, is_slow: bool) -> None:
        self.lanes, self.query, self.is_slow = lanes, query, is_slow
        self.started = time.monotonic()

    def watch(self, worker: _Slowable, is_gone: Callable[[], bool]) -> Callable[[], bool]:
        """What to call while waiting for the worker: changes lanes in time, and tells if the client has left."""
        self.started = time.monotonic()
        worked_s: float | None = None
        if self.is_slow:
            worker.slow_down()

        def look() -> bool:
            nonlocal worked_s
            if not self.is_slow:
                # Looked up only now, so that it costs the quick ones nothing.
                worked_s = worker.worked_s() if worked_s is None else worked_s
                if time.monotonic() - self.started > _QUICK_S and worker.worked_s() - worked_s >= _WORKED_S:
                    self._change_lanes(worker)
            return is_gone()

        return look

    def leave(self) -> None:
        """Give the place back."""
        (self.lanes.slow if self.is_slow else self.lanes.quick).release()

    def _change_lanes(self, worker: _Slowable) -> None:
        self.lanes.remember(self.query)
        if not self.lanes.slow.acquire(blocking=False):
            raise Crowded
        self.is_slow = True
        self.lanes.quick.release()
        worker.slow_down()


def _mark(query: str) -> bytes:
    return hashlib.sha256(query.encode()).digest()


def crowded() -> QueryError:
    """What a client is told whose query is long while too many long ones run."""
    detail = "As many long queries run as may; try again in a few seconds, or ask for less."
    return QueryError(503, "Too many long queries", detail, retry_after_s=5)
