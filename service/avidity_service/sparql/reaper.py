"""A thread that takes ended workers off the hands of those who must not wait: how one ended is its parent's to tell."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from avidity_service.sparql.process import Worker

_LOG = logging.getLogger("avidity")
# How often it looks whether idle workers have ended.
LOOK_S = 5.0


class Reaper:
    """Lets go of workers one after the other, and every few seconds of those that have ended while they were idle."""

    def __init__(self, everyone: set[Worker], idle: Sequence[deque[Worker]], look: Callable[[], object]) -> None:
        """`look` is called every few seconds too."""
        self.everyone, self.idle, self.look = everyone, idle, look
        self.ended: SimpleQueue[Worker | None] = SimpleQueue()
        self.thread: threading.Thread | None = None
        self.lock = threading.RLock()

    def start(self) -> None:
        """Begin, unless it has begun."""
        with self.lock, contextlib.suppress(RuntimeError):  # the system has no room; the next time, then
            if self.thread is None:
                thread = threading.Thread(target=self._work, name="ended workers", daemon=True)
                thread.start()
                self.thread = thread

    def take(self, worker: Worker) -> None:
        """Let go of a worker that was closed, some time; waits for nothing."""
        self.ended.put(worker)

    def stop(self) -> None:
        """End after those that are here already."""
        self.ended.put(None)

    def look_round(self) -> None:
        """Take those that have ended out of the idle ones: until somebody lets go of them they cannot be reaped."""
        for idle in self.idle:
            for worker in [worker for worker in list(idle) if worker.has_ended]:
                with contextlib.suppress(ValueError, IndexError):  # somebody else has just found the same
                    idle.remove(worker)
                    self.everyone.discard(worker)
                    worker.lost = not worker.closed
                    worker.close()
                    worker.let_go()
        self.look()

    def _work(self) -> None:
        while True:
            try:
                worker = self.ended.get(timeout=LOOK_S)
                if worker is None:
                    return
                worker.let_go()
            except Empty:
                self._look_round()
            except Exception:
                _LOG.exception("a worker that has ended")

    def _look_round(self) -> None:
        try:
            self.look_round()
        except Exception:
            _LOG.exception("workers that may have ended")
