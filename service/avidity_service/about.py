"""What the served data are about: the source with its citation and licence, and what it lacks, as the graph says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from avidity_service.rest.things import Things


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence: its SPDX name and its address."""

    name: str
    iri: str


# Of the curated data and the code; the source's words have the licence that the graph gives.
LICENCE = Licence("Apache-2.0", "https://www.apache.org/licenses/LICENSE-2.0")
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/(\d\.\d)")


@dataclass(frozen=True, slots=True)
class About:
    """The source; `citation` without the DOI, `authors` in the order of the citation, empty where nothing is said."""

    title: str
    citation: str
    authors: tuple[str, ...]
    doi: str
    licence: str
    year: str
    lacks: tuple[str, ...]

    @property
    def licence_name(self) -> str:
        """The licence as people write it (CC BY 4.0), or its address."""
        found = _CREATIVE_COMMONS.match(self.licence)
        return f"CC {found[1].upper()} {found[2]}" if found else self.licence


def read_about(things: Things) -> About:
    """What the graph says of its source document; of several, the first by IRI; nothing, if it knows of none."""
    sources = things.members("source") if "source" in things.classes else []
    said: dict[str, list[Any]] = things.record(sources[0])["properties"] if sources else {}
    title = _first(said, "title")
    whole = _first(said, "bibliographicCitation")
    doi = next((one[4:] for one in said.get("identifier", []) if one.startswith("doi:")), "")
    names, found, _ = whole.partition(f". {title}")
    year = re.search(r"\b(\d{4});", whole)
    licence = next((one["iri"] for one in said.get("license", []) if isinstance(one, dict)), "")
    return About(
        title, re.sub(r"[\s.]*doi:\S+$", "", whole), tuple(names.split(", ")) if found else (), doi, licence,
        year[1] if year else "", tuple(said.get("missingPart", ())),
    )  # fmt: skip


def _first(said: dict[str, list[Any]], name: str) -> str:
    return str(next(iter(said.get(name, ())), ""))
