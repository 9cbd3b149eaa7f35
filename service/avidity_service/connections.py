"""Connections and threads: waitress, with a queue for queries, deadlines for slow clients, and a graceful end.

Whatever is quick (known answers, pages, health) never waits behind queries: these have their own threads and a bounded
queue. A client that sends its request byte by byte holds no thread, but it holds a connection; it has so many seconds.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections import deque
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer

from avidity_service.awake import is_rationed
from avidity_service.channel import Channel
from avidity_service.dispatching import Dispatchers
from avidity_service.front import asked
from avidity_service.front.begun import Wish, wish
from avidity_service.front.layer import Front
from avidity_service.front.wire import Known, known
from avidity_service.looping import Looping
from avidity_service.plain import Heads, Plain
from avidity_service.polling import Poller
from avidity_service.requesting import asked_by, asked_for, client_of, is_plain, is_short
from avidity_service.settings import Settings
from avidity_service.tuning import tuning
from avidity_service.untaken import Untaken

_MANY = "Too many queries are waiting; try again in a moment."
_MUCH = "Too many answers wait for clients who do not take them; take yours, or try again in a moment."
_LOG = logging.getLogger("avidity")
# An idle connection is closed so long after the service was told to stop: its request may be on the way.
_GRACE_S = 0.5
# Bytes that a client has not taken before the next request of its connection is begun.
_MOST_UNTAKEN = 64 * 1024
# After a fault of the loop's own, so that one that comes again and again does not use the processor up.
_BREATH_S = 0.01


class Connections(TcpWSGIServer):  # type: ignore[misc]
    """The server: it listens from its making on, and runs until it is told to stop."""

    channel_class = Channel

    def __init__(self, front: Front, listener: socket.socket, settings: Settings) -> None:
        self.front, self.settings = front, settings
        self.stopping = threading.Event()
        self.loop_thread = 0
        self.untaken = Untaken(settings.max_result_mb * 1024 * 1024)
        self.heads, self.poller = Heads(), Poller(awake_s=settings.awake_us / 1e6)
        self.is_rationed = is_rationed()
        self.at_hand: deque[Channel] = deque()
        self.dispatchers = Dispatchers(settings, client_of)
        super().__init__(
            front, map=self.poller.handlers, _sock=listener, dispatcher=self.dispatchers.quick,
            adj=Adjustments(**tuning(settings)), bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )  # fmt: skip
        self.looping = Looping(front, self.poller, self._send, self._queue, client_of)
        front.metrics.queue_length = lambda: len(self.dispatchers.queued) + len(self.looping.waiting)

    def add_task(self, channel: Channel) -> None:
        """Queue a request that has arrived whole: what is quick with its like, queries with theirs."""
        if channel.total_outbufs_len > _MOST_UNTAKEN:
            channel.is_parked = True
            self._look_again(channel)
            return
        request = channel.requests[0]
        plain = not request.error and not channel.total_outbufs_len and is_plain(request, self.settings.trusted_proxy)
        if plain and channel.arrived and len(channel.requests) == 1:
            self.heads.learn(channel.arrived, request.headers)
        request.known = self._known(channel, request) if plain else None
        if request.known is not None:
            # Sent by the loop itself as soon as it is back there; handing it to a thread would cost more than it does.
            self.at_hand.append(channel)
            self.pull_trigger()
        elif request.error or self._is_quick(channel, request):
            if not request.error and not asked.is_live(request.path):
                request.crowded = self._untaken(channel)
            self.dispatchers.for_path(request.path).add_task(channel)
        elif (crowded := self._crowded(channel)) is not None:
            request.crowded = crowded
            self.dispatchers.quick.add_task(channel)
        elif plain and (wanted := self._wish(channel, request)) is not None:
            request.wish = wanted
            self.looping.want(channel, request)
            self.pull_trigger()
        else:
            self._queue(channel)

    def take(self, channel: Channel, plain: Plain) -> bool:
        """Answer a plain request, or begin it; False if it has to go the long way. Only for the loop."""
        address, headers = channel.addr[0], plain.headers
        if not is_short(plain.query, headers):
            return False
        wanted = asked.without_body("GET", plain.path, plain.query, headers)
        found = known(self.front, wanted, headers, address)
        if found is not None:
            channel.say(found)
            return True
        if wanted.path != asked.SPARQL or self._crowded(channel) is not None:
            return False
        plain.wish = wish(self.front, wanted, plain.query, headers, address)
        if plain.wish is None:
            return False
        channel.requests.append(plain)
        self.looping.ask(channel, plain)
        return True

    def _send(self, channel: Channel) -> None:
        try:
            channel.finish()
        except Exception:
            _LOG.exception("a known answer was not sent")
            channel.will_close = True
        if channel.is_restless:
            self._look_again(channel)

    def _look_again(self, channel: Channel) -> None:
        if channel.connected:
            self.poller.changed.add(channel._fileno)

    def _queue(self, channel: Channel) -> None:
        request = channel.requests[0]
        if isinstance(request, Plain):
            request = channel.requests[0] = request.full(channel.parser_class(channel.adj))
            self._look_again(channel)
        if getattr(request, "begun", None) is not None:
            # It has a worker, whose time runs: it must not wait behind those who wait for one.
            self.dispatchers.under_way.add_task(channel)
        else:
            self.dispatchers.queries.add_task(channel)

    def _crowded(self, channel: Channel) -> str | None:
        """Why a query is too much; some room is kept for clients that have few."""
        most, queues = self.settings.queue_length, (self.dispatchers.queued, self.looping.waiting)
        waiting = sum(queue.size for queue in queues)
        if waiting and waiting < most:
            waiting_of_own = sum(queue.waiting_of(client_of(channel)) for queue in queues)
            waiting = most if waiting_of_own >= max(1, most * 3 // 4) else waiting
        return _MANY if waiting >= most else self._untaken(channel)

    def _untaken(self, channel: Channel) -> str | None:
        return _MUCH if self.untaken.is_full(client_of(channel)) else None

    def maintenance(self, now: float) -> None:
        """Close connections that are idle or overdue."""
        idle = now - self.adj.channel_timeout
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(now):
                # At once: who takes nothing never lets us know that he could be sent the rest.
                channel.handle_close()
            elif not channel.requests and not channel.total_outbufs_len and channel.last_activity < idle:
                channel.will_close = True
        self.poller.look_again()

    def run_until_stopped(self) -> None:
        """Serve until `stop`, then finish what is under way."""
        self.loop_thread = threading.get_ident()
        while not self.stopping.is_set():
            self._turn_safely(1.0)
        self._drain(time.monotonic() + self.settings.stop_timeout_s)
        self.front.current.context.pool.close()
        self.looping.end()
        self.dispatchers.shutdown()
        wasyncore.close_all(self._map)
        self.poller.close()

    def stop(self) -> None:
        """Take no more connections and end; may be called from a signal's handler."""
        self.stopping.set()
        super().pull_trigger()

    def _drain(self, end: float) -> None:
        with contextlib.suppress(OSError):
            self.socket.setblocking(False)
            for _ in range(self.adj.backlog):  # those who were let in by the system already
                before = len(self.active_channels)
                self.handle_accept()
                if len(self.active_channels) == before:
                    break
        self.accepting = False
        wasyncore.dispatcher.close(self)
        told = time.time()
        while self.active_channels and time.monotonic() < end:
            now = time.time()
            for channel in list(self.active_channels.values()):
                if not channel.is_busy and now - max(told, channel.last_activity) > _GRACE_S:
                    channel.will_close = True
            self.poller.look_again()
            self._turn_safely(0.1)

    def pull_trigger(self) -> None:
        """Wake the loop; from within it there is nothing to wake."""
        if threading.get_ident() != self.loop_thread:
            super().pull_trigger()

    def _turn_safely(self, timeout_s: float) -> None:
        """Whatever one connection or one query brings about, the others are served."""
        try:
            self._turn(timeout_s)
        except Exception:
            _LOG.exception("the loop of connections goes on")
            self.poller.look_again()
            time.sleep(_BREATH_S)

    def _turn(self, timeout_s: float) -> None:
        most_s = self.looping.most_s
        timeout_s = timeout_s if most_s is None else min(timeout_s, most_s)
        # While a worker is at it, its client or another worker may want the processor.
        awake = not self.is_rationed and not self.looping.under_way
        self.poller.turn(0 if self.at_hand else timeout_s, awake=awake)
        self.looping.turn()
        # A request that comes up while these are sent waits until all have had their turn.
        for _ in range(len(self.at_hand)):
            self._send(self.at_hand.popleft())

    def _known(self, channel: Channel, request: Any) -> Known | None:
        return known(self.front, asked_for(request), request.headers, channel.addr[0])

    def _wish(self, channel: Channel, request: Any) -> Wish | None:
        return wish(self.front, asked_for(request), request.query, request.headers, channel.addr[0])

    def _is_quick(self, channel: Channel, request: Any) -> bool:
        wanted = asked_by(channel, request)
        return not wanted.is_sparql or (wanted.method in ("GET", "HEAD") and self.front.knows(wanted))
