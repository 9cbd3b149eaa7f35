"""What a request asks for, as far as the bytes of its answer depend on it."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Environ = dict[str, Any]

# An address that names a release: /v/<release>/sparql?query=…
_VERSIONED = re.compile(r"/v/([^/]+)(/.*)?")
# What is asked to be told the present state.
LIVE = ("/health", "/ready", "/metrics")
_MOST_BODY = 1 << 20
SPARQL = "/sparql"


# Two tuples, their strings and an entry in a dictionary, by tracemalloc.
_KEY = 400


@dataclass(slots=True)  # one for each request: to freeze them would take thrice as long
class Asked:
    """A request. `key` is None if its answer is not to be kept; `release` is the one that the address names."""

    method: str
    path: str
    release: str | None
    key: tuple[str, ...] | None

    @property
    def key_size(self) -> int:
        """Bytes that the key takes: its characters, and what Python has around them."""
        return _KEY + sum(map(len, self.key or ()))

    @property
    def is_sparql(self) -> bool:
        """Whether it goes to the SPARQL endpoint."""
        return is_sparql(self.path)

    @property
    def is_conditional(self) -> bool:
        """Whether If-None-Match may spare the answer: for POST it may not (RFC 9110, 13.1.2)."""
        return self.method != "POST"


def is_sparql(path: str) -> bool:
    """Whether a path, without a release, is the SPARQL endpoint's."""
    return path in (SPARQL, SPARQL + "/")


def is_live(path: str) -> bool:
    """Whether a path tells how the service is."""
    return path.rstrip("/") in LIVE


def split(path: str) -> tuple[str | None, str]:
    """The release that a path names, None for none, and the path without it."""
    if not path.startswith("/v/"):
        return None, path
    found = _VERSIONED.fullmatch(path)
    return (found[1], found[2] or "/") if found else (None, path)


def key(scheme: str, host: str, path: str, query: str, accept: str, body: str = "") -> tuple[str, ...]:
    """What an answer depends on within a release; Host and scheme, as the description names its own address."""
    return (path, query, accept, body, host, scheme)


def without_body(method: str, path: str, query: str, headers: Mapping[str, str]) -> Asked:
    """A GET or HEAD that came to this server itself.

    Args:
        method: as it was sent.
        path: decoded, as WSGI has it.
        query: the query string as it was sent.
        headers: by names in capitals with underscores.
    """
    release, path = split(path)
    return Asked(method, path, release, key("http", headers.get("HOST", ""), path, query, headers.get("ACCEPT", "")))


def read(environ: Environ) -> Asked:
    """The request; its body is read and put back if the answer depends on it."""
    method = environ["REQUEST_METHOD"]
    release, path = split(environ["PATH_INFO"])
    body: str | None = ""
    if path in LIVE or method not in ("GET", "HEAD", "POST", "QUERY"):
        body = None
    elif method in ("POST", "QUERY"):
        body = _body(environ) if is_sparql(path) else None
    if body is None:
        return Asked(method, path, release, None)
    found = key(
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST", ""),
        path,
        environ.get("QUERY_STRING", ""),
        environ.get("HTTP_ACCEPT", ""),
        body,
    )
    return Asked(method, path, release, found)


def _body(environ: Environ) -> str | None:
    """Type and digest of the body; None if it is too long to be kept in mind, or coded, which is refused."""
    if "HTTP_CONTENT_ENCODING" in environ:
        return None
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if not 0 < length <= _MOST_BODY:
        return None
    data = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(data)
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    return f"{environ.get('CONTENT_TYPE', '')} {digest}"


def client_is_gone(environ: Environ) -> Callable[[], bool]:
    """What tells whether the client has left; a server that does not know says that it has not."""
    found: Callable[[], bool] = environ.get("waitress.client_disconnected", _never)
    return found


def _never() -> bool:
    return False
