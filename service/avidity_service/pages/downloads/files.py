"""What the files of a release are for, and under which licence they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from avidity_service.about import LICENCE, About, Licence
from avidity_service.pages.formats import file_type

# By the whole name, else by the folder.
_FOR = {
    "dataset.nq.gz": "The whole graph as N-Quads, a named graph for each study: for a SPARQL store of your own.",
    "void.ttl": "What is in the graph: classes, properties and how many of each (VoID).",
    "search.jsonl": "What can be searched: a line for each thing, question and sentence.",
    "source/review.txt": "The review's text as it was received, byte for byte; start and end count its characters.",
    "ontology/avidity.ttl": "The ontology as Turtle.",
    "ontology/avidity.owl": "The ontology as RDF/XML, which Protégé and OWL API open.",
    "ontology/avidity.ofn": "The ontology in OWL functional syntax.",
    "ontology/avidity.omn": "The ontology in Manchester syntax, the easiest to read.",
    "ontology": "The ontology.",
    "reports/coverage.json": "For each sentence and cell of the review, the facts that cite it, or why none does.",
    "reports/checks.json": "The checks that this release passed.",
    "reports/discrepancies.json": "The contradictions and gaps, with what is shown.",
    "reports/source.json": "What of the source was read, and what its file lacks.",
    "reports": "A report of the build.",
}
_QUOTED = ("dataset.nq.gz", "search.jsonl")  # curated data that hold the review's words


@dataclass(frozen=True, slots=True)
class File:
    """A file of the release: size in bytes, SHA-256 in hex, what it is for (empty if nobody has said)."""

    name: str
    bytes: int
    sha256: str
    media_type: str
    purpose: str
    licences: tuple[Licence, ...]

    @property
    def size(self) -> str:
        """The size as people read it."""
        if self.bytes < 1000:
            return f"{self.bytes} B"
        return f"{self.bytes / 1e3:.0f} KB" if self.bytes < 1e6 else f"{self.bytes / 1e6:.1f} MB"


def files_of(manifest: Mapping[str, Any], about: About) -> list[File]:
    """The files that a manifest names, in its order."""
    return [_file(name, stated, about) for name, stated in manifest["files"].items()]


def _file(name: str, stated: Mapping[str, Any], about: About) -> File:
    folder = name.partition("/")[0]
    purpose = _FOR.get(name, _FOR.get(folder, ""))
    words = (Licence(about.licence_name, about.licence),) if about.licence else ()
    licences = words if folder == "source" else (LICENCE, *(words if name in _QUOTED else ()))
    return File(name, stated["bytes"], stated["sha256"], file_type(name), purpose, licences)
