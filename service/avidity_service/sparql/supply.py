"""Where workers come from: a process that has the dataset, and another one when that is gone.

One thread asks for them, as it may have to wait for a dataset to be loaded, or for a system that is out of memory.
Whoever wants a worker waits for that thread, and no longer than he likes; what comes too late for him is kept idle.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
import time
from collections.abc import Callable, MutableSequence
from queue import SimpleQueue
from typing import IO

from avidity_service.errors import QueryError
from avidity_service.release import Release
from avidity_service.settings import Settings
from avidity_service.sparql.forking import Nursery, Refused
from avidity_service.sparql.process import Abandoned, Gone, Late, Worker, never

_LOG = logging.getLogger("avidity")
# How often somebody who waits looks whether the client is still there.
_LOOK_S = 0.05
_SOON_S = 1


class _Wish:
    """A worker that is wanted: by somebody who waits, or ahead of all."""

    def __init__(self, *, ahead: bool = False) -> None:
        self.ahead = ahead
        self.lock, self.ended = threading.Lock(), threading.Event()
        self.is_wanted = True
        self.found: Worker | QueryError | None = None

    def give(self, found: Worker | QueryError) -> bool:
        """End it; False if nobody takes the worker."""
        with self.lock:
            if self.found is not None:  # told already that there is none
                return False
            taken = self.is_wanted and not self.ahead
            self.found = found
            self.ended.set()
        return taken

    def take(self, deadline: float, look: Callable[[], bool]) -> Worker | QueryError:
        """What came of it. Raises Late or Abandoned, after which it is not wanted."""
        try:
            while not self.ended.wait(max(0.0, min(_LOOK_S, deadline - time.monotonic()))):
                if time.monotonic() >= deadline:
                    raise Late
                if look():
                    raise Abandoned
        except (Late, Abandoned):
            with self.lock:
                if self.found is None:
                    self.is_wanted = False
                    raise
        assert self.found is not None
        return self.found


class Supply:
    """Workers of one release. All that are there are in `all`; those that nobody waits for go to `idle`."""

    def __init__(self, release: Release, settings: Settings, idle: MutableSequence[Worker]) -> None:
        self.release, self.settings, self.idle = release, settings, idle
        self.all: set[Worker] = set()
        self.nurseries: list[Nursery] = []
        self.held: list[IO[bytes]] = []
        self.closed = False
        # May be taken again by who has it: the collector of garbage closes a forgotten pool amid anything.
        self.lock = threading.RLock()
        self.wishes: SimpleQueue[_Wish | None] = SimpleQueue()
        self.beginning = threading.Lock()
        self.thread: threading.Thread | None = None

    def worker(self, deadline: float, look: Callable[[], bool] = never) -> Worker:
        """A new worker; `look` tells every few hundredths of a second if to give up.

        Raises:
            QueryError: 503 if there is none to be had.
            Late: if there is none at the deadline.
            Abandoned: if the client left meanwhile.
        """
        wish = _Wish()
        self._want(wish)
        found = wish.take(deadline, look)
        if isinstance(found, QueryError):
            # Made anew, as many may wait and each raises his own.
            raise QueryError(found.status, found.title, found.detail, **found.extra)
        return found

    def ahead(self) -> None:
        """Have an idle worker soon, without waiting for it."""
        self._want(_Wish(ahead=True))

    def notice(self) -> None:
        """Look whether the process that workers come from has ended while nobody asked."""
        for nursery in list(self.nurseries):
            nursery.notice()

    def close(self) -> None:
        """End all; nobody is asked, so nothing is waited for but the end of a process that was killed."""
        with self.lock:
            self.closed = True
            self.wishes.put(None)
            for worker in list(self.all):
                worker.close()
                worker.give_back_handle()
            for nursery in self.nurseries:
                nursery.close()
            for file in self.held:
                file.close()

    def _want(self, wish: _Wish) -> None:
        self.wishes.put(wish)
        if self.closed:  # if it is closed only now, the thread will see to it
            wish.give(_stopping())
            return
        with self.beginning:
            if self.thread is None:
                thread = threading.Thread(target=self._work, name="workers", daemon=True)
                try:
                    thread.start()
                except RuntimeError as error:
                    wish.give(_no_room(str(error)))
                else:
                    self.thread = thread

    def _work(self) -> None:
        while (wish := self.wishes.get()) is not None:
            if not wish.is_wanted:
                continue
            try:
                found: Worker | QueryError = self._start()
            except QueryError as error:
                found = error
            except (Refused, OSError, RuntimeError) as error:
                found = _no_room(str(error))
            except Exception:
                _LOG.exception("no worker")
                found = _no_worker()
            if not wish.give(found) and isinstance(found, Worker):
                self.idle.append(found)

    def _start(self) -> Worker:
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
            worker.give_back_handle()
            raise _stopping()
        raise _no_worker()

    def _nursery(self) -> Nursery:
        for nursery in list(self.nurseries):
            if not nursery.alive:
                self._forget(nursery)
        with self.lock:
            if not self.closed and not self.nurseries:
                self.nurseries.append(Nursery(self._command(), [file.fileno() for file in self.held]))
            if self.closed:
                for nursery in self.nurseries:
                    nursery.close()
                raise _stopping()
            return self.nurseries[0]

    def _forget(self, nursery: Nursery) -> None:
        nursery.notice()
        with self.lock:
            if nursery in self.nurseries:
                self.nurseries.remove(nursery)
        nursery.close()

    def _command(self) -> list[str]:
        if not self.held and self.release.disk is None:
            # The folder may be swapped under our feet; workers start from the bytes that this service opened.
            file = tempfile.TemporaryFile(prefix="avidity-")  # noqa: SIM115 - held as long as the pool
            try:
                file.write(self.release.files["dataset.nq.gz"])
                file.flush()
            except OSError:
                file.close()
                raise
            self.held.append(file)
        dataset = self.release.disk or str(self.held[0].fileno())
        sizes = (
            self.settings.query_memory_mb,
            self.settings.max_result_mb * 1024 * 1024,
            self.settings.max_rows,
        )
        # -P: a file in the current folder must not stand in for a module.
        command = [sys.executable, "-P", "-m", "avidity_service.sparql.nursery", dataset]
        return [*command, *map(str, sizes)]


def _stopping() -> QueryError:
    return QueryError(503, "Stopping", "The service is shutting down.", retry_after_s=_SOON_S)


def _no_worker() -> QueryError:
    return QueryError(503, "No worker", "The process that runs queries does not start.", retry_after_s=_SOON_S)


def _no_room(why: str) -> QueryError:
    _LOG.warning("no worker could be started: %s", why)
    detail = f"The system has no room for another process ({why}); try again in a moment."
    return QueryError(503, "No worker", detail, retry_after_s=_SOON_S)
