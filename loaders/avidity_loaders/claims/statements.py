"""What the source says that is not a count of one cohort: statements, definitions, questions, cases, class-wide rates.

They stand in a study's file where the sentence speaks of that study, else in a topic's file (`seeds/claims/review/`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from avidity_loaders.claims.records import Count, Proven, Quantity, Record, Slug

Thing = Annotated[str, Field(pattern=r"^[a-z-]+/[a-z0-9-]+$", description="kind/slug, such as gene/tert")]
Reference = Annotated[int, Field(ge=1, strict=True)]
Kind = Literal[
    "association", "mechanism", "effect", "definition", "criticism", "recommendation", "practice", "epidemiology",
    "history", "observation", "comparison", "gap", "expectation", "conclusion", "preclinical",
]  # fmt: skip
Hedge = Literal["shows", "reports", "suggests", "may", "recommends"]


class Statement(Proven):
    """A claim of the source that is not a count.

    Its object is a thing of the vocabulary, or the source's own words where the vocabulary has no such thing.
    """

    slug: Slug
    kind: Kind
    subject: Thing
    relation: Slug
    object: Thing | None = None
    object_words: str | None = None
    condition: str | None = None
    about: list[Thing] = []
    polarity: Literal["positive", "negative"] = "positive"
    hedge: Hedge
    value: Quantity | None = None
    references: list[Reference] = []

    @model_validator(mode="after")
    def _says_something(self) -> Statement:
        if (self.object is None) == (self.object_words is None):
            raise ValueError("a statement needs either object (kind/slug) or object_words, not both")
        return self


class Criterion(Proven):
    """One criterion of a definition on its own, in the words of the source."""

    slug: Slug
    label: str
    as_stated: str
    threshold: Quantity | None = None
    criticism: str | None = None
    criticism_quotes: list[str] = []


class Definition(Proven):
    """Who proposed when radioiodine-refractory disease is to be assumed, or radioiodine to be stopped."""

    slug: Slug
    label: str
    authors: str
    year: Annotated[int, Field(ge=1900, le=2100, strict=True)] | None = None
    year_words: str | None = None
    year_formula: str | None = None
    says: str
    references: list[Reference] = []
    criteria: Annotated[list[Criterion], Field(min_length=1)]

    @model_validator(mode="after")
    def _year_explained(self) -> Definition:
        if (self.year_words is not None) != (self.year_formula is not None):
            raise ValueError("year_words (such as 'Ten years ago') goes with year_formula (such as '2024 - 10')")
        return self


class OpenQuestion(Proven):
    """What the source says is still to be done or not known."""

    slug: Slug
    label: str
    as_stated: str
    about: list[Thing] = []
    references: list[Reference] = []


class HarmRate(Proven):
    """A rate of harm that the source gives for a class of agents and not for a cohort."""

    slug: Slug
    label: str
    measure: Slug
    mechanisms: Annotated[list[Slug], Field(min_length=1)]
    agents: list[Slug] = []
    percentage: Quantity | None = None
    fraction: str | None = None
    references: list[Reference] = []

    @model_validator(mode="after")
    def _has_a_rate(self) -> HarmRate:
        if (self.percentage is None) == (self.fraction is None):
            raise ValueError("a rate needs either a percentage or a fraction in words")
        return self


class CaseEvent(Proven):
    """One thing that happened to the patient, in the order of the legend: a treatment, a scan, a biopsy."""

    slug: Slug
    label: str
    what: Literal["finding", "treatment", "imaging", "biopsy", "laboratory"]
    when: str | None = None
    agent: Slug | None = None
    dose: Quantity | None = None
    frequency: Literal["once daily", "twice daily"] | None = None
    activity: Quantity | None = None
    time: Quantity | None = None
    marker: str | None = None
    marker_from: Quantity | None = None
    marker_to: Quantity | None = None
    as_stated: str


class PatientCase(Proven):
    """The patient of a figure."""

    slug: Slug
    label: str
    figure: Annotated[int, Field(ge=1, strict=True)]
    sex: Literal["male", "female"]
    age: Annotated[int, Field(ge=0, le=120, strict=True)]
    histology: Slug
    stage: str | None = None
    sites: list[str] = []
    events: list[CaseEvent] = []


class TableRow(Proven):
    """What the study's row of the table lists: patients, agents and mechanisms; its protocol is in the regimens."""

    patients: Count
    agents: list[Slug] = []
    mechanisms: list[Slug] = []


class Eligibility(Proven):
    """One condition for entering the study, in the words of the source."""

    slug: Slug
    label: str
    as_stated: str
    value: Quantity | None = None


class Topic(Record):
    """What a file of the review's general statements is about."""

    slug: Slug
    label: str
