"""Figures that cannot be: percentages that are not those of their counts, rates that so few patients cannot have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from avidity_loaders.claims import AdverseEvent, Finding, TopicFile
from avidity_loaders.claims.results import result_path
from avidity_loaders.claims.statements import HarmRate
from avidity_loaders.convert.quantities import quantity_label
from avidity_loaders.derive.counts import fitting, is_share_of_patients, percentages_alone, prints_as, whole_of
from avidity_loaders.derive.found import Found, Side, StudyClaims
from avidity_loaders.proof import Proof
from avidity_loaders.vocabulary import Vocabulary


def impossible_figures(claims: StudyClaims, vocabulary: Vocabulary) -> Iterator[Found]:
    """Percentages of one study that are not what their counts, or any count, round to."""
    for group in ("findings", "adverse_events"):
        for i, result in enumerate(getattr(claims.content, group)):
            yield from _not_its_percentage(claims, (group, i), result, vocabulary)
    for place, result, cohort_place, cohort in percentages_alone(claims, vocabulary):
        whole = whole_of(cohort)
        if whole and not fitting(result.percentage or Decimal(0), whole):
            sides = (
                claims.side(result.witness, f"{result.percentage}%", *place),
                claims.side("text", f"{whole} patients", *cohort_place),
            )
            label = f"{claims.content.study.label}: {result.percentage}% of {whole} is no whole patient"
            yield Found(
                "no-count-fits", f"{result_path(result).replace('/', '-')}-percentage", label, "arithmetic", "major",
                sides, "the percentage as printed, without a count", claims.content.slug,
            )  # fmt: skip


def _not_its_percentage(
    claims: StudyClaims, place: tuple[str, int], result: Finding | AdverseEvent, vocabulary: Vocabulary
) -> Iterator[Found]:
    count, whole, printed = result.count, result.denominator, result.percentage
    if count is None or whole is None or printed is None or not is_share_of_patients(result, vocabulary):
        return
    if prints_as(count, whole, printed):
        return
    exact = Decimal(100) * count / whole
    side = claims.side(result.witness, f"{printed}%", *place)
    other = claims.side(result.witness, f"{count} of {whole}, which is {exact:.2f}%", *place)
    label = f"{claims.content.study.label}: {count} of {whole} is {exact:.2f}%, not {printed}%"
    yield Found(
        "percentage-of-count", f"{result_path(result).replace('/', '-')}-percentage", label, "arithmetic", "minor",
        (side, other), f"{count} of {whole}, with the percentage as printed", claims.content.slug,
    )  # fmt: skip


_ACCURACY = ("sensitivity", "specificity", "positive-predictive-value", "negative-predictive-value")


def accuracy_of_no_table(claims: StudyClaims) -> Iterator[Found]:
    """Sensitivity, specificity and both predictive values that no two-by-two table can have at once.

    Three of the four fix the fourth: with the odds of disease o = PPV (1 - Sp) / (Se (1 - PPV)), NPV = 1 / (1 + o (1 -
    Se) / Sp). Each is taken over the whole range that prints as it does.
    """
    findings = {f.measure: (i, f) for i, f in enumerate(claims.content.findings) if f.percentage is not None}
    if not all(name in findings for name in _ACCURACY):
        return
    ranges = []
    for name in _ACCURACY:
        printed = findings[name][1].percentage or Decimal(0)
        half = Decimal(1).scaleb(int(printed.as_tuple().exponent)) / 2
        ranges.append(((printed - half) / 100, (printed + half) / 100))
    corners = [_npv(*values) for values in product(*ranges[:3])]
    low, high = min(corners), max(corners)
    if low <= ranges[3][1] and ranges[3][0] <= high:
        return
    sides = tuple(
        claims.side("text", f"{name.replace('-', ' ')} {findings[name][1].percentage}%", "findings", findings[name][0])
        for name in _ACCURACY
    )
    says = f"{100 * low:.1f} to {100 * high:.1f}%"
    printed = findings[_ACCURACY[3]][1].percentage or Decimal(0)
    label = (
        f"{claims.content.study.label}: with the sensitivity, specificity and positive predictive value printed, the "
        f"negative one would be {says}, not {printed}%"
    )
    yield Found(
        "no-two-by-two-table", "accuracy", label, "arithmetic", "minor", sides, "all four as printed",
        claims.content.slug,
    )  # fmt: skip


def _npv(sensitivity: Decimal, specificity: Decimal, ppv: Decimal) -> Decimal:
    odds = ppv * (1 - specificity) / (sensitivity * (1 - ppv))
    return 1 / (1 + odds * (1 - sensitivity) / specificity)


def rates_too_fine(proofs: list[Proof], studies: list[StudyClaims]) -> Iterator[Found]:
    """Class-wide rates whose cited study is too small to have any such rate."""
    by_reference = {claims.content.study.reference: claims for claims in studies}
    for proof in proofs:
        content = proof.file.content
        if not isinstance(content, TopicFile):
            continue
        for i, rate in enumerate(content.harm_rates):
            for claims in (by_reference[number] for number in rate.references if number in by_reference):
                whole, place = _size(claims)
                if whole is None or place is None or _possible(rate, whole):
                    continue
                assert rate.percentage is not None
                sides = (
                    Side("text", quantity_label(rate.percentage), proof.quotes["harm_rates", i],
                         content.claim_id(("harm_rates", i))),
                    claims.side("text", f"{whole} patients", *place),
                )  # fmt: skip
                study = claims.content.study
                label = (
                    f"{rate.label}: {quantity_label(rate.percentage)} is cited to [{study.reference}], "
                    f"{study.label}, which has {whole} patients"
                )
                shown = "the rate as that of the class of agents, not as a result of the study that is cited"
                yield Found(
                    "rate-too-fine", f"{rate.slug}-of-{content.slug}", label, "arithmetic", "major", sides, shown,
                    claims.content.slug,
                )  # fmt: skip


def _size(claims: StudyClaims) -> tuple[int | None, tuple[str, int] | None]:
    known = [
        (max(n for n in (c.enrolled, c.treated, c.evaluated) if n is not None), ("cohorts", i))
        for i, c in enumerate(claims.content.cohorts)
        if any(n is not None for n in (c.enrolled, c.treated, c.evaluated))
    ]
    return max(known, default=(None, None))


def _possible(rate: HarmRate, whole: int) -> bool:
    """Whether some number of patients from 1 to all has a share within the rate's range."""
    stated = rate.percentage
    if stated is None or stated.low is None or stated.high is None:
        return True
    return any(stated.low <= Decimal(100) * count / whole <= stated.high for count in range(1, whole + 1))
