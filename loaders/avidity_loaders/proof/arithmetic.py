"""Numbers of one result that have to agree with each other, not only with the quote."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from avidity_loaders.claims.results import Result
from avidity_loaders.proof.numbers import Number
from avidity_loaders.vocabulary import mentions

_EVERYONE = ("all", "both", "each", "every")


def disagreements(result: Result, texts: Iterable[str], numbers: Iterable[Number]) -> Iterator[tuple[str, str, str]]:
    """(field, what is wrong, what to do) for each disagreement.

    A percentage must be that of count and denominator, to the last digit that it prints. Count and denominator may be
    proven by one and the same number only where the words say that it is everyone.
    """
    count, whole = result.count, result.denominator
    if result.as_printed and (None in (count, whole, result.percentage) or _agrees(result.percentage, count, whole)):
        yield (
            "as_printed",
            "as_printed excuses nothing: count, denominator and percentage are not all given, or they agree",
            "leave it out; it is for a source that prints numbers that do not fit each other",
        )
    if count is None or whole is None:
        return
    if count == whole and count > 1:
        said = sum(number.role == "count" and number.value == count for number in numbers)
        if said < 2 and not any(mentions(_EVERYONE, text) for text in texts):
            yield (
                "count",
                f"count and denominator are both {count}, but the quote says {count} once and not that it was everyone",
                "correct one of them, or quote the words (all, both, each) that say so",
            )
    if result.percentage is not None and not result.as_printed and not _agrees(result.percentage, count, whole):
        yield (
            "percentage",
            f"{result.percentage} % is not {count} of {whole} ({100 * count / whole:.2f} %)",
            "correct one of the three; if the source itself prints all of them so, add `as_printed: true`",
        )


def _agrees(percentage: Decimal | None, count: int | None, whole: int | None) -> bool:
    if percentage is None or count is None or whole is None:
        return False
    digits = -int(percentage.as_tuple().exponent)
    # One unit in the last digit: sources round half up, half to even, or cut.
    return abs(Decimal(100) * count / whole - percentage) < Decimal(1).scaleb(-max(digits, 0))
