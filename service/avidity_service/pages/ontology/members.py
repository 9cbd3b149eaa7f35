"""What a release has of each term: members of classes, uses of properties, the vocabulary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from avidity_service.context import Context
from avidity_service.iris import AV, BASE, GRAPH, OWL, RDFS
from avidity_service.pages.ontology.graph import Piece

_MEMBERS = f"""SELECT ?class (COUNT(DISTINCT ?member) AS ?count) (MIN(STR(?member)) AS ?first) WHERE {{
  GRAPH <{GRAPH}ontology> {{ ?class a <{OWL}Class> }} ?member a ?class
}} GROUP BY ?class"""
_USES = f"""SELECT ?property (COUNT(*) AS ?count) WHERE {{
  GRAPH <{GRAPH}ontology> {{
    VALUES ?kind {{ <{OWL}ObjectProperty> <{OWL}DatatypeProperty> }} ?property a ?kind
  }}
  ?subject ?property ?value
}} GROUP BY ?property"""
_VOCABULARY = f"SELECT DISTINCT ?thing WHERE {{ GRAPH <{GRAPH}vocabulary> {{ ?thing a ?class }} }}"
_LIST = f"""PREFIX av: <{AV}>
PREFIX rdfs: <{RDFS}>
SELECT DISTINCT ?thing ?label WHERE {{
  ?thing %s .
  OPTIONAL {{ ?thing rdfs:label ?label }}
}} ORDER BY ?thing"""
_OF_CLASS, _OF_PROPERTY = "a %s", "%s ?value"


@dataclass(frozen=True, slots=True)
class Members:
    """How many, the query that lists them, and one of them as an example; None if it has no page."""

    count: int
    href: str
    example: Piece | None


def read_members(context: Context) -> dict[str, Members]:
    """Members and uses in this release by the IRI of the class or property."""
    found = {}
    for row in context.engine.select(_MEMBERS):
        found[row["class"]] = Members(row["count"], _listing(row["class"], _OF_CLASS), _page(context, row["first"]))
    for row in context.engine.select(_USES):
        found[row["property"]] = Members(row["count"], _listing(row["property"], _OF_PROPERTY), None)
    return found


def read_vocabulary(context: Context) -> dict[str, list[Piece]]:
    """The controlled things that have a page, by the IRI of the class whose collection they are in, by label."""
    found: dict[str, list[Piece]] = {}
    for row in context.engine.select(_VOCABULARY):
        page = _page(context, row["thing"])
        if page is not None:
            kind = row["thing"].removeprefix(BASE).partition("/")[0]
            found.setdefault(context.things.classes[kind], []).append(page)
    return {iri: sorted(pages, key=lambda page: page.text.casefold()) for iri, pages in found.items()}


def run(query: str) -> str:
    """The address that answers a query."""
    return "/sparql?" + urlencode({"query": query, "format": "json"})


_PLAIN = re.compile(re.escape(AV) + r"([A-Za-z0-9]+)")
# Quoting takes longer than all else, and for hundreds of terms only the name differs.
_ADDRESSES = {pattern: run(_LIST % pattern % "av:NAME").split("NAME") for pattern in (_OF_CLASS, _OF_PROPERTY)}


def _listing(iri: str, pattern: str) -> str:
    """The address that lists members or uses."""
    plain = _PLAIN.fullmatch(iri)
    return plain[1].join(_ADDRESSES[pattern]) if plain else run(_LIST % pattern % f"<{iri}>")


def _page(context: Context, iri: str | None) -> Piece | None:
    path = (iri or "").removeprefix(BASE)
    if not iri or path == iri or path.partition("/")[0] not in context.things.classes:
        return None
    return Piece(context.names.label(iri), "/" + quote(path, safe="/-._~"))
