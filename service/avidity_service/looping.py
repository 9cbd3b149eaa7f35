"""Queries in the hands of the loop of connections: they wait there for a worker or its answer, but not for long."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from avidity_service.fair import FairQueue
from avidity_service.front.begun import Begun, Wish, at_once, begin
from avidity_service.front.layer import Front
from avidity_service.polling import Poller
from avidity_service.sparql.lanes import Unready

if TYPE_CHECKING:
    from waitress.channel import HTTPChannel

_LOG = logging.getLogger("avidity")
# What takes longer is a thread's business: there it can give way to others, and it is seen whether the client has left.
_LONG_S = 0.06


class Looping:
    """The wishes that wait for a worker, and the queries that one is answering.

    `sends` is called with a channel whose request has its answer in `known`; `hands_on` with one that a thread has to
    go on with, from what is in the request's `begun`, or from the beginning. `owner` tells whose a channel is.
    """

    def __init__(
        self,
        front: Front,
        poller: Poller,
        sends: Callable[[HTTPChannel], None],
        hands_on: Callable[[HTTPChannel], None],
        owner: Callable[[HTTPChannel], str],
    ) -> None:
        self.front, self.poller, self.sends, self.hands_on = front, poller, sends, hands_on
        self.waiting: FairQueue[tuple[HTTPChannel, Any, float]] = FairQueue(lambda entry: owner(entry[0]))
        self.under_way: dict[_Query, float] = {}
        # Answered at the turn's end, when workers have what is theirs to do; they wait for none.
        self.points: list[tuple[HTTPChannel, Any]] = []
        self.unseen = False

    @property
    def most_s(self) -> float | None:
        """How long the loop may sleep; None for as long as it likes."""
        if self.unseen:
            return 0
        return _LONG_S / 2 if self.under_way or self.waiting.size else None

    def want(self, channel: HTTPChannel, request: Any) -> None:
        """Have a request answered whose `wish` is set."""
        self.waiting.append((channel, request, time.monotonic()))
        self.unseen = True

    def ask(self, channel: HTTPChannel, request: Any) -> None:
        """The same for the loop itself, which begins it at once if nobody waits."""
        if request.wish.is_point:
            self.points.append((channel, request))
            return
        if self.waiting.size:
            self.waiting.append((channel, request, time.monotonic()))
        else:
            self._begin_or_wait(channel, request)

    def turn(self) -> None:
        """Give workers to those that wait, hand on what has taken too long, and answer points."""
        self._queries()
        points, self.points = self.points, []
        for channel, request in points:
            if channel.connected:
                self._begin_or_wait(channel, request)

    def _queries(self) -> None:
        if not self.under_way and not self.waiting.size:
            self.unseen = False
            return
        now, self.unseen = time.monotonic(), False
        while self.waiting:
            channel, request, since = self.waiting.first()
            if channel.connected and not self._begin_safely(channel, request, now, has_waited=True):
                # While the loop itself has queries with workers, one of these will soon be free again.
                if self.under_way or now - since < _LONG_S:
                    break
                self.hands_on(channel)
            self.waiting.popleft()
        for query, began in list(self.under_way.items()):
            if now - began < _LONG_S:  # the first of them is the oldest
                break
            self._hand_on(query)

    def end(self) -> None:
        """Give back all that is held: the service stops."""
        for query in list(self.under_way):
            self._forget(query)
            query.begun.end()

    def _begin_or_wait(self, channel: HTTPChannel, request: Any) -> None:
        now = time.monotonic()
        # Whether the answer is there has just been looked up.
        if not self._begin_safely(channel, request, now):
            self.waiting.append((channel, request, now))

    def _begin_safely(self, channel: HTTPChannel, request: Any, now: float, *, has_waited: bool = False) -> bool:
        """Whatever one query brings about, the others have their turn; its connection ends."""
        try:
            return self._begin(channel, request, now, has_waited=has_waited)
        except Exception:
            _LOG.exception("a query could not be begun")
            channel.handle_close()
            return True

    def _begin(self, channel: HTTPChannel, request: Any, now: float, *, has_waited: bool = False) -> bool:
        wanted: Wish = request.wish
        try:
            if has_waited and self.front.knows(wanted.asked):  # somebody asked the same meanwhile
                raise Unready
            found = at_once(self.front, wanted)
            if found is not None:
                request.known = found.known
                self.sends(channel)
                found.keep(self.front)
                return True
            begun = begin(self.front, wanted)
        except Unready:
            self.hands_on(channel)
            return True
        if begun is None:
            return False
        query = _Query(channel, request, begun)
        self._watch(query)
        self.under_way[query] = now
        return True

    def _watch(self, query: _Query) -> None:
        def more() -> None:
            if query.begun.run.take():
                self._answered(query)
            else:
                self._watch(query)

        self.poller.once(query.fd, more)

    def _answered(self, query: _Query) -> None:
        """A worker has finished, or has ended."""
        known = query.begun.answer()
        if known is None:
            self._hand_on(query)
        else:
            self._forget(query)
            query.request.known = known
            self.sends(query.channel)
            query.begun.end()

    def _hand_on(self, query: _Query) -> None:
        self._forget(query)
        if not query.begun.ended:
            query.request.begun = query.begun
        self.hands_on(query.channel)

    def _forget(self, query: _Query) -> None:
        self.poller.never(query.fd)
        self.under_way.pop(query, None)


class _Query:
    """A query under way; `fd` is the worker's end of the line."""

    __slots__ = ("begun", "channel", "fd", "request")

    def __init__(self, channel: HTTPChannel, request: Any, begun: Begun) -> None:
        self.channel, self.request, self.begun = channel, request, begun
        self.fd = begun.run.fileno()
