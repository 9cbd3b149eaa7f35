"""Random effects over proportions: the binomial-normal model (logit-normal GLMM), by maximum likelihood.

The model is that of Hamza, van Houwelingen and Stijnen (2008) and of Stijnen, Hamza and Özdemir (2010), section 3.1.
It needs no continuity correction for studies with nobody or everybody, and no made-up variance for small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal

from avidity_service.statistics.proportions import LEVEL

if TYPE_CHECKING:
    from avidity_service.statistics.likelihood import Array, Point

NODES = 101  # 41 give six decimals where tau is near 1; more are needed where studies are far apart
Counts = Sequence[tuple[int, int]]
Status = Literal["converged", "boundary", "no-finite-maximum", "not-converged"]
_STEPS, _HALVINGS, _FLAT, _ALMOST_FLAT = 100, 12, 1e-7, 1e-4
_FAR = 6.0  # a logit that differs by six from study to study is no common proportion with scatter any more
_STARTS = (0.3, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class Fit:
    """What the model says of some studies. Proportions are in [0, 1], mu and its error on the logit scale.

    `status` tells how far to trust it. converged: an inner maximum. boundary: the likelihood is highest at tau² = 0,
    the studies differ no more than by chance. no-finite-maximum: nobody or everybody had the outcome, or the studies
    are too far apart. not-converged: the search failed. In the last two, no number is given.
    """

    status: Status
    studies: int
    message: str
    nodes: int = NODES
    level: float = LEVEL
    mu: float | None = None
    standard_error: float | None = None
    tau2: float | None = None
    proportion: float | None = None
    low: float | None = None
    high: float | None = None
    prediction: tuple[float, float] | None = None
    log_likelihood: float | None = None


def fit(counts: Counts, nodes: int = NODES, level: float = LEVEL) -> Fit:
    """Fit the model to (count, denominator) of each study.

    The interval of the pooled proportion is mu ± z·SE on the logit scale, SE from the inverse of the observed
    information of (mu, tau). The prediction interval of a new study's proportion is mu ± t(k−2)·sqrt(tau² + SE²)
    (Higgins, Thompson and Spiegelhalter 2009), from three studies on.

    Raises:
        ValueError: without studies, or for counts that no patients can have.
    """
    import numpy as np

    if not counts or any(n < 1 or not 0 <= x <= n for x, n in counts):
        raise ValueError(f"each study needs 0 ≤ count ≤ denominator, denominator ≥ 1; got {list(counts)}")
    x, n = (np.array(column, dtype=float) for column in zip(*counts, strict=True))
    k = len(counts)
    if x.sum() in (0, n.sum()):
        who = "nobody" if x.sum() == 0 else "everybody"
        return Fit("no-finite-maximum", k, f"In every study {who} had the outcome: the logit has no finite estimate.")
    null = _at_zero(x, n, nodes)
    found = [point for point in (_climb(x, n, null[0], tau, nodes) for tau in _STARTS) if point]
    if not found:
        return Fit("not-converged", k, f"No search reached a flat point in {_STEPS} steps.", nodes)
    mu, tau, point = max(found, key=lambda one: one[2].value)
    if point.value <= null[1].value + _FLAT:
        mu, tau, point = null[0], 0.0, null[1]
    if tau > _FAR or abs(mu) > 4 * _FAR:
        return Fit(
            "no-finite-maximum", k, "The studies are so far apart that the likelihood grows with tau² without end."
        )
    variance = _variance(point, tau)
    if variance is None:
        return Fit("not-converged", k, "The likelihood is not curved downwards at the point found.", nodes)
    return _result(k, mu, tau, sqrt(variance), point.value, nodes, level)


def leave_one_out(counts: Counts, nodes: int = NODES) -> list[Fit]:
    """The fit without the first study, without the second, and so on; needs two studies or more."""
    return [fit([*counts[:i], *counts[i + 1 :]], nodes) for i in range(len(counts))] if len(counts) > 1 else []


def _result(k: int, mu: float, tau: float, error: float, value: float, nodes: int, level: float) -> Fit:
    z = NormalDist().inv_cdf((1 + level) / 2)
    status: Status = "converged" if tau > 0 else "boundary"
    message = "" if tau > 0 else "The likelihood is highest at tau² = 0: the studies differ no more than by chance."
    return Fit(
        status, k, message, nodes, level, mu, error, tau * tau, _logistic(mu), _logistic(mu - z * error),
        _logistic(mu + z * error), _prediction(k, mu, tau, error, level), value,
    )  # fmt: skip


def _prediction(k: int, mu: float, tau: float, error: float, level: float) -> tuple[float, float] | None:
    if k < 3:
        return None
    from scipy.special import stdtrit

    half = float(stdtrit(k - 2, (1 + level) / 2)) * sqrt(tau * tau + error * error)
    return _logistic(mu - half), _logistic(mu + half)


def _at_zero(x: Array, n: Array, nodes: int) -> tuple[float, Point]:
    """The best mu at tau = 0, which is known, and the likelihood there."""
    from avidity_service.statistics.likelihood import log_likelihood

    mu = log(float(x.sum()) / float(n.sum() - x.sum()))
    return mu, log_likelihood(x, n, mu, 0.0, nodes)


def _climb(x: Array, n: Array, mu: float, tau: float, nodes: int) -> tuple[float, float, Point] | None:
    """Newton's method uphill from a start; steps are turned uphill and shortened until the likelihood rises."""
    import numpy as np

    from avidity_service.statistics.likelihood import log_likelihood

    here = log_likelihood(x, n, mu, tau, nodes)
    for _ in range(_STEPS):
        if np.max(np.abs(here.gradient)) < _FLAT or tau > _FAR:
            return mu, tau, here
        values, vectors = np.linalg.eigh(-here.hessian)
        step = vectors @ ((vectors.T @ here.gradient) / np.maximum(np.abs(values), 1e-4))
        step /= max(1.0, float(np.max(np.abs(step))))
        for shorter in range(_HALVINGS):
            # The likelihood is the same for tau and −tau.
            there = mu + step[0] / 2**shorter, abs(tau + step[1] / 2**shorter)
            point = log_likelihood(x, n, float(there[0]), float(there[1]), nodes)
            if point.value >= here.value:
                break
        else:
            # No step rises any more: the top, to the accuracy of the arithmetic.
            return (mu, tau, here) if np.max(np.abs(here.gradient)) < _ALMOST_FLAT else None
        mu, tau, here = float(there[0]), float(there[1]), point
    return None


def _variance(point: Point, tau: float) -> float | None:
    """The variance of mu: from the whole information matrix inside, from mu's own part where tau is at its bound."""
    import numpy as np

    information = -point.hessian
    if tau == 0:
        return 1 / float(information[0, 0]) if information[0, 0] > 0 else None
    if np.min(np.linalg.eigvalsh(information)) <= 0:
        return None
    return float(np.linalg.inv(information)[0, 0])


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > -700 else 0.0
