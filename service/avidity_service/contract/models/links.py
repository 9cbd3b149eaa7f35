"""Links to other vocabularies."""

from __future__ import annotations

from pydantic import Field

from avidity_service.contract.models.base import Model, Reference


class Target(Model):
    """A term of another vocabulary; all null where the link says that there is none."""

    curie: str | None
    iri: str | None
    label: str | None
    page: str | None = Field(description="Where a person can read about it.")


class Mapping(Model):
    """A link, as SSSOM has it."""

    id: str
    iri: str
    subject: Reference
    predicate: str = Field(description="skos:exactMatch to skos:relatedMatch.")
    object: Target
    vocabulary: str
    source: str
    vocabulary_version: str | None
    justification: str
    comment: str | None
    licence: str
    date: str
    set: str


class InUse(Model):
    """A term that the graph uses as it is."""

    label: str
    definition: str
    facts: int


class Below(Model):
    """A thing linked to a term below the one asked for."""

    thing: Reference
    by: str | None = Field(description="The term that it is linked to, as a CURIE.")
    term: str | None = Field(description="That term's label.")


class Resolved(Model):
    """What an outside id means here."""

    id: str | None
    iri: str
    page: str | None
    matches: list[Mapping]
    used_as_it_is: list[InUse]
    below: list[Below]
