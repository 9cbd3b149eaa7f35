"""An answer in bytes, and in each coding that somebody asked for, with its headers ready to be sent."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from avidity_service.front import tags
from avidity_service.front.encodings import IDENTITY, choose, encode
from avidity_service.journal import NO_QUERY, Line, Query

Header = tuple[str, str]
Headers = list[Header]

RELEASE = "Avidity-Release"
# What the front says itself, or what would differ between two answers that are the same.
_OURS = {
    "content-length",
    "content-encoding",
    "etag",
    "last-modified",
    "cache-control",
    "vary",
    "date",
    "accept-ranges",
}
_NOT_WITHOUT_BODY = {"content-type", "content-disposition", "content-language"}
REVALIDATE = ("Cache-Control", "no-cache")
IMMUTABLE = ("Cache-Control", "public, max-age=31536000, immutable")
_VARY = ("Vary", "Accept, Accept-Encoding")
# What an entry takes besides its bytes: 2.4 KB by tracemalloc, rounded up.
_OVERHEAD = 3072
_PLAIN = {IDENTITY}


@dataclass(slots=True)  # one for each request: to freeze them would take thrice as long
class Made:
    """What the application answered: status line, headers, the whole body."""

    status: str
    headers: Sequence[Header]
    body: bytes

    @property
    def is_keepable(self) -> bool:
        """Whether it would be the same the next time: a 200 of which nothing says otherwise."""
        return self.status.startswith("200") and _read(tuple(self.headers)).is_keepable

    @property
    def media_type(self) -> str:
        """The Content-Type, empty if there is none."""
        return _read(tuple(self.headers)).media_type


@dataclass(frozen=True, slots=True)
class _Read:
    """What headers say of an answer, and those of them that are sent with it whenever it is."""

    media_type: str
    is_keepable: bool
    lasting: tuple[Header, ...]


@lru_cache(maxsize=256)  # answers to queries have the same few
def _read(headers: tuple[Header, ...]) -> _Read:
    named = [(name.lower(), value) for name, value in headers]
    return _Read(
        next((value for name, value in named if name == "content-type"), ""),
        not any(
            name == "set-cookie" or (name == "cache-control" and ("no-store" in value or "private" in value))
            for name, value in named
        ),
        (*(header for header in headers if header[0].lower() not in _OURS), _VARY),
    )


def lines(headers: Iterable[Header]) -> bytes:
    """Headers as they go over the wire."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")


@lru_cache(maxsize=256)
def shared_lines(headers: tuple[Header, ...]) -> bytes:
    """The same, of headers that many answers share."""
    return lines(headers)


@dataclass(slots=True)  # one for each request: to freeze them would take thrice as long
class Variant:
    """One representation: its headers and bytes.

    `lasting` are the headers that others may share, `own` those that are just this one's; no `body` is kept of a large
    one. `heads` are those of responses as they were sent, by whether they are whole and whether they last.
    """

    etag: str
    lasting: tuple[Header, ...]
    own: tuple[Header, ...]
    body: bytes | None
    heads: dict[tuple[bool, bool], bytes] = field(default_factory=dict, compare=False)

    @property
    def headers(self) -> Headers:
        """Those of a 200."""
        return [*self.lasting, ("ETag", self.etag), *self.own]

    @property
    def not_modified(self) -> Headers:
        """Those of a 304."""
        return without([*self.lasting, ("ETag", self.etag)], *_NOT_WITHOUT_BODY)


class Kept:
    """A 200 of one release.

    `identity` is the release, the request and the media type that was negotiated; `line` is what is noted of the
    request that it was made for, and goes with it only until `settle`: it holds the text of the query.
    """

    def __init__(self, made: Made, release: str, version: str, identity: tuple[str, ...], line: Line) -> None:
        self.made: Made | None = made
        self.media_type, self.length = made.media_type, len(made.body)
        self.release, self.identity = release, identity
        self.line: Line | None = line
        self.query = NO_QUERY
        self.lasting = _of_release(_read(tuple(made.headers)).lasting, release)
        # The mark of a release counts its openings here, so it is in the identity and not in the tag.
        self.tag = tags.tag((release, version), identity[1:], made.body)
        self.variants: dict[str, Variant] = {}
        self.keys: list[object] = []
        self.keys_size = 0
        self.lock = threading.Lock()

    def settle(self, query_of: Callable[[Line], Query]) -> None:
        """Let go of the request, of which only what the log wants is kept."""
        if self.line is not None:
            self.query, self.line = query_of(self.line), None

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        own = _OVERHEAD + self.keys_size + self.query.size
        if not self.variants or self.variants.keys() == _PLAIN:
            return own + (self.length if self.made is not None else 0)
        bodies = {id(v.body): len(v.body) for v in self.variants.values() if v.body is not None}
        plain = self.length if self.made is not None and id(self.made.body) not in bodies else 0
        return own + plain + sum(bodies.values())

    def coding(self, accept_encoding: str | None) -> str | None:
        """The coding for a client; None if it takes none."""
        return choose(accept_encoding, self.media_type, self.length)

    def variant(self, coding: str) -> Variant:
        """The representation in a coding, made when it is first asked for."""
        found = self.variants.get(coding)
        if found is None:
            with self.lock:
                found = self.variants.get(coding) or self._represent(coding)
                self.variants[coding] = found
        return found

    def without_body(self) -> Kept:
        """The same without bytes: it still knows what has not changed."""
        other = copy.copy(self)
        other.made, other.variants, other.keys, other.keys_size = None, {}, [], 0
        other.lock = threading.Lock()
        return other

    def _represent(self, coding: str) -> Variant:
        body = None if self.made is None else encode(self.made.body, coding)
        etag = f'"{self.tag}"' if coding == IDENTITY else f'"{self.tag}-{coding}"'
        own: Headers = [("Content-Encoding", coding)] if coding != IDENTITY else []
        if body is not None:
            own.append(("Content-Length", str(len(body))))
        return Variant(etag, self.lasting, tuple(own), body)


@lru_cache(maxsize=256)
def _of_release(headers: tuple[Header, ...], release: str) -> tuple[Header, ...]:
    return (*headers, (RELEASE, release))


def without(headers: Iterable[Header], *names: str) -> Headers:
    """The headers but those, named in lower case."""
    return [header for header in headers if header[0].lower() not in names]
