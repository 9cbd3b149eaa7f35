"""How to cite a release and its source: in words, as CITATION.cff and as BibTeX."""

from __future__ import annotations

import json
from dataclasses import dataclass

from avidity_service.about import LICENCE, About
from avidity_service.iris import BASE

PROJECT = "The Avidity project"
_MESSAGE = "Cite the release id with the software, and the review for its text."


@dataclass(frozen=True, slots=True)
class Cited:
    """The release and its source, as whoever cites them names them."""

    release: str
    version: str
    about: About

    @property
    def words(self) -> str:
        """One sentence for a reference list."""
        return f"{PROJECT}. Avidity, version {self.version}, release {self.release}. {BASE}dataset"


def cff(cited: Cited) -> str:
    """The citation as CFF 1.2.0; JSON strings are YAML strings, so that no name can break out of its line."""
    about, lines = cited.about, ["cff-version: 1.2.0"]
    lines += [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in (
        ("message", _MESSAGE), ("title", "Avidity"), ("type", "dataset"),
        ("version", f"{cited.version}+{cited.release}"),
        ("license", LICENCE.name), ("url", f"{BASE}dataset"),
    )]  # fmt: skip
    lines += ["authors:", f"  - name: {json.dumps(PROJECT)}", "references:", "  - type: article"]
    lines += [f"    title: {json.dumps(about.title, ensure_ascii=False)}", "    authors:"]
    lines += [f"      - name: {json.dumps(name, ensure_ascii=False)}" for name in about.authors or (about.title,)]
    lines += [f"    year: {about.year}"] if about.year else []
    lines += [f"    doi: {json.dumps(about.doi)}"] if about.doi else []
    return "\n".join([*lines, f"    notes: {json.dumps(about.citation, ensure_ascii=False)}"]) + "\n"


def bibtex(cited: Cited) -> str:
    """The release as BibTeX."""
    fields = {
        "title": f"Avidity, release {cited.release}", "author": f"{{{PROJECT}}}", "version": cited.version,
        "url": f"{BASE}dataset", "note": f"Curated from: {cited.about.citation}",
    }  # fmt: skip
    body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{avidity-{cited.release},\n{body}\n}}\n"
