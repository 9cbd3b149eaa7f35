"""The likelihood of the binomial-normal model, by adaptive Gauss–Hermite quadrature.

Study i counts x_i of n_i; x_i ~ Binomial(n_i, p_i), logit p_i = mu + tau·u_i, u_i ~ Normal(0, 1). The random effect is
integrated out study by study: the nodes are put at the mode of the integrand and scaled by its curvature there
(Liu and Pierce 1994; Pinheiro and Bates 1995), so that few of them suffice however large or small tau is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln

Array = NDArray[np.float64]
_MODE_STEPS = 100


@dataclass(frozen=True, slots=True)
class Point:
    """Log-likelihood at (mu, tau), with its gradient (2,) and its matrix of second derivatives (2, 2)."""

    value: float
    gradient: Array
    hessian: Array


def log_likelihood(counts: Array, sizes: Array, mu: float, tau: float, nodes: int) -> Point:
    """The log-likelihood of all studies, binomial coefficients included, and its derivatives.

    `counts` and `sizes` have shape (k,). The derivatives are posterior moments over the same nodes: the gradient is
    E[s], the second derivatives E[H] + Var[s] (Louis 1982), s and H being those of one study's binomial term.
    """
    x, weights = _hermite(nodes)
    mode, scale = _mode(counts, sizes, mu, tau)
    u = mode[:, None] + np.sqrt(2.0) * scale[:, None] * x
    eta = mu + tau * u
    term = counts[:, None] * eta - sizes[:, None] * np.logaddexp(0.0, eta) - u * u / 2 + x * x + np.log(weights)
    top = term.max(axis=1, keepdims=True)
    share = np.exp(term - top)
    total = share.sum(axis=1)
    value = float(
        np.sum(top[:, 0] + np.log(total) + np.log(scale) - 0.5 * np.log(np.pi)) + _coefficients(counts, sizes)
    )
    share /= total[:, None]
    p = expit(eta)
    residual, spread = counts[:, None] - sizes[:, None] * p, sizes[:, None] * p * (1 - p)
    direction = np.stack([np.ones_like(u), u])
    score = direction * residual
    mean = np.einsum("ikq,kq->ik", score, share)
    curvature = np.einsum("ikq,jkq,kq->ij", direction, direction, -spread * share)
    variance = np.einsum("ikq,jkq,kq->ij", score, score, share) - mean @ mean.T
    return Point(value, mean.sum(axis=1), curvature + variance)


def _mode(counts: Array, sizes: Array, mu: float, tau: float) -> tuple[Array, Array]:
    """Where each study's integrand is highest, and its width there; a concave problem, Newton with shortened steps."""
    u = np.zeros_like(counts)
    for _ in range(_MODE_STEPS):
        p = expit(mu + tau * u)
        step = (tau * (counts - sizes * p) - u) / (tau * tau * sizes * p * (1 - p) + 1)
        u = u + np.clip(step, -1.0, 1.0)
        if np.max(np.abs(step)) < 1e-12:
            break
    p = expit(mu + tau * u)
    return u, 1 / np.sqrt(tau * tau * sizes * p * (1 - p) + 1)


def _coefficients(counts: Array, sizes: Array) -> float:
    return float(np.sum(gammaln(sizes + 1) - gammaln(counts + 1) - gammaln(sizes - counts + 1)))


@lru_cache(maxsize=16)
def _hermite(nodes: int) -> tuple[Any, Any]:
    found = np.polynomial.hermite.hermgauss(nodes)
    return found[0], found[1]
