"""The limits of a foreign query as one list, for the service description and whoever else announces them."""

from __future__ import annotations

from dataclasses import dataclass

from avidity_service.settings import Settings
from avidity_service.sparql.guard import MOST_NESTING
from avidity_service.sparql.lanes import PATIENCE_S, QUICK_S


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit: the setting's name, its value and unit, and the same in words. 0 is no limit."""

    name: str
    value: float
    unit: str
    words: str


def limits(settings: Settings) -> list[Limit]:
    """All limits that a query has to keep, with the status that tells that it did not."""
    is_ours = settings.store_url is None  # the memory and the processors of a store elsewhere are not
    late = "" if is_ours else ", after which the service gives up and the store may go on"
    most = f"{settings.max_rows} rows or triples of answer" if settings.max_rows else "any number of rows"
    return [
        Limit("query_timeout_s", settings.query_timeout_s, "s",
              f"{settings.query_timeout_s:g} s a query (504){late}; timeout= may lower it"),
        *([Limit("query_memory_mb", settings.query_memory_mb, "MB", f"{settings.query_memory_mb} MB a query (507)")]
          if is_ours else []),
        Limit("max_query_bytes", settings.max_query_bytes, "bytes", f"{settings.max_query_bytes} bytes of query (413)"),
        Limit("max_rows", settings.max_rows, "rows", f"{most} (413)"),
        Limit("max_result_mb", settings.max_result_mb, "MB", f"{settings.max_result_mb} MB of answer (413)"),
        Limit("nesting", MOST_NESTING, "brackets", f"{MOST_NESTING} brackets nested in each other (400)"),
        Limit("workers", settings.workers, "queries",
              f"{settings.workers} queries at once; more wait for {PATIENCE_S:g} s (503)"),
        Limit("long_queries", settings.long_queries, "queries",
              f"{settings.long_queries} queries at once that work for longer than {QUICK_S:g} s, shared by the clients "
              "who ask; more are asked to come back (503)"),
        Limit("queue_length", settings.queue_length, "queries",
              f"{settings.queue_length} queries that wait, of one client three quarters of them (503)"),
    ]  # fmt: skip
