"""What a SELECT with GROUP BY or aggregates may name: what it groups by, and aggregates (SPARQL 1.1, 11.4)."""

from __future__ import annotations

from collections.abc import Iterator

from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import Node
from avidity_service.sparql.mistakes.tokens import Token

_CLAUSES = ("SelectClause", "Having", "OrderBy")


def is_grouped(select: Node) -> bool:
    """Whether a SELECT has GROUP BY or an aggregate."""
    clauses = [part for part in select.parts if isinstance(part, Node)]
    return any(
        part.name == "GroupBy" or (part.name in _CLAUSES and any(part.nodes("Aggregate", but=("Group",))))
        for part in clauses
    )


def selection(selected: Node) -> list[Token]:
    """The variables that a SELECT names, in their order: themselves, or behind AS."""
    return [list(one.tokens("VAR"))[-1] for one in selected.parts if isinstance(one, Node)]


def grouped(select: Node) -> Iterator[Mistake]:
    """The variables of a SELECT that are neither grouped nor aggregated, though something is."""
    if not is_grouped(select):
        return
    selected, keys = next(select.nodes("Selected")), _keys(select)
    star = selected.parts[0]
    if isinstance(star, Token):
        yield Mistake(star.start, "SELECT * does not go with GROUP BY or aggregates; name what is to be selected")
    own = {name.text[1:] for one in selected.nodes("Alias") for name in one.tokens("VAR")}
    for one in selected.parts:
        if isinstance(one, Node):
            for name in one.tokens("VAR", but=("Alias", "Aggregate", "Group")):
                if name.text[1:] not in keys:
                    yield Mistake(name.start, _words(name.text, is_own=name.text[1:] in own))


def _words(name: str, *, is_own: bool) -> str:
    if is_own:
        return f"{name} is named in this SELECT only, beside aggregates; write its expression again"
    return f"{name} is neither grouped nor aggregated"


def _keys(select: Node) -> set[str]:
    keys: set[str] = set()
    for clause in select.parts:
        if isinstance(clause, Node) and clause.name == "GroupBy":
            for condition in clause.nodes("GroupCondition"):
                alias = next(condition.nodes("Alias"), None)
                names = [token for token in (alias or condition).tokens() if token.kind not in ("(", ")", "AS")]
                if len(names) == 1 and names[0].kind == "VAR":
                    keys.add(names[0].text[1:])
    return keys
