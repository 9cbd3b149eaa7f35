"""The application behind the front: what it is told of a request, and its whole answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from avidity_service.front.asked import Asked, Environ
from avidity_service.front.kept import Headers, Made
from avidity_service.front.serving import Served
from avidity_service.headers import STANDARD
from avidity_service.sparql.direct import direct

# A refusal that the application is to put into words.
REFUSAL = "avidity.refusal"
# The application gives whole answers; what is left of them is decided by the front.
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE", "wsgi.file_wrapper")


def inner_of(environ: Environ, asked: Asked) -> Environ:
    """The request as the application sees it: whole, unconditional, and of the release that is served."""
    inner = {**environ, "PATH_INFO": asked.path}
    if asked.key is not None:
        for name in _CONDITIONS:
            inner.pop(name, None)
    if asked.method == "HEAD":  # what a GET would say, without the body
        inner["REQUEST_METHOD"] = "GET"
    return inner


def _alive(served: Served, environ: Environ) -> Made | None:
    """What the application says at /health, while it is not there yet: whoever waits for a start asks that first."""
    if served.made is not None or environ["PATH_INFO"] != "/health" or environ["REQUEST_METHOD"] != "GET":
        return None
    body = json.dumps({"status": "ok", "release": served.id}, separators=(",", ":")) + "\n"
    headers = [("Content-Type", "application/json"), *STANDARD, ("Cache-Control", "no-store")]
    return Made("200 OK", headers, body.encode())


def run(served: Served, environ: Environ) -> Made:
    """The application's whole answer."""
    if REFUSAL not in environ:
        plain = _alive(served, environ) or direct(served.context, environ, REFUSAL)
        if plain is not None:
            return plain
    said: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _fault: object = None) -> Callable[[bytes], object]:
        said.append((status, headers))
        return parts.append

    parts: list[bytes] = []
    found = served.wsgi(environ, start_response)
    try:
        parts.extend(found)
    finally:
        close = getattr(found, "close", None)
        if close is not None:
            close()
    status, headers = said[-1]
    return Made(status, headers, b"".join(parts))
