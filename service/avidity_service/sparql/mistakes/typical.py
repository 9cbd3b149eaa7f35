"""Typical mistakes in words: what people write who know SQL, or who left something out."""

from __future__ import annotations

from avidity_service.sparql.mistakes import clauses, expressions, triples
from avidity_service.sparql.mistakes.expected import must_come
from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import Failure
from avidity_service.sparql.mistakes.terminals import Rule
from avidity_service.sparql.mistakes.words import unknown

_RULES: tuple[Rule, ...] = (*clauses.RULES, *expressions.RULES, unknown, *triples.RULES)


def named(query: str, failure: Failure) -> Mistake:
    """The mistake at which the query breaks, by the first rule that knows it; if none does, what could have come."""
    for rule in _RULES:
        found = rule(query, failure)
        if isinstance(found, str):
            return Mistake(failure.token.start, found)
        if found is not None:
            return found
    return Mistake(failure.token.start, must_come(failure))
