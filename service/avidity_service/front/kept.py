"""An answer in bytes, and in each coding that somebody asked for, with its headers ready to be sent."""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from avidity_service.front import tags
from avidity_service.front.encodings import IDENTITY, choose, encode

Headers = list[tuple[str, str]]

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


@dataclass(frozen=True, slots=True)
class Made:
    """What the application answered: status line, headers, the whole body."""

    status: str
    headers: Headers
    body: bytes

    @property
    def is_keepable(self) -> bool:
        """Whether it would be the same the next time: a 200 of which nothing says otherwise."""
        if not self.status.startswith("200"):
            return False
        return not any(
            name.lower() == "set-cookie" or (name.lower() == "cache-control" and ("no-store" in v or "private" in v))
            for name, v in self.headers
        )

    @property
    def media_type(self) -> str:
        """The Content-Type, empty if there is none."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")


@dataclass(frozen=True, slots=True)
class Variant:
    """One representation: its tag, headers for 200 and for 304, and its bytes; None if these were not kept."""

    etag: str
    headers: tuple[tuple[str, str], ...]
    not_modified: tuple[tuple[str, str], ...]
    body: bytes | None
    # Heads of responses as they were sent, by whether they are whole and whether they last.
    heads: dict[tuple[bool, bool], bytes] = field(default_factory=dict, compare=False)


class Kept:
    """A 200 of one release.

    `identity` is the release, the request and the media type that was negotiated; `digest` is the query's, for the log.
    """

    def __init__(self, made: Made, release: str, version: str, identity: tuple[str, ...], digest: str = "") -> None:
        self.made: Made | None = made
        self.media_type, self.length = made.media_type, len(made.body)
        self.release, self.identity, self.digest = release, identity, digest
        self.headers = [*(header for header in made.headers if header[0].lower() not in _OURS), _VARY]
        self.headers.append((RELEASE, release))
        # The mark of a release counts its openings here, so it is in the identity and not in the tag.
        what = (release, version, *identity[1:])
        self.tag = tags.tag([*(part.encode("utf-8", "replace") for part in what), made.body])
        self.variants: dict[str, Variant] = {}
        self.keys: list[object] = []
        self.keys_size = 0
        self.lock = threading.Lock()

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        bodies = {id(v.body): len(v.body) for v in self.variants.values() if v.body is not None}
        plain = self.length if self.made is not None and id(self.made.body) not in bodies else 0
        return _OVERHEAD + self.keys_size + plain + sum(bodies.values())

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
        headers: Headers = [*self.headers, ("ETag", etag)]
        not_modified = tuple(header for header in headers if header[0].lower() not in _NOT_WITHOUT_BODY)
        if coding != IDENTITY:
            headers.append(("Content-Encoding", coding))
        if body is not None:
            headers.append(("Content-Length", str(len(body))))
        return Variant(etag, tuple(headers), not_modified, body)


def without(headers: Iterable[tuple[str, str]], *names: str) -> Headers:
    """The headers but those, named in lower case."""
    return [header for header in headers if header[0].lower() not in names]
