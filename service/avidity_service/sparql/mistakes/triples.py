"""Typical mistakes in triples, groups and VALUES."""

from __future__ import annotations

from avidity_service.sparql.mistakes.mistake import shown
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.terminals import CALLS, FORMS, INSIDE, LITERALS, TERMS, Rule
from avidity_service.sparql.mistakes.tokens import KEYWORDS

_PATH_SIGNS = ("+", "-", "*", "?")


def _template(_: str, failure: Failure) -> str | None:
    token = failure.token
    if "Template" in failure.within and token.kind in INSIDE:
        return f"{token.text.upper()} cannot stand in the template of CONSTRUCT, which holds triples only"
    if "ShortForm" in failure.within and token.kind in (*INSIDE, "{", "VALUES"):
        return "CONSTRUCT WHERE without a template takes triples only"
    return None


def _triples(_: str, failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if last is None or not {"Triples", "Template", "ShortForm"} & set(failure.within):
        return None
    if token.kind == "." and last.kind == ".":
        return "one . is enough between two triples"
    if token.kind == "UNION":
        return "UNION stands between two groups, each in { }"
    if token.kind == "SELECT":
        return "a SELECT within a query is put in { } of its own"
    if token.kind in TERMS and failure.must == "}":
        return f"a triple has ended before {shown(token.text)}; between two triples stands a ."
    if failure.must == "PropertyList" and token.kind in TERMS | {"{"}:
        return f"{shown(token.text)} cannot be a predicate; that is an IRI, a path or a variable"
    return _object(failure) or _path(failure)


def _object(failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if last is not None and last.kind == "STRING" and token.kind == "^":
        return "the datatype of a string is written with ^^"
    if token.kind in CALLS and failure.must in ("Objects", "Object"):
        return f"a function cannot be an object; BIND({token.text.upper()}(…) AS ?name) gives its value a name"
    return None


def _path(failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if last is not None and last.kind in _PATH_SIGNS and failure.must == "number":
        return f"behind {last.text} comes a number; as a sign of a path it stands behind an IRI"
    if token.kind == "{" and "/" in failure.may and "Path" in failure.within:
        return "SPARQL has no { } behind a path; repeat the path with /, or take *, + or ?"
    return None


def _group(_: str, failure: Failure) -> str | None:
    token, last = failure.token, failure.last
    if failure.must == "Group" and last is not None and last.kind in KEYWORDS and token.kind != "END":
        return f"{last.text.upper()} takes a group in {{ }}, not {shown(token.text)}"
    if token.text == "@":
        return "a language tag stands right behind @, as in @en"
    if failure.must == "}" and "SubSelect" in failure.within[-4:] and token.kind in TERMS:
        return "a SELECT takes the whole of its { }; put another { } around the SELECT alone"
    if failure.must == "}" and token.kind in ("FROM", *FORMS):
        return f"{token.text.upper()} cannot stand here, within {{ }}"
    return None


def _values(_: str, failure: Failure) -> str | None:
    token = failure.token
    if failure.within[-1:] not in (("DataBlock",), ("Row",)):
        return None
    if token.kind == "VAR":
        return f"VALUES takes IRIs, strings, numbers and UNDEF; {shown(token.text)} is a variable"
    if failure.must == "}" and (token.kind == "(" or ("(" in failure.may and token.kind in LITERALS)):
        return "values stand in brackets where their variables do, and only there"
    return None


RULES: tuple[Rule, ...] = (_template, _triples, _group, _values)
