"""The plainest request for a query, answered without Flask, whose share would be three quarters of the time.

What is not plain (other parameters, other methods, anything to refuse) goes the long way, and so does an error: it is
handed on to be put into words there. Both ways give the same answer, byte for byte; a test compares them.
"""

from __future__ import annotations

import logging
import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from avidity_service.errors import QueryError
from avidity_service.front.kept import Made
from avidity_service.headers import STANDARD
from avidity_service.sparql.accepting import accepted, content_type
from avidity_service.sparql.guard import guard
from avidity_service.sparql.process import never
from avidity_service.sparql.run import Answer

if TYPE_CHECKING:
    from avidity_service.core import Core

_LOG = logging.getLogger("avidity")
_PLAIN = b"query="
_FORM = "application/x-www-form-urlencoded"


# A query that is with a worker already.
RUN = "avidity.run"


def direct(context: Core, environ: dict[str, Any], refusal: str) -> Made | None:
    """The answer to a plain request; None for any other, with `environ[refusal]` set if it is to be refused."""
    try:
        return _direct(context, environ, refusal)
    except Exception:
        incident = secrets.token_hex(4)
        _LOG.exception("incident %s at a query", incident)
        environ[refusal] = QueryError(500, "Internal error", "Something broke here; it is logged.", incident=incident)
        return None


def _direct(context: Core, environ: dict[str, Any], refusal: str) -> Made | None:
    is_gone = environ.get("waitress.client_disconnected", never)
    run = environ.pop(RUN, None)
    if run is not None:
        try:
            return made(run.finish(is_gone))
        except QueryError as error:
            environ[refusal] = error
            return None
    query = _query(environ)
    if query is None or is_longer(query, context.settings.max_query_bytes):
        return None
    try:
        seen = guard(query)
        answer = context.pool.ask(
            query, list(accepted(query, environ.get("HTTP_ACCEPT"))), sets_dataset=seen.sets_dataset, is_gone=is_gone,
            client=environ.get("REMOTE_ADDR", ""),
        )  # fmt: skip
    except QueryError as error:
        environ[refusal] = error
        return None
    return made(answer, differs_each_time=seen.differs_each_time)


def made(answer: Answer, *, differs_each_time: bool = False) -> Made:
    """What the client is sent for an answer."""
    headers = _headers(answer.media_type)
    if differs_each_time:
        headers = (*headers, ("Cache-Control", "no-store"))
    return Made("200 OK", headers, answer.body)


@lru_cache(maxsize=64)
def _headers(media_type: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", content_type(media_type)), *STANDARD)


def is_longer(query: str, most_bytes: int) -> bool:
    """Whether a query has more bytes than that in UTF-8, where no character has more than four."""
    return len(query) * 4 > most_bytes and len(query.encode()) > most_bytes


def plain_query(text: bytes) -> str | None:
    """The query of a query string or form that has nothing else in it."""
    found = text[len(_PLAIN) :]
    if not found or not text.startswith(_PLAIN) or b"&" in found or b";" in found:
        return None
    try:
        return _unquoted(found.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unquoted(text: bytes) -> bytes:
    """The bytes that a percent-encoded text stands for; by way of Python's own escapes, which take a tenth as long."""
    try:
        return text.replace(b"\\", b"\\\\").replace(b"%", b"\\x").decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError:  # a percent sign that stands for itself
        return unquote_to_bytes(text)


def _query(environ: dict[str, Any]) -> str | None:
    """The query, where it is all that is asked."""
    if environ["PATH_INFO"] != "/sparql" or "HTTP_CONTENT_ENCODING" in environ:
        return None
    if environ["REQUEST_METHOD"] == "GET":
        text = environ.get("QUERY_STRING", "").encode("latin-1", "replace")
    elif environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE") == _FORM and not environ["QUERY_STRING"]:
        source = environ["wsgi.input"]
        if not source.seekable():  # nobody has read it, and it could not be read again
            return None
        text = source.read()
        source.seek(0)
    else:
        return None
    return plain_query(text)
