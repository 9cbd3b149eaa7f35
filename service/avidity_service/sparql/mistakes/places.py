"""Places in a query: an offset as line and column, from 1, and as a caret below the line.

Lines end where editors and the grammar end them, at LF, CR LF and CR, and nowhere else.
"""

from __future__ import annotations

import re

_BREAK = re.compile(r"\r\n|\n|\r")
_NO_TAB = re.compile(r"[^\t]")


def line_and_column(query: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset; in code points, from 1."""
    line, start = 1, 0
    for found in _BREAK.finditer(query):
        if found.end() > offset:
            break
        line, start = line + 1, found.end()
    return line, offset - start + 1


def in_words(query: str, offset: int) -> str:
    """Line and column in words."""
    line, column = line_and_column(query, offset)
    return f"line {line}, column {column}"


def caret(query: str, offset: int) -> str:
    """The line that holds the offset, and below it a caret under its sign; tabs stay tabs so that it stands there."""
    line, column = line_and_column(query, offset)
    text = _BREAK.split(query)[line - 1]
    below = _NO_TAB.sub(" ", text[: column - 1])
    return f"{text}\n{below.ljust(column - 1)}^"


def offset_of(query: str, line: int, column: int) -> int:
    """The offset that the engine means, which ends lines at LF alone; never behind the text."""
    lines = query.split("\n")
    if line > len(lines):
        return len(query)
    return min(len(query), sum(len(text) + 1 for text in lines[: line - 1]) + max(0, column - 1))
