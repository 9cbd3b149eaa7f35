"""Names where they may not be, in a query whose grammar is right: what the engine checks behind its grammar.

The rules are those of SPARQL 1.1: variables in scope (18.2.1), aggregates (11), AS and BIND (18.2.1, 10.1), blank node
labels (4.1.4), VALUES (10.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from avidity_service.sparql.mistakes.grouping import grouped, is_grouped, selection
from avidity_service.sparql.mistakes.mistake import Mistake
from avidity_service.sparql.mistakes.parsing import Node
from avidity_service.sparql.mistakes.tokens import Token

# What a triple stands between.
_ENDS = ("", ".", "{", "}")
_NESTED = ("Union", "Optional", "Minus", "Lateral", "Graph", "Service")


def misused(tree: Node) -> Mistake | None:
    """The first name, of those found, that may not be where it is."""
    found = [mistake for rule in (_arity, _labels, _alone, _aggregates, _paths, _used) for mistake in rule(tree)]
    return min(found, key=lambda mistake: mistake.offset or 0, default=None)


def _arity(tree: Node) -> Iterator[Mistake]:
    """VALUES has a row with too few or too many values, or a variable twice."""
    for block in tree.nodes("DataBlock"):
        names = list(block.tokens("VAR", but=("Row", "Value")))
        yield from _twice(names, "VALUES")
        for row in block.nodes("Row"):
            values = [part for part in row.parts if isinstance(part, Node)]
            if len(values) != len(names):
                place = next(values[len(names)].tokens()) if len(values) > len(names) else row.parts[-1]
                assert isinstance(place, Token)
                what = f"this row of VALUES has {_number(len(values), 'value')} for {_number(len(names), 'variable')}"
                yield Mistake(place.start, what)


def _number(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _twice(names: list[Token], where: str) -> Iterator[Mistake]:
    seen: set[str] = set()
    for name in names:
        if name.text[1:] in seen:
            yield Mistake(name.start, f"{name.text} is twice in {where}")
        seen.add(name.text[1:])


def _labels(tree: Node) -> Iterator[Mistake]:
    """The label of a blank node is used in two patterns that something stands between."""
    first: dict[str, tuple[int, int]] = {}
    for label, pattern in sorted(_in_patterns(tree), key=lambda found: found[0].start):
        if first.setdefault(label.text, pattern) != pattern:
            what = f"{label.text} is used in another pattern before; for what is in both take a variable"
            yield Mistake(label.start, what)


def _in_patterns(tree: Node) -> Iterator[tuple[Token, tuple[int, int]]]:
    """The labels, each with the basic graph pattern that it is in; what holds no group of its own parts none."""
    for group in tree.nodes("Group"):
        parts = 0
        for part in group.parts:
            if isinstance(part, Node) and part.name == "Triples":
                yield from ((label, (id(group), parts)) for label in part.tokens("BNODE"))
            elif isinstance(part, Node):
                parts += part.name in _NESTED


def _alone(tree: Node) -> Iterator[Mistake]:
    """[] or () stands alone, where [ … ] and ( … ) with something in them may."""
    for triples in tree.nodes("Triples", "Template", "ShortForm"):
        signs = ["", *(part.kind if isinstance(part, Token) else "…" for part in triples.parts), ""]
        for place, (before, opened, closed, behind) in enumerate(
            zip(signs, signs[1:], signs[2:], signs[3:], strict=False), start=1
        ):
            if opened + closed in ("[]", "()") and before in _ENDS and behind in _ENDS:
                part = triples.parts[place]
                assert isinstance(part, Token)
                yield Mistake(part.end, f"a predicate and an object are missing behind {opened + closed}")


def _aggregates(tree: Node) -> Iterator[Mistake]:
    """An aggregate stands in FILTER or BIND."""
    for place in tree.nodes("Filter", "Bind"):
        for aggregate in place.nodes("Aggregate", but=("Group",)):
            name = next(aggregate.tokens())
            where = place.name.upper()
            what = f"{name.text.upper()} is an aggregate: it can stand in SELECT, HAVING and ORDER BY, not in {where}"
            yield Mistake(name.start, what)


def _paths(tree: Node) -> Iterator[Mistake]:
    """The template of CONSTRUCT has a path."""
    for template in tree.nodes("Template", "ShortForm"):
        for path in template.nodes("Path"):
            sign = next(path.tokens("/", "|", "^", "*", "+", "?", "!", "("), None)
            if sign is not None:
                yield Mistake(sign.start, "CONSTRUCT makes triples, and a path is none; write an IRI")


def _used(tree: Node) -> Iterator[Mistake]:
    """AS names a variable that is in use."""
    for group in tree.nodes("Group"):
        yield from _bound(group)
    for select in tree.nodes("Select", "SubSelect"):
        yield from _selected(select)
        yield from grouped(select)


def _bound(group: Node) -> Iterator[Mistake]:
    seen: frozenset[str] = frozenset()
    for part in group.parts:
        if isinstance(part, Node):
            if part.name == "Bind":
                name = list(part.tokens("VAR"))[-1]
                if name.text[1:] in seen:
                    yield Mistake(name.start, f"{name.text} is in use before this BIND; BIND gives a name that is new")
            seen |= visible(part)


def visible(part: Node) -> frozenset[str]:
    """The names of the variables that a part of a pattern gives to what is behind it; each part is looked at once."""
    if part.gives is None:
        part.gives = _given(part)
    return part.gives


def _given(part: Node) -> frozenset[str]:
    match part.name:
        case "Minus" | "Filter":
            return frozenset()
        case "Bind":
            return frozenset({list(part.tokens("VAR"))[-1].text[1:]})
        case "SubSelect":
            return projected(part)
        case "Triples" | "InlineData":
            return frozenset(token.text[1:] for token in part.tokens("VAR"))
    names = frozenset(token.text[1:] for token in part.parts if isinstance(token, Token) and token.kind == "VAR")
    return names.union(*(visible(one) for one in part.parts if isinstance(one, Node)))


def projected(select: Node) -> frozenset[str]:
    """The names of the variables that a SELECT gives; of `SELECT *` those of its pattern, and of VALUES behind it."""
    names = {name.text[1:] for name in selection(next(select.nodes("Selected")))}
    if names:
        return frozenset(names)
    patterns = [part for part in select.parts if isinstance(part, Node) and part.name in ("Where", "InlineData")]
    return frozenset[str]().union(*map(visible, patterns))


def _selected(select: Node) -> Iterator[Mistake]:
    selected = next(select.nodes("Selected"))
    yield from _twice(selection(selected), "SELECT")
    if is_grouped(select):
        return
    inside = visible(next(part for part in select.parts if isinstance(part, Node) and part.name == "Where"))
    for one in selected.nodes("Alias"):
        name = next(one.tokens("VAR"))
        if name.text[1:] in inside:
            yield Mistake(name.start, f"{name.text} is in use in the pattern; AS gives a name that is new")
