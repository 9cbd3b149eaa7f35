"""Confidence intervals of one proportion: Wilson and Clopper–Pearson; never Wald, which is wrong for few patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from statistics import NormalDist

LEVEL = 0.95


def wilson(count: int, denominator: int, level: float = LEVEL) -> tuple[float, float]:
    """The score interval of count/denominator (Wilson 1927): low and high, both in [0, 1].

    Raises:
        ValueError: for counts that no patients can have, or a level outside (0, 1).
    """
    _check(count, denominator, level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    proportion = count / denominator
    centre = proportion + z * z / (2 * denominator)
    half = z * sqrt(proportion * (1 - proportion) / denominator + z * z / (4 * denominator * denominator))
    scale = 1 + z * z / denominator
    # Where everybody or nobody is counted, the bound is that number exactly and must not be off by rounding.
    low = 0.0 if count == 0 else max(0.0, (centre - half) / scale)
    high = 1.0 if count == denominator else min(1.0, (centre + half) / scale)
    return low, high


def clopper_pearson(count: int, denominator: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of count/denominator (Clopper and Pearson 1934), by quantiles of beta distributions.

    Raises:
        ValueError: for counts that no patients can have, or a level outside (0, 1).
    """
    from scipy.special import betaincinv

    _check(count, denominator, level)
    tail = (1 - level) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, denominator - count + 1, tail))
    high = 1.0 if count == denominator else float(betaincinv(count + 1, denominator - count, 1 - tail))
    return low, high


INTERVALS: Mapping[str, Callable[[int, int], tuple[float, float]]] = {
    "wilson": wilson,
    "clopper-pearson": clopper_pearson,
}


def _check(count: int, denominator: int, level: float) -> None:
    if denominator < 1 or not 0 <= count <= denominator:
        raise ValueError(f"{count} of {denominator} is no count of patients: 0 ≤ count ≤ denominator, denominator ≥ 1")
    if not 0 < level < 1:
        raise ValueError(f"a level of {level} is not between 0 and 1")
