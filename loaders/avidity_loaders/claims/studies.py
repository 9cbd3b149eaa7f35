"""A study, its patients, what they got, and how uptake was judged."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from avidity_loaders.claims.records import Count, Proven, Quantity, Quotes, Record, Slug, Witness
from avidity_loaders.claims.statements import Eligibility, TableRow


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
    table: TableRow | None = None
    eligibility: list[Eligibility] = []
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
    given_radioiodine: Count | None = None
    members: list[Members] = []
    regimens: list[Slug] = []
    sum_of: Annotated[list[str], Field(description="the findings (cohort/measure/…) whose counts add up to it")] = []


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
    course: Annotated[str | None, Field(description="how it went on: extension, stop rule; words of the source")] = None
    stopped_after_radioiodine: Quantity | None = None
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


class Radioiodine(Proven):
    """The 131-I that followed."""

    slug: Slug
    label: str
    witness: Witness
    approach: Literal["empiric", "fixed", "dosimetry-guided"] | None = None
    stimulation: Literal["rhTSH"] | None = None
    activity: Quantity | None = None
    threshold_dose: Quantity | None = None
    threshold_activity: Quantity | None = None
    threshold_lesion: Quantity | None = None
    regardless_of_uptake: bool | None = None
    timing: str | None = None
    criterion: str | None = None
