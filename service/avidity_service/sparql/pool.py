"""Worker processes: handed out one query at a time, killed at the deadline, replaced when they are gone."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.errors import QueryError
from avidity_service.release import Release
from avidity_service.settings import Settings

# How long a query waits for a free worker before the client is asked to come back.
_PATIENCE_S = 2.0
_START_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished answer: media type and bytes."""

    media_type: str
    body: bytes


class _Gone(Exception):
    """The worker is no more."""


class _Late(Exception):
    """The worker did not answer in time."""


class Worker:
    """One worker process."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self.buffer = b""
        self.ready = False

    def ask(self, header: dict[str, Any], query: bytes, deadline: float) -> tuple[dict[str, Any], bytes]:
        """Send a query and read its answer."""
        if not self.ready:
            self._read_frame(time.monotonic() + _START_S)
            self.ready = True
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({**header, "bytes": len(query)}).encode() + b"\n" + query)
            self.process.stdin.flush()
        except OSError:
            raise _Gone from None
        return self._read_frame(deadline)

    def _read_frame(self, deadline: float) -> tuple[dict[str, Any], bytes]:
        while b"\n" not in self.buffer:
            self._read_more(deadline)
        line, _, self.buffer = self.buffer.partition(b"\n")
        header = json.loads(line)
        parts, missing = [self.buffer], header["bytes"] - len(self.buffer)
        while missing > 0:
            self.buffer = b""
            self._read_more(deadline)
            parts.append(self.buffer)
            missing -= len(self.buffer)
        body = b"".join(parts)
        self.buffer = body[header["bytes"] :]
        return header, body[: header["bytes"]]

    def _read_more(self, deadline: float) -> None:
        assert self.process.stdout is not None
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            raise _Late
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise _Gone
        self.buffer += data

    def close(self) -> None:
        """End the process, whatever it is doing, and reap it."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


class Pool:
    """As many workers as the settings say; they start with the first query, not before."""

    def __init__(self, release: Release, settings: Settings) -> None:
        self.settings = settings
        self.release = release
        self.idle: queue.LifoQueue[Worker] = queue.LifoQueue()
        self.slots = threading.BoundedSemaphore(settings.workers)
        self.lock = threading.Lock()
        self.all: set[Worker] = set()
        self.closed = False
        self.folder: tempfile.TemporaryDirectory[str] | None = None

    def ask(
        self,
        query: str,
        accept: Sequence[str],
        default: Sequence[str] = (),
        named: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> Answer:
        """The answer to a foreign query.

        Raises:
            QueryError: 400 syntax, 406, 413 too large, 503 busy, 504 deadline, 507 memory or crash.
        """
        if not self.slots.acquire(timeout=_PATIENCE_S):
            raise QueryError(503, "Busy", "All workers are answering other queries; try again in a moment.")
        limit = min(timeout_s or self.settings.query_timeout_s, self.settings.query_timeout_s)
        header = {"accept": list(accept), "default": list(default), "named": list(named)}
        try:
            status, body = self._on_a_worker(header, query.encode(), limit)
        finally:
            self.slots.release()
        if status["status"] == "ok":
            return Answer(status["type"], body)
        raise _refusal(status, query, limit, self.settings)

    def ping(self) -> bool:
        """Whether a worker answers."""
        try:
            return self.ask("ASK {}", ["application/sparql-results+json"], timeout_s=5).body != b""
        except QueryError:
            return False

    def close(self) -> None:
        """End all workers."""
        with self.lock:
            self.closed = True
            workers, self.all = self.all, set()
        for worker in workers:
            worker.close()
        if self.folder is not None:
            self.folder.cleanup()

    def _on_a_worker(self, header: dict[str, Any], query: bytes, limit: float) -> tuple[dict[str, Any], bytes]:
        worker = self._take()
        try:
            answer = worker.ask(header, query, time.monotonic() + limit + (0 if worker.ready else _START_S))
        except (_Gone, _Late) as error:
            self._drop(worker)
            return {"status": "late" if isinstance(error, _Late) else "gone"}, b""
        except BaseException:
            self._drop(worker)
            raise
        self.idle.put(worker)
        return answer

    def _take(self) -> Worker:
        with contextlib.suppress(queue.Empty):
            return self.idle.get_nowait()
        with self.lock:
            if self.closed:
                raise QueryError(503, "Stopping", "The service is shutting down.")
            worker = Worker(self._command())
            self.all.add(worker)
        return worker

    def _drop(self, worker: Worker) -> None:
        with self.lock:
            self.all.discard(worker)
        worker.close()

    def _command(self) -> list[str]:
        if self.folder is None:
            # The release may be swapped under our feet; workers start from the bytes that this service opened.
            self.folder = tempfile.TemporaryDirectory(prefix="avidity-")
            with open(os.path.join(self.folder.name, "dataset.nq.gz"), "wb") as file:  # noqa: PTH118, PTH123
                file.write(self.release.files["dataset.nq.gz"])
        dataset = os.path.join(self.folder.name, "dataset.nq.gz")  # noqa: PTH118
        sizes = [str(self.settings.query_memory_mb), str(self.settings.max_result_mb * 1024 * 1024)]
        return [sys.executable, "-m", "avidity_service.sparql.worker", dataset, *sizes]


def _refusal(status: dict[str, Any], query: str, limit: float, settings: Settings) -> QueryError:
    from avidity_service.sparql.syntax import explain

    match status["status"]:
        case "syntax":
            return explain(query, status["message"], status["line"], status["column"])
        case "unacceptable":
            from avidity_service.sparql.formats import GRAPHS, RESULTS

            offered = list(GRAPHS if status["kind"] == "graph" else RESULTS)
            return QueryError(
                406,
                "Not acceptable",
                f"This query's answer is offered as {', '.join(offered)}.",
                offered=offered,
            )
        case "too-large":
            return QueryError(
                413, "Answer too large", f"The answer is larger than {settings.max_result_mb} MB. Ask with LIMIT, or "
                "take the whole dataset from /downloads/dataset.nq.gz.",
            )  # fmt: skip
        case "late":
            return QueryError(504, "Query took too long", f"The query was stopped after {limit:g} s.", timeout_s=limit)
        case "gone":
            return QueryError(
                507,
                "Query needed too much memory",
                f"The query was stopped; it may use {settings.query_memory_mb} MB.",
            )
    return QueryError(400, "Query failed", status.get("message", "The query could not be answered."))
