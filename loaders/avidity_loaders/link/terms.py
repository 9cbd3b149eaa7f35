"""What an ontology says of a term, the same whatever the file's format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Field(StrEnum):
    """What a reader can say of a class, or (the last five) of the ontology itself."""

    CLASS = "class"
    LABEL = "label"
    OBSOLETE = "obsolete"
    REPLACED_BY = "replaced-by"
    CONSIDER = "consider"
    ALTERNATIVE = "alternative"
    PARENT = "parent"
    EXACT = "exact"
    BROAD = "broad"
    NARROW = "narrow"
    RELATED = "related"
    IRI = "iri"
    VERSION_IRI = "version-iri"
    VERSION = "version"
    LICENCE = "licence"
    IMPORT = "import"


SYNONYMS = (Field.EXACT, Field.BROAD, Field.NARROW, Field.RELATED)
ONTOLOGY = ""
"""The subject of what is said of the ontology itself."""


class Said(NamedTuple):
    """One thing that a file says: of the class with this CURIE, or of the ontology.

    Files say what belongs to one term in several places, in any order; so readers give these, and terms are put
    together after.
    """

    subject: str
    field: Field
    value: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Synonym:
    """Another name of a term; its scope is exact, broad, narrow or related."""

    text: str
    scope: str


@dataclass(frozen=True, slots=True)
class Term:
    """A class: ids are CURIEs where the prefix is known, else IRIs; every tuple is sorted, without repeats."""

    curie: str
    label: str | None = None
    obsolete: bool = False
    replaced_by: tuple[str, ...] = ()
    consider: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    parents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself; `imports` counts the ontologies that it names and that were not followed."""

    iri: str | None = None
    version_iri: str | None = None
    version: str | None = None
    licence: str | None = None
    imports: int = 0

    @property
    def edition(self) -> str:
        """The version in words, or that none is stated."""
        return self.version_iri or self.version or "no version stated"
