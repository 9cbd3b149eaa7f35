"""Typical mistakes in the clauses around the pattern: prologue, SELECT, what is behind the pattern."""

from __future__ import annotations

from avidity_service.sparql.mistakes.mistake import shown
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.terminals import CALLS, FORMS, INSIDE, OPERATORS, Rule
from avidity_service.sparql.mistakes.tokens import Token
from avidity_service.sparql.mistakes.words import near_word

_MODIFIERS = ("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET")
_LISTS = {"GroupBy", "OrderBy", "Described", "DataBlock"}
# What is no variable, in a SELECT without brackets.
_BARE = CALLS | OPERATORS | {"INTEGER", "DECIMAL", "STRING", "IRIREF", "PNAME_LN"}


def _beginning(_: str, failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if failure.must in ("Form", "Query"):
        return _no_form(token, last)
    if failure.must == "PNAME_NS":
        if token.text[:1].isalpha() and token.kind != "PNAME_LN":
            return f"the prefix {shown(token.text)} is to be declared with a colon after it"
        return "behind PREFIX comes the prefix with a colon after it and nothing more, then its IRI"
    if failure.must == "IRIREF" and last is not None:
        return f"behind {shown(last.text)} comes an IRI in < >"
    return None


def _no_form(token: Token, last: Token | None) -> str:
    if token.kind == "END":
        return "there is no query"
    if token.text.lower() in ("@prefix", "@base"):
        return f"{token.text} is Turtle; SPARQL says {token.text[1:].upper()}, and puts no . behind it"
    if token.kind in (".", ";") and last is not None:
        return f"the prologue has no {token.text}"
    return f"{shown(token.text)} begins no query; {', '.join(FORMS)} do"


def _behind_the_end(_: str, failure: Failure) -> str | None:
    kind, text = failure.token.kind, failure.token.text.upper()
    if failure.must != "END":
        return None
    if kind in FORMS or kind in ("PREFIX", "BASE"):
        return "a second query begins here; one is allowed"
    if kind == ";":
        return "one query is allowed, and no ; behind it"
    if kind in INSIDE:
        return f"{text} stands within the brackets {{ }}, which were closed before"
    if kind in _MODIFIERS and kind in _outside(failure.before):
        return f"{text} is here a second time"
    if kind in _MODIFIERS:
        text += " BY" if kind in ("GROUP", "ORDER") else ""
        return f"{text} comes too late: the order is GROUP BY, HAVING, ORDER BY, LIMIT and OFFSET, VALUES"
    return None


def _outside(tokens: tuple[Token, ...]) -> set[str]:
    """The terminals that stand outside of all groups."""
    depth, found = 0, set()
    for token in tokens:
        depth += (token.kind == "{") - (token.kind == "}")
        if depth == 0:
            found.add(token.kind)
    return found


def _selecting(_: str, failure: Failure) -> str | None:
    token = failure.token
    if "SelectClause" not in failure.within or any(one.kind == "(" for one in failure.open[-1:]):
        return None
    if token.kind == ",":
        return "variables are separated by blanks, not by commas"
    if token.kind == "AS":
        return "AS stands within brackets: (?x AS ?name)"
    if token.kind in _BARE:
        return f"an expression is put in brackets and named: ({_call(token.kind, token.text)} AS ?name)"
    if token.kind == "WORD":
        return _no_variable(failure)
    if failure.must == "Selected" and token.kind != "END":
        return f"{shown(token.text)} cannot be selected; SELECT takes *, variables or (expression AS ?name)"
    return None


def _no_variable(failure: Failure) -> str:
    if failure.token.text.upper() == "TOP":
        return "SPARQL has no TOP; LIMIT stands at the end of the query"
    return near_word(failure) or f"{shown(failure.token.text)} is no variable; a variable begins with ?"


def _call(kind: str, text: str) -> str:
    return f"{text.upper()}(…)" if kind in CALLS else "…"


def _listing(_: str, failure: Failure) -> str | None:
    if failure.must == "Whole" and failure.last is not None:
        return f"{failure.last.text.upper()} takes a whole number, not less than 0"
    if failure.token.kind != "," or failure.must == "Expression":
        return None
    if "Limit" in failure.within and "OFFSET" in failure.may:
        return "LIMIT takes one number; OFFSET tells how many are left out before"
    where = _LISTS & set(failure.within)
    if where and (where == {"DataBlock"} or not failure.open):
        return "what is listed here is separated by blanks, not by commas"
    return None


RULES: tuple[Rule, ...] = (_beginning, _behind_the_end, _selecting, _listing)
