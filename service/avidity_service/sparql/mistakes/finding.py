"""The mistake in a query that the engine has refused: its place and words for it.

The engine's own parser names the furthest place that it came to, and what it tried there last. So the query is read
again by the grammar, which breaks just where no query could go on; only if that finds nothing the engine is believed.
"""

from __future__ import annotations

from dataclasses import replace

from avidity_service.sparql.mistakes.brackets import unbalanced, unmatched
from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import Failure, Unread, read
from avidity_service.sparql.mistakes.scope import misused
from avidity_service.sparql.mistakes.spelling import begins_iri, broken_iri, misspelt
from avidity_service.sparql.mistakes.typical import named

_IRI = frozenset({"IRIREF"})


def find(query: str) -> Mistake | None:
    """The first mistake; None if there is none that can be told. Only for a query that the engine has refused."""
    try:
        found = read(query)
    except Unread:
        return None
    if not isinstance(found, Failure):
        return misspelt(found.tokens()) or misused(found)
    earlier = misspelt((*found.before, found.token))
    if earlier is not None:
        return earlier
    if found.may & _IRI and begins_iri(query, found.token):
        return broken_iri(query, found.token)
    return unmatched(query, found) or replace(named(query, found), hint=unbalanced(query))
