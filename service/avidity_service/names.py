"""Names → things: slugs, labels, symbols, other names, CURIEs and IRIs all mean what a user expects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import pyoxigraph as ox

from avidity_service.engine import Engine, Term
from avidity_service.errors import UnknownValue
from avidity_service.iris import AV, BASE, PREFIXES

_HEAD = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("av", "rdfs", "skos"))
_NAMES = (
    _HEAD
    + """SELECT ?thing ?name ?rank WHERE {
  VALUES (?property ?rank) { (rdfs:label 1) (skos:altLabel 2) (skos:hiddenLabel 3) }
  ?thing ?property ?name . FILTER(STRSTARTS(STR(?thing), "https://w3id.org/avidity/"))
}"""
)
_LINKS = (
    _HEAD
    + """SELECT ?thing ?curie ?target ?predicate WHERE {
  VALUES (?predicate ?rank) { (skos:exactMatch 1) (skos:closeMatch 2) }
  ?thing ?predicate ?target . ?target skos:notation ?curie
} ORDER BY ?rank ?thing"""
)
# Classes of outside ontologies (`avidity link --add`), with what is linked to a term below them.
_ABOVE = (
    _HEAD
    + """SELECT DISTINCT ?thing ?curie ?class WHERE {
  ?term rdfs:subClassOf+ ?class . ?class skos:notation ?curie . ?thing ?predicate ?term .
  FILTER(?predicate IN (skos:exactMatch, skos:closeMatch)) FILTER(STRSTARTS(STR(?thing), "https://w3id.org/avidity/"))
} ORDER BY ?curie ?thing"""
)
_GENES = _HEAD + "SELECT ?alteration ?gene WHERE { ?alteration av:affectsGene ?gene }"
_BROADER = _HEAD + "SELECT ?alteration ?broader WHERE { ?alteration av:withinAlteration ?broader }"
# Kinds whose things can be asked for by name.
KINDS = ("agent", "alteration", "mechanism", "study", "measure", "histology", "gene", "cohort", "regimen",
         "adverse-event-term", "protein", "pathway", "process")  # fmt: skip
DESIGNS = {
    "prospective-trial": "ProspectiveTrial",
    "retrospective-study": "RetrospectiveStudy",
    "case-report": "CaseReport",
    "case-series": "CaseSeries",
    "diagnostic-study": "DiagnosticStudy",
}


def nearest(word: str, names: Iterable[str], most: int = 3) -> list[str]:
    """The names that resemble a word, the nearest first."""
    known = {key(name): name for name in names}
    return [known[match] for match in get_close_matches(key(word), known, n=most, cutoff=0.6)]


def key(name: str) -> str:
    """A name as it is compared: lower case, every run of other signs one space."""
    return " ".join(re.sub(r"[\s_\-–—:/,.]+", " ", name.casefold()).split())


class Names:
    """The names of one release. A CURIE means the thing that it is an exact (or else close) match of."""

    def __init__(self, engine: Engine) -> None:
        self.slugs: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        self.index: dict[tuple[str, str], list[str]] = {}
        self.labels: dict[str, str] = {}
        self.shown: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
        self._read_names(engine)
        self._read_links(engine)
        self._read_classes(engine)
        self._read_genes(engine)

    def resolve(self, kind: str, value: str, parameter: str | None = None) -> list[str]:
        """The IRIs that a value of a parameter means; a gene asked for as an alteration means all its alterations.

        Raises:
            UnknownValue: with the nearest names and all slugs.
        """
        found = self._find(kind, value)
        if not found and kind == "alteration":
            found = [broadest for gene in self._find("gene", value) for broadest in self.by_gene.get(gene, [])]
        if found:
            return found
        raise UnknownValue(parameter or kind, value, sorted(self.slugs[kind]), self._near(kind, value))

    def resolve_design(self, value: str) -> list[Term]:
        """The class of a study design.

        Raises:
            UnknownValue: with the designs that there are.
        """
        for slug, class_ in DESIGNS.items():
            if key(value) in (key(slug), key(class_)):
                return [ox.NamedNode(AV + class_)]
        raise UnknownValue("design", value, list(DESIGNS), nearest(value, DESIGNS))

    def label(self, iri: str) -> str:
        """The label of a thing, or its IRI."""
        return self.labels.get(iri, iri)

    def _find(self, kind: str, value: str) -> list[str]:
        value = value.strip()
        if value in self.slugs.get(kind, {}):
            return [self.slugs[kind][value]]
        if value.startswith(f"{BASE}{kind}/") and value in self.slugs[kind].values():
            return [value]
        return self.index.get((kind, key(value.removeprefix(f"{kind}/").removeprefix(f"{kind}:"))), [])

    def _near(self, kind: str, value: str) -> list[str]:
        kinds = {kind, "gene"} if kind == "alteration" else {kind}
        if ":" in value and not value.startswith("http"):
            curies = [row["curie"] for row in self.links if row["thing"].removeprefix(BASE).partition("/")[0] in kinds]
            prefix = value.partition(":")[0].casefold()
            same = [curie for curie in curies if curie.casefold().startswith(prefix + ":")]
            # Numbers resemble each other without meaning anything; any of the same vocabulary shows what is known.
            return nearest(value, same or curies) or sorted(set(same))[:5]
        return nearest(value, [*self.slugs[kind], *self.shown[kind].values()])

    def _read_names(self, engine: Engine) -> None:
        ranked: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for row in engine.select(_NAMES):
            iri, name = row["thing"], row["name"]
            kind, _, slug = iri.removeprefix(BASE).partition("/")
            if row["rank"] == 1:
                self.labels[iri] = name
            if kind not in self.slugs:
                continue
            self.slugs[kind][slug] = iri
            if row["rank"] < 3:
                self.shown[kind][key(name)] = name
            ranked.setdefault((kind, key(name)), []).append((row["rank"], iri))
            ranked.setdefault((kind, key(slug)), []).append((0, iri))
        for place, found in ranked.items():
            best = min(rank for rank, _ in found)
            self.index[place] = sorted({iri for rank, iri in found if rank == best})

    def _read_links(self, engine: Engine) -> None:
        self.links: list[dict[str, Any]] = list(engine.select(_LINKS))
        for row in self.links:
            kind = row["thing"].removeprefix(BASE).partition("/")[0]
            for name in (row["curie"], row["target"]):
                self.index.setdefault((kind, key(name)), [row["thing"]])

    def _read_classes(self, engine: Engine) -> None:
        """An outside class means all things below it, unless a thing is linked to the class itself."""
        below: dict[tuple[str, str], list[str]] = {}
        for row in engine.select(_ABOVE):
            kind = row["thing"].removeprefix(BASE).partition("/")[0]
            for name in (row["curie"], row["class"]):
                below.setdefault((kind, key(name)), []).append(row["thing"])
        for place, things in below.items():
            self.index.setdefault(place, things)

    def _read_genes(self, engine: Engine) -> None:
        broader: dict[str, set[str]] = {}
        for row in engine.select(_BROADER):
            broader.setdefault(row["alteration"], set()).add(row["broader"])
        of_gene: dict[str, list[str]] = {}
        for row in engine.select(_GENES):
            of_gene.setdefault(row["gene"], []).append(row["alteration"])
        self.by_gene = {
            gene: sorted(a for a in alterations if not broader.get(a, set()) & set(alterations))
            for gene, alterations in of_gene.items()
        }


def nodes(iris: Sequence[str]) -> list[Term]:
    """IRIs as terms."""
    return [ox.NamedNode(iri) for iri in iris]
