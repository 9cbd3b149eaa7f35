"""OBO format 1.2 and 1.4, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import fastobo

from avidity_loaders.link.clauses import RelevantClauses
from avidity_loaders.link.prefixes import Prefixes
from avidity_loaders.link.terms import ONTOLOGY, Field, Said

_LINKS = {
    "is_a": ("term", Field.PARENT),
    "replaced_by": ("term", Field.REPLACED_BY),
    "consider": ("term", Field.CONSIDER),
    "alt_id": ("alt_id", Field.ALTERNATIVE),
}
_OBO = "http://purl.obolibrary.org/obo/"


def read_obo(stream: BinaryIO, prefixes: Prefixes) -> Iterator[Said]:
    """What the header and the term frames say.

    Raises:
        SyntaxError: with the line.
    """
    # One thread: it keeps one frame in memory, and a second one gains nothing.
    frames = fastobo.iter(RelevantClauses(stream), ordered=True, threads=1)
    for clause in frames.header():
        yield from _header(clause)
    for frame in frames:
        if isinstance(frame, fastobo.term.TermFrame):
            yield from _term(frame, prefixes)


def _header(clause: Any) -> Iterator[Said]:
    tag = clause.raw_tag()
    if tag == "ontology":
        name = clause.ontology
        iri = name if "://" in name else f"{_OBO}{name.removesuffix('.obo').removesuffix('.owl')}.owl"
        yield Said(ONTOLOGY, Field.IRI, iri)
    elif tag == "data-version":
        field = Field.VERSION_IRI if "://" in clause.version else Field.VERSION
        yield Said(ONTOLOGY, field, clause.version)
    elif tag == "import":
        yield Said(ONTOLOGY, Field.IMPORT, str(clause.reference))
    elif tag == "property_value":
        relation = str(clause.property_value.relation).rpartition(":")[2].rpartition("/")[2]
        value = clause.property_value.value
        if relation in ("license", "licence"):
            yield Said(ONTOLOGY, Field.LICENCE, str(value))
        elif relation in ("versionInfo", "owl#versionInfo"):
            yield Said(ONTOLOGY, Field.VERSION, str(value))


def _term(frame: Any, prefixes: Prefixes) -> Iterator[Said]:
    subject = prefixes.curie(str(frame.id))
    yield Said(subject, Field.CLASS)
    for clause in frame:
        tag = clause.raw_tag()
        if tag == "name":
            yield Said(subject, Field.LABEL, clause.name.strip())
        elif tag == "synonym":
            yield Said(subject, Field(clause.synonym.scope.lower()), clause.synonym.desc.strip())
        elif tag == "is_obsolete":
            if clause.obsolete:
                yield Said(subject, Field.OBSOLETE)
        elif tag == "intersection_of":
            if clause.typedef is None:
                yield Said(subject, Field.PARENT, prefixes.curie(str(clause.term)))
        elif tag in _LINKS:
            attribute, field = _LINKS[tag]
            yield Said(subject, field, prefixes.curie(str(getattr(clause, attribute))))
