"""How waitress is to serve: bounds, so that slow or greedy clients cost the others nothing."""

from __future__ import annotations

import resource

from avidity_service.settings import Settings

_MOST_CONNECTIONS = 2000
# Descriptors for everything that is no connection: two for each of 64 + 64 workers, twice in a reload, and files.
_OTHER_DESCRIPTORS = 640
_IDLE_S = 30
_LOOK_EVERY_S = 5
# The head of a request is in memory for as long as it takes to come in.
_MOST_HEAD = 1024 * 1024


def tuning(settings: Settings) -> dict[str, object]:
    """Its adjustments by their names."""
    # A query may be percent-encoded, which takes thrice its bytes, and there may be other things beside it.
    most_bytes = settings.max_query_bytes * 3 + 65_536
    tuning: dict[str, object] = {
        "connection_limit": _connections(),
        "channel_timeout": _IDLE_S,
        "cleanup_interval": _LOOK_EVERY_S,
        "max_request_header_size": min(most_bytes, _MOST_HEAD),
        "max_request_body_size": most_bytes,
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
