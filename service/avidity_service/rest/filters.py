"""The filters that collections share: from words in a request to terms in a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

from avidity_service.engine import Term
from avidity_service.errors import Unfitting, UnknownValue
from avidity_service.iris import AV, XSD
from avidity_service.names import Names, nearest, nodes

PAGING = ("limit", "offset", "format", "sort")
FILTERS = ("agent", "mechanism", "alteration", "gene", "histology", "study", "design", "measure", "grade_min",
           "basis", "match", "combination")  # fmt: skip
_TIERS = ("exact", "pooled", "mixed")
MOST = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a collection: the terms of each filter, how regimens are matched, and the page."""

    terms: dict[str, list[Term]] = field(default_factory=dict)
    combination: str | None = None
    basis: str = "stated"
    limit: int = 100
    offset: int = 0
    sort: tuple[str, ...] = ()

    @property
    def alterations(self) -> list[Term]:
        """The alterations asked for."""
        return self.terms.get("alteration", [])


def read_filters(
    arguments: Mapping[str, Sequence[str]], allowed: Iterable[str], names: Names, columns: Sequence[str] = ()
) -> Asked:
    """What a request asks for; `columns` are those that it may sort by.

    Raises:
        UnknownValue: for a parameter or value that is not allowed, with those that are.
        Unfitting: for parameters that do not go together.
    """
    allowed = [*allowed, *PAGING]
    for name in arguments:
        if name not in allowed:
            raise UnknownValue(name, None, allowed, nearest(name, allowed))
    terms: dict[str, list[Term]] = {}
    for name in ("agent", "mechanism", "histology", "study", "measure"):
        _add(terms, name, [iri for value in arguments.get(name, ()) for iri in names.resolve(name, value)])
    _add(terms, "alteration", _alterations(arguments, names))
    designs = [term for value in arguments.get("design", ()) for term in names.resolve_design(value)]
    if designs:
        terms["design"] = designs
    _literals(terms, arguments)
    basis = _choice("basis", _one(arguments, "basis") or "stated", ("stated", "derived", "any"))
    return Asked(terms, _combination(arguments), basis, *_page(arguments), _sort(arguments, columns))


def _add(terms: dict[str, list[Term]], name: str, iris: list[str]) -> None:
    if iris:
        terms[name] = nodes(list(dict.fromkeys(iris)))


def _alterations(arguments: Mapping[str, Sequence[str]], names: Names) -> list[str]:
    found = [iri for value in arguments.get("alteration", ()) for iri in names.resolve("alteration", value)]
    for value in arguments.get("gene", ()):
        for gene in names.resolve("gene", value):
            alterations = names.by_gene.get(gene)
            if not alterations:
                raise UnknownValue("gene", value, sorted(key.rsplit("/", 1)[-1] for key in names.by_gene))
            found += alterations
    return found


def _literals(terms: dict[str, list[Term]], arguments: Mapping[str, Sequence[str]]) -> None:
    grade = _one(arguments, "grade_min")
    if grade is not None:
        if grade not in ("1", "2", "3", "4", "5"):
            raise UnknownValue("grade_min", grade, ["1", "2", "3", "4", "5"])
        terms["grade_min"] = [ox.Literal(grade, datatype=ox.NamedNode(XSD + "integer"))]
    tiers = [_choice("match", value, (*_TIERS, "any")) for value in arguments.get("match", ())]
    if tiers and "any" not in tiers:
        if "alteration" not in terms:
            raise Unfitting("match", "A tier is about a genotype: name one.", ["alteration", "gene"])
        terms["match"] = [ox.Literal(tier) for tier in tiers]


def _combination(arguments: Mapping[str, Sequence[str]]) -> str | None:
    value = _one(arguments, "combination")
    if value is None:
        return None
    if not arguments.get("agent"):
        raise Unfitting("combination", "A combination is one of agents: name them.", ["agent"])
    return _choice("combination", value, ("contains", "exact"))


def _page(arguments: Mapping[str, Sequence[str]]) -> tuple[int, int]:
    numbers = []
    for name, default, low, high in (("limit", 100, 1, MOST), ("offset", 0, 0, 10**9)):
        value = _one(arguments, name)
        if value is not None and not (value.isdigit() and low <= int(value) <= high):
            raise UnknownValue(name, value, [f"{low} to {high}"])
        numbers.append(default if value is None else int(value))
    return numbers[0], numbers[1]


def _sort(arguments: Mapping[str, Sequence[str]], columns: Sequence[str]) -> tuple[str, ...]:
    for value in arguments.get("sort", ()):
        if value.removeprefix("-") not in columns:
            allowed = [*columns, *("-" + column for column in columns)]
            raise UnknownValue("sort", value, allowed, nearest(value.removeprefix("-"), columns))
    return tuple(arguments.get("sort", ()))


def in_order(rows: list[Any], sort: Sequence[str]) -> list[Any]:
    """The rows by the columns of `sort`, the first deciding; equal ones as they are, those without a value last."""
    for column in reversed(sort):
        name = column.removeprefix("-")
        there = [row for row in rows if row.get(name) is not None]
        rest = [row for row in rows if row.get(name) is None]
        rows = [*sorted(there, key=lambda row: _rank(row[name]), reverse=column != name), *rest]
    return rows


def _rank(value: Any) -> tuple[bool, Any]:
    return (True, value.casefold()) if isinstance(value, str) else (False, value)


def _one(arguments: Mapping[str, Sequence[str]], name: str) -> str | None:
    values = arguments.get(name, ())
    if len(values) > 1:
        raise UnknownValue(name, ", ".join(values), [f"{name} may be given once"])
    return values[0] if values else None


def _choice(name: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise UnknownValue(name, value, list(allowed), nearest(value, allowed))
    return value


def class_term(local_name: str) -> list[Term]:
    """A class of our ontology as a filter's value."""
    return [ox.NamedNode(AV + local_name)]
