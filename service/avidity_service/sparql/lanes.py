"""Who may run: short queries never wait for long ones.

Every query starts in the quick lane. One that has worked for a tenth of a second goes over to the slow lane, where it
runs behind all others; if that lane is full, it is stopped and its client asked to come back. A query that was long
once begins in the slow lane the next time, so that those who repeat it do not crowd the quick one.

Clients share both lanes. A quick place that is free again goes to the client who waits and has fewest. As long as the
slow lane has room one may have all of it, but its latest query gives way to that of a client who has at least two fewer
there.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Protocol

from avidity_service.errors import QueryError

QUICK_S = 0.1
# A part of that for which the processor must really have worked: on a busy machine a short query may only have waited.
_WORKED_S = 0.05
# How long a query waits for a place in the quick lane before the client is asked to come back.
PATIENCE_S = 2.0
_REMEMBERED = 10_000


class _Slowable(Protocol):
    def worked_s(self) -> float: ...
    def slow_down(self) -> None: ...


class Crowded(Exception):
    """The query is a long one, and either there are as many as may be, or it gives way to another client's."""

    def __init__(self, most: int, *, gave_way: bool = False) -> None:
        self.most, self.gave_way = most, gave_way
        super().__init__()

    def refusal(self) -> QueryError:
        """What its client is told."""
        detail = f"As many long queries run as may ({self.most}, of more than {QUICK_S:g} s each)"
        if self.gave_way:
            detail += ", and this one gave way to that of a client who had fewer"
        detail += "; try again in a few seconds, or ask for less."
        return QueryError(503, "Too many long queries", detail, retry_after_s=5)


class Unready(Exception):
    """The query cannot be begun without waiting for more than a place."""


class _Waiting:
    """A client who waits for a quick place, until it is called."""

    __slots__ = ("called", "client")

    def __init__(self, client: str) -> None:
        self.client, self.called = client, threading.Event()


class Lanes:
    """So many places for quick queries, so many for long ones."""

    def __init__(self, quick: int, slow: int) -> None:
        self.free, self.most_slow = quick, slow
        # In the order in which they came.
        self.slow: list[Place] = []
        self.long: OrderedDict[bytes, None] = OrderedDict()
        self.lock = threading.Lock()
        # Quick places by client, and who waits for one.
        self.quick: Counter[str] = Counter()
        self.waiting: list[_Waiting] = []

    def enter(self, query: str, client: str = "") -> Place:
        """A place for the query of a client, which is known by its address.

        Raises:
            QueryError: 503 if there is none for a while.
        """
        place = Place(self, query, client)
        if self._was_long(query):
            if not self.go_slow(place):
                raise Crowded(self.most_slow).refusal()
            place.is_slow = True
        elif not self._wait(client):
            raise QueryError(
                503, "Busy", "All workers are answering other queries; try again in a moment.", retry_after_s=1
            )
        return place

    def enter_at_once(self, query: str, client: str = "") -> Place | None:
        """A place in the quick lane if one is free.

        Raises:
            Unready: if the query has been a long one.
        """
        if self._was_long(query):
            raise Unready
        with self.lock:
            if not self.free:
                return None
            self._take(client)
        return Place(self, query, client)

    def leave_quick(self, client: str) -> None:
        """Give a client's place in the quick lane back; it is for the one who waits and has fewest."""
        with self.lock:
            self.free += 1
            self.quick[client] -= 1
            if not self.quick[client]:
                del self.quick[client]
            if self.waiting:
                # min takes the first of those with as many, who has waited longest.
                next_ = min(self.waiting, key=lambda one: self.quick[one.client])
                self.waiting.remove(next_)
                self._take(next_.client)
                next_.called.set()

    def go_slow(self, place: Place) -> bool:
        """Take a place in the slow lane, if need be another's; tells whether there is one to be had."""
        with self.lock:
            if len(self.slow) >= self.most_slow:
                greedy = self._greediest(place.client)
                if greedy is None:
                    return False
                greedy.gives_way = True
                self.slow.remove(greedy)
            self.slow.append(place)
            return True

    def leave_slow(self, place: Place) -> None:
        """Give a place in the slow lane back, unless another has it already."""
        with self.lock:
            if place in self.slow:
                self.slow.remove(place)

    def _greediest(self, client: str) -> Place | None:
        """The latest place of the client who has most, if that is fair to both."""
        shares = Counter(place.client for place in self.slow)
        most = max(shares.values())
        if most < shares[client] + 2:
            return None
        return next(place for place in reversed(self.slow) if shares[place.client] == most)

    def _take(self, client: str) -> None:
        self.free -= 1
        self.quick[client] += 1

    def _wait(self, client: str) -> bool:
        with self.lock:
            if self.free:
                self._take(client)
                return True
            own = _Waiting(client)
            self.waiting.append(own)
        if own.called.wait(PATIENCE_S):
            return True
        with self.lock:
            if own not in self.waiting:  # called at the last moment
                return True
            self.waiting.remove(own)
            return False

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

    __slots__ = ("client", "gives_way", "is_slow", "lanes", "query", "started")

    def __init__(self, lanes: Lanes, query: str, client: str) -> None:
        self.lanes, self.query, self.client = lanes, query, client
        self.is_slow = self.gives_way = False
        self.started = 0.0

    def watch(self, worker: _Slowable, is_gone: Callable[[], bool]) -> Callable[[], bool]:
        """What to call while waiting for the worker: changes lanes in time, and tells if the client has left.

        It raises Crowded if the query is to end for others.
        """
        self.started = time.monotonic()
        worked_s: float | None = None
        if self.is_slow:
            worker.slow_down()

        def look() -> bool:
            nonlocal worked_s
            if self.gives_way:
                raise Crowded(self.lanes.most_slow, gave_way=True)
            if not self.is_slow:
                # Looked up only now, so that it costs the quick ones nothing.
                worked_s = worker.worked_s() if worked_s is None else worked_s
                if time.monotonic() - self.started > QUICK_S and worker.worked_s() - worked_s >= _WORKED_S:
                    self._change_lanes(worker)
            return is_gone()

        return look

    def leave(self) -> None:
        """Give the place back."""
        if self.is_slow:
            self.lanes.leave_slow(self)
        else:
            self.lanes.leave_quick(self.client)

    def _change_lanes(self, worker: _Slowable) -> None:
        self.lanes.remember(self.query)
        if not self.lanes.go_slow(self):
            raise Crowded(self.lanes.most_slow)
        self.is_slow = True
        self.lanes.leave_quick(self.client)
        worker.slow_down()


def _mark(query: str) -> bytes:
    return hashlib.sha256(query.encode()).digest()
