"""What follows from what is stated: rules run to their end, deterministically and without Java."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pyoxigraph as ox

from avidity_loaders.errors import OntologyError, Problem
from avidity_loaders.names import RDF_TYPE, graph
from avidity_loaders.queryfile import read_query_file

# More rounds than any hierarchy here is deep; reaching it means that a rule makes new things without end.
_MOST_ROUNDS = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """A CONSTRUCT query with the names of the rules that must have run before it."""

    name: str
    path: Path
    text: str
    after: tuple[str, ...]


def read_rules(folder: Path) -> list[Rule]:
    """The rules of a folder, each after those it needs; ties by name, so that the order is always the same.

    Raises:
        OntologyError: for an unknown or circular `after`.
    """
    rules = {}
    for path in sorted(folder.glob("*.rq")):
        file = read_query_file(path)
        rules[path.stem] = Rule(path.stem, path, file.text, tuple(file.header.get("after") or ()))
    for rule in rules.values():
        for name in rule.after:
            if name not in rules:
                raise OntologyError(Problem(f"'after' names no rule here: {name}", rule.path, cure=", ".join(rules)))
    try:
        order = TopologicalSorter({name: sorted(rules[name].after) for name in sorted(rules)}).static_order()
        return [rules[name] for name in order]
    except CycleError as error:
        raise OntologyError(Problem(f"rules wait for each other: {' → '.join(error.args[1])}", folder)) from None


def infer(quads: Iterable[ox.Quad], folder: Path) -> list[ox.Quad]:
    """The quads that follow, in the graph `derived`; nothing that is already stated is repeated."""
    store = ox.Store()
    store.extend(quads)
    entailment, derivation = read_rules(folder / "entailment"), read_rules(folder / "derivation")
    derived: list[ox.Quad] = []
    _close(store, entailment, derived)
    for rule in derivation:
        store = _fresh(store)
        _run(store, rule, derived)
        _close(store, entailment, derived)
    return [quad for quad in derived if _is_said(quad)]


def _close(store: ox.Store, rules: list[Rule], derived: list[ox.Quad]) -> None:
    for _ in range(_MOST_ROUNDS):
        if not sum([_run(store, rule, derived) for rule in rules]):
            return
    raise OntologyError("the entailment rules do not come to an end")


def _fresh(store: ox.Store) -> ox.Store:
    """The same quads in one piece: a store that grew by many small additions answers several times slower."""
    fresh = ox.Store()
    fresh.bulk_extend(store)
    return fresh


def _run(store: ox.Store, rule: Rule, derived: list[ox.Quad]) -> int:
    try:
        found = store.query(rule.text, use_default_graph_as_union=True)
    except SyntaxError as error:
        raise OntologyError(Problem(f"this is not SPARQL: {error.msg}", rule.path, error.lineno)) from None
    if not isinstance(found, ox.QueryTriples):
        raise OntologyError(Problem("a rule must be a CONSTRUCT query", rule.path))
    new = []
    for triple in set(found):
        if next(store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None), None) is None:
            new.append(ox.Quad(triple.subject, triple.predicate, triple.object, graph("derived")))
    store.extend(new)
    derived += new
    return len(new)


def _is_said(quad: ox.Quad) -> bool:
    """Membership in an unnamed restriction is a step on the way, and typing literals or terms is no news."""
    return not (quad.predicate.value == RDF_TYPE and isinstance(quad.object, ox.BlankNode)) and not isinstance(
        quad.subject, ox.BlankNode
    )
