"""One JSON line for each query, written behind the requests' backs: a slow disk or terminal delays no answer."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import secrets
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from avidity_service.errors import SettingsError
from avidity_service.outcomes import door, outcome
from avidity_service.settings import Settings

STDERR = "stderr"
OFF = "off"
# Bytes of lines that may wait for the writer; later lines are dropped and counted.
_MOST_WAITING = 16 * 1024 * 1024
# What a line takes besides its texts: 0.6 KB by tracemalloc, rounded up.
_OVERHEAD = 768
# Lines and bytes of texts that are written at a time.
_MOST_LINES, _AT_A_TIME = 500, 256 * 1024
_EVERY_S = 0.2
_ID = re.compile(r"[A-Za-z0-9._:\-]{1,64}")
_prefix = secrets.token_hex(4)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Query:
    """What stays of a query in the memory of others: its digest, and its text only where that is logged."""

    digest: str = ""
    text: str = ""

    @property
    def size(self) -> int:
        """Bytes of the text."""
        return sys.getsizeof(self.text) if self.text else 0


NO_QUERY = Query()


class Line:
    """What is noted of one request while it is answered."""

    __slots__ = ("_digest", "address", "cached", "id", "query", "shared", "started")

    def __init__(self, given: str | None = None, address: str = "") -> None:
        """`given` is the request's name by its client, who may have none; `address` is where it came from."""
        self.id = given if given and _ID.fullmatch(given) else f"{_prefix}-{next(_numbers):x}"
        self.address = address
        self.started = time.perf_counter()
        self.cached = self.shared = False
        self._digest: str | None = None
        self.query = ""

    @classmethod
    def of(cls, environ: dict[str, Any]) -> Line:
        """That of a request as WSGI has it."""
        return cls(environ.get("HTTP_X_REQUEST_ID"), environ.get("REMOTE_ADDR", ""))

    @property
    def seconds(self) -> float:
        """Since the request began."""
        return time.perf_counter() - self.started

    @property
    def cache(self) -> str:
        """hit, shared (computed for another who asked at the same time) or miss."""
        return "hit" if self.cached else "shared" if self.shared else "miss"

    def read_query(self, is_sparql: bool, environ: dict[str, Any]) -> None:
        """Note the query, the same by every way to send it."""
        if is_sparql:
            self.query = _query(environ)

    @property
    def digest(self) -> str:
        """The query's digest, empty if there is none; made when somebody wants to know it."""
        if self._digest is None:
            text = self.query.encode("utf-8", "replace")
            self._digest = hashlib.sha256(text).hexdigest()[:16] if text else ""
        return self._digest

    def forget_text(self) -> None:
        """Go on with the query's digest alone."""
        self._digest, self.query = self.digest, ""

    def note_kept(self, first: Query) -> None:
        """Note that the answer was kept since another request, and so was what it asked."""
        self.cached = True
        self._digest, self.query = first.digest, first.text


# When, the line, method, path, status, bytes of the answer, seconds, release.
_Noted = tuple[float, Line, str, str, str, int, float, str]


class Journal:
    """Writes lines to standard error or to a file, in batches."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.path = None if settings.query_log in (STDERR, OFF) else Path(settings.query_log)
        self.is_off = settings.query_log == OFF or (self.path is None and settings.log in ("warning", "error"))
        # Without the key nobody can find the address of a digest by trying all.
        self.key = secrets.token_bytes(16)
        self.logs_text = settings.log_queries == "text"
        self.waiting: deque[tuple[int, _Noted]] = deque()
        self.size = self.dropped = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self.descriptor = self._open()
        self.thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
        self.thread.start()

    def note(self, line: Line, method: str, path: str, status: str, size: int, release: str) -> None:
        """Have a request to `/sparql` or `/api` written; any other is not."""
        if self.is_off or not path.startswith(("/sparql", "/api/")):
            return
        seconds = line.seconds
        own = _OVERHEAD + len(method) + len(path)
        if line.query:  # not that of a hit, unless it is to be logged
            if not self.logs_text:
                line.forget_text()
            own += sys.getsizeof(line.query)
        with self.lock:
            if self.size + own > _MOST_WAITING:
                self.dropped += 1
                return
            self.size += own
        self.waiting.append((own, (time.time(), line, method, path, status, size, seconds, release)))

    def query_of(self, line: Line) -> Query:
        """What may be kept of a request's query, for the lines of others who ask the same."""
        if self.is_off:
            return NO_QUERY
        return Query(line.digest, line.query if self.logs_text else "")

    def reopen(self) -> None:
        """Open the file anew, for it may have been moved away."""
        if self.path is not None:
            former, self.descriptor = self.descriptor, self._open()
            time.sleep(2 * _EVERY_S)  # the writer may be amid a batch
            os.close(former)

    def close(self) -> None:
        """Write what waits, at most for a second."""
        self.closing.set()
        self.thread.join(1)

    def _open(self) -> int:
        if self.path is None:
            return 2
        try:
            return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise SettingsError(f"AVIDITY_QUERY_LOG={self.path} cannot be written: {error.strerror}") from None

    def _write_on(self) -> None:
        while not self.closing.wait(_EVERY_S):
            self._write()
        self._write()

    def _batch(self) -> tuple[list[str], int]:
        """Some of the lines that wait, and the bytes that these took."""
        batch: list[str] = []
        taken = 0
        while self.waiting and len(batch) < _MOST_LINES and taken < _AT_A_TIME:
            own, noted = self.waiting.popleft()
            batch.append(self._json(*noted))
            taken += own
        return batch, taken

    def _write(self) -> None:
        while self.waiting:
            batch, taken = self._batch()
            data = "".join(batch).encode()
            try:
                # Not sys.stderr: its lock, held by this thread, would break the interpreter's end.
                while data:
                    data = data[os.write(self.descriptor, data) :]
            except OSError:
                self.dropped += len(batch)
            with self.lock:
                self.size -= taken

    def _json(
        self, when: float, line: Line, method: str, path: str, status: str, size: int, seconds: float, release: str
    ) -> str:
        record: dict[str, object] = {
            "time": datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds"),
            "request": line.id,
            "door": door(path),
            "method": method,
            "query": line.digest or None,
            "outcome": outcome(status),
            "status": int(status[:3]),
            "ms": round(seconds * 1000, 2),
            "bytes": size,
            "cache": line.cache,
            "client": self._client(line.address),
            "release": release,
        }
        if path.startswith("/api/"):
            record["path"] = path
        if self.logs_text and line.query:
            record["text"] = line.query
        return json.dumps(record, ensure_ascii=True) + "\n"

    def _client(self, address: str) -> str:
        if self.settings.log_clients == "address":
            return address
        return hashlib.blake2b(address.encode(), key=self.key, digest_size=6).hexdigest()


def _query(environ: dict[str, Any]) -> str:
    """The SPARQL of a request, by whichever way it came; empty if there is none."""
    kind = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    body = environ["wsgi.input"]
    if hasattr(body, "getvalue"):  # the front has read it
        data: str = body.getvalue().decode("utf-8", "replace")
        if kind == "application/sparql-query":
            return data
        found = parse_qs(data, max_num_fields=100) if data.count("&") < 100 else {}
        if "query" in found:
            return found["query"][0]
    text = environ.get("QUERY_STRING", "")
    return parse_qs(text).get("query", [""])[0] if text.count("&") < 100 else ""
