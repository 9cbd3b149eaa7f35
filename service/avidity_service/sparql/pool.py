"""Worker processes: handed out one query at a time, killed at the deadline, replaced when they are gone."""

from __future__ import annotations

import contextlib
import queue
import signal
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from avidity_service.errors import QueryError
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.lanes import Crowded, Lanes, Place, crowded
from avidity_service.sparql.process import Abandoned, Gone, Late, Nursery, Worker, never
from avidity_service.sparql.refusals import refusal

# A worker that ends so soon was ended before its query began.
_AT_ONCE_S = 0.25


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: media type and bytes."""

    media_type: str
    body: bytes


class Pool:
    """Workers for as many queries as the settings allow; the first starts with the first query, not before."""

    def __init__(self, release: Release, settings: Settings, on_kill: Callable[[str], object] = str) -> None:
        """`on_kill` is told why a worker ended before its answer, in one word."""
        self.on_kill = on_kill
        self.settings = settings
        self.release = release
        self.idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        # Those that gave way to others once: only the slow lane takes them.
        self.slowed: queue.LifoQueue[Worker] = queue.LifoQueue(settings.long_queries)
        self.lanes = Lanes(settings.workers, settings.long_queries)
        self.lock = threading.Lock()
        self.all: set[Worker] = set()
        self.nurseries: list[Nursery] = []
        self.held: list[IO[bytes]] = []
        # Also when nobody closes the pool: at the interpreter's end, or when the pool is forgotten.
        self.close_down = weakref.finalize(self, _end, self.all, self.nurseries, self.held)

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

        Raises:
            QueryError: 400 syntax, 406, 413 too large, 503 busy, 504 deadline, 507 memory or crash.
        """
        place = self.lanes.enter(query)
        limit = min(timeout_s or self.settings.query_timeout_s, self.settings.query_timeout_s)
        header = {"accept": list(accept), "default": list(default), "named": list(named), "sets_dataset": sets_dataset}
        try:
            status, body = self._on_a_worker(header, query.encode(), limit, place, is_gone)
        finally:
            place.leave()
        if status["status"] == "ok":
            return Answer(status["type"], body)
        raise refusal(status, query, limit, self.settings)

    def warm(self) -> bool:
        """Start as many workers as short queries may run at once, so that the first ones wait for none."""
        for _ in range(self.settings.workers):
            self.idle.put(self._start())
        return self.ping()

    def ping(self) -> bool:
        """Whether a worker answers."""
        try:
            return self.ask("ASK {}", ["application/sparql-results+json"], timeout_s=5).body != b""
        except QueryError:
            return False

    def close(self) -> None:
        """End all workers."""
        with self.lock:
            self.close_down()

    def _on_a_worker(
        self, header: dict[str, Any], query: bytes, limit: float, place: Place, is_gone: Callable[[], bool]
    ) -> tuple[dict[str, Any], bytes]:
        idle = (self._idle(self.slowed) if place.is_slow else None) or self._idle(self.idle)
        if idle is not None:
            began = time.monotonic()
            status, body = self._ask(idle, header, query, limit, place, is_gone)
            # Whoever killed an idle worker did not mean the query that came an instant later.
            at_once = time.monotonic() - began < _AT_ONCE_S
            if not (at_once and status["status"] == "gone" and status["signal"] in (0, signal.SIGKILL)):
                return status, body
        return self._ask(self._start(), header, query, limit, place, is_gone)

    def _ask(
        self, worker: Worker, header: dict[str, Any], query: bytes, limit: float, place: Place,
        is_gone: Callable[[], bool],
    ) -> tuple[dict[str, Any], bytes]:  # fmt: skip
        look = place.watch(worker, is_gone)
        try:
            answer = worker.ask(header, query, time.monotonic() + limit, look)
        except Crowded:
            self._drop(worker)
            self.on_kill("crowded")
            raise crowded() from None
        except (Gone, Late, Abandoned) as error:
            self._drop(worker)
            self.on_kill(_reason(error))
            word = {Late: "late", Gone: "gone"}.get(type(error), "left")
            return {"status": word, "signal": getattr(error, "signal", 0)}, b""
        except BaseException:
            self._drop(worker)
            raise
        try:
            (self.slowed if worker.slowed else self.idle).put_nowait(worker)
        except queue.Full:
            self._drop(worker)
        return answer

    def _idle(self, among: queue.LifoQueue[Worker]) -> Worker | None:
        with contextlib.suppress(queue.Empty):
            while True:
                worker = among.get_nowait()
                if worker.alive:
                    return worker
                self._drop(worker)
        return None

    def _start(self) -> Worker:
        """A new worker, from a new nursery if the old one is gone."""
        for _ in range(2):
            nursery = self._nursery()
            try:
                worker = nursery.worker()
            except Gone:
                self._forget(nursery)
                continue
            with self.lock:
                if not self.closed:
                    self.all.add(worker)
                    return worker
            worker.close()
            break
        raise QueryError(503, "No worker", "The process that runs queries does not start.", retry_after_s=1)

    def _nursery(self) -> Nursery:
        with self.lock:
            if self.closed:
                raise QueryError(503, "Stopping", "The service is shutting down.", retry_after_s=1)
            if not self.nurseries:
                command = self._command()
                self.nurseries.append(Nursery(command, self.held[0].fileno()))
            return self.nurseries[0]

    def _forget(self, nursery: Nursery) -> None:
        with self.lock:
            if nursery in self.nurseries:
                self.nurseries.remove(nursery)
        nursery.close()

    def _drop(self, worker: Worker) -> None:
        with self.lock:
            self.all.discard(worker)
        worker.close()

    def _command(self) -> list[str]:
        if not self.held:
            # The folder may be swapped under our feet; workers start from the bytes that this service opened.
            dataset = tempfile.TemporaryFile(prefix="avidity-")  # noqa: SIM115 - held as long as the pool
            dataset.write(self.release.files["dataset.nq.gz"])
            dataset.flush()
            self.held.append(dataset)
        sizes = (
            self.settings.query_memory_mb,
            self.settings.max_result_mb * 1024 * 1024,
            self.settings.max_rows,
        )
        # -P: a file in the current folder must not stand in for a module.
        command = [sys.executable, "-P", "-m", "avidity_service.sparql.nursery", str(self.held[0].fileno())]
        return [*command, *map(str, sizes)]


def _reason(error: Gone | Late | Abandoned) -> str:
    match error:
        case Late():
            return "late"
        case Abandoned():
            return "client-left"
        case Gone(signal=signal.SIGSEGV):
            return "stack"
        case Gone(signal=signal.SIGABRT | signal.SIGKILL):
            return "memory"
    return "lost"


def _end(workers: set[Worker], nurseries: list[Nursery], held: list[IO[bytes]]) -> None:
    # A worker asks its nursery how it ended, so these go last.
    for worker in list(workers):
        worker.close()
    for nursery in nurseries:
        nursery.close()
    for file in held:
        file.close()
