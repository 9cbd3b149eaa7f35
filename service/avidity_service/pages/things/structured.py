"""A thing as schema.org, and as signposting links; no word that the graph does not say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from avidity_service.pages.formats import SUFFIXES

Record = Mapping[str, Any]
_SCHEMA = "https://schema.org/"
# By kind; everything else is a term of ours.
_TYPES = {
    "agent": "Drug",
    "gene": "Gene",
    "protein": "Protein",
    "study": "MedicalStudy",
    "histology": "MedicalCondition",
    "source": "ScholarlyArticle",
    "passage": "Quotation",
    "statement": "Claim",
    "regimen": "DrugStrength",
    "discrepancy": "Claim",
    "adverse-event-term": "MedicalSignOrSymptom",
}
_SAME = "exactMatch"


def structured(record: Record, quotes: Sequence[Record], host: str) -> dict[str, Any]:
    """A schema.org description of a record of `Things.record`; `host` ends with a slash."""
    said = record["properties"]
    kind = _TYPES.get(record["kind"], "DefinedTerm")
    found: dict[str, Any] = {
        "@context": {"@vocab": _SCHEMA},
        "@type": kind,
        "@id": record["iri"],
        "identifier": record["iri"],
        "name": record["label"],
        "url": f"{host}{record['kind']}/{record['id']}",
        "description": next(iter(said.get("definition", ())), None),
        "alternateName": said.get("altLabel"),
        "sameAs": sorted(one["iri"] for one in said.get(_SAME, ()) if isinstance(one, dict)),
    }
    if kind == "DefinedTerm":
        found["inDefinedTermSet"] = {"@id": "https://w3id.org/avidity/ontology"}
    if kind in ("Quotation", "Claim") and quotes:
        found["text"] = " […] ".join(one["quote"] for one in quotes)
    return {name: value for name, value in found.items() if value}


def signposts(record: Record) -> str:
    """The value of the Link header of a thing's page (https://signposting.org)."""
    path = f"/{record['kind']}/{record['id']}"
    links = [(record["iri"], 'rel="cite-as"'), (_SCHEMA + _TYPES.get(record["kind"], "DefinedTerm"), 'rel="type"')]
    for suffix, media_type in SUFFIXES.items():
        if suffix != "html":
            links.append((f"{path}.{suffix}", f'rel="describedby"; type="{media_type}"'))
    return ", ".join(f"<{where}>; {said}" for where, said in links)
