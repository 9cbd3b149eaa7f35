"""Syntax errors in words: the line, a caret below the place, and a message without forty expected tokens."""

from __future__ import annotations

import re

from avidity_service.errors import QueryError
from avidity_service.sparql import mistakes

_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_MOST = 200


def explain(query: str, message: str, line: int | None, column: int | None) -> QueryError:
    """A 400 that shows where the query breaks."""
    place = _PLACE.search(message)
    if place:
        line, column = int(place[1]), int(place[2])
        message = place[3]
    found = mistakes.find(query)
    if found is not None:
        line, column = _line_and_column(query, found.offset)
        words = found.words
    else:
        words = re.sub(r"expected (?:one of )?(.*)", lambda m: _few(m[1]), message, flags=re.DOTALL)
    extra: dict[str, object] = {}
    if line:
        lines = query.splitlines() or [""]
        text = lines[min(line, len(lines)) - 1]
        extra = {"line": line, "column": column, "caret": f"{text}\n{' ' * max(0, (column or 1) - 1)}^"}
    hint = _hint(query, words)
    if hint:
        extra["hint"] = hint
    return QueryError(400, "SPARQL syntax error", (f"Line {line}, column {column}: " if line else "") + words, **extra)


def _line_and_column(query: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1."""
    lines = (query[:offset] + "|").splitlines()
    return len(lines), len(lines[-1])


def _few(expected: str) -> str:
    # The engine's name for any sign at all.
    names = [name for name in map(str.strip, re.split(r",| or ", expected)) if name not in ("", "[_]")]
    if not names:
        return "as far as here, this is no query"
    sentence = next((name for name in names if name.startswith("The ")), None)
    if sentence is not None:  # what the grammar cannot say, and a check behind it does
        return sentence
    return "expected " + ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


def _hint(query: str, words: str) -> str | None:
    if words.startswith("the prefix"):
        return "Declare the prefix with PREFIX name: <iri>; / lists those that this graph uses."
    if query.count("{") > query.count("}"):
        return "A { is not closed."
    if query.count("{") < query.count("}"):
        return "There is a } too many."
    return None
