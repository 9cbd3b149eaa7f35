"""What a worker says of a query that it did not answer, in words and with a true status."""

from __future__ import annotations

import signal
from typing import Any

from avidity_service.errors import QueryError
from avidity_service.settings import Settings
from avidity_service.sparql.formats import GRAPHS, RESULTS
from avidity_service.sparql.syntax import explain

_OFFERED = {"results": list(RESULTS), "graph": list(GRAPHS)}
_ELSEWHERE = "Ask with LIMIT, or take the whole dataset from /downloads/dataset.nq.gz."


def refusal(status: dict[str, Any], query: str, limit_s: float, settings: Settings) -> QueryError:
    """The error that a worker's status stands for."""
    match status["status"]:
        case "syntax":
            return explain(query, status["message"])
        case "unacceptable":
            return _unacceptable(_OFFERED[status["kind"]], status.get("but"), status.get("why", ""))
        case "too-large":
            detail = f"The answer is larger than {settings.max_result_mb} MB. {_ELSEWHERE}"
            return QueryError(413, "Answer too large", detail, max_result_mb=settings.max_result_mb)
        case "too-many":
            detail = f"The answer has more than {settings.max_rows} rows. {_ELSEWHERE}"
            return QueryError(413, "Answer too large", detail, max_rows=settings.max_rows)
        case "late":
            detail = f"The query was stopped after {limit_s:g} s."
            return QueryError(504, "Query took too long", detail, timeout_s=limit_s)
        case "memory":
            detail = f"The query was stopped; it may use {settings.query_memory_mb} MB."
            return QueryError(507, "Query needed too much memory", detail)
        case "gone":
            return _gone(status.get("signal", 0), settings)
        case "left":
            return QueryError(499, "Client left", "The query was stopped, as nobody waited for its answer any more.")
    return QueryError(400, "Query failed", status.get("message", "The query could not be answered."))


def _unacceptable(offered: list[str], but: str | None, why: str) -> QueryError:
    """`but` is the format that was asked for, and has no way to say the answer; `why` tells."""
    offered = [name for name in offered if name != but]
    reason = f"{but} has no way to say this answer: {why}. " if but else ""
    words = f"{reason}This query's answer is offered as {', '.join(offered)}."
    return QueryError(406, "Not acceptable", words, offered=offered)


def _gone(number: int, settings: Settings) -> QueryError:
    if number == signal.SIGSEGV:
        return QueryError(507, "Query too complex", "The query was stopped: it needs more stack than it may use.")
    if number in (signal.SIGABRT, signal.SIGKILL):
        # Native code aborts when an allocation fails; the system kills when all memory is used.
        detail = f"The query was stopped; it may use {settings.query_memory_mb} MB."
        return QueryError(507, "Query needed too much memory", detail)
    return QueryError(503, "Worker lost", "The process that ran the query ended; try again in a moment.")
