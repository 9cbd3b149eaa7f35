"""Links to other vocabularies: mappings as records, and what an external id means here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import pyoxigraph as ox

from avidity_service.catalogue import Catalogue
from avidity_service.engine import Engine, Term, short
from avidity_service.errors import UnknownThing
from avidity_service.iris import AV, BASE, PREFIXES, RDFS, SKOS
from avidity_service.names import nearest

Record = dict[str, Any]
# From "the same" to "has to do with"; answers are given in this order.
PREDICATES = ("skos:exactMatch", "skos:closeMatch", "skos:narrowMatch", "skos:broadMatch", "skos:relatedMatch")
_VOCABULARIES = f"""PREFIX av: <{AV}> PREFIX rdfs: <{RDFS}>
SELECT ?prefix ?iri ?name ?licence ?page ?registry WHERE {{
  ?vocabulary a av:ExternalVocabulary ; av:curiePrefix ?prefix ; av:iriPrefix ?iri ; rdfs:label ?name ;
    av:licenceNote ?licence ; av:pageTemplate ?page . OPTIONAL {{ ?vocabulary rdfs:seeAlso ?entry }}
  BIND(COALESCE(?entry, ?vocabulary) AS ?registry) }} ORDER BY ?prefix"""
# Terms of other vocabularies that the graph uses as they are: the evidence types.
_ITSELF = f"""PREFIX av: <{AV}> PREFIX rdfs: <{RDFS}> PREFIX skos: <{SKOS}>
SELECT ?label ?definition ?facts WHERE {{
  ?asked a av:EvidenceType ; rdfs:label ?label ; skos:definition ?definition .
  {{ SELECT (COUNT(?fact) AS ?facts) WHERE {{ ?fact av:evidenceCode ?asked }} }}
}}"""
# Things below a class of an ontology that `avidity link --add` put into the release.
_BELOW = f"""PREFIX rdfs: <{RDFS}> PREFIX skos: <{SKOS}>
SELECT DISTINCT ?thing ?label ?curie ?term WHERE {{
  ?class rdfs:subClassOf+ ?asked ; skos:notation ?curie ; rdfs:label ?term .
  ?thing ?predicate ?class ; rdfs:label ?label .
  FILTER(?predicate IN (skos:exactMatch, skos:closeMatch, skos:broadMatch)) FILTER(STRSTARTS(STR(?thing), "{BASE}"))
}} ORDER BY ?thing ?curie"""


class Links:
    """The mappings and vocabularies of one release."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self.engine = engine
        self.query = catalogue.collections["mappings"]
        self.vocabularies: list[Record] = list(engine.select(_VOCABULARIES))
        self._by_prefix = {row["prefix"].casefold(): row for row in self.vocabularies}

    @cached_property
    def total(self) -> int:
        """How many mappings there are."""
        return len(self.find({})[0])

    def find(self, terms: Mapping[str, Sequence[Term]]) -> tuple[list[Record], str]:
        """The mappings that fit, and the query that found them."""
        query = self.query.text(terms)
        return [self._record(row) for row in self.engine.select(query)], query

    def resolve(self, asked: str) -> Record:
        """What an external id - CURIE in any case, IRI, or the address of its page - means here.

        Raises:
            UnknownThing: if nothing here is linked to it; with ids that resemble it.
        """
        iri = self.expand(asked)
        if iri is None:
            raise UnknownThing(f"id '{asked}' in the mappings", self._near(asked))
        rows, _ = self.find({"object": [ox.NamedNode(iri)]})
        below = self._below(iri)
        itself = [dict(row) for row in self.engine.select(_ITSELF.replace("?asked", f"<{iri}>"))]
        if not (rows or below or itself):
            raise UnknownThing(f"id '{asked}' in the mappings", self._near(asked))
        rows.sort(key=lambda row: (PREDICATES.index(row["predicate"]), row["subject"]["iri"]))
        curie = self.compress(iri)
        page = self.page(curie) if curie else None
        return {"id": curie, "iri": iri, "page": page, "matches": rows, "used_as_it_is": itself, "below": below}

    def expand(self, asked: str) -> str | None:
        """The IRI that a CURIE, an IRI or a page's address stands for; None if it is of no vocabulary that we know."""
        asked = asked.strip()
        if "://" in asked:
            return self._from_address(asked)
        prefix, _, local_id = asked.partition(":")
        row = self._by_prefix.get(prefix.casefold())
        known = {"av": AV, "avidity": BASE}
        base = row["iri"] if row else known.get(prefix.casefold())
        return self._iri(base, local_id) if base and local_id else None

    def compress(self, iri: str) -> str | None:
        """The CURIE of an IRI; None if it is of no vocabulary that we know."""
        fitting = [row for row in self.vocabularies if iri.startswith(row["iri"])]
        if not fitting:
            return None
        best = max(fitting, key=lambda row: len(row["iri"]))
        return f"{best['prefix']}:{iri.removeprefix(best['iri'])}"

    def page(self, curie: str) -> str | None:
        """The address where a person reads the term."""
        prefix, _, local_id = curie.partition(":")
        row = self._by_prefix.get(prefix.casefold())
        return row["page"].replace("{id}", local_id) if row else None

    def _iri(self, base: str, local_id: str) -> str | None:
        try:
            return ox.NamedNode(base + local_id).value
        except ValueError:  # not an IRI: a blank, a bracket
            return None

    def _from_address(self, asked: str) -> str | None:
        bare = asked.partition("://")[2]
        for row in self.vocabularies:
            head, _, tail = row["page"].partition("{id}")
            for start, end in ((row["iri"], ""), (head, tail)):
                rest = bare.removeprefix(start.partition("://")[2])
                if rest != bare and rest.endswith(end):
                    return self._iri(row["iri"], rest.removesuffix(end))
        # The resolvers' form: https://bioregistry.io/ncit:C66939, https://identifiers.org/hgnc:1097.
        host, _, path = bare.partition("/")
        if host in ("bioregistry.io", "identifiers.org", "n2t.net"):
            return self.expand(path.strip("/"))
        return self._iri("", asked)

    def _below(self, iri: str) -> list[Record]:
        query = _BELOW.replace("?asked", f"{ox.NamedNode(iri)}")
        return [
            {"thing": {"id": short(row["thing"]).partition("/")[2], "kind": short(row["thing"]).partition("/")[0],
                       "iri": row["thing"], "label": row["label"]}, "by": row["curie"], "term": row["term"]}
            for row in self.engine.select(query)
        ]  # fmt: skip

    def _near(self, asked: str) -> list[str]:
        curies = sorted({row["object"]["curie"] for row in self.find({})[0] if row["object"]["curie"]})
        same = [curie for curie in curies if curie.casefold().startswith(asked.partition(":")[0].casefold() + ":")]
        return nearest(asked, same or curies) or same[:5]

    def _record(self, row: Mapping[str, Any]) -> Record:
        kind, _, slug = short(row["subject"]).partition("/")
        if row["subject"].startswith(AV):
            kind, slug = "term", row["subject"].removeprefix(AV)
        curie = row["object_id"]
        return {
            "id": short(row["mapping"]).partition("/")[2],
            "iri": row["mapping"],
            "subject": {"id": slug, "kind": kind, "iri": row["subject"], "label": row["subject_label"]},
            "predicate": "skos:" + row["predicate"].removeprefix(PREFIXES["skos"]),
            "object": {"curie": curie, "iri": row["object"] if curie else None, "label": row["object_label"],
                       "page": self.page(curie) if curie else None},
            "vocabulary": row["source"].rsplit("/", 1)[-1],
            "source": row["source"],
            "vocabulary_version": row["version"],
            "justification": "semapv:" + row["justification"].rsplit("/", 1)[-1],
            "comment": row["comment"],
            "licence": row["licence"],
            "date": row["date"],
            "set": row["set"],
        }  # fmt: skip


def sssom(records: Iterable[Record], links: Links, release: str, set_id: str | None = None) -> str:
    """The mappings as one SSSOM/TSV file: the header that the standard asks for, and a row each."""
    rows = list(records)
    prefixes = {row["prefix"]: row["iri"] for row in links.vocabularies}
    head = {
        "sssom_version": '"1.1"', "mapping_set_id": set_id or f"{BASE}mappings/{release}",
        "mapping_set_title": '"Avidity to other vocabularies"', "mapping_set_version": f'"{release}"',
        "license": "https://creativecommons.org/publicdomain/zero/1.0/", "subject_source": "avidity:ontology",
    }  # fmt: skip
    own = {"av": AV, "avidity": BASE, "bioregistry": "https://bioregistry.io/registry/", "skos": SKOS,
           "semapv": "https://w3id.org/semapv/vocab/", "sssom": "https://w3id.org/sssom/"}  # fmt: skip
    lines = [f"#{name}: {value}" for name, value in head.items()]
    lines += ["#curie_map:", *(f"#  {name}: {iri}" for name, iri in {**own, **prefixes}.items())]
    lines.append("\t".join(("record_id", *_SSSOM)))
    lines += ["\t".join((_own_curie(row["iri"]), *_cells(row))) for row in rows]
    return "\n".join(lines) + "\n"


_SSSOM = ("subject_id", "subject_label", "predicate_id", "object_id", "object_label", "mapping_justification",
          "object_source", "object_source_version", "mapping_date", "comment")  # fmt: skip


def _own_curie(iri: str) -> str:
    return "av:" + iri.removeprefix(AV) if iri.startswith(AV) else "avidity:" + iri.removeprefix(BASE)


def _source(iri: str) -> str:
    registry = "https://bioregistry.io/registry/"
    return "bioregistry:" + iri.removeprefix(registry) if iri.startswith(registry) else _own_curie(iri)


def _cells(row: Record) -> tuple[str, ...]:
    return (
        _own_curie(row["subject"]["iri"]), row["subject"]["label"], row["predicate"],
        row["object"]["curie"] or "sssom:NoTermFound", row["object"]["label"] or "", row["justification"],
        _source(row["source"]), row["vocabulary_version"] or "", row["date"], row["comment"] or "",
    )  # fmt: skip
