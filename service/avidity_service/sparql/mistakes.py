"""The mistakes that people make most, found by a lexical look: the engine's parser names what it tried last instead."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from avidity_service.sparql.scan import TOKEN

_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
# What may stand before a query.
_PREFIX, _PROLOGUE = "PREFIX", ("BASE", "PREFIX", "VERSION")
_CLOSED = re.compile(r"(\"{3}|'{3}|\"|').*\1", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Where it is, as an offset into the query, and what it is in words."""

    offset: int
    words: str


def find(query: str) -> Mistake | None:
    """The first mistake that can be told without a parser; only for a query that the engine has refused."""
    declared: set[str] = set()
    form = last = None
    opened = -1
    for token in TOKEN.finditer(query):
        kind = token.lastgroup
        if kind in ("space", "comment"):
            continue
        mistake = _sign(token) if kind == "other" else _string(token) if kind == "string" else None
        if kind in ("named", "default"):
            prefix = token["run"] or "" if kind == "named" else ""
            if last == _PREFIX:
                declared.add(prefix)
            elif prefix not in declared:
                mistake = _undeclared(prefix, token.start(), opened)
        elif kind == "run" and last == _PREFIX:
            mistake = Mistake(token.start(), f"the prefix {token['run'][:40]} is to be declared with a colon after it")
        elif kind == "run" and form is None and token["run"].upper() not in _PROLOGUE:
            form = token["run"].upper()
            if not form.startswith(_FORMS):
                mistake = Mistake(token.start(), f"{token['run'][:40]} begins no query; {', '.join(_FORMS)} do")
        if mistake is not None:
            return mistake
        last = token["run"].upper() if kind == "run" else None
        opened = token.end() if kind == "other" and token[0] == "<" else -1
    return Mistake(len(query), "there is no query") if form is None else None


def _undeclared(prefix: str, offset: int, opened: int) -> Mistake:
    if offset == opened:  # the sign just before
        return Mistake(offset - 1, "an IRI is not closed")
    return Mistake(offset, f"the prefix {prefix}: is not declared")


def _sign(token: re.Match[str]) -> Mistake | None:
    sign = token["other"]
    if unicodedata.category(sign) not in ("Cc", "Cf"):
        return None
    name = unicodedata.name(sign, "a control character").lower()
    return Mistake(token.start(), f"U+{ord(sign):04X} ({name}) is no part of a query")


def _string(token: re.Match[str]) -> Mistake | None:
    return None if _CLOSED.fullmatch(token["string"]) else Mistake(token.start(), "a string is not closed")
