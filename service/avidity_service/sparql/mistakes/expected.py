"""What has to come, or could come, at a place in a query, in words."""

from __future__ import annotations

from avidity_service.sparql.mistakes.mistake import shown
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.tokens import FUNCTIONS

_OBJECT, _VERB, _VALUE = "an object", "a predicate", "an expression"
# What is missing where a rule of the grammar has to begin.
MISSING = {
    "Objects": _OBJECT, "Object": _OBJECT, "PropertyList": "a predicate and an object", "Verb": _VERB,
    "Node": "a term", "node": "a term", "subject": "a term",
    "Expression": _VALUE, "And": _VALUE, "Relation": _VALUE, "Sum": _VALUE, "Product": _VALUE, "Factor": _VALUE,
    "primary": _VALUE, "signed": _VALUE, "Brackets": "( and an expression", "Constraint": "a condition in brackets",
    "Alias": "AS and a variable", "Variable": "a variable", "VAR": "a variable", "BY": "BY", "AS": "AS",
    "Whole": "a whole number", "Iri": "an IRI, as <…> or prefix:name,", "Datatype": "the IRI of a datatype",
    "varOrIri": "a variable or an IRI", "Group": "a group in { }", "Where": "the pattern in { }",
    "Selected": "*, a variable or (expression AS ?name)", "Described": "*, a variable or an IRI",
    "GroupCondition": "a variable, a function or (expression AS ?name)",
    "OrderCondition": "a variable, a function, ASC(…), DESC(…) or an expression in brackets",
    "DataBlock": "a variable, or variables in brackets,", "List": "a list in brackets",
    "Path": "an IRI", "Sequence": "an IRI", "Step": "an IRI", "pathPrimary": "an IRI", "NegatedSet": "an IRI",
    "pathOne": "an IRI", "PathIri": "an IRI", "number": "a number", "STRING": "a string", "ShortForm": "WHERE and { }",
    "IRIREF": "an IRI in < >", "arguments": "the arguments in brackets",
}  # fmt: skip
_FUNCTION = "a function"
_CLASSES = {
    "VAR": "a variable", "IRIREF": "an IRI", "PNAME_LN": "an IRI", "PNAME_NS": "an IRI", "STRING": "a string",
    "INTEGER": "a number", "DECIMAL": "a number", "TRUE": "true or false", "FALSE": "true or false",
    ",": "a comma", ".": "a dot", ";": "a semicolon", "BNODE": "a blank node", "LANG": "a language tag",
    "END": "the end of the query", "COUNT": _FUNCTION, "GROUP_CONCAT": _FUNCTION, "BOUND": _FUNCTION,
    "EXISTS": _FUNCTION, **dict.fromkeys(FUNCTIONS.values(), _FUNCTION),
}  # fmt: skip
_MOST = 6
# Before these a thing is missing, whatever else could have stood there.
_ENDING = ("END", ".", ";", ",", ")", "}", "]")


def must_come(failure: Failure) -> str:
    """What is missing where the query breaks, or what could have come there."""
    token, last = failure.token, failure.last
    before = f"before {shown(token.text)}" if token.kind != "END" else "where the query ends"
    behind = f" behind {shown(last.text)}" if last is not None and last.kind not in ("{", "(") else ""
    if failure.must == "Where" and token.kind == "END":
        return "the query ends before its pattern in { }"
    if failure.must in MISSING and (failure.may <= failure.sure or token.kind in _ENDING):
        what = MISSING[failure.must]
        return f"{what} {'are' if ' and ' in what else 'is'} missing {before}"
    if len(failure.may) == 1:
        return f"{_CLASSES.get(failure.must, failure.must)} is missing {before}"
    what = f"{shown(token.text)} is not expected here{behind}" if token.kind != "END" else "the query ends too early"
    could = listed(failure)
    return f"{what}; what could come is {could}" if could else what


def listed(failure: Failure) -> str:
    """The terminals that could come, in words; nothing if they are too many to be of help."""
    names = list(dict.fromkeys(_CLASSES.get(one, one) for one in sorted(failure.may)))
    return "" if len(names) > _MOST else " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
