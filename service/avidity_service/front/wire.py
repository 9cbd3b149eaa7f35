"""A kept answer as the bytes that go over the wire, for a server that can do without WSGI."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate

from avidity_service.front import tags
from avidity_service.front.asked import Asked
from avidity_service.front.kept import IMMUTABLE, REVALIDATE, Kept, Variant, lines, shared_lines
from avidity_service.front.layer import Front
from avidity_service.journal import Line

# Larger ones are sent by a thread, as a client may take long to take them.
_MOST = 256 * 1024


@dataclass(slots=True)  # one for each request: to freeze them would take thrice as long
class Known:
    """An answer that is there: all that is needed to send it, and to note that it was sent."""

    method: str
    path: str
    status: str
    kept: Kept
    variant: Variant
    is_immutable: bool
    line: Line

    @property
    def body(self) -> bytes:
        """What follows the head."""
        body = self.variant.body if self._is_whole and self.method == "GET" else b""
        assert body is not None
        return body

    def response(self, *, closes: bool = False) -> bytes:
        """All of it; one that `closes` the connection says so."""
        close = "Connection: close\r\n" if closes else ""
        end = f"{close}Date: {_date()}\r\nX-Request-Id: {self.line.id}\r\n\r\n".encode("latin-1")
        return b"".join((self._head(self._is_whole), end, self.body))

    def note(self, front: Front) -> None:
        """Count and log it as sent."""
        front.noted(self.line, self.method, self.path, self.status, len(self.body), self.kept.release)

    @property
    def _is_whole(self) -> bool:
        return self.status == "200 OK"

    def _head(self, whole: bool) -> bytes:
        key = (whole, self.is_immutable)
        head = self.variant.heads.get(key)
        if head is None:
            variant, lasting = self.variant, IMMUTABLE if self.is_immutable else REVALIDATE
            if whole:
                own = lines((("ETag", variant.etag), *variant.own, lasting))
                head = b"HTTP/1.1 200 OK\r\n" + shared_lines(variant.lasting) + own
            else:
                head = f"HTTP/1.1 {self.status}\r\n".encode() + lines((*variant.not_modified, lasting))
            variant.heads[key] = head
        return head


def known(front: Front, asked: Asked, headers: Mapping[str, str], address: str) -> Known | None:
    """The answer to a request if it is kept, small, and in a coding that was made before; None if it takes more.

    Args:
        front: what keeps the answers.
        asked: anything but GET and HEAD is None.
        headers: by names in capitals with underscores.
        address: the client's.
    """
    served = front.current
    if asked.method not in ("GET", "HEAD") or asked.release not in (None, served.id):
        return None
    kept = front.cache.peek((served.mark, asked.key))
    if kept is None:
        return None
    coding = kept.coding(headers.get("ACCEPT_ENCODING"))
    if coding is None:
        return None
    # Of a large answer there may be the tag alone, which is made at once.
    variant = kept.variants.get(coding) if kept.made is not None else kept.variant(coding)
    if variant is None:
        return None
    is_known = tags.has(headers.get("IF_NONE_MATCH"), variant.etag)
    if not is_known and (variant.body is None or len(variant.body) > _MOST):
        return None
    front.cache.touch(kept)
    line = Line(headers.get("X_REQUEST_ID"), address)
    line.note_kept(kept.query)
    status = "304 NOT MODIFIED" if is_known else "200 OK"
    return Known(asked.method, asked.path, status, kept, variant, asked.release is not None, line)


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    """The time as HTTP has it, made once a second."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = (now, formatdate(now, usegmt=True))
    return _dated[1]
