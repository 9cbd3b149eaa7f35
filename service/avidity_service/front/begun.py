"""Plain queries that the loop of connections begins, and answers as soon as a worker has; no thread waits for them.

A thread for each would cost more than most queries do. What is not answered within some milliseconds, or is anything
but a small answer to be kept, is handed on to a thread as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from avidity_service.errors import QueryError
from avidity_service.front import tags
from avidity_service.front.asked import SPARQL, Asked
from avidity_service.front.flight import Flight
from avidity_service.front.kept import Kept
from avidity_service.front.layer import Front, Result
from avidity_service.front.serving import Served
from avidity_service.front.wire import Known
from avidity_service.journal import Line
from avidity_service.sparql.accepting import accepted
from avidity_service.sparql.direct import is_longer, made, plain_query
from avidity_service.sparql.guard import NOTHING, guard
from avidity_service.sparql.lanes import Unready
from avidity_service.sparql.points import is_point, point
from avidity_service.sparql.pool import Pool
from avidity_service.sparql.run import Answer, Run

# To compress more than this is work for a thread; so is to send more than that.
_MOST_COMPRESSED, _MOST_PLAIN = 128 * 1024, 1024 * 1024


class Wish:
    """A query that may be begun by the loop, and what is needed to answer it."""

    __slots__ = ("accept", "asked", "coding", "is_point", "line", "none_match", "query", "sets_dataset")

    def __init__(self, query: str, asked: Asked, headers: Mapping[str, str], address: str) -> None:
        """Raises QueryError if the query is to be refused."""
        self.is_point = is_point(query)
        # In what has that shape there is nothing for a guard to see.
        seen = NOTHING if self.is_point else guard(query)
        if seen.differs_each_time:
            raise QueryError(500, "Not to be kept", "Each time another answer.")
        self.query, self.sets_dataset = query, seen.sets_dataset
        self.accept = accepted(query, headers.get("ACCEPT"))
        self.coding, self.none_match = headers.get("ACCEPT_ENCODING"), headers.get("IF_NONE_MATCH")
        self.asked = asked
        self.line = Line(headers.get("X_REQUEST_ID"), address)
        self.line.query = query


def wish(front: Front, asked: Asked, query_string: str, headers: Mapping[str, str], address: str) -> Wish | None:
    """A request as a query that the loop may begin; None if it goes the long way.

    Args:
        front: what answers.
        asked: anything but GET is None.
        query_string: as it was sent.
        headers: by names in capitals with underscores.
        address: the client's.
    """
    if asked.method != "GET" or not isinstance(front.current.context.pool, Pool):
        return None
    if asked.path != SPARQL or asked.release not in (None, front.current.id):
        return None
    query = plain_query(query_string.encode("latin-1", "replace"))
    if query is None or is_longer(query, front.settings.max_query_bytes):
        return None
    try:
        return Wish(query, asked, headers, address)
    except QueryError:  # it is put into words on the long way
        return None


class Found:
    """An answer that is there: it is sent first, and kept when it is on its way."""

    __slots__ = ("_kept", "_served", "_wish", "known")

    def __init__(self, served: Served, wanted: Wish, kept: Kept, known: Known) -> None:
        self.known = known
        self._served, self._wish, self._kept = served, wanted, kept

    def keep(self, front: Front) -> Kept:
        """Keep it for those who ask the same; what the loop answers was soon made."""
        front.cache.missed()
        return front.put(self._kept, self._served, self._wish.asked, soon_made=True)


class Begun:
    """A query that is with a worker. It ends by `end`, or with the thread that it is handed on to."""

    def __init__(self, front: Front, served: Served, wanted: Wish, flight: Flight[Result], run: Run) -> None:
        self.front, self.served, self.flight, self.run = front, served, flight, run
        self.wish = wanted
        self.found: Found | None = None
        self.ended = False

    @property
    def line(self) -> Line:
        """What is noted of the request."""
        return self.wish.line

    def answer(self) -> Known | None:
        """The answer that the worker has finished, to be sent before `end`; None if a thread has to go on with it."""
        found = self.run.small_answer(_MOST_COMPRESSED if self.wish.coding else _MOST_PLAIN)
        if found is None:
            return None
        self.found = _found(self.front, self.served, self.wish, found)
        if self.found is None:  # it has run already, and is not to be handed on as if it had not
            self.end()
            return None
        return self.found.known

    def end(self) -> None:
        """Keep what was found and give back what it holds; the second time does nothing."""
        if self.ended:
            return
        self.ended = True
        kept = None
        try:
            self.run.abandon()
            kept = None if self.found is None else self.found.keep(self.front)
        finally:
            # Whoever waits goes on alone, unless there is an answer.
            if not self.flight.has_landed:
                self.front.flights.land((self.served.mark, self.wish.asked.key), self.flight, kept)
            self.served.leave()


def at_once(front: Front, wanted: Wish) -> Found | None:
    """The answer to a query that cannot take long; None if it might, or is not to be answered so."""
    if not wanted.is_point:
        return None
    served = front.current
    if not served.enter():
        return None
    try:
        found = point(served.context.release.store, wanted.query, wanted.accept)
        return None if found is None else _found(front, served, wanted, found)
    finally:
        served.leave()


def _found(front: Front, served: Served, wanted: Wish, answer: Answer) -> Found | None:
    """An answer as it is to be sent and kept; None if the client takes none of our codings."""
    kept = front.keepable(made(answer), served, wanted.asked, wanted.line)
    assert isinstance(kept, Kept)
    known = _known(wanted, kept)
    return None if known is None else Found(served, wanted, kept, known)


def _known(wanted: Wish, kept: Kept) -> Known | None:
    coding = kept.coding(wanted.coding)
    if coding is None:
        return None
    variant = kept.variant(coding)
    status = "304 NOT MODIFIED" if tags.has(wanted.none_match, variant.etag) else "200 OK"
    return Known("GET", wanted.asked.path, status, kept, variant, wanted.asked.release is not None, wanted.line)


def begin(front: Front, wanted: Wish) -> Begun | None:
    """The query with a worker; None if there is no place for it at once.

    Raises:
        Unready: if it cannot be begun without a thread: others ask the same, or there is no worker yet.
    """
    served = front.current
    pool = served.context.pool
    key = (served.mark, wanted.asked.key)
    if wanted.asked.release not in (None, served.id) or not isinstance(pool, Pool) or not served.enter():
        raise Unready
    run, flight = None, front.flights.lead(key)
    try:
        if flight is None:
            raise Unready
        run = pool.begin(wanted.query, wanted.accept, sets_dataset=wanted.sets_dataset, client=wanted.line.address)
        return None if run is None else Begun(front, served, wanted, flight, run)
    finally:
        if run is None:
            if flight is not None:
                front.flights.land(key, flight, None)
            served.leave()
