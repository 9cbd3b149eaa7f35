"""Syntax errors in words: the line, a caret below the place, and a message without forty expected tokens."""

from __future__ import annotations

import re

from avidity_service.errors import QueryError
from avidity_service.sparql.mistakes import places
from avidity_service.sparql.mistakes.mistake import Mistake, shown

# The engine, then Virtuoso, which knows no columns.
_PLACE = re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<words>.*)", re.DOTALL)
_LINE_ONLY = re.compile(r"SPARQL compiler, line (?P<line>\d+): (?P<words>.*)", re.DOTALL)
# What a parser writes for a choice of signs; it may be cut off.
_CLASS = re.compile(r"\[(?:[^\]']|'[^']*+'|')*+\]?|<unreported>")
_EXPECTED = re.compile(r"expected (?:one of )?(.*)", re.DOTALL)
_NAME = re.compile(r'"(?:[^"\\ ]|\\.)++"|[A-Za-z_]{2,}')
_MOST, _MOST_WORDS = 5, 200
_NOT_EXPECTED = "this is not expected here"
_IRI = re.compile(r"<[^<>\s]*+>")


def explain(query: str, message: str, lines_ahead: int = 0) -> QueryError:
    """A 400 that shows where the query breaks; so many lines were put before it when it was asked."""
    # Here, as it takes longer to read than most starts may.
    from avidity_service.sparql.mistakes.finding import find

    mistake = find(query) or _as_the_engine_says(query, message, lines_ahead)
    extra: dict[str, object] = {}
    detail = mistake.words
    if mistake.offset is not None:
        line, column = places.line_and_column(query, mistake.offset)
        extra = {"line": line, "column": column, "caret": places.caret(query, mistake.offset)}
        detail = f"Line {line}, column {column}: {detail}"
    if mistake.hint:
        extra["hint"] = mistake.hint
    return QueryError(400, "SPARQL syntax error", detail, **extra)


def _as_the_engine_says(query: str, message: str, ahead: int) -> Mistake:
    """The engine's own place and words; without a place if it names none."""
    place = _PLACE.search(message) or _LINE_ONLY.search(message)
    if place is None:
        return Mistake(None, _readable(message))
    line, column, message = int(place["line"]) - ahead, int(place.groupdict().get("column") or 1), place["words"]
    offset = places.offset_of(query, line, column) if line > 0 else 0
    if "IRI parsing failed" in message:  # found when the IRI had been read
        last = next((found.start() for found in _IRI.finditer(query) if found.end() == offset), None)
        return Mistake(offset, _NOT_EXPECTED) if last is None else Mistake(last, "this is no valid IRI")
    return Mistake(offset, _readable(message))


def _readable(message: str) -> str:
    """The engine's message without the signs and names of its parser."""
    expected = _EXPECTED.search(message)
    if expected is None:
        words = shown(_CLASS.sub("", message), _MOST_WORDS).strip()
        return words or _NOT_EXPECTED
    sentence = re.search(r"The [A-Za-z ]+[a-z]|[A-Z][a-z]+ [a-z][A-Za-z ]+", expected[1])
    if sentence is not None:  # what the grammar cannot say, and a check behind it does
        return sentence[0]
    rest = _CLASS.sub("", expected[1])
    names = list(dict.fromkeys(_NAME.findall(rest)))
    if not names or len(names) > _MOST or "\\u" in rest or "..=" in rest:
        return _NOT_EXPECTED
    return f"{_NOT_EXPECTED}; the engine expected {', '.join(names)}"
