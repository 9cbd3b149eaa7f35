"""Brackets that do not fit each other: which one, and where the one was opened that it should close."""

from __future__ import annotations

from avidity_service.sparql.mistakes import places
from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import PAIRS, Failure
from avidity_service.sparql.mistakes.spelling import is_closed
from avidity_service.sparql.mistakes.tokens import Token, Tokens

_CLOSING = (")", "}", "]")
_BEHIND = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET")


def unmatched(query: str, failure: Failure) -> Mistake | None:
    """The bracket at which the query breaks, if it is one that closes nothing, or one that is never closed."""
    token = failure.token
    if token.kind in _CLOSING and not failure.open:
        return Mistake(token.start, f"this {token.text} closes nothing: no bracket is open here")
    if not failure.open:
        return None
    opened = failure.open[-1]
    if token.kind in _CLOSING and PAIRS[opened.kind] != token.kind:
        return Mistake(token.start, f"{token.text} cannot close {_of(query, opened)}; {PAIRS[opened.kind]} does")
    if token.kind == "END":
        return Mistake(token.start, f"the query ends here, and {_of(query, opened)} is not closed")
    if token.kind in _BEHIND and opened.kind == "{" and "}" in failure.may:
        return _modifier(query, token, opened)
    return None


def _modifier(query: str, token: Token, opened: Token) -> Mistake:
    name = token.text.upper()
    more, end = _balance(query, token.start)
    if more >= 0:
        return Mistake(end, f"the query ends here, and {_of(query, opened)} is not closed, which {name} belongs behind")
    return Mistake(token.start, f"{name} belongs behind the bracket that closes {_of(query, opened)}, not within")


def unbalanced(query: str) -> str | None:
    """Whether braces lack or are too many, in words; where a string is not closed nobody can tell."""
    more, _ = _balance(query, 0)
    if not more:
        return None
    return "A { is not closed." if more > 0 else "There is a } too many."


def _balance(query: str, start: int) -> tuple[int, int]:
    """How many more { than } come from there on, of those that are brackets; and where the last token ends."""
    tokens, found = Tokens(query), 0
    while (token := tokens.at(start)).kind != "END":
        if token.kind == "STRING" and not is_closed(token):
            return 0, start
        found += (token.kind in ("{", "{|")) - (token.kind in ("}", "|}"))
        start = token.end
    return found, token.start


def _of(query: str, opened: Token) -> str:
    return f"the {opened.text} of {places.in_words(query, opened.start)}"
