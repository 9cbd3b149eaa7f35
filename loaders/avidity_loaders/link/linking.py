"""`avidity link`: a copy of an ontology and our links → a report, and what can be added to a release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from avidity_loaders.assembling import Say, quietly
from avidity_loaders.link.examining import MOST_BYTES, OntologyFile, examine
from avidity_loaders.link.judging import FAULTS, Judged, judge, wanted
from avidity_loaders.link.links import Links, read_links
from avidity_loaders.link.owning import owned_prefixes
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.reading import gather, survey
from avidity_loaders.link.terms import Header, Term


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What a file says to our links; `kept` are, by owned prefix, the linked terms and all above them."""

    file: OntologyFile
    header: Header
    classes: int
    owned: tuple[str, ...]
    links: Links
    judged: tuple[Judged, ...]
    kept: dict[str, tuple[Term, ...]]

    @property
    def not_judged(self) -> int:
        """How many links the file can say nothing of."""
        return len(self.links.links) - len(self.judged)

    @property
    def has_faults(self) -> bool:
        """Whether a link is obsolete, moved or missing."""
        return any(one.verdict in FAULTS for one in self.judged)


def link(
    ontology: Path, mappings: Path, named: Sequence[str] = (), most_bytes: int = MOST_BYTES, say: Say = quietly
) -> LinkReport:
    """Hold the links of a folder of mapping sets against a copy of an ontology.

    Raises:
        OntologyError: if the mapping sets do not fit.
        LinkError: if the copy is not safe to read, broken, or no ontology.
        NothingToJudge: if it owns no prefix that we link to.
    """
    links = read_links(mappings)
    prefixes = Prefixes(links.namespaces)
    file = examine(ontology, most_bytes)
    say(f"examined  {file.path.name}: {file.format}, SHA-256 {file.sha256}")
    found = survey(file, prefixes)
    owned = owned_prefixes(file, found, prefixes, links.prefixes, named)
    above = {
        prefix: found.with_ancestors(one.target for one in links.links if one.prefix == prefix) for prefix in owned
    }
    terms = gather(file, prefixes, wanted(links.links, found).union(*above.values()))
    return LinkReport(
        file, found.header, len(found.classes), owned, links,
        tuple(judge(links.links, found, terms, owned)),
        {prefix: tuple(terms[curie] for curie in sorted(curies)) for prefix, curies in above.items()},
    )  # fmt: skip
