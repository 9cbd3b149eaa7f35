"""Requests to the one store that is configured: no redirects, no proxies, a deadline, a cap of bytes."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, LocationParseError, NewConnectionError, ProtocolError

from avidity_service.errors import QueryError
from avidity_service.sparql.process import never
from avidity_service.store.address import Address, Credentials
from avidity_service.store.watching import Watch, Watchman

_CONNECT_S, _SPARE_S, _AFTER_US_S = 5.0, 1.0, 2.0
_LOG = logging.getLogger("avidity.store")
_current = threading.local()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the store said, whole as far as HTTP can tell. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """The media type alone, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class TooLarge(Exception):
    """The answer outgrew its cap of bytes; `begun` is what was read of it."""

    def __init__(self, begun: Reply) -> None:
        self.begun = begun
        super().__init__(f"more than {len(begun.body)} bytes")


def _note(connection: Any) -> None:
    """Tell the watchman which socket to cut: from now on the store works."""
    watch: Watch | None = getattr(_current, "watch", None)
    if watch is not None:
        watch.socket = connection.sock


class _Connection(HTTPConnection):
    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        _note(self)
        return super().getresponse(*args, **kwargs)


class _SafeConnection(HTTPSConnection):
    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        _note(self)
        return super().getresponse(*args, **kwargs)


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SafePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SafeConnection


class Client:
    """Asks one SPARQL endpoint. Threads may share it."""

    def __init__(self, address: Address, credentials: Credentials, connections: int = 16) -> None:
        self.address = address
        self.headers = {"User-Agent": "avidity", "Accept-Encoding": "identity", **credentials.headers()}
        pool = _SafePool if address.scheme == "https" else _Pool
        self.pool = pool(address.host, address.port, maxsize=connections)
        self.watchman = Watchman()
        self.is_virtuoso = False

    def ask(
        self,
        query: str,
        accept: str,
        dataset: Sequence[tuple[str, str]],
        limit_s: float,
        most_bytes: int,
        look: Callable[[], bool] = never,
    ) -> Reply:
        """Send a query as a form, which every store takes, and read the whole answer.

        Args:
            query: SPARQL.
            accept: the Accept header.
            dataset: (default-graph-uri or named-graph-uri, IRI) pairs of the protocol.
            limit_s: seconds until the request is cut, connecting and reading included.
            most_bytes: bytes of an answer that are read.
            look: called every few hundredths of a second from another thread; True, or an exception, cuts the request.

        Raises:
            QueryError: 503 if nobody answers, 502 if the answer breaks off.
            Late, Abandoned: at the deadline, or when the client has left. Whatever `look` raises.
            TooLarge: above `most_bytes`.
        """
        body = urlencode([("query", query), *dataset, *self._own_time(limit_s)])
        headers = {**self.headers, "Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        with self.watchman.over(limit_s, look) as watch:
            _current.watch = watch
            try:
                reply = self._send(body, headers, watch, most_bytes)
                self.is_virtuoso = reply.headers.get("server", "").startswith("Virtuoso/")
                return reply
            except (HTTPError, OSError) as error:
                if watch.verdict is not None:
                    raise watch.verdict from None
                raise self._failed(error) from None
            finally:
                _current.watch = None

    def close(self) -> None:
        """Close the idle connections."""
        self.pool.close()

    def _own_time(self, limit_s: float) -> list[tuple[str, str]]:
        """Until when the store is to stop by itself, where it has a parameter for that; cutting the socket does not."""
        # A little after our deadline, for Virtuoso then sends what it has, and calls it partial in a header only.
        return [("timeout", str(math.ceil((limit_s + _AFTER_US_S) * 1000)))] if self.is_virtuoso else []

    def _send(self, body: str, headers: Mapping[str, str], watch: Watch, most_bytes: int) -> Reply:
        for attempt in (1, 2):
            # The watchman cuts at the deadline; the socket's own time-out is there should he fail.
            timeout = urllib3.Timeout(connect=min(_CONNECT_S, watch.left_s), read=watch.left_s + _SPARE_S)
            try:
                response = self.pool.urlopen(
                    "POST", self.address.path, body=body, headers=headers, redirect=False, retries=False,
                    preload_content=False, decode_content=False, timeout=timeout, assert_same_host=True,
                )  # fmt: skip
                break
            except ProtocolError:
                # A kept connection may have been closed while the request was on its way; asking again does no harm.
                if attempt == 2 or watch.verdict is not None:
                    raise
        return _read(response, most_bytes)

    def _failed(self, error: Exception) -> QueryError:
        _LOG.warning("the store at %s: %s", self.address, error)
        if isinstance(error, (NewConnectionError, LocationParseError)) or "connect" in type(error).__name__.lower():
            return unreachable()
        if isinstance(error, (ProtocolError, OSError)):
            return broken_off()
        return unreachable()


def unreachable() -> QueryError:
    """Nobody answers at the store's address."""
    return QueryError(503, "The store does not answer", "The store behind this service cannot be reached.")


def broken_off() -> QueryError:
    """The store began to answer and did not end."""
    return QueryError(502, "The store's answer breaks off", "The store closed the connection before its answer's end.")


def _read(response: Any, most_bytes: int) -> Reply:
    parts: list[bytes] = []
    size = 0
    try:
        for part in response.stream(1 << 16, decode_content=False):
            size += len(part)
            if size > most_bytes:
                raise TooLarge(_reply(response, parts))
            parts.append(part)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    return _reply(response, parts)


def _reply(response: Any, parts: Sequence[bytes]) -> Reply:
    return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, b"".join(parts))
