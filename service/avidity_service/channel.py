"""One connection: requests as they come in, answers as they go out, and how long each may take.

What two readers might understand in two ways is refused, and every refusal is a problem in JSON, as all others are.
"""

from __future__ import annotations

import json
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from avidity_service.front.layer import BEGUN, CROWDED
from avidity_service.front.wire import Known
from avidity_service.headers import STANDARD
from avidity_service.journal import Line
from avidity_service.parsing import Parser
from avidity_service.plain import Plain
from avidity_service.requesting import client_of

# Seconds for the head of a request, for its body, to take an answer, and to take nothing of it.
_HEAD_S, _BODY_S, _TAKING_S, _STALLED_S = 20, 120, 600, 60


class _Ending:
    """How an answer says whether its connection goes on."""

    def build_response_header(self) -> bytes:
        """Head of the answer; a service that stops tells its clients to go on elsewhere."""
        task: Any = self
        if task.channel.server.stopping.is_set():
            task.close_on_finish = True
        head: bytes = super().build_response_header()  # type: ignore[misc]
        if not task.close_on_finish:
            return head
        # waitress may say both to a client of HTTP/1.0.
        head = head.replace(b"\r\nConnection: Keep-Alive\r\n", b"\r\n")
        return head if b"\r\nConnection: close\r\n" in head else head[:-2] + b"Connection: close\r\n\r\n"


class Task(_Ending, WSGITask):  # type: ignore[misc]
    """A request with what the queue knows of it."""

    def get_environment(self) -> dict[str, Any]:
        """What the application is told."""
        environ: dict[str, Any] = super().get_environment()
        if (crowded := getattr(self.request, "crowded", None)) is not None:
            environ[CROWDED] = crowded
        if (begun := getattr(self.request, "begun", None)) is not None:
            environ[BEGUN] = begun
        return environ

    def set_close_on_finish(self) -> None:
        """Close the connection afterwards; but not after a 304, whose end is that of its head (RFC 9112, 6.3)."""
        wanted = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.has_body or wanted or self.version != "1.1":
            super().set_close_on_finish()


class Refusal(_Ending, ErrorTask):  # type: ignore[misc]
    """What cannot be read as a request, told like every other refusal; counted and logged like every other request."""

    def execute(self) -> None:
        """Send the problem, and close the connection: where the next request would begin, nobody knows."""
        request, server = self.request, self.channel.server
        error, line = request.error, Line(request.headers.get("X_REQUEST_ID"), self.channel.addr[0])
        title = error.reason
        problem = {"type": "about:blank", "title": title, "status": error.code, "detail": _detail(error, server.adj)}
        body = (json.dumps(problem, ensure_ascii=False, indent=2) + "\n").encode()
        self.status, self.content_length = f"{error.code} {title}", len(body)
        self.response_headers.append(("Content-Type", "application/problem+json"))
        self.response_headers += [*STANDARD, ("X-Request-Id", line.id)]
        self.set_close_on_finish()
        self.write(body)
        served = server.front.current
        server.front.noted(line, request.command, request.path, self.status, len(body), served.id)


def _detail(error: Error, limits: Adjustments) -> str:
    if isinstance(error, RequestHeaderFieldsTooLarge):
        most = limits.max_request_header_size
        return f"Address and headers may have {most} bytes together. A longer query may be sent by POST."
    if isinstance(error, RequestEntityTooLarge):
        return f"The body of a request may have {limits.max_request_body_size} bytes."
    return f"{error.body}."


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, and since when it has been at the same thing."""

    task_class = Task
    error_task_class = Refusal
    parser_class = Parser
    requests: list[Any]
    at: tuple[object, float] = (None, 0.0)
    # How many bytes it has not taken yet, and since when these.
    left: tuple[int, float] = (0, 0.0)
    # A new one with each answer that the client does not take at once.
    answers: object = None
    # What came last, if that may be one request and nothing else.
    arrived = b""
    # A request waits until what goes before it has been taken.
    is_parked = False
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
                    self.is_settled = self.connected and not self.total_outbufs_len and not self.close_when_flushed
                    return True
                self.arrived = data
        return bool(super().received(data))

    def say(self, known: Known) -> None:
        """Send an answer that is there; only for the loop, when nothing else waits to be sent."""
        closes = self.server.stopping.is_set()
        data = known.response(closes=closes)
        # Most often the system takes it whole. The client need not wait until it is counted.
        sent = self.send(data)
        known.note(self.server.front)
        if sent < len(data) and self.connected:
            self.write_soon(data[sent:])
            self.current_outbuf_count = self.adj.outbuf_high_watermark  # the next answer gets a buffer of its own
            self.answers = object()
        if closes:
            self.close_when_flushed = True
        self.last_activity = time.time()

    def write_soon(self, data: Any) -> int:
        """Send it as soon as the client takes it; a large answer waits in memory if not too many do, or in a file."""
        held = None
        if isinstance(data, bytes) and len(data) > self.adj.outbuf_overflow:
            held = self.server.untaken.hold(data, client_of(self))
        try:
            return int(super().write_soon(held or data))
        except ClientDisconnected:  # nobody else would close it
            if held is not None:
                held.close()
            raise

    def writable(self) -> bool:
        """Whether it wants to know when the client takes more."""
        return self.is_parked or bool(super().writable())

    def handle_write(self) -> None:
        """Send more, and go on to the request that waited for that."""
        super().handle_write()
        if self.is_parked and not self.total_outbufs_len:
            self.is_parked = False
            if self.connected and self.requests:
                self.server.add_task(self)

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Have no thread wait for a reader: the next request of this connection does, in `Connections.add_task`."""

    def finish(self) -> None:
        """Send the answer that the first request has, and go on to the next; only for the loop."""
        if self.connected:
            self.say(self.requests[0].known)
        if self.close_when_flushed or (len(self.requests) == 1 and self.request is None):
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
        # In one step: a thread may take the request away meanwhile.
        first = next(iter(self.requests), None)
        return first is not None and type(first) is not Plain

    def service(self) -> None:
        """Answer one request; what the loop had begun for it is given back, whatever happens."""
        self.answers = object()
        begun = getattr(self.requests[0], "begun", None)
        try:
            super().service()
        finally:
            if begun is not None:
                begun.end()

    def is_overdue(self, now: float) -> bool:
        """Whether head, body or taking the answer has lasted too long; to be asked every few seconds."""
        left = self.total_outbufs_len
        if left != self.left[0]:
            self.left = (left, now)
        if left:
            doing, most_s = self.answers, _TAKING_S
        elif self.requests or self.request is None:
            doing, most_s = None, 0
        else:
            doing, most_s = self.request, _BODY_S if self.request.headers_finished else _HEAD_S
        if doing is not self.at[0]:
            self.at = (doing, now)
        return bool(left and now - self.left[1] > _STALLED_S) or (doing is not None and now - self.at[1] > most_s)

    @property
    def is_busy(self) -> bool:
        """Whether a request is under way, from the end of its head to the last byte of its answer."""
        arriving = self.request is not None and self.request.headers_finished
        return bool(self.requests or self.total_outbufs_len or arriving)
