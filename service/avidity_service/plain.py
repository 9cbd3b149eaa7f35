"""Plain requests, read at a glance: a GET whose headers are, byte for byte, those of one that was read before.

A client sends the same headers with each of its requests. Reading them anew takes longer than many answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from avidity_service.front.begun import Begun, Wish
    from avidity_service.front.wire import Known

_METHOD, _VERSION = b"GET /", b" HTTP/1.1"
# All that needs no decoding: visible ASCII without the sign that ends a query string.
_VISIBLE = bytes(sign for sign in range(0x21, 0x7F) if sign != ord("#"))
_END = b"\r\n\r\n"
_MOST_HEADS, _MOST_BYTES = 512, 4096


class Plain:
    """A request without a body, with as much of waitress' own as the loop needs. `data` is what was sent."""

    __slots__ = ("begun", "data", "headers", "known", "path", "query", "wish")

    command, version, url_scheme, error, crowded = "GET", "1.1", "http", None, None

    def __init__(self, data: bytes, path: str, query: str, headers: Mapping[str, str]) -> None:
        self.data, self.path, self.query, self.headers = data, path, query, headers
        self.known: Known | None = None
        self.wish: Wish | None = None
        self.begun: Begun | None = None

    def close(self) -> None:
        """There is nothing to be given back."""

    def full(self, parser: Any) -> Any:
        """The same as one of waitress' own, read by a new parser."""
        parser.received(self.data)
        parser.begun = self.begun
        return parser


class Heads:
    """Headers that were read, by their bytes; they are not to be changed."""

    def __init__(self) -> None:
        self.known: dict[bytes, Mapping[str, str]] = {}

    def read(self, data: bytes) -> Plain | None:
        """The request that the bytes are; None if that takes more than a glance."""
        end = data.find(b"\r\n")
        headers = self.known.get(data[end + 2 :])
        if headers is None:
            return None
        line = data[:end]
        if not line.startswith(_METHOD) or not line.endswith(_VERSION):
            return None
        target = line[len(_METHOD) - 1 : -len(_VERSION)]
        if target.translate(None, _VISIBLE):
            return None
        path, _, query = target.decode("ascii").partition("?")
        # No escape, and no second slash, by which a path would be a host.
        return None if "%" in path or path.startswith("//") else Plain(data, path, query, headers)

    def learn(self, data: bytes, headers: Mapping[str, str]) -> None:
        """Keep the headers of a plain request that came as these bytes, whole and alone."""
        end = data.find(b"\r\n")
        head = data[end + 2 :]
        if end > 0 and len(head) <= _MOST_BYTES and data.find(_END) == len(data) - len(_END):
            if len(self.known) >= _MOST_HEADS:  # the few that matter are soon back
                self.known.clear()
            self.known[head] = headers
