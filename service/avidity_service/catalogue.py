"""What can be asked: the questions and collection queries that the release itself carries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from avidity_service.engine import Engine, Term
from avidity_service.errors import UnknownThing
from avidity_service.iris import BASE, PREFIXES
from avidity_service.names import nearest

_PREFIXES = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("av", "rdfs", "sh"))
_QUESTIONS = (
    _PREFIXES
    + """SELECT ?question ?label ?comment ?group ?select ?slot ?name ?description ?type ?example ?required WHERE {
  ?question a av:Question ; rdfs:label ?label ; rdfs:comment ?comment ; av:questionGroup ?group ; sh:select ?select .
  OPTIONAL { ?question sh:parameter ?slot . ?slot sh:varName ?name ; sh:order ?order ; sh:description ?description ;
    av:parameterType ?type ; av:parameterExample ?example ; av:parameterRequired ?required }
} ORDER BY ?question ?order"""
)
_COLLECTIONS = (
    _PREFIXES
    + """SELECT ?query ?select ?name ?pattern WHERE {
  ?query a av:CollectionQuery ; sh:select ?select .
  OPTIONAL { ?query av:hasFilter ?slot . ?slot rdfs:label ?name ; av:pattern ?pattern }
}"""
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a question: the collection that its value comes from, or integer."""

    name: str
    type: str
    description: str
    example: str
    required: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A competency question."""

    name: str
    question: str
    row: str
    group: str
    select: str
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class CollectionQuery:
    """A query with patterns that filters add."""

    select: str
    filters: Mapping[str, str]

    def text(self, given: Mapping[str, Sequence[Term]], filters: Mapping[str, str] | None = None) -> str:
        """The query with the given filters, as SPARQL that can be pasted into an editor; no terms, no VALUES.

        Values are serialised terms, never text from outside. `filters` are those of another collection query.
        """
        patterns = self.filters if filters is None else filters
        added = []
        for name, terms in given.items():
            values = f"VALUES ?{name} {{ {' '.join(str(term) for term in terms)} }}" if terms else ""
            added.append(f"{values} {patterns[name].replace(f'${name}', f'?{name}')}".strip())
        return self.select.replace("#filters", "\n  ".join(added))


class Catalogue:
    """All questions and collection queries of a release."""

    def __init__(self, engine: Engine) -> None:
        self.questions = _questions(engine)
        self.collections = _collections(engine)

    def question(self, name: str) -> Question:
        """The question of that name.

        Raises:
            UnknownThing: with the names that resemble it.
        """
        for question in self.questions:
            if question.name == name:
                return question
        raise UnknownThing(f"question '{name}'", nearest(name, [question.name for question in self.questions]))


def pasteable(select: str, bindings: Mapping[str, Term]) -> str:
    """A question with its bindings as a VALUES block: the same rows from any SPARQL editor."""
    if not bindings:
        return select
    names = " ".join(f"?{name}" for name in bindings)
    values = " ".join(str(term) for term in bindings.values())
    # Every group that uses a parameter must see it, sub-selects included.
    block = f"VALUES ({names}) {{ ({values}) }}"
    return re.sub(
        r"(SELECT\b[^{]*?\bWHERE\s*\{)",
        lambda match: f"{match[1]} {block}" if _uses(match[1], bindings) else match[1],
        select,
    )


def _uses(head: str, bindings: Mapping[str, Term]) -> bool:
    return any(re.search(rf"\?{name}\b", head) for name in bindings)


def _questions(engine: Engine) -> tuple[Question, ...]:
    found: dict[str, tuple[dict[str, Any], list[Parameter]]] = {}
    for row in engine.select(_QUESTIONS):
        _, parameters = found.setdefault(row["question"], (row, []))
        if row["name"] is not None:
            parameters.append(Parameter(row["name"], row["type"], row["description"], row["example"], row["required"]))
    return tuple(
        Question(
            iri.removeprefix(BASE + "question/"),
            row["label"],
            row["comment"],
            row["group"],
            row["select"],
            tuple(parameters),
        )
        for iri, (row, parameters) in found.items()
    )


def _collections(engine: Engine) -> dict[str, CollectionQuery]:
    found: dict[str, tuple[str, dict[str, str]]] = {}
    for row in engine.select(_COLLECTIONS):
        _, filters = found.setdefault(row["query"].removeprefix(BASE + "collection-query/"), (row["select"], {}))
        if row["name"] is not None:
            filters[row["name"]] = row["pattern"]
    return {name: CollectionQuery(select, filters) for name, (select, filters) in found.items()}
