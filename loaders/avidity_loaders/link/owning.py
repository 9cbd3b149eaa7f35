"""Which prefixes an ontology owns: only of those can it say that an id does not exist."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from avidity_loaders.errors import NothingToJudge, Problem
from avidity_loaders.link.examining import OntologyFile
from avidity_loaders.link.prefixes import Prefixes, prefix_of
from avidity_loaders.link.reading import Survey
from avidity_loaders.link.terms import Header

# …/obo/hp.owl is HP's, and so are …/obo/hp/hp-base.owl and …/obo/hp/releases/2026-01-01/hp.owl.
_OBO = re.compile(r"https?://purl\.obolibrary\.org/obo/([A-Za-z0-9_]+)")
_NCIT = re.compile(r"https?://ncicb\.nci\.nih\.gov/xml/owl/EVS/Thesaurus\.owl")
_LAST = re.compile(r"([A-Za-z0-9_]+)(?:\.[a-z]+)?[/#]?$")


def owned_prefixes(
    file: OntologyFile, found: Survey, prefixes: Prefixes, linked: Collection[str], named: Sequence[str] = ()
) -> tuple[str, ...]:
    """The prefixes to judge: those that the user names, or else the one that the ontology's own IRI tells.

    Raises:
        NothingToJudge: if we link to none of them, or the file declares no class of one, with what can be done.
    """
    asked = [prefixes.spelled(name.rstrip(":")) for name in named] or [prefixes.spelled(_own(found.header.iri or ""))]
    unknown = sorted(set(asked) - set(linked))
    if unknown:
        raise NothingToJudge(Problem(_why(found.header, unknown, bool(named)), file.path, cure=_cure(linked)))
    absent = sorted(set(asked) - {prefix_of(curie) for curie in found.classes})
    if absent:
        raise NothingToJudge(Problem(f"declares no class of {', '.join(absent)}", file.path))
    return tuple(sorted(set(asked)))


def _own(iri: str) -> str:
    if _NCIT.match(iri):
        return "NCIT"
    found = _OBO.match(iri) or _LAST.search(iri)
    return found[1] if found else ""


def _why(header: Header, unknown: list[str], named: bool) -> str:
    if named:
        return f"no link of ours has the prefix {', '.join(unknown)}"
    if header.iri is None:
        return "does not say which ontology it is (it has no ontology IRI)"
    return f"is the ontology <{header.iri}>, and no link of ours has its prefix ({unknown[0] or 'none'})"


def _cure(linked: Collection[str]) -> str:
    return f"If it is the whole of one that we link to, name its prefix: --prefix {'|'.join(sorted(linked))}"
