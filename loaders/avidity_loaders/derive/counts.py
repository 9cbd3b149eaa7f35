"""Percentages → counts, and sums → denominators, where exactly one whole number fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from avidity_loaders.claims import AdverseEvent, Cohort, Finding
from avidity_loaders.claims.models import Place
from avidity_loaders.claims.results import result_path
from avidity_loaders.derive.found import StudyClaims
from avidity_loaders.vocabulary import Vocabulary

# A rate of survival is estimated over time, and an accuracy is a share of test results: neither is n patients of N.
_NO_SHARE = ("survival", "accuracy", "follow-up")


@dataclass(frozen=True, slots=True)
class Derived:
    """A reported finding with the count or denominator that the source does not print."""

    place: Place
    count: int
    denominator: int
    formula: str
    inputs: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """A cohort's size as the sum of findings' counts."""

    place: Place
    size: int
    formula: str
    inputs: tuple[Place, ...]


def fitting(percentage: Decimal, whole: int) -> list[int]:
    """The counts of a whole that print as this percentage, rounded half up or half to even to its decimal places."""
    return [count for count in range(whole + 1) if prints_as(count, whole, percentage)]


def prints_as(count: int, whole: int, percentage: Decimal) -> bool:
    """Whether count of whole, as a percentage, rounds to what is printed."""
    exact = Decimal(100) * count / whole
    unit = Decimal(1).scaleb(int(percentage.as_tuple().exponent))
    return percentage in (exact.quantize(unit, ROUND_HALF_UP), exact.quantize(unit, ROUND_HALF_EVEN))


def is_share_of_patients(result: Finding | AdverseEvent, vocabulary: Vocabulary) -> bool:
    """Whether the result's percentage is a share of patients, so that a count can stand behind it."""
    if isinstance(result, AdverseEvent) and result.percentage_of != "patients":
        return False
    return vocabulary.value("measure", result.measure, "findingKind") not in _NO_SHARE


def whole_of(cohort: Cohort) -> int | None:
    """How many patients a percentage of the cohort is of; None where its numbers do not say, or disagree."""
    known = {number for number in (cohort.evaluated, cohort.treated, cohort.enrolled) if number is not None}
    return known.pop() if len(known) == 1 else None


def derived_counts(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Derived]:
    """Counts behind percentages: exactly one whole number fits the cohort's size and the printed rounding."""
    for place, result, cohort_place, cohort in percentages_alone(claims, vocabulary):
        whole = whole_of(cohort)
        fits = fitting(result.percentage or Decimal(0), whole) if whole else []
        if whole and len(fits) == 1:
            formula = f"the only n of {whole} with 100 n / {whole} = {result.percentage} to the digits printed"
            yield Derived(place, fits[0], whole, formula, (place, cohort_place))


def percentages_alone(
    claims: StudyClaims, vocabulary: Vocabulary
) -> Iterator[tuple[Place, Finding | AdverseEvent, Place, Cohort]]:
    """Results with a percentage of patients and no count, with their cohorts."""
    cohorts = {cohort.slug: (i, cohort) for i, cohort in enumerate(claims.content.cohorts)}
    for group in ("findings", "adverse_events"):
        for i, result in enumerate(getattr(claims.content, group)):
            if result.percentage is not None and result.count is None and is_share_of_patients(result, vocabulary):
                index, cohort = cohorts[result.cohort]
                yield (group, i), result, ("cohorts", index), cohort


def sizes(claims: StudyClaims) -> Iterator[Size]:
    """Cohorts whose size is a sum of counts, as the curator says by `sum_of`."""
    by_path = {
        result_path(result): ((group, i), result)
        for group in ("findings", "adverse_events")
        for i, result in enumerate(getattr(claims.content, group))
    }
    for i, cohort in enumerate(claims.content.cohorts):
        parts = [by_path[path] for path in cohort.sum_of]
        counts = [result.count for _, result in parts]
        if parts and None not in counts:
            formula = " + ".join(str(count) for count in counts) + f" = {sum(counts)}"
            yield Size(("cohorts", i), sum(counts), formula, tuple(place for place, _ in parts))


def derived_denominators(claims: StudyClaims) -> Iterator[Derived]:
    """Counts of a cohort whose size is a sum: they get that sum as their denominator."""
    for size in sizes(claims):
        cohort = claims.content.cohorts[int(size.place[1])]
        for i, finding in enumerate(claims.content.findings):
            if finding.cohort != cohort.slug or finding.qualifier is not None:
                continue
            if finding.count is not None and finding.denominator is None:
                formula = f"{finding.count} of {size.formula}"
                yield Derived(("findings", i), finding.count, size.size, formula, (("findings", i), *size.inputs))
