"""What a foreign query may not be: looked at lexically, before any parser sees it.

Native code cannot be stopped from within, and a few kilobytes of braces overflow its stack; so nesting is
capped here. SERVICE would send data out, LOAD and updates would write; they are refused in words. The workers
cannot open sockets either, should something slip past.
"""

from __future__ import annotations

from avidity_service.errors import QueryError
from avidity_service.sparql.scan import NEW_EACH_TIME, Scan, scan

MOST_NESTING = 100

_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}

# Without these letters a query has neither of them, nor FROM, nor a function that gives something else each time.
_TELLING = (*sorted(_UPDATES), "SERVICE", "FROM", *NEW_EACH_TIME)
_NESTING = "({[<!+-^"
NOTHING = Scan((), frozenset(), frozenset(), 0)


def guard(query: str) -> Scan:
    """Let the query pass, and give what was seen of it; or say why not. Of a harmless one nothing is seen.

    Raises:
        QueryError: 400 for too deep nesting, 403 for SERVICE, LOAD and updates.
    """
    if is_harmless(query):
        return NOTHING
    seen = scan(query)
    if seen.depth > MOST_NESTING:
        raise QueryError(
            400, "Query nested too deeply", f"Brackets are nested {seen.depth} deep; allowed are {MOST_NESTING}."
        )
    if seen.calls_service:
        raise QueryError(
            403, "SERVICE is not allowed", "This endpoint does not ask other endpoints; query them on their own."
        )
    if seen.hides_dataset:
        raise QueryError(400, "SPARQL syntax error", "Put a space between FROM and the name after it.")
    if seen.form in _UPDATES:
        raise read_only(seen.form)
    return seen


def is_harmless(query: str) -> bool:
    """Whether a query cannot be but harmless: no letters of a word that matters, and too few signs to nest deeply.

    Most are, and this takes a tenth of the time of a scan.
    """
    capitals = query.upper()
    return not any(map(capitals.__contains__, _TELLING)) and sum(map(query.count, _NESTING)) <= MOST_NESTING


def read_only(what: str) -> QueryError:
    """The refusal of anything that would write."""
    return QueryError(403, "Read-only endpoint", f"{what} is an update; this endpoint answers queries only.")
