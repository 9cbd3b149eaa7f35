"""Foreign queries, handed on to the store; what `sparql.pool.Pool` is for the embedded one."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence

from avidity_service.errors import QueryError
from avidity_service.iris import BASE
from avidity_service.settings import Settings
from avidity_service.sparql.lanes import Crowded, Lanes
from avidity_service.sparql.process import Abandoned, Late, never
from avidity_service.sparql.refusals import refusal
from avidity_service.sparql.run import Answer
from avidity_service.sparql.scan import scan
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import Found, write
from avidity_service.store.client import Client, TooLarge
from avidity_service.store.engine import RemoteEngine
from avidity_service.store.judging import ACCEPT_GRAPH, ACCEPT_RESULTS, graph, results
from avidity_service.store.refusals import READ_FOR_EACH, fault_of_query, given_up, left, overflow

_FORMS = {"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"}
# Words of Virtuoso that let a query fetch from other hosts, and its functions that reach into the database.
_EXTENSIONS = frozenset({"DEFINE", "OPTION"})
_BUILT_IN = re.compile(r"<\s*(?:bif|sql):", re.IGNORECASE)
_BUILT_IN_PREFIXES = {"bif", "sql"}
# So that relative IRIs mean the same as in the embedded store; a line of its own, taken off the places that come back.
_BASE = f"BASE <{BASE}>\n"
_LINES_AHEAD = _BASE.count("\n")


class _Elsewhere:
    """A query that runs elsewhere: nobody here can make it give way to others."""

    def worked_s(self) -> float:
        """Of what runs elsewhere only the clock tells."""
        return time.monotonic()

    def slow_down(self) -> None:
        """Nothing to slow."""


class RemotePool:
    """Hands so many queries on at once; the same lanes, deadline and caps as for the embedded store."""

    def __init__(self, client: Client, engine: RemoteEngine, settings: Settings) -> None:
        self.client, self.engine, self.settings = client, engine, settings
        self.lanes = Lanes(settings.workers, settings.long_queries)
        self.most_read = settings.max_result_mb * 1024 * 1024 * READ_FOR_EACH
        self.caps = Caps(settings.max_result_mb * 1024 * 1024, settings.max_rows)
        self.closed = False
        self.all: tuple[()] = ()  # worker processes: there are none here

    def ask(
        self,
        query: str,
        accept: Sequence[str],
        default: Sequence[str] = (),
        named: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        sets_dataset: bool = False,
        is_gone: Callable[[], bool] = never,
        client: str = "",
    ) -> Answer:
        """The answer to a foreign query; arguments as of `sparql.pool.Pool.ask`.

        Raises:
            QueryError: 400, 403, 406, 413, 503 and 504 as there; 502 if the store's answer cannot be trusted; 503 if
                it is not of the release that is served.
        """
        form = _form(query)
        if self.closed:
            raise QueryError(503, "Stopping", "The service is shutting down.", retry_after_s=1)
        is_graph = form in ("CONSTRUCT", "DESCRIBE")
        own = [("default-graph-uri", iri) for iri in default] + [("named-graph-uri", iri) for iri in named]
        dataset = own or (() if sets_dataset else self.engine.holdings.dataset)
        limit = min(timeout_s or self.settings.query_timeout_s, self.settings.query_timeout_s)
        self.engine.proof.refuse_if_changed()
        place = self.lanes.enter(query, client)
        try:
            look = place.watch(_Elsewhere(), is_gone)
            kinds = ACCEPT_GRAPH if is_graph else ACCEPT_RESULTS
            reply = self.client.ask(_BASE + query, kinds, dataset, limit, self.most_read, look)
            self.engine.proof.hear()
            fault = fault_of_query(reply)
            if fault is not None:
                raise fault
            if is_graph:
                found: Found = graph(reply, query, lines_ahead=_LINES_AHEAD)
            else:
                found = results(reply, query, asks=form == "ASK", lines_ahead=_LINES_AHEAD)
            status, body = write(found, accept, self.caps)
        except Crowded as error:
            raise error.refusal() from None
        except Late:
            raise given_up(limit) from None
        except Abandoned:
            raise left() from None
        except TooLarge as error:
            raise overflow(error.begun, query, self.settings) from None
        finally:
            place.leave()
        if status["status"] == "ok":
            self.engine.prove()
            return Answer(status["type"], body)
        raise refusal(status, query, limit, self.settings)

    def warm(self) -> bool:
        """Whether queries can be answered at once."""
        return self.ping()

    def ping(self) -> bool:
        """Whether the store answers within a moment, and still has the upload that is served."""
        try:
            return not self.engine.proof.is_changed()
        except QueryError:
            return False

    def close(self) -> None:
        """Take no more queries."""
        self.closed = True
        self.client.close()


def _form(query: str) -> str:
    """SELECT, ASK, CONSTRUCT or DESCRIBE.

    Raises:
        QueryError: 400 for anything else, 403 for what only one store knows and could be used against it.
    """
    seen = scan(query)
    names = {name.lower() for name in seen.used | seen.declared}
    if seen.form == "DEFINE" or _EXTENSIONS & set(seen.words) or names & _BUILT_IN_PREFIXES or _BUILT_IN.search(query):
        raise QueryError(
            403, "Not SPARQL 1.1", "DEFINE, OPTION, bif: and sql: belong to one store; they are not handed on."
        )
    if seen.form not in _FORMS:
        raise QueryError(400, "Not a query", f"A query starts with {', '.join(sorted(_FORMS))}, after its prologue.")
    return seen.form
