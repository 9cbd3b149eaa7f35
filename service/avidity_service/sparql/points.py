"""Queries that cannot take long, whatever the data: all triples of one subject, or its description.

They are answered in the process of the front, which spares the way to a worker and back. That is only safe as their
work is bounded by their answer, and their answer by a cap: one pattern with a fixed subject, no path, no filter,
no order. Anything else, and what outgrows the cap, goes to a worker.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyoxigraph as ox

from avidity_service.sparql.run import Answer
from avidity_service.sparql.sink import Caps
from avidity_service.sparql.worker import answer as answer_of

_CAPS = Caps(most_bytes=128 * 1024, most_rows=1000)
_MOST_QUERY = 4096

_GAP = r"(?:\s|\#[^\n\r]*+(?:[\n\r]|\Z))"
_NAME = r"(?:<[^<>\"{}|^`\\\x00-\x20]*>|[A-Za-z][A-Za-z0-9_\-]*:[A-Za-z0-9_\-]+)"
_VARIABLE = r"[?$][A-Za-z_][A-Za-z0-9_]*"
_POINT = re.compile(
    rf"""
    {_GAP}*+ (?: PREFIX {_GAP}++ [A-Za-z][A-Za-z0-9_\-]*: {_GAP}*+ <[^<>"{{}}|^`\\\x00-\x20]*> {_GAP}*+ )*+
    (?: SELECT {_GAP}*+ (?: \* {_GAP}*+ | (?: {_VARIABLE} {_GAP}++ )++ )
        (?: WHERE {_GAP}*+ )? \{{ {_GAP}*+
        {_NAME} {_GAP}++ (?: {_VARIABLE} | {_NAME} | a ) {_GAP}++ (?: {_VARIABLE} | {_NAME} ) {_GAP}*+
        (?: \. {_GAP}*+ )?
        \}} {_GAP}*+ (?: LIMIT {_GAP}++ [0-9]{{1,9}} {_GAP}*+ )?
      | DESCRIBE {_GAP}++ {_NAME} {_GAP}*+
    ) \Z
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def is_point(query: str) -> bool:
    """Whether a query is of that shape; others may be as cheap, but nobody could be sure."""
    return len(query) <= _MOST_QUERY and _POINT.match(query) is not None


def point(store: ox.Store, query: str, accept: Sequence[str]) -> Answer | None:
    """The answer to a query that `is_point`, in the first of the media types that fits; None if it is no small one.

    What breaks the engine breaks it once more in a worker, where that does no harm.
    """
    try:
        status, body = answer_of(store, query, {"accept": accept}, _CAPS)
    except BaseException as fault:
        # A panic of Rust's is no Exception, and its class cannot be imported.
        if type(fault).__name__ != "PanicException":
            raise
        return None
    return Answer(status["type"], body) if status["status"] == "ok" else None
