"""Answers are a function of release and request, so they are made once: ETag, 304, and a bounded cache of bytes."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from flask import Flask, Response, g, request

_MOST_BYTES = 64 * 1024 * 1024
_CACHED = ("/api/", "/sparql", "/ontology")
_NOT_TWICE_THE_SAME = re.compile(r"\b(NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    body: bytes
    headers: tuple[tuple[str, str], ...]


class ResponseCache:
    """Whole answers to GET by path, query and Accept; the oldest go when there are too many bytes."""

    def __init__(self, release: str) -> None:
        self.release = release
        self.entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self.size = 0
        self.lock = Lock()

    def attach(self, app: Flask) -> None:
        """Stand before and behind every request of the application."""
        app.before_request(self._answer)
        app.after_request(self._finish)

    def _answer(self) -> Response | None:
        if request.method not in ("GET", "HEAD") or not request.path.startswith(_CACHED):
            return None
        with self.lock:
            entry = self.entries.get(self._key())
            if entry is None:
                return None
            self.entries.move_to_end(self._key())
        g.from_cache = True
        return Response(entry.body, 200, list(entry.headers))

    def _finish(self, response: Response) -> Response:
        if request.method not in ("GET", "HEAD") or response.status_code != 200 or response.direct_passthrough:
            return response
        if request.path.startswith(("/health", "/ready")) or _NOT_TWICE_THE_SAME.search(request.args.get("query", "")):
            response.headers["Cache-Control"] = "no-store"
            return response
        response.headers.setdefault("Cache-Control", "no-cache")
        response.vary.add("Accept")
        response.vary.add("Accept-Encoding")
        if not g.get("from_cache", False) and request.method == "GET" and request.path.startswith(_CACHED):
            self._keep(response)
        self._compress(response)
        response.set_etag(self._etag(response))
        response.make_conditional(request)
        return response

    def _keep(self, response: Response) -> None:
        body = response.get_data()
        if len(body) > _MOST_BYTES // 8:
            return
        with self.lock:
            if self._key() in self.entries:
                return
            self.entries[self._key()] = _Entry(body, tuple(response.headers.items()))
            self.size += len(body)
            while self.size > _MOST_BYTES:
                _, oldest = self.entries.popitem(last=False)
                self.size -= len(oldest.body)

    def _compress(self, response: Response) -> None:
        if request.accept_encodings.quality("gzip") and response.content_length and response.content_length > 1024:
            response.set_data(gzip.compress(response.get_data(), compresslevel=1, mtime=0))
            response.headers["Content-Encoding"] = "gzip"

    def _key(self) -> tuple[str, str]:
        return request.full_path, request.headers.get("Accept", "")

    def _etag(self, response: Response) -> str:
        what = "\0".join(
            (
                self.release,
                request.full_path,
                response.content_type or "",
                response.headers.get("Content-Encoding", ""),
            )
        )
        return hashlib.sha256(what.encode()).hexdigest()[:24]
