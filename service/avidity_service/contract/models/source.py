"""Search and the source."""

from __future__ import annotations

from pydantic import Field

from avidity_service.contract.models.base import Model


class Span(Model):
    """A stretch of a text, in characters."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)


class Hit(Model):
    """A thing or a sentence that fits."""

    id: str
    iri: str | None = Field(description="Null for a sentence of the source.")
    kind: str
    label: str | None
    fit: int = Field(description="0: its name; 1: all words in its names; 2: some, or in what is said of it; 3: text.")
    snippet: str
    highlights: list[Span] = Field(description="Where the words stand in the snippet.")
    start: int | None = Field(description="Of a sentence: its place in the source.")
    end: int | None
    section: str | None
    facts: list[str] = Field(description="Of a sentence: the facts that cite it.")


class Suggestion(Model):
    """A name that starts so."""

    label: str
    kind: str
    iri: str


class PassageRecord(Model):
    """A passage that proves something."""

    id: str
    iri: str
    start: int
    end: int
    section: str
    facts: list[str]


class Section(Span):
    """A section, table or legend."""

    title: str
    text: str


class Source(Model):
    """The source's text."""

    characters: int
    coverage: dict[str, dict[str, int]] = Field(
        description="Sentences, cells, words, numbers: cited, listed, structure."
    )
    sections: list[Section]
    passages: list[PassageRecord]


class Fact(Model):
    """A fact that a passage proves."""

    iri: str
    id: str
    label: str


class PassageAndFacts(Span):
    """A passage with its words and facts."""

    id: str
    iri: str
    section: str
    quote: str
    facts: list[Fact]


class Place(Span):
    """Where words stand."""

    section: str
    facts: list[str]


class Verified(Model):
    """Whether words stand in the source."""

    verbatim: bool
    places: list[Place]
    nearest: str | None = Field(description="Where they do not: the words that resemble them most.")
