"""Groups of studies: rows with intervals, and the pooled proportion where they are alike."""

from __future__ import annotations

from pydantic import Field

from avidity_service.contract.models.base import Model, Number
from avidity_service.contract.models.finding import Quote


class Pooled(Model):
    """The binomial-normal random-effects model."""

    proportion: float
    low: float = Field(description="Lower end of the confidence interval.")
    high: float
    level: float = Field(description="Of the intervals: 0.95.")
    mu: float = Field(description="On the logit scale.")
    standard_error: float
    tau2: float = Field(description="Variance between studies, on the logit scale.")
    prediction_low: float | None = Field(description="Where a new study's proportion would lie.")
    prediction_high: float | None
    log_likelihood: float
    studies: int


class Without(Model):
    """The same without one study."""

    without: str
    status: str
    proportion: float | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    mu: float | None = None
    standard_error: float | None = None
    tau2: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    log_likelihood: float | None = None
    studies: int | None = None
    reason: str | None = None


class Intervals(Model):
    """Both intervals of n/N, as proportions."""

    wilson: tuple[float, float]
    clopper_pearson: tuple[float, float]


class Difference(Model):
    """A way in which results of a group are unlike."""

    way: str
    parameter: str = Field(description="The parameter that narrows to one of the values.")
    why: str
    values: dict[str, list[str]] = Field(description="Value → findings.")


class Instead(Model):
    """What could be asked for."""

    parameters: dict[str, list[str]]
    studies: int
    poolable: bool


class Likeness(Model):
    """What must agree before results are pooled."""

    measure: str
    tier: str | None
    basis: str
    definition: str | None
    population: str | None
    timepoint: str | None


class StudyRow(Model):
    """One study's result."""

    finding: str
    iri: str
    study: str
    study_label: str
    reference: int
    cohort: str
    cohort_label: str
    alteration: str | None
    histology: str | None
    tier: str | None
    basis: str
    measure: str
    given: str
    count: int
    denominator: int
    timepoint: str | None
    note: str | None
    formula: str | None
    quote: str
    start: int
    end: int
    section: str
    proportion: float
    low: float = Field(description="Of the interval asked for.")
    high: float
    wilson: tuple[float, float]
    clopper_pearson: tuple[float, float]
    definition: str | None = Field(description="How the outcome was judged, in words.")
    likeness: Likeness
    quotes: list[Quote]


class LeftOut(Model):
    """A result that is not counted, with the reason."""

    finding: str
    iri: str
    reason: str
    study: str
    study_label: str
    cohort_label: str
    tier: str | None
    basis: str
    count: int | None
    denominator: int | None
    percentage: Number | None
    fraction: str | None
    extent: str | None
    given: str
    quote: str
    start: int
    end: int
    section: str


class Group(Model):
    """A group of studies."""

    id: str
    label: str
    studies: int
    count: int | None = Field(description="Of all rows, where they are alike.")
    denominator: int | None
    status: str = Field(description="Whether it is pooled, and if not, why in a word; `reason` says it in words.")
    reason: str | None
    pooled: Pooled | None = Field(description="Null for fewer than three studies, and wherever status says why.")
    leave_one_out: list[Without]
    as_if_one_proportion: Intervals | None = Field(description="Without a study's own effect: for comparison only.")
    like_with_like: bool
    unlike: list[Difference]
    instead: list[Instead]
    reservations: list[str]
    rows: list[StudyRow]
    left_out: list[LeftOut]


class MapFinding(Model):
    """A finding in a cell."""

    finding: str
    counted: bool = Field(description="Whether count and denominator of the cell hold it.")
    reason: str | None = Field(description="Why not.")
    iri: str
    study: str
    study_label: str
    cohort_label: str
    given: str
    count: int | None
    denominator: int | None
    percentage: Number | None
    fraction: str | None
    extent: str | None
    basis: str
    quote: str
    start: int
    end: int
    section: str


class CellEvidence(Model):
    """What a cell holds of one tier, given in one way."""

    tier: str
    given: str = Field(description="alone, combination, or one of several that are not told apart.")
    studies: int
    count: int | None
    denominator: int | None
    unlike: list[str]
    findings: list[MapFinding]


class MapCohort(Model):
    """A cohort that was looked at without the outcome being reported."""

    cohort: str
    label: str
    study: str
    given: str
    certain: bool
    regimens: list[str]
    proof: str


class Cell(Model):
    """A row and a column."""

    column: str
    column_label: str
    state: str = Field(description="reported, not-reported (studied, the outcome not told), or no-study.")
    studies: list[str]
    designs: list[str]
    evidence: list[CellEvidence]
    reason: str | None = None
    cohorts: list[MapCohort] = Field([], description="Where nothing is reported: who was looked at.")


class MapRow(Model):
    """An agent, mechanism or regimen, with a cell for each column."""

    id: str
    label: str
    cells: list[Cell]
