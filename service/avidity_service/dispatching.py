"""Which threads answer what: each kind of request has its own, so that none waits behind another kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from waitress.task import ThreadedTaskDispatcher

from avidity_service.fair import FairQueue
from avidity_service.settings import Settings

# Python computes one page at a time; more of them would only have the loop wait longer for its turn.
_QUICK_THREADS = 4
# For those who ask whether the service is well, who do not wait behind pages. To be ready takes a worker's answer.
_LIVE_THREADS, _READY_THREADS = 2, 1
# Beside those that run: so many may wait for a worker, or for another who asks the same.
_WAITING_THREADS = 16


class Dispatchers:
    """Threads for pages and known answers, for how the service is, for queries, and for queries that have a worker."""

    def __init__(self, settings: Settings, owner: Callable[[Any], str]) -> None:
        """`owner` tells whose a channel's request is; owners take turns."""
        at_once = settings.workers + settings.long_queries
        self.queued: FairQueue[Any] = FairQueue(owner)
        self.quick = _dispatcher(_QUICK_THREADS, FairQueue(owner))
        self.live, self.ready = _dispatcher(_LIVE_THREADS), _dispatcher(_READY_THREADS, FairQueue(owner))
        self.queries = _dispatcher(at_once + _WAITING_THREADS, self.queued)
        # As many as can be under way: a quick place each, or a long one; and those of a release that is going.
        self.under_way = _dispatcher(2 * at_once)

    def for_path(self, path: str) -> ThreadedTaskDispatcher:
        """The threads for what is quick."""
        named = path.rstrip("/")
        return self.ready if named == "/ready" else self.live if named in ("/health", "/metrics") else self.quick

    def shutdown(self) -> None:
        """Let all threads end."""
        for dispatcher in (self.quick, self.live, self.ready, self.queries, self.under_way):
            dispatcher.shutdown(timeout=1)


def _dispatcher(threads: int, queue: FairQueue[Any] | None = None) -> ThreadedTaskDispatcher:
    found = ThreadedTaskDispatcher()
    if queue is not None:
        found.queue = queue
    found.set_thread_count(threads)
    return found
