"""What was found: findings and harms."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from avidity_loaders.claims.records import Count, Proven, Quantity, Slug, Witness


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
    extent: Literal["all", "most", "many", "some", "common", "reported", "none"] | None = None
    timepoint: str | None = None
    attribution: str | None = None
    as_printed: bool = False

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
    cutoff: Quantity | None = None
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


def result_path(result: Finding | AdverseEvent) -> str:
    """The finding's place within its study: cohort/measure, or cohort/term-grade for harms, and its qualifier."""
    what = result.measure
    if isinstance(result, AdverseEvent) and result.measure == "adverse-event":
        what = result.term if result.term != "any" else "any-adverse-event"
        if result.grade is not None:
            what += f"-grade-{result.grade}"
            what += f"-{result.grade_high}" if result.grade_high not in (None, result.grade) else ""
    return "/".join(part for part in (result.cohort, what, result.qualifier) if part)
