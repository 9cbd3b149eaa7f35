"""The WSGI application before Flask: known answers, tags, 304, codings, one computation for many, one release."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from avidity_service import version
from avidity_service.errors import QueryError
from avidity_service.front import tags
from avidity_service.front.asked import Asked, Environ, client_is_gone, read
from avidity_service.front.cache import ByteCache
from avidity_service.front.encodings import IDENTITY, choose, encode
from avidity_service.front.flight import Flight, Flights, Impatient, Left
from avidity_service.front.kept import IMMUTABLE, RELEASE, REVALIDATE, Headers, Kept, Made, without
from avidity_service.front.serving import Served
from avidity_service.front.within import REFUSAL, inner_of, run
from avidity_service.journal import NO_QUERY, Journal, Line, Query
from avidity_service.metrics import Metrics
from avidity_service.settings import Settings
from avidity_service.sparql.direct import RUN

if TYPE_CHECKING:
    from avidity_service.front.begun import Begun

CROWDED = "avidity.crowded"
# A query that the loop of connections has begun.
BEGUN = "avidity.begun"
# A follower waits this much longer than any query may take.
_GRACE_S = 5.0
_REMEMBERED = 100

StartResponse = Callable[..., Any]
Result = Kept | Made
Sent = tuple[str, Headers, bytes]


class Front:
    """Answers of one release at a time, exchanged as a whole by `swap`."""

    def __init__(self, served: Served, settings: Settings, metrics: Metrics, journal: Journal | None = None) -> None:
        self.current = served
        self.settings, self.metrics, self.journal = settings, metrics, journal
        self.cache = ByteCache(settings.cache_mb * 1024 * 1024)
        self.flights: Flights[Result] = Flights(settings.long_queries)
        self.former: OrderedDict[str, None] = OrderedDict()
        self.lock = threading.Lock()
        metrics.watch(self)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request, as WSGI has it."""
        begun: Begun | None = environ.pop(BEGUN, None)
        line = begun.line if begun else Line.of(environ)
        asked = read(environ)
        served = begun.served if begun else self.current
        may_be_kept = asked.key is not None and asked.release in (None, served.id)
        kept = self.cache.peek((served.mark, asked.key)) if may_be_kept else None
        found = self._from(kept, asked, environ)
        if found is not None and kept is not None:
            self.cache.touch(kept)
            line.note_kept(kept.query)
        else:
            if may_be_kept:
                self.cache.missed()
            # Another release may have taken its place meanwhile.
            served, found = self._fresh(asked, environ, line, begun)
        status, headers, body = found
        headers.append(("X-Request-Id", line.id))
        start_response(status, headers)
        if asked.method == "HEAD":
            body = b""
        self.noted(line, asked.method, asked.path, status, len(body), served.id)
        return [body] if body else []

    def noted(self, line: Line, method: str, path: str, status: str, size: int, release: str) -> None:
        """Count and log a request that has been answered."""
        self.metrics.answered(path, status, line)
        if self.journal is not None:
            self.journal.note(line, method, path, status, size, release)

    def knows(self, asked: Asked) -> bool:
        """Whether the answer to a request is there, and not only its tag."""
        served = self.current
        kept = self.cache.peek((served.mark, asked.key))
        return kept is not None and kept.made is not None and asked.release in (None, served.id)

    def swap(self, served: Served) -> Served:
        """Serve another release from now on; gives the former one, whose requests may still be under way."""
        with self.lock:
            former, self.current = self.current, served
            if former.id != served.id:
                self.former[former.id] = None
            self.former.pop(served.id, None)
            while len(self.former) > _REMEMBERED:
                self.former.popitem(last=False)
        self.cache.clear()
        return former

    def _fresh(self, asked: Asked, environ: Environ, line: Line, begun: Begun | None) -> tuple[Served, Sent]:
        """The release that was asked, and what it says."""
        if begun is not None:
            result = self._lead(begun.flight, begun.served, asked, {**inner_of(environ, asked), RUN: begun.run}, line)
            return begun.served, self._sent(result, begun.served, asked, environ)
        served = self._enter()
        try:
            line.read_query(asked.is_sparql, environ)
            return served, self._sent(self._result(served, asked, environ, line), served, asked, environ)
        finally:
            served.leave()

    def _sent(self, result: Result, served: Served, asked: Asked, environ: Environ) -> Sent:
        if isinstance(result, Kept):
            return self._from(result, asked, environ) or self._uncodable(served, environ)
        return self._finished(result, served, environ)

    def _enter(self) -> Served:
        # A release is retired only when another has taken its place.
        while not (served := self.current).enter():
            pass
        return served

    def _result(self, served: Served, asked: Asked, environ: Environ, line: Line) -> Result:
        """The answer of a release that has been entered: computed, or taken from whoever computes the same."""
        inner = inner_of(environ, asked)
        if asked.release not in (None, served.id):
            inner[REFUSAL] = self._not_served(str(asked.release), served.id)
        elif asked.release is not None and asked.key is None and asked.method in ("GET", "HEAD"):
            inner[REFUSAL] = QueryError(404, "Not found", f"{asked.path} has no release; ask it without /v/….")
        elif CROWDED in environ:
            inner[REFUSAL] = QueryError(503, "Busy", environ[CROWDED])
        if asked.key is None or REFUSAL in inner:
            return run(served, inner)
        key = (served.mark, asked.key)
        flight, leads = self.flights.board(key)
        if leads:
            return self._lead(flight, served, asked, inner, line)
        try:
            most_s = self.settings.query_timeout_s + _GRACE_S
            found = self.flights.wait(flight, most_s, client_is_gone(environ))
        except Impatient:
            inner[REFUSAL] = QueryError(
                503, "Being answered", "The same query is being answered for others; try again in a moment.",
                retry_after_s=1,
            )  # fmt: skip
            return run(served, inner)
        except Left:
            inner[REFUSAL] = QueryError(499, "Client left", "Nobody waits for this answer any more.")
            return run(served, inner)
        line.shared = found is not None
        return found if found is not None else self.keep(run(served, inner), served, asked, line)

    def _lead(self, flight: Flight[Result], served: Served, asked: Asked, inner: Environ, line: Line) -> Result:
        """Compute for all who wait; while anybody does, the query goes on, even if the first who asked has left."""
        key = (served.mark, asked.key)
        has_left = client_is_gone(inner)
        inner["waitress.client_disconnected"] = lambda: flight.waiting == 0 and has_left()
        result: Result | None = None
        try:
            result = self.keep(run(served, inner), served, asked, line)
        finally:
            # What is new each time is nobody else's answer; a failure is, for they asked the same at the same time.
            # Unless it failed because the first one left, when another had just begun to wait.
            shared = isinstance(result, Kept) or (
                result is not None and not result.status.startswith("200") and not has_left()
            )
            self.flights.land(key, flight, result if shared else None)
        return result

    def keep(self, made: Made, served: Served, asked: Asked, line: Line) -> Result:
        """Keep an answer if it may be kept; gives what it is to be sent from."""
        found = self.keepable(made, served, asked, line)
        return self.put(found, served, asked) if isinstance(found, Kept) else found

    def keepable(self, made: Made, served: Served, asked: Asked, line: Line) -> Result:
        """An answer as it may be kept, or as it is if it may not."""
        if not made.is_keepable or asked.key is None:
            return made
        path, query, _, body, host, scheme = asked.key
        identity = (served.mark, path, query, body, host, scheme, made.media_type)
        return Kept(made, served.id, version(), identity, line)

    def put(self, kept: Kept, served: Served, asked: Asked, *, soon_made: bool = False) -> Kept:
        """Keep an answer; gives the same, or an equal one that was kept before.

        One that is `soon_made` is kept if there is room, or if it is asked for again.
        """
        if served is not self.current or asked.key is None:  # what is kept now would never be asked for
            return kept
        key = (served.mark, asked.key)
        if soon_made and not self.cache.has_room(key, kept):
            return kept
        kept.settle(self._query_of)
        return self.cache.put(key, asked.key_size, kept)

    def _query_of(self, line: Line) -> Query:
        return NO_QUERY if self.journal is None else self.journal.query_of(line)

    def _from(self, kept: Kept | None, asked: Asked, environ: Environ) -> Sent | None:
        """What a known answer is for this client; None if it is unknown, or in no coding that the client takes."""
        if kept is None:
            return None
        coding = kept.coding(environ.get("HTTP_ACCEPT_ENCODING"))
        if coding is None:
            return None
        known = kept.variants.get(coding)
        variant = known or kept.variant(coding)
        if known is None:
            self.cache.weigh(kept)
        lasting = REVALIDATE if asked.release is None else IMMUTABLE
        if asked.is_conditional and tags.has(environ.get("HTTP_IF_NONE_MATCH"), variant.etag):
            return "304 NOT MODIFIED", [*variant.not_modified, lasting], b""
        if variant.body is None:
            return None
        headers = [*variant.headers, lasting]
        return "200 OK", headers if asked.is_conditional else without(headers, "etag"), variant.body

    def _finished(self, made: Made, served: Served, environ: Environ) -> Sent:
        """An answer that is not kept."""
        headers = [*without(made.headers, "content-length", "etag"), (RELEASE, served.id)]
        body = made.body
        if made.status.startswith("200"):
            coding = choose(environ.get("HTTP_ACCEPT_ENCODING"), made.media_type, len(body))
            if coding is None:
                return self._uncodable(served, environ)
            if coding != IDENTITY:
                body = encode(body, coding)
                headers.append(("Content-Encoding", coding))
            headers = [*without(headers, "vary"), ("Vary", "Accept, Accept-Encoding")]
        if not made.status.startswith("204"):
            headers.append(("Content-Length", str(len(body))))
        return made.status, headers, body

    def _uncodable(self, served: Served, environ: Environ) -> Sent:
        offered = [IDENTITY, "gzip", "zstd"]
        words = f"Answers are offered as they are (identity), or in {' and '.join(offered[1:])}."
        refusal = QueryError(406, "No acceptable coding", words, offered=offered)
        made = run(served, {**environ, REFUSAL: refusal})
        body = made.body
        return made.status, [*made.headers, (RELEASE, served.id)], body

    def _not_served(self, release: str, present: str) -> QueryError:
        if release in self.former:
            words = f"Release {release} was served here until another took its place; the present one is {present}."
            return QueryError(410, "Release gone", words, release=present)
        return QueryError(404, "Unknown release", f"This service serves release {present}.", release=present)
