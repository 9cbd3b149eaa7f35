"""What the loop of connections wants to know of a request: is it plain and short, what does it ask for, whose is it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from avidity_service.front import asked

# Requests with these headers take the long way.
_NOT_PLAIN = {"CONTENT_LENGTH", "TRANSFER_ENCODING", "EXPECT"}
_FORWARDED = {"X_FORWARDED_FOR", "X_FORWARDED_PROTO", "X_FORWARDED_HOST", "FORWARDED"}
# What takes longer to read than the loop may take: headers and queries of more bytes than these have a thread's time.
_MOST_HEADER, _MOST_QUERY = 1024, 8192
_READ = ("ACCEPT", "ACCEPT_ENCODING", "IF_NONE_MATCH")


def is_short(query: str, headers: Mapping[str, str]) -> bool:
    """Whether the loop has time to read it."""
    return len(query) <= _MOST_QUERY and all(len(headers.get(name, "")) <= _MOST_HEADER for name in _READ)


def is_plain(request: Any, trusted_proxy: str | None) -> bool:
    """Whether a request has nothing about it that only the long way knows."""
    headers = request.headers
    lasting = headers.get("CONNECTION", "keep-alive").lower() == "keep-alive"
    if request.version != "1.1" or not lasting or not headers.keys().isdisjoint(_NOT_PLAIN):
        return False
    return is_short(request.query, headers) and (not trusted_proxy or headers.keys().isdisjoint(_FORWARDED))


def asked_for(request: Any) -> asked.Asked:
    """What a plain request asks for."""
    path = "/" + request.path.lstrip("/")
    return asked.without_body(request.command.upper(), path, request.query, request.headers)


def asked_by(channel: Any, request: Any) -> asked.Asked:
    """What any request without a body asks for: by a proxy, under the address that it says."""
    found = asked_for(request)
    if found.key is None or not _is_a_proxys(channel):
        return found
    scheme = _last(request.headers, "X_FORWARDED_PROTO") or "http"
    host = _last(request.headers, "X_FORWARDED_HOST") or request.headers.get("HOST", "")
    key = asked.key(scheme, host, found.path, request.query, request.headers.get("ACCEPT", ""))
    return asked.Asked(found.method, found.path, found.release, key)


def client_of(channel: Any) -> str:
    """Whose a request is: the address of the connection, or what the proxy before us says."""
    request = next(iter(channel.requests), None)  # in one step: it may be taken away meanwhile
    if request is not None and _is_a_proxys(channel):
        return _last(request.headers, "X_FORWARDED_FOR") or str(channel.addr[0])
    return str(channel.addr[0])


def _is_a_proxys(channel: Any) -> bool:
    trusted = channel.server.settings.trusted_proxy
    return trusted is not None and trusted in ("*", channel.addr[0])


def _last(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()
