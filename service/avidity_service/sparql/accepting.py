"""Which media types a query's answer may have, by the header Accept or by `format=`."""

from __future__ import annotations

from functools import lru_cache

from avidity_service.errors import QueryError
from avidity_service.negotiation import named, negotiate
from avidity_service.sparql.formats import ALIASES, GRAPH_ALIASES, GRAPH_SHORT, GRAPHS, RESULTS, SHORT


@lru_cache(maxsize=256)  # clients send the same few
def accepted(header: str | None, format_: str | None = None) -> tuple[str, ...]:
    """The media types to try, the best first, those for results before those for graphs.

    Raises:
        QueryError: 406 with what is offered.
    """
    if format_ is not None:
        return tuple(_named(format_.lower()))
    # Generic types count only where they are named: a range must not choose XML by way of text/xml. A browser
    # names application/xml, but it does not ask for it.
    browser = "text/html" in named(header)
    generic = set() if browser else named(header)
    best = (
        negotiate(header, [*RESULTS, *(name for name in ALIASES if name in generic)]),
        negotiate(header, [*GRAPHS, *(name for name in GRAPH_ALIASES if name in generic)]),
    )
    found = [known for known, name in zip(_both(*best), best, strict=True) if name is not None]
    if not found and browser:
        return ("application/sparql-results+json", "text/turtle")
    if not found:
        offered = [*RESULTS, *GRAPHS]
        raise QueryError(406, "Not acceptable", f"Answers are offered as {', '.join(offered)}.", offered=offered)
    return tuple(found)


def _named(format_: str) -> list[str]:
    """What `format=` means, which for json and xml depends on the kind of query."""
    known = [SHORT.get(format_, format_), GRAPH_SHORT.get(format_, format_)]
    found = [name for name in _both(*known) if name in RESULTS or name in GRAPHS]
    if not found:
        known = sorted({*SHORT, *GRAPH_SHORT})
        raise QueryError(406, "Unknown format", f"format={format_}: known are {', '.join(known)}.", offered=known)
    return found


def _both(result: str | None, graph: str | None) -> tuple[str, str]:
    return ALIASES.get(result or "", result or ""), GRAPH_ALIASES.get(graph or "", graph or "")


def content_type(media_type: str) -> str:
    """The Content-Type of an answer: with its character set, where the type takes one."""
    return media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")
