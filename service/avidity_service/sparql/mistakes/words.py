"""Words that SPARQL has not: what may have been meant."""

from __future__ import annotations

import difflib

from avidity_service.sparql.mistakes.mistake import shown
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.tokens import FUNCTIONS, KEYWORDS, word

_LIKE = 0.8


def no_function(query: str, failure: Failure) -> str | None:
    """A word that is called, and is no function."""
    token = failure.token
    called = query[token.end : token.end + 20].lstrip().startswith("(")
    if token.kind != "WORD" or not ("F1" in failure.may and called):
        return None
    own = f"{shown(token.text)} is no function of SPARQL; a function of your own is an IRI or a prefixed name"
    near = meant(failure)
    return f"{own}; did you mean {near}?" if near else own


def unknown(query: str, failure: Failure) -> str | None:
    """A word that means nothing where it is, or nothing at all."""
    token, last = failure.token, failure.last
    if token.kind != "WORD":
        return None
    if last is not None and last.kind == "STRING" and token.start == last.end:
        sign = last.text[-1]
        return f"the string {shown(last.text)} ends before {shown(token.text)}; a {sign} within it is written \\{sign}"
    if token.text == "A" and "a" in failure.may:
        return "a, which is short for rdf:type, is written small"
    near = near_word(failure)
    if near is not None:
        return near
    if failure.must == "Constraint" and query[token.end : token.end + 20].lstrip().startswith("{"):
        return f"{shown(token.text)} is no word of SPARQL; EXISTS and NOT EXISTS take a group in {{ }}"
    if "VAR" in failure.may and ("IRIREF" in failure.may or "PNAME_LN" in failure.may):
        return f"{shown(token.text)} is no word of SPARQL here; a variable begins with ?, an IRI is <…> or prefix:name"
    if failure.must in ("Iri", "varOrIri", "Datatype", "PathIri", "NegatedSet"):
        return f"{shown(token.text)} is no IRI; one is written <…> or prefix:name"
    return None


def near_word(failure: Failure) -> str | None:
    """What a word is near to, in words."""
    near = meant(failure)
    return f"{shown(failure.token.text)} is no word of SPARQL here; did you mean {near}?" if near else None


def meant(failure: Failure) -> str | None:
    """The word of SPARQL that could stand there and is nearest to what does."""
    text = failure.token.text.upper()
    if not 2 < len(text) < 20:
        return None
    fitting = [one for one in sorted(KEYWORDS | FUNCTIONS.keys()) if word(one) in failure.may]
    return next(iter(difflib.get_close_matches(text, fitting, 1, _LIKE)), None)
