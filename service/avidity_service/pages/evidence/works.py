"""Where a study can be read outside: its identifiers as links, each with how well it was checked."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

Record = dict[str, Any]

# Scheme → what it is called, and the page that it leads to.
_PAGES = {
    "doi": ("DOI", "https://doi.org/"),
    "pmid": ("PubMed", "https://pubmed.ncbi.nlm.nih.gov/"),
    "pmcid": ("PubMed Central", "https://pmc.ncbi.nlm.nih.gov/articles/"),
    "nct": ("ClinicalTrials.gov", "https://clinicaltrials.gov/study/"),
}
_ORDER = ("doi", "pmid", "pmcid", "nct", "year")
_CHECKED = {
    "verified": "verified",
    "inferred": "inferred from its content",
    "unverified": "not verified",
}


def works(identifiers: list[Record]) -> list[Record]:
    """{name, value, href, status, checked, seen_at} for each identifier; `href` is None where no page is known."""
    found = []
    for record in identifiers:
        said = {name: str(values[0]) for name, values in record["properties"].items() if values}
        scheme, value = said.get("identifierScheme", ""), said.get("identifierValue", "")
        name, page = _PAGES.get(scheme, (scheme, None))
        status = said.get("verification", "unverified")
        found.append({
            "name": name, "value": value, "href": page + quote(value, safe="/()") if page else None, "status": status,
            "checked": _CHECKED.get(status, status), "seen_at": said.get("seenAt"), "scheme": scheme,
        })  # fmt: skip
    return sorted(found, key=lambda one: _ORDER.index(one["scheme"]) if one["scheme"] in _ORDER else len(_ORDER))
