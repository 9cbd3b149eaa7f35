"""What can be searched: one document for each thing that has a name, and one for each sentence and cell of the source.

Written with the release as JSON lines, sorted, so that the same dataset gives the same bytes; the service makes an
index of them. Names and words come from the graph alone, so what `avidity link --add` adds is found too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyoxigraph as ox

from avidity_loaders.names import AV, RDF_TYPE, RDFS_LABEL, SKOS, split_iri

# Things that a reader looks for by name. Parts of other things (quantities, sides) are found by their whole.
_KINDS = (
    "agent", "alteration", "gene", "protein", "mechanism", "pathway", "process", "histology", "measure", "study",
    "regimen",
    "adverse-event-term", "radionuclide", "imaging-method", "stimulation", "study-design", "unit", "concept", "finding",
    "statement", "discrepancy", "open-question", "definition", "criterion", "case", "harm-rate", "question",
)  # fmt: skip
_MATCHES = tuple(SKOS + name for name in ("exactMatch", "closeMatch"))
_WORDS = (SKOS + "definition", AV + "proof", "http://www.w3.org/2000/01/rdf-schema#comment", AV + "objectWords")
Record = dict[str, Any]


def search_documents(quads: Iterable[ox.Quad], ledger: Iterable[Record], text: str) -> bytes:
    """JSON lines: iri, kind, label, names, ids, words; for the source also start, end, section and the facts it proves.

    `ledger` has a record for each sentence and cell: start, end, place, claims.
    """
    about: dict[str, list[tuple[str, Any]]] = {}
    for quad in quads:
        about.setdefault(str(getattr(quad.subject, "value", "")), []).append((quad.predicate.value, quad.object))
    documents = [_thing(iri, said, about) for iri, said in about.items() if _is_sought(iri, said)]
    documents += [_sentence(row, text) for row in ledger if row["how"] != "structure"]
    documents.sort(key=lambda document: (str(document["kind"]), str(document["iri"])))
    lines = (json.dumps(document, ensure_ascii=False, sort_keys=True) for document in documents)
    return ("\n".join(lines) + "\n").encode()


def _is_sought(iri: str, said: list[tuple[str, Any]]) -> bool:
    return split_iri(iri)[0] in _KINDS and any(name == RDF_TYPE for name, _ in said)


def _thing(iri: str, said: list[tuple[str, Any]], about: dict[str, list[tuple[str, Any]]]) -> Record:
    kind, slug = split_iri(iri)
    names = _texts(said, SKOS + "altLabel", SKOS + "hiddenLabel", AV + "symbol")
    ids = _texts(said, SKOS + "notation")
    for name, value in said:
        if name in _MATCHES:
            names += _texts(about.get(str(value.value), []), SKOS + "prefLabel", RDFS_LABEL, SKOS + "altLabel")
            ids += _texts(about.get(str(value.value), []), SKOS + "notation")
        if name == AV + "hasIdentifier":
            ids += _texts(about.get(str(value.value), []), AV + "identifierValue", RDFS_LABEL)
    label = next(iter(_texts(said, RDFS_LABEL)), slug)
    words = _texts(said, *_WORDS)
    return {
        "iri": iri, "kind": kind, "label": label, "names": sorted({*names} - {label}), "ids": sorted({*ids, slug}),
        "words": sorted({*words}),
    }  # fmt: skip


def _sentence(row: Record, text: str) -> Record:
    start, end = int(row["start"]), int(row["end"])
    return {
        "iri": f"source/{start}-{end}", "kind": "sentence", "label": text[start:end], "names": [], "ids": [],
        "words": [], "start": start, "end": end, "section": row["place"], "facts": list(row["claims"]),
    }  # fmt: skip


def _texts(said: list[tuple[str, Any]], *properties: str) -> list[str]:
    return sorted(value.value for name, value in said if name in properties and isinstance(value, ox.Literal))
