"""Mistakes within a token: a string or an IRI that is not closed or holds what it may not, an undeclared prefix."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from avidity_service.iris import PREFIXES
from avidity_service.sparql.mistakes.mistake import Mistake, shown
from avidity_service.sparql.mistakes.tokens import Token

_NAMES = ("PNAME_NS", "PNAME_LN")
_CLOSED = re.compile(r"(\"{3}|'{3}|\"|').*\1", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[tbnrf\\\"']|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|(?P<none>.?))", re.DOTALL)
# What follows a < that begins no IRI, up to where one would end.
_BROKEN_IRI = re.compile(r"[^<>\n\r]*+>?")
_NOT_IN_IRI = re.compile(r"[\"{}|^`\\\x00-\x20]")
_ELSEWHERE = re.compile(r"[\s{}][?$({;\"']|[(){};?$]")
_NO_IRI = ("", " ", "\t", "\r", "\n", "=", ">", "?", "$", "<", *"0123456789")
_ESCAPES = r"allowed are \t \b \n \r \f \\ \" \' and \u with 4, \U with 8 hexadecimal digits"
_STRANGE = ("Cc", "Cf", "Zs", "Zl", "Zp", "Pi", "Pf", "Co", "Cn", "Cs")


def misspelt(tokens: Iterable[Token]) -> Mistake | None:
    """The first token that is none, or that names a prefix which is not declared."""
    declared: set[str] = set()
    before = earlier = ""
    for token in tokens:
        found = None
        if token.kind == "STRING":
            found = _string(token)
        elif token.kind in _NAMES and earlier != "PREFIX":
            prefix = token.text.partition(":")[0]
            if before == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                found = Mistake(token.start, f"the prefix {shown(prefix)}: is not declared", _declaration(prefix))
        elif token.kind == "ALIEN":
            found = _alien(token)
        if found is not None:
            return found
        earlier, before = before, token.kind
    return None


def _declaration(prefix: str) -> str:
    if prefix in PREFIXES:
        return f"Put this before the query: PREFIX {prefix}: <{PREFIXES[prefix]}>"
    declared = f"PREFIX {shown(prefix)}: <…>"
    return f"Declare it before the query: {declared}. Those of this graph are in /.well-known/void (sh:declare)."


def _string(token: Token) -> Mistake | None:
    if not is_closed(token):
        return Mistake(token.start, "a string is not closed")
    escape = next((found for found in _ESCAPE.finditer(token.text) if found["none"] is not None), None)
    if escape is None:
        return None
    return Mistake(token.start + escape.start(), rf"\{shown(escape['none'])} is no escape; {_ESCAPES}")


def is_closed(string: Token) -> bool:
    """Whether a string ends by the sign by which it begins."""
    return bool(_CLOSED.fullmatch(string.text))


def _alien(token: Token) -> Mistake | None:
    sign = token.text
    if unicodedata.category(sign) not in _STRANGE:
        return None
    name = unicodedata.name(sign, "a control character").lower()
    return Mistake(token.start, f"U+{ord(sign):04X} ({name}) is no part of a query")


def begins_iri(query: str, token: Token) -> bool:
    """Whether this is a < that was meant to begin an IRI, and not to compare."""
    return token.text == "<" and query[token.end : token.end + 1] not in _NO_IRI


def broken_iri(query: str, token: Token) -> Mistake | None:
    """What is wrong with an IRI that begins with this `<`, where nothing but an IRI can."""
    match = _BROKEN_IRI.match(query, token.start + 1)
    assert match is not None
    text = match[0]
    wrong = _NOT_IN_IRI.search(text)
    if text.endswith(">") and wrong is not None and not text[:-1].endswith((" ", "\t")):
        rest = text[wrong.start() : -1]
        if (wrong[0] in " \t" and not _ELSEWHERE.search(rest)) or not re.search(r"\s", rest):
            name = {" ": "a blank", "\t": "a tab"}.get(wrong[0], wrong[0] if wrong[0] > " " else "a control character")
            return Mistake(token.start + 1 + wrong.start(), f"{name} may not stand in an IRI")
    return Mistake(token.start, "an IRI is not closed")
