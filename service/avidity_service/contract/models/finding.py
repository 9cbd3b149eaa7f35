"""Findings: numbers with their denominators, what was given, and the sentences that prove them."""

from __future__ import annotations

from pydantic import Field

from avidity_service.contract.models.base import Model, Number


class Dose(Model):
    """One agent of a regimen."""

    agent: str
    iri: str
    label: str
    dose: Number | None = Field(description="As printed, in `dose_unit`; null where the source states none.")
    dose_unit: str | None
    frequency: str | None
    route: str | None


class Unnamed(Model):
    """A part of a regimen of which the source names the mechanism alone."""

    mechanism: str
    dose: Number | None
    dose_unit: str | None
    frequency: str | None
    route: str | None


class Regimen(Model):
    """What was given."""

    id: str
    iri: str
    label: str
    witness: str = Field(description="Where it is stated: the text, or the table.")
    given: str = Field(description="The agents in words.")
    arrangement: str | None
    patients: int | None
    duration: Number | None = Field(description="In `duration_unit`.")
    duration_unit: str | None
    duration_low: Number | None
    duration_high: Number | None
    duration_plus_minus: Number | None
    duration_statistic: str | None
    agents: list[Dose]
    not_named: list[Unnamed]


class Quote(Model):
    """A passage of the review."""

    passage: str = Field(description="IRI of the passage.")
    quote: str = Field(description="The words of the source, verbatim.")
    start: int = Field(description="Where they start in the source file, in characters.", ge=0)
    end: int = Field(description="Where they end.", ge=0)
    section: str


class Doubt(Model):
    """A discrepancy of the study."""

    discrepancy: str
    label: str
    kind: str
    severity: str
    shown: str = Field(description="Which side is shown, and why.")


class Numbers(Model):
    """The cohort from enrolment to evaluation; null where the source states none."""

    enrolled: int | None
    treated: int | None
    evaluated: int | None


class Member(Model):
    """A part of a cohort."""

    alteration: str | None
    histology: str | None
    count: int | None


class Finding(Model):
    """One result of one cohort."""

    id: str
    iri: str
    label: str
    study: str
    study_label: str
    reference: int = Field(description="Number of the study in the review's list of references.")
    cohort: str
    cohort_label: str
    alteration: str | None = Field(description="Genotype of the cohort, as the source has it.")
    histology: str | None
    cohort_numbers: Numbers
    composition: list[Member]
    alteration_asked: str | None = Field(description="The genotype that was asked for.")
    tier: str | None = Field(description="exact, pooled or mixed: of the genotype asked for; null where none was.")
    given: str = Field(description="Everything that the patients behind count and denominator got.")
    given_to_genotype: str | None = Field(description="Of a mixed cohort, what those with the genotype got.")
    agents: list[str]
    agents_of_genotype: list[str]
    regimen: Regimen | None = Field(description="Null where it is one of several that are not told apart.")
    regimens: list[Regimen]
    measure: str
    measure_label: str
    count: int | None = Field(description="n, as printed; null where the source gives none.")
    denominator: int | None = Field(description="N, as printed: never inferred unless `basis` is derived.")
    failures: int | None = Field(description="N - n, where those without the outcome are failures.")
    has_failures: bool
    percentage: Number | None = Field(description="As printed.")
    fraction: str | None = Field(description="A fraction in words, as printed.")
    extent: str | None = Field(description="all, most, some, none: where the source has no number.")
    value: Number | None
    unit: str | None
    comparator: str | None
    statistic: str | None
    p_value: Number | None
    timepoint: str | None
    attribution: str | None
    basis: str = Field(description="stated or derived.")
    witness: str = Field(description="text, table, or abstract.")
    assessment_label: str | None = Field(description="How the outcome was judged.")
    note: str | None
    proof: str
    discrepancies: list[Doubt]
    quote: str = Field(description="The words that prove it, verbatim; the longest where there are several.")
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    section: str
    quotes: list[Quote]
    agent_role: str = Field("", description="In /agents: alone, combination, or one of several not told apart.")
    completes: str = Field("", description="Of a derived count: the finding whose number it follows from.")
    formula: str = Field("", description="Of a derived count: how it follows.")
    term: str = Field("", description="Of a harm, as the rest: the adverse event.")
    patients: int | None = Field(None, description="Patients with it.")
    term_label: str = ""
    grade: int | None = Field(None, description="CTCAE grade, the lowest of a range.")
    grade_high: int | None = None
    events: int | None = Field(None, description="Events, where the source counts those.")
    of_events: int | None = None
    percentage_of: str | None = Field(None, description="What a percentage is a part of: patients or events.")
    outcome: str | None = None


class Agent(Model):
    """An agent, with the findings that speak for it where a filter was given."""

    id: str
    iri: str
    label: str
    mechanisms: list[str]
    classes: list[str]
    findings: list[Finding] = Field([], description="Only where a filter was given.")
