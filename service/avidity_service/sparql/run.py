"""One query on its way: its place in a lane, its worker, its deadline; whoever holds it can wait for it, or look."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from avidity_service.errors import QueryError
from avidity_service.sparql.lanes import Crowded, Place
from avidity_service.sparql.process import Abandoned, Gone, Late, Worker, never
from avidity_service.sparql.refusals import refusal

if TYPE_CHECKING:
    from avidity_service.sparql.pool import Pool

# A worker that ends so soon was ended before its query began.
_AT_ONCE_S = 0.25
# So long may it take to be told how it ended, also if the deadline has come meanwhile.
_TOLD_S = 0.5


@dataclass(slots=True)  # one for each request: to freeze them would take thrice as long
class Answer:
    """A finished answer: media type and bytes."""

    media_type: str
    body: bytes


class Run:
    """A query with a place. It ends by `finish` or `abandon`, which give the place back."""

    def __init__(self, pool: Pool, place: Place, header: bytes, query: str, limit_s: float) -> None:
        self.pool, self.place, self.header, self.query, self.limit_s = pool, place, header, query, limit_s
        self.worker: Worker | None = None
        # The deadline counts from here, whatever the query waits for.
        self.deadline = time.monotonic() + limit_s
        self.sent = 0.0
        self.ended = False

    def fileno(self) -> int:
        """What becomes readable when there is more of the answer."""
        assert self.worker is not None
        return self.worker.connection.fileno()

    def send(self, worker: Worker) -> None:
        """Have a worker begin with it.

        Raises:
            Gone: if the worker has ended.
        """
        self.sent = time.monotonic()
        worker.send(self.header, self.query.encode())
        self.worker = worker

    def take(self) -> bool:
        """Take what there is, without waiting; tells whether `small_answer` or `finish` are to go on with it."""
        assert self.worker is not None
        return self.worker.take()

    def small_answer(self, most_bytes: int) -> Answer | None:
        """The answer if it is there, is one, and is no larger than that; then the query has ended. Otherwise None."""
        worker = self.worker
        if worker is None or not worker.is_whole:
            return None
        status = worker.frame.header
        if status is None or status["status"] != "ok" or worker.frame.size > most_bytes:
            return None
        found = worker.frame.whole()[1]
        self.pool.give_back(worker)
        self.worker = None
        self._end()
        return Answer(status["type"], found)

    def finish(self, is_gone: Callable[[], bool] = never) -> Answer:
        """Wait for the answer.

        Raises:
            QueryError: as `Pool.ask`.
        """
        try:
            status, body = self._on_a_worker(is_gone)
        finally:
            self._end()
        if status["status"] == "ok":
            return Answer(status["type"], body)
        raise refusal(status, self.query, self.limit_s, self.pool.settings)

    def abandon(self) -> None:
        """End it, if it has not ended: nobody wants the answer."""
        if not self.ended:
            if self.worker is not None:
                self.pool.drop(self.worker)
                self.pool.on_kill("client-left")
            self._end()

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self.place.leave()

    def _on_a_worker(self, is_gone: Callable[[], bool]) -> tuple[dict[str, Any], bytes]:
        worker = self.worker or self._given(self.pool.idle_worker(slow=self.place.is_slow))
        if worker is not None:
            status, body = self._read(worker, is_gone)
            # Whoever killed an idle worker did not mean the query that came an instant later.
            at_once = time.monotonic() - self.sent < _AT_ONCE_S
            if not (at_once and status["status"] == "gone" and status["signal"] in (0, signal.SIGKILL)):
                return status, body
        try:
            worker = self.pool.start(self.deadline, is_gone)
        except Late:
            raise self._unready() from None
        except Abandoned:
            return {"status": "left"}, b""
        try:
            self.send(worker)
        except Gone as error:
            return self._lost(worker, error)
        return self._read(worker, is_gone)

    def _given(self, worker: Worker | None) -> Worker | None:
        """The worker with the query; None if it turns out to have ended."""
        if worker is None:
            return None
        try:
            self.send(worker)
        except Gone as error:
            self._lost(worker, error)
            return None
        return worker

    def _read(self, worker: Worker, is_gone: Callable[[], bool]) -> tuple[dict[str, Any], bytes]:
        look = self.place.watch(worker, is_gone)
        try:
            answer = worker.read(self.deadline, look)
        except Crowded as error:
            self.pool.drop(worker)
            self.pool.on_kill("crowded")
            raise error.refusal() from None
        except (Gone, Late, Abandoned) as error:
            return self._lost(worker, error)
        except BaseException:
            self.pool.drop(worker)
            raise
        finally:
            self.worker = None
        self.pool.give_back(worker)
        return answer

    def _lost(self, worker: Worker, error: Gone | Late | Abandoned) -> tuple[dict[str, Any], bytes]:
        self.pool.drop(worker)
        number = 0
        if worker.lost:
            number = worker.ended_by(max(self.deadline, time.monotonic() + _TOLD_S))
        reason = self._reason(error, number)
        self.pool.on_kill(reason)
        word = {Late: "late", Gone: "gone"}.get(type(error), "left")
        # By which signal a worker was lost says nothing of its query.
        return {"status": word, "signal": 0 if reason == "lost" else number}, b""

    def _reason(self, error: Gone | Late | Abandoned, number: int) -> str:
        match error, number:
            case Late(), _:
                return "late"
            case Abandoned(), _:
                return "client-left"
            case _, signal.SIGSEGV:
                return "stack"
            case _, signal.SIGABRT:  # native code aborts when an allocation fails
                return "memory"
            case _, signal.SIGKILL if self.pool.memory_kills.explain_one():
                return "memory"
        return "lost"

    def _unready(self) -> QueryError:
        detail = (
            f"No process that runs queries was ready within {self.limit_s:g} s; "
            "it may be loading the dataset. Try again in a moment."
        )
        return QueryError(503, "No worker yet", detail, retry_after_s=2)
