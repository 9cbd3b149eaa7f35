"""Which media types a query's answer may have, by the header Accept or by `format=` and what others call it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from avidity_service.errors import QueryError
from avidity_service.negotiation import named, negotiate
from avidity_service.sparql.formats import ALIASES, GRAPH_ALIASES, GRAPHS, NAMED, NAMES, RESULTS
from avidity_service.sparql.scan import scan

# Ours, and the names that other endpoints have for it. Clients that do not know whom they ask send all of them, some
# more than once. In those of others a value that is not known here is none of ours, and does not count.
FORMAT, ITS_OTHER_NAMES = "format", ("output", "results")
# Of headers that are longer each is another one's, and they take memory.
_MOST_REMEMBERED = 1024
_OFFERED = {"SELECT": [*RESULTS], "ASK": [*RESULTS], "CONSTRUCT": [*GRAPHS], "DESCRIBE": [*GRAPHS]}


def accepted(query: str, header: str | None, wanted: Sequence[str] | None = None) -> tuple[str, ...]:
    """The media types to try, the best first, those for results before those for graphs.

    Args:
        query: SPARQL that the guard has let pass; a refusal says what its kind of answer is offered as.
        header: Accept.
        wanted: what `chosen` gave, which goes before the header.

    Raises:
        QueryError: 406 with what is offered.
    """
    found = tuple(wanted) if wanted is not None else _by_header(header)
    if not found:
        offered = _OFFERED.get(scan(query).form or "", [*RESULTS, *GRAPHS])
        raise QueryError(
            406, "Not acceptable", f"This query's answer is offered as {', '.join(offered)}.", offered=offered
        )
    return found


def _by_header(header: str | None) -> tuple[str, ...]:
    return _best(header) if header is None or len(header) <= _MOST_REMEMBERED else _best.__wrapped__(header)


@lru_cache(maxsize=256)  # clients send the same few
def _best(header: str | None) -> tuple[str, ...]:
    """What the header Accept likes best of results and of graphs; nothing if it likes none of them."""
    # Generic types count only where they are named: a range must not choose XML by way of text/xml. A browser
    # names application/xml, but it does not ask for it.
    browser = "text/html" in named(header)
    generic = set() if browser else named(header)
    best = (
        negotiate(header, [*RESULTS, *(name for name in ALIASES if name in generic)]),
        negotiate(header, [*GRAPHS, *(name for name in GRAPH_ALIASES if name in generic)]),
    )
    known = (ALIASES.get(best[0] or "", best[0]), GRAPH_ALIASES.get(best[1] or "", best[1]))
    found = tuple(name for name in known if name is not None)
    return ("application/sparql-results+json", "text/turtle") if browser and not found else found


def chosen(values: Sequence[tuple[str, str]]) -> tuple[str, ...] | None:
    """The media types that `format=` and its other names choose, results before graphs; None if there is none of them.

    A value may be a list with commas, as in Accept: then any of what it names will do, the first before the others.

    Args:
        values: parameters with their values, in their order.

    Raises:
        QueryError: 406 for a format that is not known, 400 for values that contradict each other.
    """
    meant = [(name, value, _meant(value)) for name, value in values]
    understood = [(name, value, types) for name, value, types in meant if types]
    unknown = [value for name, value, types in meant if name == FORMAT and not types and value.strip()]
    if unknown:
        raise _unknown(unknown[0])
    if not understood:
        return None
    agreed = [kind for kind in understood[0][2] if all(kind in types for _, _, types in understood)]
    if not agreed:
        raise QueryError(
            400,
            "Contradicting formats",
            f"{'&'.join(f'{name}={value}' for name, value, _ in understood)} name different formats. "
            "Give one, or several that mean the same.",
        )
    # A stable sort: the order of a list stays, within each kind.
    return tuple(sorted(agreed, key=lambda kind: kind not in RESULTS))


def _meant(value: str) -> tuple[str, ...]:
    # A plus sign that was sent as it is has become a space.
    names = (part.partition(";")[0].strip().replace(" ", "+").lower() for part in value.split(","))
    return tuple(dict.fromkeys(kind for name in names for kind in NAMED.get(name, ())))


def _unknown(value: str) -> QueryError:
    short = sorted({name for names in NAMES.values() for name in names})
    known = f"known are {', '.join(short)} and the media types {', '.join(NAMES)}"
    return QueryError(406, "Unknown format", f"format={value}: {known}.", offered=[*short, *NAMES])


def content_type(media_type: str) -> str:
    """The Content-Type of an answer: with its character set, where the type takes one."""
    return media_type + ("; charset=utf-8" if media_type.startswith("text/") else "")
