"""Typical mistakes in expressions and conditions."""

from __future__ import annotations

from avidity_service.sparql.mistakes.mistake import Mistake, shown
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.terminals import COMPARISONS, OPERATORS, TERMS, Rule
from avidity_service.sparql.mistakes.words import meant, no_function

_OF_SQL = {
    "AND": "SPARQL says &&, not AND", "OR": "SPARQL says ||, not OR", "&": "SPARQL says &&, not &",
    "|": "SPARQL says ||, not |", "%": "SPARQL has no %",
    "IS": "SPARQL has no IS; BOUND(?x) tells whether ?x has a value",
    "LIKE": "SPARQL has no LIKE; CONTAINS and REGEX look into strings",
    "BETWEEN": "SPARQL has no BETWEEN; it compares with >=, <= and &&",
}  # fmt: skip
# What is written together, and what SPARQL has for it.
_COMPARED = {
    ("=", "="): "=, not ==", ("=", ">"): ">=, not =>", ("=", "<"): "<=, not =<", ("<", ">"): "!=, not <>",
    ("!=", "="): "!=, not !==", (">=", "="): ">=, not >==", ("<=", "="): "<=, not <==",
}  # fmt: skip
_NAMING = ("Projection", "Bind", "GroupCondition")
_TAKES = {
    "F0": "no argument", "F1": "one argument", "F01": "one argument or none", "F2": "two arguments",
    "F3": "three arguments", "F23": "two or three arguments", "F34": "three or four arguments",
    "AGGREGATE": "one argument", "COUNT": "one argument or *", "BOUND": "one variable",
}  # fmt: skip
_IN_ARGUMENTS = (",", ")", "Expression", "Variable")


def _comparing(_: str, failure: Failure) -> Mistake | str | None:
    token, last = failure.token, failure.last
    if last is not None and token.start == last.end and (last.text, token.text[:1]) in _COMPARED:
        return Mistake(last.start, f"SPARQL compares with {_COMPARED[last.text, token.text[:1]]}")
    if last is not None and last.kind == "NOT" and token.kind != "END" and not meant(failure):
        return Mistake(last.start, "NOT goes with IN and EXISTS; otherwise SPARQL says !")
    if "&&" in failure.may and token.kind in COMPARISONS:
        return "one comparison has ended here; two are joined by &&"
    if "&&" in failure.may:
        return _OF_SQL.get(token.text.upper())
    return None


def _condition(_: str, failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if failure.must == "Constraint" and last is not None and token.kind in (TERMS - {"("}) | {"!", "-", "+", "NOT"}:
        return f"a condition is put in brackets: {last.text.upper()} (…)"
    if failure.within[-1:] in (("OrderCondition",), ("GroupCondition",)) and token.kind in OPERATORS:
        return "an expression is put in brackets"
    place = next((rule for rule in reversed(failure.within) if rule in ("Filter", "Having", "OrderCondition")), None)
    if place and "&&" not in failure.may and token.kind in OPERATORS and _is_last_there(failure):
        what = "an expression" if place == "OrderCondition" else "a condition"
        return f"{what} is put in brackets; what stands before {token.text} is taken for the whole of it"
    if token.kind == "BNODE" and "VAR" in failure.may and "F1" in failure.may:
        return "a blank node cannot stand in an expression; take a variable"
    return _bracketed(failure)


def _bracketed(failure: Failure) -> str | None:
    last = failure.last
    if failure.must == "List":
        return "IN takes a list in brackets: IN (…, …)"
    if failure.must == "Brackets" and last is not None and last.kind in ("ASC", "DESC"):
        return f"{last.text.upper()} stands before its expression in brackets: {last.text.upper()}(?x)"
    return None


def _is_last_there(failure: Failure) -> bool:
    return failure.must in ("}", "END") and failure.last is not None and failure.last.kind in (")", "}")


def _naming(_: str, failure: Failure) -> str | None:
    place = next((rule for rule in reversed(failure.within) if rule in _NAMING), None)
    if place is None or "AS" not in failure.may:
        return None
    if failure.token.kind == "VAR":
        return f"AS is missing before {shown(failure.token.text)}"
    if failure.token.kind == ")":
        return "AS and a variable are missing before )"
    return None


def _arguments(_: str, failure: Failure) -> str | None:
    token = failure.token
    if token.kind not in (",", ")", "*") or failure.must not in _IN_ARGUMENTS or not failure.open:
        return None
    number = failure.before.index(failure.open[-1])
    called = failure.before[number - 1] if number else failure.open[-1]
    if called.kind == "GROUP_CONCAT" and token.kind == ",":
        return 'the separator of GROUP_CONCAT is given as in GROUP_CONCAT(?x; SEPARATOR=", ")'
    return f"{called.text.upper()} takes {_TAKES[called.kind]}" if called.kind in _TAKES else None


RULES: tuple[Rule, ...] = (_comparing, _naming, _arguments, _condition, no_function)
