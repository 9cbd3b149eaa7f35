"""Two ways to write to a store: the Graph Store Protocol, or SPARQL updates where that is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pyoxigraph as ox
import requests
from requests.auth import HTTPBasicAuth, HTTPDigestAuth

from avidity_service.errors import PublishError, QueryError
from avidity_service.sparql.process import Late
from avidity_service.store import holdings
from avidity_service.store.address import Address, Credentials
from avidity_service.store.client import Client, TooLarge
from avidity_service.store.judging import ACCEPT_RESULTS, results
from avidity_service.store.marks import SAID, Mark

# Writing a graph may take a store its time; this is for one that is dead.
_SILENCE_S = 300.0
_COUNTING_S, _COUNTING_BYTES = 600.0, 256 * 1024 * 1024
_N_TRIPLES = "application/n-triples"


class Writer:
    """What both ways share: one host, no redirects, no proxies, Basic or Digest as the store asks for it."""

    def __init__(self, to: Address, query: Address, credentials: Credentials) -> None:
        self.to = to
        self.reader = Client(query, credentials)
        self.session = requests.Session()
        self.session.trust_env = False  # neither proxies nor .netrc: both could send secrets elsewhere
        self.session.headers["User-Agent"] = "avidity"
        self.pair = (credentials.user or "", credentials.password or "")
        if credentials.header is not None:
            self.session.headers.update([credentials.header])
        elif credentials.user is not None:
            self.session.auth = HTTPBasicAuth(*self.pair)

    def marked(self) -> Mark:
        """What the store says that it holds."""
        return Mark.of(self._select(SAID))

    def counts(self) -> dict[str, int]:
        """The triples of each named graph."""
        return holdings.counts(self._select)

    def _select(self, query: str) -> holdings.Rows:
        try:
            reply = self.reader.ask(query, ACCEPT_RESULTS, (), _COUNTING_S, _COUNTING_BYTES)
            found = results(reply, query)
        except (QueryError, Late, TooLarge) as error:
            raise PublishError(
                f"The store's query endpoint at {self.reader.address}: {str(error) or 'too slow or too large'}"
            ) from None
        assert isinstance(found, ox.QuerySolutions)
        return [tuple(row) for row in found]

    def _send(self, method: str, path: str, body: bytes | None, kind: str | None, *allowed: int) -> None:
        status, words = self._try(method, path, body, kind)
        if status in allowed or 200 <= status < 300:
            return
        if status in (404, 405, 501):
            raise PublishError(
                f"The store at {self.to} answered {status} to {method}: that is not where it takes graphs or updates. "
                "Another address may (--to), or another way (--by graphs, --by updates)."
            )
        if status in (401, 403):
            raise PublishError(
                f"The store at {self.to} does not let us write ({status}). "
                "Set AVIDITY_STORE_USER and AVIDITY_STORE_PASSWORD, or AVIDITY_STORE_HEADER."
            )
        raise PublishError(f"The store at {self.to} answered {status} to {method}: {words}")

    def _try(self, method: str, path: str, body: bytes | None, kind: str | None) -> tuple[int, str]:
        headers = {"Content-Type": kind} if kind else {}
        options: dict[str, Any] = {"allow_redirects": False, "timeout": (10, _SILENCE_S)}
        address = f"{self.to.scheme}://{_authority(self.to)}{path}"
        try:
            answer = self.session.request(method, address, data=body, headers=headers, **options)
            if answer.status_code == 401 and isinstance(self.session.auth, HTTPBasicAuth):
                # Virtuoso wants Digest, and does not say so to those who come with Basic.
                self.session.auth = HTTPDigestAuth(*self.pair)
                answer = self.session.request(method, address, data=body, headers=headers, **options)
        except requests.RequestException as error:
            raise PublishError(f"The store at {self.to} does not answer: {type(error).__name__}") from None
        return answer.status_code, " ".join(answer.text.split())[:300]


class GraphStore(Writer):
    """SPARQL 1.1 Graph Store HTTP Protocol; `parameter` is what the store calls a graph, by the standard `graph`."""

    parameter = "graph"

    def put(self, graph: str, triples: bytes) -> None:
        """Replace a graph."""
        self._send("PUT", self._path(graph), triples, _N_TRIPLES)

    def add(self, graph: str, triples: bytes) -> None:
        """Add to a graph."""
        self._send("POST", self._path(graph), triples, _N_TRIPLES)

    def drop(self, graph: str) -> None:
        """Remove a graph."""
        self._send("DELETE", self._path(graph), None, None, 404)

    def _path(self, graph: str) -> str:
        between = "&" if "?" in self.to.path else "?"
        return f"{self.to.path}{between}{self.parameter}={quote(graph, safe='')}"


class Updates(Writer):
    """SPARQL 1.1 Update."""

    def put(self, graph: str, triples: bytes) -> None:
        """Replace a graph; whether at once depends on the store's transactions."""
        self._update(f"DROP SILENT GRAPH <{graph}>;\n{_insert(graph, triples)}")

    def add(self, graph: str, triples: bytes) -> None:
        """Add to a graph."""
        self._update(_insert(graph, triples))

    def drop(self, graph: str) -> None:
        """Remove a graph."""
        self._update(f"DROP SILENT GRAPH <{graph}>")

    def _update(self, text: str) -> None:
        self._send("POST", self.to.path, text.encode(), "application/sparql-update")


def _insert(graph: str, triples: bytes) -> str:
    return f"INSERT DATA {{ GRAPH <{graph}> {{\n{triples.decode()}}} }}"


def _authority(address: Address) -> str:
    return f"{f'[{address.host}]' if ':' in address.host else address.host}:{address.port}"
