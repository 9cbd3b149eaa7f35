"""The shape of a claims file: one study with everything that the review says of it.

Every record that states a fact carries the quotes that prove it. Slugs of agents, alterations, measures
and so on are those of `ontology/vocabulary/`; that they exist is checked after reading, with the nearest
existing ones named (`avidity_loaders.proof.references`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Count = Annotated[int, Field(ge=0, strict=True)]
Witness = Literal["text", "table"]
Unit = Literal["μg/L", "mg", "GBq", "mCi", "Gy", "cGy", "day", "week", "month", "year", "mm", "cm", "%", "SUV", "fold"]
Comparator = Literal["≥", "≤", ">", "<"]


class Record(BaseModel):
    """A record of a claims file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quote(Record):
    """A verbatim piece of the source; `occurrence` (from 1) tells which, where it stands there more than once."""

    text: Annotated[str, Field(min_length=3)]
    occurrence: Annotated[int, Field(ge=1)] | None = None


def _as_quote(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


Quotes = Annotated[list[Annotated[Quote, BeforeValidator(_as_quote)]], Field(min_length=1)]


class Quantity(Record):
    """A number with its unit as the source states it; `as_text` where the words say more than the number."""

    value: Decimal | None = None
    unit: Unit
    low: Decimal | None = None
    high: Decimal | None = None
    plus_minus: Decimal | None = None
    comparator: Comparator | None = None
    statistic: Literal["median", "mean", "fixed", "maximum"] | None = None

    @model_validator(mode="after")
    def _has_a_number(self) -> Quantity:
        if self.value is None and self.low is None and self.high is None:
            raise ValueError("a quantity needs a value, or a range with low and high")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("low is greater than high")
        return self


class Proven(Record):
    """A record that states facts, with the quotes that prove them."""

    quotes: Quotes
    note: str | None = None


class Design(Proven):
    """The study's design in the words of one witness."""

    witness: Witness
    as_stated: str


class Centre(Proven):
    """Where the study was done, in the words of the source."""

    as_stated: str


class Identifier(Record):
    """An identifier that the review does not print, with where it was seen."""

    scheme: Literal["doi", "pmid", "pmcid", "nct", "eudract", "title", "year"]
    value: str
    verification: Literal["verified", "inferred", "unverified"]
    seen_at: str


class Study(Record):
    """The study itself."""

    slug: Slug
    label: str
    kind: Literal[
        "prospective-trial",
        "retrospective-study",
        "case-report",
        "case-series",
        "diagnostic-study",
        "unstated",
    ]
    reference: Annotated[int, Field(ge=1)]
    names: list[str] = []
    mentioned: Quotes
    design: list[Design] = []
    centre: list[Centre] = []
    identifiers: list[Identifier] = []
    note: str | None = None


class Members(Record):
    """One line of a cohort's composition; the cohort's quotes prove it."""

    alteration: Slug | None = None
    histology: Slug | None = None
    count: Count | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Members:
        if self.alteration is None and self.histology is None:
            raise ValueError("members need an alteration or a histology")
        return self


class Cohort(Proven):
    """All or part of the study's patients."""

    slug: Slug
    label: str
    part_of: Slug | None = None
    alteration: Slug | None = None
    histology: Slug | None = None
    enrolled: Count | None = None
    treated: Count | None = None
    evaluated: Count | None = None
    members: list[Members] = []
    regimens: list[Slug] = []


class Component(Record):
    """One agent of a regimen, or its mechanism where the source does not name the agent."""

    agent: Slug | None = None
    mechanism: Slug | None = None
    dose: Quantity | None = None
    frequency: Literal["once daily", "twice daily"] | None = None
    route: Literal["oral"] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Component:
        if (self.agent is None) == (self.mechanism is None):
            raise ValueError("a component needs either an agent or a mechanism, not both")
        return self


class Regimen(Proven):
    """What a cohort got, as one witness tells it."""

    slug: Slug
    label: str
    witness: Witness
    components: Annotated[list[Component], Field(min_length=1)]
    arrangement: Literal["together", "sequence", "unclear"] | None = None
    duration: Quantity | None = None
    patients: Count | None = None
    same_as: Slug | None = None

    @model_validator(mode="after")
    def _arranged(self) -> Regimen:
        if (len(self.components) > 1) != (self.arrangement is not None):
            raise ValueError("arrangement (together, sequence, unclear) goes with two or more components")
        return self


class Assessment(Proven):
    """How uptake was judged."""

    slug: Slug
    label: str
    witness: Witness
    radionuclide: Literal["123-I", "124-I", "131-I"] | None = None
    modality: Literal["PET/CT", "PET", "SPECT/CT", "WBS", "diagnostic WBS", "post-therapeutic WBS"] | None = None
    stimulation: Literal["rhTSH"] | None = None
    timing: str | None = None
    criterion: str | None = None
    regimens: list[Slug] = []


class Radioiodine(Proven):
    """The 131-I that followed."""

    slug: Slug
    label: str
    witness: Witness
    approach: Literal["empiric", "dosimetry-guided"] | None = None
    activity: Quantity | None = None
    threshold_dose: Quantity | None = None
    threshold_activity: Quantity | None = None
    threshold_lesion: Quantity | None = None
    regardless_of_uptake: bool | None = None
    timing: str | None = None
    criterion: str | None = None


class Result(Proven):
    """What findings and adverse events have in common.

    A result is never more exact than the text: a percentage without a count stays one, `fraction` and
    `extent` hold words ("two-thirds", "all"), and a result without any number says only that it was reported.
    """

    cohort: Slug
    qualifier: Slug | None = None
    witness: Witness = "text"
    regimens: list[Slug] | None = None
    count: Count | None = None
    denominator: Annotated[int, Field(ge=1, strict=True)] | None = None
    percentage: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    fraction: str | None = None
    extent: Literal["all", "most", "some", "common", "reported", "none"] | None = None
    timepoint: str | None = None
    attribution: str | None = None

    @model_validator(mode="after")
    def _part_of_the_whole(self) -> Result:
        if self.count is not None and self.denominator is not None and self.count > self.denominator:
            raise ValueError(f"count {self.count} is greater than denominator {self.denominator}")
        return self


class Finding(Result):
    """One reported result of one cohort."""

    measure: Slug
    assessment: Slug | None = None
    value: Quantity | None = None
    p_value: Decimal | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Finding:
        stated = (self.count, self.percentage, self.fraction, self.extent, self.value, self.p_value)
        if all(part is None for part in stated):
            raise ValueError("a finding needs a count, percentage, fraction, extent, value or p_value")
        return self


class AdverseEvent(Result):
    """One harm: `count` of `denominator` are patients, `events` of `of_events` are events."""

    term: Slug
    measure: Literal["adverse-event", "treatment-discontinuation", "anaplastic-transformation"] = "adverse-event"
    grade: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    grade_high: Annotated[int, Field(ge=1, le=5, strict=True)] | None = None
    events: Count | None = None
    of_events: Annotated[int, Field(ge=1, strict=True)] | None = None
    percentage_of: Literal["patients", "events", "unclear"] | None = None
    outcome: str | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> AdverseEvent:
        if self.grade_high is not None and (self.grade is None or self.grade_high < self.grade):
            raise ValueError("grade_high goes with a grade that is not above it")
        if self.events is not None and self.of_events is not None and self.events > self.of_events:
            raise ValueError(f"events {self.events} is greater than of_events {self.of_events}")
        if self.percentage is not None and self.percentage_of is None:
            raise ValueError("a percentage of an adverse event needs percentage_of: patients, events or unclear")
        if all(p is None for p in (self.count, self.events, self.percentage, self.fraction, self.extent)):
            raise ValueError("an adverse event needs a count, events, a percentage, a fraction or an extent")
        return self


Thing = Annotated[str, Field(pattern=r"^[a-z-]+/[a-z0-9-]+$", description="kind/slug, such as gene/tert")]


class Statement(Proven):
    """A claim of the source that is not a count."""

    slug: Slug
    subject: Thing
    relation: str
    object: Thing
    about: list[Thing] = []
    polarity: Literal["positive", "negative"] = "positive"
    hedge: Literal["shows", "reports", "suggests", "may"]


class StudyFile(Record):
    """A whole claims file."""

    study: Study
    cohorts: list[Cohort] = []
    regimens: list[Regimen] = []
    assessments: list[Assessment] = []
    radioiodine: list[Radioiodine] = []
    findings: list[Finding] = []
    adverse_events: list[AdverseEvent] = []
    statements: list[Statement] = []


def result_path(result: Finding | AdverseEvent) -> str:
    """The finding's place within its study: cohort/measure, or cohort/term-grade for harms, and its qualifier."""
    what = result.measure
    if isinstance(result, AdverseEvent) and result.measure == "adverse-event":
        what = result.term if result.term != "any" else "any-adverse-event"
        if result.grade is not None:
            what += f"-grade-{result.grade}"
            what += f"-{result.grade_high}" if result.grade_high not in (None, result.grade) else ""
    return "/".join(part for part in (result.cohort, what, result.qualifier) if part)
