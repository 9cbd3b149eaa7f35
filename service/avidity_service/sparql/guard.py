"""What a foreign query may not be: looked at lexically, before any parser sees it.

Native code cannot be stopped from within, and a few kilobytes of braces overflow its stack; so nesting is
capped here. SERVICE would send data out, LOAD and updates would write; they are refused in words. The workers
cannot open sockets either, should something slip past.
"""

from __future__ import annotations

import re

from avidity_service.errors import QueryError

MOST_NESTING = 100

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_INERT = re.compile(
    r"<[^<>\"{}|^`\\\x00-\x20]*>"  # IRI
    r'|"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n\r]|\\.)*"'
    r"|'(?:[^'\\\n\r]|\\.)*'"
    r"|#[^\n\r]*",
    re.DOTALL,
)
_WORD = r"(?<![\w?$:.@-])(?:{})(?![\w:.-])"
_SERVICE = re.compile(_WORD.format("SERVICE"), re.IGNORECASE)
_FIRST = re.compile(r"^\s*(?:(?:PREFIX\s+\S*:\s*x*\s*|BASE\s+x*\s*|VERSION\s+x*\s*))*([A-Za-z]+)", re.IGNORECASE)
_UPDATES = {"INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"}


def guard(query: str) -> None:
    """Let the query pass, or say why not.

    Raises:
        QueryError: 400 for too deep nesting, 403 for SERVICE, LOAD and updates.
    """
    bare = _INERT.sub(lambda match: "x" * len(match.group()), _unescape(query))
    depth = _depth(bare)
    if depth > MOST_NESTING:
        raise QueryError(
            400, "Query nested too deeply", f"Brackets are nested {depth} deep; allowed are {MOST_NESTING}."
        )
    if _SERVICE.search(bare):
        raise QueryError(
            403,
            "SERVICE is not allowed",
            "This endpoint does not ask other endpoints; query them on their own.",
        )
    first = _FIRST.match(bare)
    if first and first.group(1).upper() in _UPDATES:
        raise read_only(first.group(1).upper())


def read_only(what: str) -> QueryError:
    """The refusal of anything that would write."""
    return QueryError(403, "Read-only endpoint", f"{what} is an update; this endpoint answers queries only.")


def _unescape(query: str) -> str:
    r"""Code point escapes as SPARQL reads them, so that \u0053ERVICE is seen for what it is."""

    def character(match: re.Match[str]) -> str:
        number = int(match.group(1) or match.group(2), 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else match.group()

    return _ESCAPE.sub(character, query)


def _depth(bare: str) -> int:
    depth = most = 0
    for character in bare:
        if character in "{([":
            depth += 1
            most = max(most, depth)
        elif character in "})]":
            depth = max(0, depth - 1)
    return most
