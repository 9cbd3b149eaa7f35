"""Worker processes: handed out one query at a time, killed at the deadline, replaced when they are gone."""

from __future__ import annotations

import contextlib
import json
import math
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache

from avidity_service.errors import QueryError
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.lanes import Lanes, Unready
from avidity_service.sparql.oom import Kills
from avidity_service.sparql.process import Gone, Late, Worker, never
from avidity_service.sparql.reaper import Reaper
from avidity_service.sparql.run import Answer, Run
from avidity_service.sparql.supply import Supply

_JSON = "application/sparql-results+json"
_PING_S = 5.0
# Characters of a query that a worker's socket takes at once, whether or not the worker reads.
_MOST_AT_ONCE = 32_768


class Pool:
    """Workers for as many queries as the settings allow; the first starts with the first query, or ahead of it."""

    def __init__(self, release: Release, settings: Settings, on_kill: Callable[[str], object] = str) -> None:
        """`on_kill` is told why a worker ended before its answer, in one word."""
        self.on_kill = on_kill
        self.settings = settings
        self.release = release
        # The last to come back goes first: its memory is still at hand.
        self.idle: deque[Worker] = deque()
        # Those that gave way to others once: only the slow lane takes them.
        self.slowed: deque[Worker] = deque()
        self.lanes = Lanes(settings.workers, settings.long_queries)
        self.memory_kills = Kills()
        self.supply = Supply(release, settings, self.idle)
        self.all, self.nurseries = self.supply.all, self.supply.nurseries
        self.reaper = Reaper(self.all, (self.idle, self.slowed), self.supply.notice)
        # Also when nobody closes the pool: at the interpreter's end, or when the pool is forgotten.
        self.close_down = weakref.finalize(self, _end, self.supply, self.reaper)

    @property
    def closed(self) -> bool:
        """Whether the pool takes no more queries."""
        return not self.close_down.alive

    def ask(
        self,
        query: str,
        accept: Sequence[str],
        default: Sequence[str] = (),
        named: Sequence[str] = (),
        timeout_s: float | None = None,
        *,
        sets_dataset: bool = False,
        is_gone: Callable[[], bool] = never,
        client: str = "",
    ) -> Answer:
        """The answer to a foreign query.

        Args:
            query: SPARQL that the guard has let pass.
            accept: media types, the best first.
            default: the protocol's default graphs; with `named` they go before the query's own.
            named: the protocol's named graphs.
            timeout_s: may lower the settings' limit, never raise it.
            sets_dataset: whether the query has FROM; without it the default graph is the union of all graphs.
            is_gone: tells whether the client has left; then the query ends too.
            client: its address; clients share what there is for long queries.

        Raises:
            QueryError: 400 syntax, 406, 413 too large, 503 busy, 504 deadline, 507 memory.
        """
        header = _header(tuple(accept), sets_dataset)
        if default or named:
            header = json.dumps({**json.loads(header), "default": list(default), "named": list(named)}).encode()
        limit = min(timeout_s or self.settings.query_timeout_s, self.settings.query_timeout_s)
        return Run(self, self.lanes.enter(query, client), header, query, limit).finish(is_gone)

    def begin(self, query: str, accept: Sequence[str], *, sets_dataset: bool = False, client: str = "") -> Run | None:
        """The query on a worker, for who does not want to wait; None if there is no place at once.

        Raises:
            Unready: if a worker has to be started for it, it has been a long one, or has a long text: then `ask`.
        """
        if len(query) > _MOST_AT_ONCE:
            raise Unready
        place = self.lanes.enter_at_once(query, client)
        if place is None:
            return None
        try:
            # Whether it is there need not be asked: if it is not, nothing comes of the query, and a thread asks again.
            worker = self.idle.pop()
        except IndexError:
            worker = None
        if worker is not None:
            header = _header(tuple(accept), sets_dataset)
            run = Run(self, place, header, query, self.settings.query_timeout_s)
            try:
                run.send(worker)
                return run
            except Gone:
                self.drop(worker)
        place.leave()
        raise Unready

    def prepare(self) -> None:
        """Start the process that workers come from, and a first one, without waiting; if that fails a query says so."""
        self.reaper.start()
        self.supply.ahead()

    def warm(self) -> bool:
        """Start as many workers as short queries may run at once, so that the first ones wait for none.

        Returns:
            Whether all of them answer.
        """
        workers = [self.start() for _ in range(self.settings.workers)]
        try:
            for worker in workers:
                worker.send(_header((_JSON,), sets_dataset=False), b"ASK {}")
            end = time.monotonic() + _PING_S
            found = all(worker.read(end)[0]["status"] == "ok" for worker in workers)
        except (Gone, Late):
            found = False
        for worker in workers:
            self.idle.append(worker) if found else self.drop(worker)
        return found

    def ping(self) -> bool:
        """Whether a worker answers."""
        try:
            return self.ask("ASK {}", [_JSON], timeout_s=_PING_S).body != b""
        except QueryError:
            return False

    def close(self) -> None:
        """End all workers."""
        self.close_down()

    def idle_worker(self, *, slow: bool = False) -> Worker | None:
        """A worker that waits for a query, if there is one."""
        return (self._idle(self.slowed) if slow else None) or self._idle(self.idle)

    def give_back(self, worker: Worker) -> None:
        """Have a worker wait for another query."""
        if not worker.slowed:
            self.idle.append(worker)
        elif len(self.slowed) < self.settings.long_queries:
            self.slowed.append(worker)
        else:
            self.drop(worker)

    def _idle(self, among: deque[Worker]) -> Worker | None:
        with contextlib.suppress(IndexError):
            while True:
                worker = among.pop()
                if worker.alive:
                    return worker
                self.drop(worker)
        return None

    def start(self, deadline: float = math.inf, look: Callable[[], bool] = never) -> Worker:
        """A new worker. Raises as `Supply.worker`."""
        self.reaper.start()
        return self.supply.worker(deadline, look)

    def drop(self, worker: Worker) -> None:
        """End a worker. The loop of connections may: all that could wait is left to another thread."""
        self.all.discard(worker)
        worker.close()
        self.reaper.take(worker)


@lru_cache(maxsize=256)
def _header(accept: tuple[str, ...], sets_dataset: bool) -> bytes:
    """What a worker is told beside a query."""
    return json.dumps({"accept": accept, "sets_dataset": sets_dataset}).encode()


def _end(supply: Supply, reaper: Reaper) -> None:
    supply.close()
    reaper.stop()
