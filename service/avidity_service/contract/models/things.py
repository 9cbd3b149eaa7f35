"""Things of every kind, with what the graph says of them by property."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from avidity_service.contract.models.base import Model, Reference, Value
from avidity_service.contract.models.finding import Finding


class OutsideTerm(Model):
    """A term of another vocabulary; only the IRI where no more is known."""

    iri: str
    label: str
    curie: str | None = None


Said = Value | Reference | OutsideTerm


class Part(Model):
    """A part of a study, or a side of a discrepancy, in short."""

    id: str
    kind: str
    iri: str
    label: str
    quote: Value
    properties: dict[str, list[Value]]


class Thing(Model):
    """A thing: what the graph says of it, by property."""

    id: str
    kind: str
    iri: str
    label: str
    types: list[str] = Field(description="Classes, stated and inferred.")
    properties: dict[str, list[Said]]
    sides: list[Part] = Field([], description="Of a discrepancy: what each side says.")


class StudyThing(Thing):
    """A study with its parts, by heading."""

    parts: dict[str, list[Part]]


class FindingThing(Finding):
    """A finding with what the graph says of it."""

    kind: str
    types: list[str]
    properties: dict[str, list[Said]]


class Release(Model):
    """The manifest of the release."""

    release: str
    model_config = ConfigDict(extra="allow")
