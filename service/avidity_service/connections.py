"""Connections and threads: waitress, with a queue for queries, deadlines for slow clients, and a graceful end.

Whatever is quick (known answers, pages, health) never waits behind queries: these have their own threads and a bounded
queue. A client that sends its request byte by byte holds no thread, but it holds a connection; it has so many seconds.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
import threading
import time
from collections import deque
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error

from avidity_service.awake import processors
from avidity_service.fair import FairQueue
from avidity_service.front import asked
from avidity_service.front.begun import Wish, wish
from avidity_service.front.layer import BEGUN, CROWDED, Front
from avidity_service.front.wire import Known, known
from avidity_service.looping import Looping
from avidity_service.plain import Heads, Plain
from avidity_service.polling import Poller
from avidity_service.settings import Settings
from avidity_service.untaken import Untaken

_LOG = logging.getLogger("avidity")
_QUICK_THREADS = 8
# Beside those that run: so many may wait for a worker, or for another who asks the same.
_WAITING_THREADS = 16
_MOST_CONNECTIONS = 2000
# Descriptors for everything that is no connection.
_OTHER_DESCRIPTORS = 256
_IDLE_S = 30
_LOOK_EVERY_S = 5
# Seconds for the head of a request, for its body, and to take an answer.
_HEAD_S, _BODY_S, _TAKING_S = 20, 120, 600
# An idle connection is closed so long after the service was told to stop: its request may be on the way.
_GRACE_S = 0.5
# Requests with these headers take the long way.
_NOT_PLAIN = {"CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT"}
_FORWARDED = {"X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "FORWARDED"}


class _Task(WSGITask):  # type: ignore[misc]
    """A request with what the queue knows of it."""

    def get_environment(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environment()
        if getattr(self.request, "crowded", False):
            environ[CROWDED] = True
        if (begun := getattr(self.request, "begun", None)) is not None:
            environ[BEGUN] = begun
        return environ

    def set_close_on_finish(self) -> None:
        """Close the connection afterwards; but not after a 304, whose end is that of its head (RFC 9112, 6.3)."""
        wanted = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or wanted or self.version != "1.1":
            super().set_close_on_finish()


class _VersionNotSupported(Error):  # type: ignore[misc]
    code, reason = 505, "HTTP Version Not Supported"


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request as it comes in."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read line and headers, and refuse what two readers might understand in two ways.

        One Host is due since HTTP/1.1 (RFC 9112, 3.2). A body with a length and in chunks, or in chunks by HTTP/1.0,
        is how requests are smuggled past a proxy (6.1).
        """
        super().parse_header(header_plus)
        host = self.headers.get("HOST")
        if self.version == "1.1" and (host is None or "," in host):
            raise ParsingError("HTTP/1.1 requires one Host header")
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("A body has a Content-Length or a Transfer-Encoding, not both")
        if self.version != "1.1" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("Transfer-Encoding requires HTTP/1.1")
        if self.version and not self.version.startswith("1."):
            self.error = _VersionNotSupported("This server speaks HTTP/1.1 and HTTP/1.0")
            self.completed = True


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, and since when it has been at the same thing."""

    task_class = _Task
    parser_class = _Parser
    requests: list[Any]
    at: tuple[object, float] = (None, 0.0)
    # What came last, if that may be one request and nothing else.
    arrived = b""
    # Whether that was dealt with, and it wants to know from the system what it wanted to know before.
    is_settled = False

    def handle_read(self) -> None:
        """Take what was sent."""
        self.is_settled = False
        try:
            data = self.recv(self.adj.recv_bytes)
        except BlockingIOError:  # nothing, as it turns out
            return
        except OSError:
            self.handle_close()
            return
        if data:
            self.last_activity = time.time()
            self.received(data)
        else:
            self.connected = False

    def received(self, data: bytes) -> bool:
        """Take requests; a plain one that comes alone is answered, or begun, at once."""
        self.arrived = b""
        if self.request is None and not self.requests:
            if self.will_close or self.close_when_flushed:
                return False
            if not self.total_outbufs_len:
                plain = self.server.heads.read(data)
                if plain is not None and self.server.take(self, plain):
                    self.is_settled = self.connected and not self.total_outbufs_len
                    return True
                self.arrived = data
        return bool(super().received(data))

    def say(self, known: Known) -> None:
        """Send an answer that is there; only for the loop, when nothing else waits to be sent."""
        data = known.response()
        # Most often the system takes it whole. The client need not wait until it is counted.
        sent = self.send(data)
        known.note(self.server.front)
        if sent < len(data) and self.connected:
            self.write_soon(data[sent:])
            self.current_outbuf_count = self.adj.outbuf_high_watermark  # the next answer gets a buffer of its own
        self.last_activity = time.time()

    def write_soon(self, data: Any) -> int:
        """Send it as soon as the client takes it; a large answer waits in memory if not too many do, or in a file."""
        held = None
        if isinstance(data, bytes) and len(data) > self.adj.outbuf_overflow:
            held = self.server.untaken.hold(data)
        try:
            return int(super().write_soon(held or data))
        except ClientDisconnected:  # nobody else would close it
            if held is not None:
                held.close()
            raise

    def finish(self) -> None:
        """Send the answer that the first request has, and go on to the next; only for the loop."""
        if self.connected:
            self.say(self.requests[0].known)
        if len(self.requests) == 1 and self.request is None:
            self.requests = []
            return
        with self.requests_lock:
            del self.requests[:1]
            if not self.connected:
                return
            if self.requests:
                self.server.add_task(self)
            elif self._awaits_continue and not self.sent_continue:
                self.send_continue()

    @property
    def _awaits_continue(self) -> bool:
        return self.request is not None and self.request.headers_finished and self.request.expect_continue

    @property
    def is_restless(self) -> bool:
        """Whether it may change without the loop's doing: by a thread that answers, or as it is to be closed."""
        if self.total_outbufs_len or self.will_close or self.close_when_flushed:
            return True
        return bool(self.requests) and type(self.requests[0]) is not Plain

    def service(self) -> None:
        """Answer one request; what the loop had begun for it is given back, whatever happens."""
        begun = getattr(self.requests[0], "begun", None)
        try:
            super().service()
        finally:
            if begun is not None:
                begun.end()

    def is_overdue(self, now: float) -> bool:
        """Whether head, body or taking the answer has lasted too long; to be asked every few seconds."""
        if self.total_outbufs_len:
            doing, most_s = "taking", _TAKING_S
        elif self.requests or self.request is None:
            doing, most_s = None, 0
        else:
            doing, most_s = self.request, _BODY_S if self.request.headers_finished else _HEAD_S
        if doing is not self.at[0]:
            self.at = (doing, now)
        return doing is not None and now - self.at[1] > most_s

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, from the end of its head to the last byte of its answer."""
        arriving = self.request is not None and self.request.headers_finished
        return bool(self.requests or self.total_outbufs_len or arriving)


class Connections(TcpWSGIServer):  # type: ignore[misc]
    """The server: it listens from its making on, and runs until it is told to stop."""

    channel_class = _Channel

    def __init__(self, front: Front, listener: socket.socket, settings: Settings) -> None:
        self.front, self.settings = front, settings
        self.stopping = threading.Event()
        self.loop_thread = 0
        self.untaken = Untaken(settings.max_result_mb * 1024 * 1024)
        self.heads, self.poller = Heads(), Poller(awake_s=settings.awake_us / 1e6)
        self.processors = processors()
        self.at_hand: deque[_Channel] = deque()
        quick, self.queries = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        quick.set_thread_count(_QUICK_THREADS)
        self.queries.queue = self.queued = FairQueue(_client)
        self.queries.set_thread_count(settings.workers + settings.long_queries + _WAITING_THREADS)
        super().__init__(
            front, map=self.poller.handlers, _sock=listener, dispatcher=quick, adj=Adjustments(**_tuning(settings)),
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )  # fmt: skip
        self.looping = Looping(front, self.poller, self._send, self._queue)
        front.metrics.queue_length = lambda: len(self.queued) + len(self.looping.waiting)

    def add_task(self, channel: _Channel) -> None:
        """Queue a request that has arrived whole: what is quick with its like, queries with theirs."""
        request = channel.requests[0]
        plain = not request.error and not channel.total_outbufs_len and self._is_plain(request)
        if plain and channel.arrived and len(channel.requests) == 1:
            self.heads.learn(channel.arrived, request.headers)
        request.known = self._known(channel, request) if plain else None
        if request.known is not None:
            # Sent by the loop itself as soon as it is back there; handing it to a thread would cost more than it does.
            self.at_hand.append(channel)
            self.pull_trigger()
        elif request.error or self._is_quick(request):
            self.task_dispatcher.add_task(channel)
        elif self._is_crowded(channel):
            request.crowded = True
            self.task_dispatcher.add_task(channel)
        elif plain and (wanted := self._wish(channel, request)) is not None:
            request.wish = wanted
            self.looping.want(channel, request)
            self.pull_trigger()
        else:
            self._queue(channel)

    def take(self, channel: _Channel, plain: Plain) -> bool:
        """Answer a plain request, or begin it; False if it has to go the long way. Only for the loop."""
        address, headers = channel.addr[0], plain.headers
        wanted = asked.without_body("GET", plain.path, plain.query, headers)
        found = known(self.front, wanted, headers, address)
        if found is not None:
            channel.say(found)
            return True
        if wanted.path != asked.SPARQL or self._is_crowded(channel):
            return False
        plain.wish = wish(self.front, wanted, plain.query, headers, address)
        if plain.wish is None:
            return False
        channel.requests.append(plain)
        self.looping.ask(channel, plain)
        return True

    def _send(self, channel: _Channel) -> None:
        try:
            channel.finish()
        except Exception:
            _LOG.exception("a known answer was not sent")
            channel.will_close = True
        if channel.is_restless:
            self._look_again(channel)

    def _look_again(self, channel: _Channel) -> None:
        if channel.connected:
            self.poller.changed.add(channel._fileno)

    def _queue(self, channel: _Channel) -> None:
        if isinstance(channel.requests[0], Plain):
            channel.requests[0] = channel.requests[0].full(channel.parser_class(channel.adj))
            self._look_again(channel)
        self.queries.add_task(channel)

    def _is_crowded(self, channel: _Channel) -> bool:
        """Whether a query is too much; some room is kept for clients that have few."""
        most = self.settings.queue_length
        if self.queued.size + self.looping.waiting.size >= most:
            return True
        return self.queued.size > 0 and self.queued.waiting_of(channel) >= max(1, most * 3 // 4)

    def maintenance(self, now: float) -> None:
        """Close connections that are idle or overdue."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(now):
                channel.will_close = True
        self.poller.look_again()

    def run_until_stopped(self) -> None:
        """Serve until `stop`, then finish what is under way."""
        self.loop_thread = threading.get_ident()
        while not self.stopping.is_set():
            self._turn(1.0)
        self._drain(time.monotonic() + self.settings.stop_timeout_s)
        self.front.current.context.pool.close()
        self.looping.end()
        for dispatcher in (self.task_dispatcher, self.queries):
            dispatcher.shutdown(timeout=1)
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
            self._turn(0.1)

    def pull_trigger(self) -> None:
        """Wake the loop; from within it there is nothing to wake."""
        if threading.get_ident() != self.loop_thread:
            super().pull_trigger()

    def _turn(self, timeout_s: float) -> None:
        most_s = self.looping.most_s
        timeout_s = timeout_s if most_s is None else min(timeout_s, most_s)
        # Workers that are at it may want the processor that the loop would stay awake on.
        spare = len(self.looping.under_way) < self.processors
        self.poller.turn(0 if self.at_hand else timeout_s, awake=spare)
        self.looping.turn()
        # A request that comes up while these are sent waits until all have had their turn.
        for _ in range(len(self.at_hand)):
            self._send(self.at_hand.popleft())

    def _is_plain(self, request: Any) -> bool:
        """Whether a request has nothing about it that only the long way knows."""
        headers = request.headers
        lasting = headers.get("CONNECTION", "keep-alive").lower() == "keep-alive"
        if request.version != "1.1" or not lasting or not headers.keys().isdisjoint(_NOT_PLAIN):
            return False
        return not self.settings.trusted_proxy or headers.keys().isdisjoint(_FORWARDED)

    def _known(self, channel: _Channel, request: Any) -> Known | None:
        return known(self.front, _asked(request), request.headers, channel.addr[0])

    def _wish(self, channel: _Channel, request: Any) -> Wish | None:
        return wish(self.front, _asked(request), request.query, request.headers, channel.addr[0])

    def _is_quick(self, request: Any) -> bool:
        wanted = _asked(request)
        return not wanted.is_sparql or (wanted.method in ("GET", "HEAD") and self.front.knows(wanted))


def _asked(request: Any) -> asked.Asked:
    """What a plain request asks for."""
    path = "/" + request.path.lstrip("/")
    return asked.without_body(request.command.upper(), path, request.query, request.headers)


def _client(channel: _Channel) -> str:
    """Whose a request is: the address of the connection, or what the proxy before us says."""
    request = channel.requests[0] if channel.requests else None
    if request is not None and channel.server.settings.trusted_proxy:
        named: str = request.headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        return named or str(channel.addr[0])
    return str(channel.addr[0])


def _tuning(settings: Settings) -> dict[str, object]:
    """Bounds, so that slow or greedy clients cost the others nothing."""
    tuning: dict[str, object] = {
        "connection_limit": _connections(),
        "channel_timeout": _IDLE_S,
        "cleanup_interval": _LOOK_EVERY_S,
        "max_request_header_size": 128 * 1024,
        "max_request_body_size": settings.max_query_bytes * 2 + 65_536,
        "asyncore_use_poll": True,
        "channel_request_lookahead": 1,  # without it waitress does not tell that a client has left
        "ident": None,
    }
    if settings.trusted_proxy:
        tuning["trusted_proxy"] = settings.trusted_proxy
        tuning["trusted_proxy_headers"] = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    return tuning


def _connections() -> int:
    """How many connections may be open: as many as there are descriptors for, within reason."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS + _OTHER_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    room = _MOST_CONNECTIONS if soft == resource.RLIM_INFINITY else soft - _OTHER_DESCRIPTORS
    return max(64, min(_MOST_CONNECTIONS, room))
