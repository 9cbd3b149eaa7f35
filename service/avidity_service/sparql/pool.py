"""Worker processes: handed out one query at a time, killed at the deadline, replaced when they are gone."""

from __future__ import annotations

import contextlib
import queue
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
from avidity_service.sparql.process import Abandoned, Gone, Late, Worker, never
from avidity_service.sparql.refusals import refusal

# How long a query waits for a free worker before the client is asked to come back.
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: media type and bytes."""

    media_type: str
    body: bytes


class Pool:
    """As many workers as the settings say; they start with the first query, not before."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self.settings = settings
        self.release = release
        self.idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self.slots = threading.BoundedSemaphore(settings.workers)
        self.lock = threading.Lock()
        self.all: set[Worker] = set()
        self.held: list[IO[bytes]] = []
        # Also when nobody closes the pool: at the interpreter's end, or when the pool is forgotten.
        self.close_down = weakref.finalize(self, _end, self.all, self.held)

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
        if not self.slots.acquire(timeout=_PATIENCE_S):
            raise QueryError(503, "Busy", "All workers are answering other queries; try again in a moment.")
        limit = min(timeout_s or self.settings.query_timeout_s, self.settings.query_timeout_s)
        header = {"accept": list(accept), "default": list(default), "named": list(named), "sets_dataset": sets_dataset}
        try:
            status, body = self._on_a_worker(header, query.encode(), limit, is_gone)
        finally:
            self.slots.release()
        if status["status"] == "ok":
            return Answer(status["type"], body)
        raise refusal(status, query, limit, self.settings)

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
        self, header: dict[str, Any], query: bytes, limit: float, is_gone: Callable[[], bool]
    ) -> tuple[dict[str, Any], bytes]:
        worker = self._take()
        try:
            answer = worker.ask(header, query, time.monotonic() + limit, is_gone)
        except (Gone, Late, Abandoned) as error:
            self._replace(worker)
            return {"status": "late" if isinstance(error, Late) else "gone", "signal": getattr(error, "signal", 0)}, b""
        except BaseException:
            self._replace(worker)
            raise
        self.idle.put(worker)
        return answer

    def _take(self) -> Worker:
        """A worker that has loaded the dataset."""
        worker = self._idle() or self._start()
        try:
            worker.wait_until_ready()
        except (Gone, Late):
            self._drop(worker)
            raise QueryError(503, "No worker", "The process that runs queries does not start.") from None
        except BaseException:
            self._drop(worker)
            raise
        return worker

    def _idle(self) -> Worker | None:
        with contextlib.suppress(queue.Empty):
            while True:
                worker = self.idle.get_nowait()
                if worker.alive:
                    return worker
                self._drop(worker)
        return None

    def _start(self) -> Worker:
        with self.lock:
            if self.closed:
                raise QueryError(503, "Stopping", "The service is shutting down.")
            worker = Worker(self._command(), self.held[0].fileno())
            self.all.add(worker)
        return worker

    def _replace(self, worker: Worker) -> None:
        """End a worker; its successor loads while the client reads why."""
        self._drop(worker)
        with contextlib.suppress(QueryError, OSError):
            self.idle.put(self._start())

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
        command = [sys.executable, "-P", "-m", "avidity_service.sparql.worker", str(self.held[0].fileno())]
        return [*command, *map(str, sizes)]


def _end(workers: set[Worker], held: list[IO[bytes]]) -> None:
    for worker in list(workers):
        worker.close()
    for file in held:
        file.close()
