"""The release as schema.org Dataset, and as signposting links for machines that come to the home page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from avidity_service.about import LICENCE, About
from avidity_service.iris import BASE, PREFIXES
from avidity_service.pages.downloads.citing import PROJECT
from avidity_service.pages.downloads.files import File

_DATASET = BASE + "dataset"
_PROFILE = "https://bioschemas.org/profiles/Dataset/1.0-RELEASE"


def dataset(
    release: str, version: str, description: str, about: About, files: Sequence[File], host: str
) -> dict[str, Any]:
    """A schema.org Dataset (Bioschemas profile); `host` ends with a slash."""
    doi = f"https://doi.org/{about.doi}" if about.doi else None
    source = {"@type": "ScholarlyArticle", "name": about.title, "@id": doi, "identifier": doi, "license": about.licence,
              "author": [{"@type": "Person", "name": name} for name in about.authors]}  # fmt: skip
    return {
        "@context": {"@vocab": "https://schema.org/", "dct": PREFIXES["dcterms"]},
        "@type": "Dataset",
        "@id": _DATASET,
        "dct:conformsTo": {"@id": _PROFILE},
        "identifier": _DATASET,
        "name": f"Avidity: {about.title}, as a knowledge graph",
        "description": description,
        "url": host,
        "version": f"{version}+{release}" if version else release,
        "license": LICENCE.iri,
        "isAccessibleForFree": True,
        "creator": {"@type": "Organization", "name": PROJECT},
        "citation": " ".join(filter(None, (f"{about.citation}.", doi))),
        "isBasedOn": {name: value for name, value in source.items() if value},
        "distribution": [
            {
                "@type": "DataDownload", "name": file.name, "contentUrl": f"{host}downloads/{quote(file.name)}",
                "encodingFormat": file.media_type, "contentSize": f"{file.bytes} B", "sha256": file.sha256,
                "license": [licence.iri for licence in file.licences],
            }
            for file in files
        ],
    }  # fmt: skip


def signposts(files: Sequence[File]) -> str:
    """The value of the home page's Link header (https://signposting.org)."""
    links = [
        (_DATASET, {"rel": "cite-as"}),
        (LICENCE.iri, {"rel": "license"}),
        ("/.well-known/void", {"rel": "describedby", "type": "text/turtle"}),
        ("https://schema.org/Dataset", {"rel": "type"}),
        *((f"/downloads/{quote(file.name)}", {"rel": "item", "type": file.media_type}) for file in files),
    ]
    return ", ".join(
        f"<{where}>; " + "; ".join(f'{name}="{value}"' for name, value in said.items()) for where, said in links
    )
