"""Is an answer of the store what it claims to be? Statuses in our words, and bodies parsed to their end.

Stores cut answers silently: at a cap of rows, at a time-out of their own, when an error comes amid the stream. All
answers are asked for in formats whose end can be told from a break, and are read by a parser before a client sees them.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass

import pyoxigraph as ox

from avidity_service.errors import QueryError
from avidity_service.sparql.syntax import explain
from avidity_service.store.client import Reply

_LOG = logging.getLogger("avidity.store")
RESULTS = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
}
GRAPHS = {
    "application/n-triples": ox.RdfFormat.N_TRIPLES,
    "text/turtle": ox.RdfFormat.TURTLE,
    "application/rdf+xml": ox.RdfFormat.RDF_XML,
}
ACCEPT_RESULTS = "application/sparql-results+json, application/sparql-results+xml;q=0.5"
ACCEPT_GRAPH = "application/n-triples, text/turtle;q=0.5, application/rdf+xml;q=0.2"

Answer = ox.QuerySolutions | ox.QueryBoolean
_STOPPED = re.compile(rb"cancel|time[d -]*out|timeout|interrupted", re.IGNORECASE)
# Virtuoso writes blank nodes as addresses of its own.
_NODE_ID = re.compile(rb'("type"\s*:\s*"bnode"\s*,\s*"value"\s*:\s*")nodeID://')
_BOOLEAN = {value: json.dumps({"head": {}, "boolean": value}).encode() for value in (True, False)}


def results(reply: Reply, query: str, *, asks: bool = False, lines_ahead: int = 0) -> Answer:
    """The rows or the boolean of an answer, read to its end; so many lines were sent ahead of the query.

    Raises:
        QueryError: as `graph` does.
    """
    body, format_ = _NODE_ID.sub(rb"\1", _body(reply, query, RESULTS, lines_ahead)), RESULTS[reply.media_type]
    try:
        shape = _shape(body, format_)
    except (SyntaxError, ValueError) as error:
        fault = _unreadable(reply, str(error))
    else:
        return _as_asked(shape, body, format_, reply, asks=asks)
    raise fault


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an answer was when it was read to its end; `first` is the first value of the first row."""

    boolean: bool
    names: tuple[str, ...] = ()
    rows: int = 0
    first: str | None = None


def _shape(body: bytes, format_: ox.QueryResultsFormat) -> _Shape:
    # Rows must be freed by the thread that parsed them. So nothing but plain values leaves this function: an exception
    # raised above it would keep them in its traceback, until whichever thread collects them.
    found = ox.parse_query_results(body, format=format_)
    if not isinstance(found, ox.QuerySolutions):
        return _Shape(boolean=True)
    names, rows, first = tuple(variable.value for variable in found.variables), 0, None
    for row in found:
        if rows == 0 and names and row[0] is not None:
            first = str(getattr(row[0], "value", ""))
        rows += 1
    return _Shape(False, names, rows, first)


def _as_asked(shape: _Shape, body: bytes, format_: ox.QueryResultsFormat, reply: Reply, *, asks: bool) -> Answer:
    if shape.boolean != asks:
        # Virtuoso gives ASK as a table of one column with 0 or 1.
        if shape.names == ("__ASK_RETVAL",):
            yes = shape.first is not None and shape.first not in ("0", "false")
            return ox.parse_query_results(_BOOLEAN[yes], format=ox.QueryResultsFormat.JSON)
        raise _misfit("rows for ASK" if asks else "a boolean for SELECT", reply)
    if not asks:
        _refuse_cut(reply, shape.rows)
    return ox.parse_query_results(body, format=format_)


def graph(reply: Reply, query: str, *, lines_ahead: int = 0) -> list[ox.Triple]:
    """The triples of an answer, read to its end, each once; so many lines were sent ahead of the query.

    Raises:
        QueryError: 400 if the store refused the query; 502 if the answer is not what was asked for, cut or broken;
            503 and 504 if the store says that it is busy or that the query took too long.
    """
    body = _body(reply, query, GRAPHS, lines_ahead)
    try:
        found = {quad.triple: None for quad in ox.parse(body, format=GRAPHS[reply.media_type])}
    except (SyntaxError, ValueError) as error:
        raise _unreadable(reply, str(error)) from None
    _refuse_cut(reply, len(found))
    return list(found)


_Formats = dict[str, ox.QueryResultsFormat] | dict[str, ox.RdfFormat]


def _body(reply: Reply, query: str, formats: _Formats, lines_ahead: int) -> bytes:
    if reply.status != 200:
        raise _refused(reply, query, lines_ahead)
    if reply.media_type not in formats:
        raise _misfit(reply.media_type or "no media type", reply)
    if reply.headers.get("content-encoding", "identity") != "identity":
        raise _misfit("an encoding that nobody asked for", reply)
    if not reply.body.strip() and reply.media_type not in ("application/n-triples", "text/turtle"):
        raise _misfit("nothing", reply)
    state = reply.headers.get("x-sql-state", "")
    if state:
        # Virtuoso sends what it has so far when its own time is up, as 200.
        _LOG.warning("the store says %s %s", state, reply.headers.get("x-sql-message", ""))
        if state == "S1TAT":
            raise took_too_long()
        raise QueryError(502, "The store's answer is not whole", "The store reports a fault beside its answer.")
    return reply.body


def _refuse_cut(reply: Reply, rows: int) -> None:
    most = reply.headers.get("x-sparql-maxrows", "")
    if most.isdigit() and rows >= int(most) > 0:
        detail = f"The store behind this service gives at most {most} rows. Ask with LIMIT."
        raise QueryError(413, "Answer too large", detail, max_rows=int(most))


def _refused(reply: Reply, query: str, lines_ahead: int) -> QueryError:
    """The store's status in our words; what it says itself is for the log, except on the query."""
    words = " ".join(reply.body[:2000].decode("utf-8", "replace").split())
    _LOG.warning("the store answered %d: %s", reply.status, words[:300])
    match reply.status:
        case 400 | 422:
            if reply.media_type == "text/html" or not words:
                return QueryError(400, "The store refused the query", "It gives no reason that could be shown here.")
            # Virtuoso repeats the query behind its message.
            return explain(query, words.partition("SPARQL query:")[0].strip()[:500], lines_ahead)
        case 413:
            return QueryError(413, "Query too long", "The store behind this service does not take a query so long.")
        case 429 | 503:
            return QueryError(503, "The store is busy", "The store behind this service asks to come back later.")
        case 408 | 504:
            return took_too_long()
        case 401 | 403 | 407:
            return QueryError(502, "The store does not let us in", "The service's credentials for its store are wrong.")
        case status if 300 <= status < 400:
            return QueryError(502, "The store has moved", "It points elsewhere, and no other host is asked.")
    if _STOPPED.search(reply.body[:2000]):
        return took_too_long()
    return QueryError(502, "The store failed", f"The store behind this service answered {reply.status}.")


def took_too_long() -> QueryError:
    """The store stopped the query by a limit of its own."""
    return QueryError(504, "Query took too long", "The store behind this service stopped the query.")


def _misfit(what: str, reply: Reply) -> QueryError:
    _LOG.warning("the store sent %s: %r", what, reply.body[:200])
    return QueryError(502, "The store's answer is not SPARQL", f"The store behind this service sent {what}.")


def _unreadable(reply: Reply, error: str) -> QueryError:
    _LOG.warning("the store's answer: %s; it ends in %r", error, reply.body[-200:])
    if _STOPPED.search(reply.body[-200:]):
        return took_too_long()
    return QueryError(502, "The store's answer is broken", "It says 200, but ends too early or is not well-formed.")
