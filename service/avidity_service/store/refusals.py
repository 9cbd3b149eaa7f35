"""What is said of a query that the store did not answer; what `sparql.refusals` is for the embedded one."""

from __future__ import annotations

import io
import re

import pyoxigraph as ox

from avidity_service.errors import QueryError
from avidity_service.settings import Settings
from avidity_service.sparql.refusals import refusal
from avidity_service.store.client import Reply
from avidity_service.store.judging import GRAPHS, RESULTS

# What a store writes may be longer than the answer: 95 bytes of JSON for each row of one number, which is 2 in CSV.
READ_FOR_EACH = 4
# By what stores say that the fault is the query's, although they answer 500. Oxigraph: a function that it lacks.
# Virtuoso, by SQLSTATE: 37000 a query that it cannot compile, 42001 a function that it lacks, 22… an operation that
# has no result (division by zero, a regular expression that is none).
_OF_THE_QUERY = (
    re.compile(r"(The custom function <[^<>\s]*> is not supported)"),
    re.compile(r"Virtuoso (?:37000|42001|22\w{3}) Error ([^\n]+)"),
)
_MOST_WORDS = 300


def given_up(limit_s: float) -> QueryError:
    """Our time was up; what the store does then is its own matter."""
    detail = f"The service gave up after {limit_s:g} s; the store behind it may go on with the query."
    return QueryError(504, "Query took too long", detail, timeout_s=limit_s)


def left() -> QueryError:
    """The client has gone."""
    detail = "Nobody waited for the answer any more; the store behind this service may go on with the query."
    return QueryError(503, "Client left", detail)


def fault_of_query(reply: Reply) -> QueryError | None:
    """The error for a 500 by which a store means the query, in its words; None for any other answer."""
    if reply.status != 500 or reply.media_type != "text/plain":
        return None
    words = reply.body[:2000].decode("utf-8", "replace").strip()
    for said in _OF_THE_QUERY:
        found = said.match(words)
        if found is not None:
            return QueryError(400, "Query failed", f"The store behind this service says: {found[1][:_MOST_WORDS]}")
    return None


def overflow(begun: Reply, query: str, settings: Settings) -> QueryError:
    """Why an answer was not read to its end: for its rows, if those that were read are too many; else for its bytes."""
    if settings.max_rows and _has_more_rows(begun, settings.max_rows):
        return refusal({"status": "too-many"}, query, 0, settings)
    most_mb = settings.max_result_mb * READ_FOR_EACH
    detail = (
        f"The store behind this service writes more than {most_mb} MB ({begun.media_type or 'of no media type'}) for "
        f"this answer, and {READ_FOR_EACH} times max_result_mb is read, whatever format was asked for. "
        "Ask with LIMIT, or take the whole dataset from /downloads/dataset.nq.gz."
    )
    return QueryError(413, "Answer too large", detail, max_result_mb=settings.max_result_mb)


def _has_more_rows(begun: Reply, most: int) -> bool:
    rows = 0
    try:
        for _ in _rows(begun):
            rows += 1
            if rows > most:
                return True
    except (SyntaxError, ValueError):  # where reading ended
        pass
    return False


def _rows(begun: Reply) -> ox.QuerySolutions | ox.QuadParser | tuple[()]:
    if begun.media_type in RESULTS:
        found = ox.parse_query_results(io.BytesIO(begun.body), format=RESULTS[begun.media_type])
        return found if isinstance(found, ox.QuerySolutions) else ()
    return ox.parse(io.BytesIO(begun.body), format=GRAPHS[begun.media_type]) if begun.media_type in GRAPHS else ()
