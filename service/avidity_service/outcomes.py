"""What became of a request, in one word, for the log and the metrics."""

from __future__ import annotations

from functools import lru_cache

_WORDS = {
    200: "ok",
    206: "ok",
    304: "not-modified",
    400: "malformed",
    403: "forbidden",
    404: "not-found",
    405: "method",
    406: "not-acceptable",
    409: "refused",
    410: "gone",
    413: "too-large",
    415: "media-type",
    422: "unknown-value",
    499: "left",
    500: "fault",
    503: "busy",
    504: "late",
    507: "memory",
}
# Where a request goes: the first that its path starts with.
_DOORS = (("/sparql", "sparql"), ("/api/", "api"), ("/health", "live"), ("/ready", "live"), ("/metrics", "live"))
_LONGEST = max(len(prefix) for prefix, _ in _DOORS)


def outcome(status: str) -> str:
    """The word for a status line."""
    code = int(status[:3])
    return _WORDS.get(code, "ok" if code < 400 else "refused" if code < 500 else "fault")


def door(path: str) -> str:
    """sparql, api, live (health, readiness, metrics) or page."""
    return _door(path[:_LONGEST])


@lru_cache(maxsize=1024)  # by no more of a path than tells it: it may be as long as a head may
def _door(begin: str) -> str:
    return next((name for prefix, name in _DOORS if begin.startswith(prefix)), "page")
