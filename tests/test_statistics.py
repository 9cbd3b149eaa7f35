"""Intervals and the binomial-normal model: published numbers, integration by another method, and the hard cases."""

from __future__ import annotations

import subprocess
import sys
from math import exp, log, sqrt

import numpy as np
import pytest
from avidity_service.statistics.binomial_normal import Counts, fit, leave_one_out
from avidity_service.statistics.likelihood import log_likelihood
from avidity_service.statistics.proportions import clopper_pearson, wilson
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import comb, expit
from scipy.stats import binom

# Patients who improved under hyperdynamic therapy, of those treated: Zhou, Brizendine and Pritz (1999), Statistics in
# Medicine 18:557–566; the data set dat.pritz1997 of the R package metadat.
PRITZ = [(16, 17), (10, 12), (4, 8), (43, 58), (10, 10), (25, 42), (13, 14), (12, 12), (22, 41), (4, 5), (5, 6),
         (18, 23), (58, 68), (6, 10)]  # fmt: skip
# Catheter-related bloodstream infections with anti-infective catheters: Niel-Weise et al. (2007), Intensive Care
# Medicine 33:2058–2068, the arm that Stijnen, Hamza and Özdemir (2010) analyse, Statistics in Medicine 29:3046–3067;
# the data set dat.nielweise2007 of metadat, columns ai and n1i.
NIEL_WEISE = [(0, 116), (1, 44), (2, 208), (0, 130), (5, 151), (1, 98), (1, 174), (1, 74), (1, 97), (1, 113), (0, 66),
              (0, 70), (3, 188), (6, 187), (0, 118), (0, 252), (1, 345), (4, 64)]  # fmt: skip
# BRAF-mutated patients with uptake restored in [19], [20], [22], [23], [24], [26], as the review prints them.
BRAF = [(4, 9), (6, 10), (6, 10), (2, 6), (20, 21), (3, 3)]


def test_pritz_is_pooled_as_published() -> None:
    found = fit(PRITZ)
    assert found.status == "converged"
    assert (found.proportion, found.low, found.high) == pytest.approx((0.7984, 0.6924, 0.8746), abs=5e-5)


def test_niel_weise_is_pooled_as_published() -> None:
    found = fit(NIEL_WEISE)
    assert found.tau2 == pytest.approx(0.8253, abs=5e-5)
    # The published mu was found with seven nodes per study, which is not quite enough for it.
    assert found.mu == pytest.approx(-4.8118, abs=5e-5)
    x, n = np.array(NIEL_WEISE, dtype=float).T
    seven = minimize(lambda at: -log_likelihood(x, n, at[0], at[1], 7).value, [-4.5, 0.8], method="Nelder-Mead",
                     options={"xatol": 1e-7, "fatol": 1e-10})  # fmt: skip
    assert seven.x[0] == pytest.approx(-4.8121, abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "digits", "expected"), [((246, 326), 4, (0.7042, 0.8003)), ((36, 57), 3, (0.493, 0.756))]
)
def test_clopper_pearson_as_published(counts: tuple[int, int], digits: int, expected: tuple[float, float]) -> None:
    low, high = clopper_pearson(*counts)
    assert (round(low, digits), round(high, digits)) == expected


def test_wilson_by_its_definition() -> None:
    # The bounds are where the score test just does not reject: (p − bound)² = z² · bound(1 − bound)/n.
    for count, denominator in ((4, 9), (5, 14), (20, 21), (1, 33)):
        for bound in wilson(count, denominator):
            squared = (count / denominator - bound) ** 2 / (bound * (1 - bound) / denominator)
            assert squared == pytest.approx(3.841459, abs=1e-5)
    assert wilson(0, 7)[0] == 0.0
    assert wilson(5, 5)[1] == 1.0


counts_of_one = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts_of_one)
def test_intervals_hold_the_proportion_and_mirror(counts: tuple[int, int]) -> None:
    count, denominator = counts
    for interval in (wilson, clopper_pearson):
        low, high = interval(count, denominator)
        assert 0 <= low <= count / denominator <= high <= 1
        assert interval(denominator - count, denominator) == pytest.approx((1 - high, 1 - low), abs=1e-9)


@given(counts_of_one)
def test_clopper_pearson_bounds_are_where_the_tails_are_two_and_a_half_percent(counts: tuple[int, int]) -> None:
    count, denominator = counts
    low, high = clopper_pearson(count, denominator)
    if count > 0:
        assert binom.sf(count - 1, denominator, low) == pytest.approx(0.025, abs=1e-8)
    if count < denominator:
        assert binom.cdf(count, denominator, high) == pytest.approx(0.025, abs=1e-8)


@pytest.mark.parametrize("wrong", [(1, 0), (-1, 5), (6, 5)])
def test_no_interval_of_impossible_counts(wrong: tuple[int, int]) -> None:
    for interval in (wilson, clopper_pearson):
        with pytest.raises(ValueError, match="no count of patients"):
            interval(*wrong)
    with pytest.raises(ValueError, match="level"):
        wilson(1, 2, 1.0)
    with pytest.raises(ValueError, match="each study needs"):
        fit([wrong])


studies = st.lists(counts_of_one, min_size=2, max_size=5)


def integrated(counts: Counts, mu: float, tau: float) -> float:
    """The log-likelihood by adaptive integration of scipy, which shares nothing with our quadrature."""

    def one(x: int, n: int) -> float:
        def density(u: float) -> float:
            p = float(expit(mu + tau * u))
            return float(comb(n, x)) * p**x * (1 - p) ** (n - x) * exp(-u * u / 2) / sqrt(2 * 3.141592653589793)

        return float(quad(density, -12, 12, limit=400, points=[-6, -3, -1, 0, 1, 3, 6])[0])

    return sum(log(one(x, n)) for x, n in counts)


@settings(max_examples=30)
@given(studies, st.floats(-3, 3), st.floats(0, 3))
def test_the_likelihood_agrees_with_numeric_integration(counts: Counts, mu: float, tau: float) -> None:
    x, n = np.array(counts, dtype=float).T
    assert log_likelihood(x, n, mu, tau, 101).value == pytest.approx(integrated(counts, mu, tau), abs=2e-5)


@settings(max_examples=30)
@given(studies, st.floats(-2, 2), st.floats(0.05, 2))
def test_the_derivatives_are_those_of_the_likelihood(counts: Counts, mu: float, tau: float) -> None:
    x, n = np.array(counts, dtype=float).T
    step = 1e-5

    def at(a: float, b: float) -> float:
        return log_likelihood(x, n, a, b, 61).value

    here = log_likelihood(x, n, mu, tau, 61)
    slope = [(at(mu + step, tau) - at(mu - step, tau)) / 2 / step, (at(mu, tau + step) - at(mu, tau - step)) / 2 / step]
    assert here.gradient == pytest.approx(slope, abs=1e-3)
    for i, (a, b) in enumerate([(step, 0.0), (0.0, step)]):
        up, down = log_likelihood(x, n, mu + a, tau + b, 61), log_likelihood(x, n, mu - a, tau - b, 61)
        assert here.hessian[i] == pytest.approx((up.gradient - down.gradient) / 2 / step, abs=2e-2)


@settings(max_examples=25)
@given(st.lists(counts_of_one, min_size=3, max_size=8))
def test_what_is_found_is_the_highest_point(counts: Counts) -> None:
    found = fit(counts)
    if found.status not in ("converged", "boundary"):
        assert found.proportion is None
        assert found.prediction is None
        assert found.message
        return
    assert found.mu is not None
    assert found.tau2 is not None
    assert found.log_likelihood is not None
    x, n = np.array(counts, dtype=float).T
    for mu in np.linspace(-4, 4, 9):
        for tau in (0.0, 0.3, 1.0, 2.0, 4.0):
            assert log_likelihood(x, n, float(mu), tau, 101).value <= found.log_likelihood + 1e-6
    assert found.low is not None
    assert found.high is not None
    assert found.proportion is not None
    assert found.low <= found.proportion <= found.high
    assert found.prediction is not None
    assert found.prediction[0] <= found.low
    assert found.prediction[1] >= found.high
    mirrored = fit([(n - x, n) for x, n in counts])
    assert mirrored.mu == pytest.approx(-found.mu, abs=1e-4)
    assert fit(list(reversed(counts))).tau2 == pytest.approx(found.tau2, abs=1e-4)


def test_at_the_boundary_the_model_is_the_plain_proportion() -> None:
    found = fit([pair for pair in BRAF if pair != (20, 21)])
    assert found.status == "boundary"
    assert found.tau2 == 0
    assert found.proportion == pytest.approx(21 / 38)
    assert found.standard_error == pytest.approx(1 / sqrt(38 * 21 / 38 * 17 / 38))
    assert "tau² = 0" in found.message


def test_the_prediction_interval_by_its_formula() -> None:
    found = fit(BRAF)
    assert found.mu is not None
    assert found.tau2 is not None
    assert found.standard_error is not None
    half = 2.776445 * sqrt(found.tau2 + found.standard_error**2)  # t with 6 − 2 degrees of freedom
    assert found.prediction == pytest.approx((expit(found.mu - half), expit(found.mu + half)), abs=1e-6)
    assert fit(BRAF[:2]).prediction is None


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([(5, 5), (3, 3), (1, 1)], "everybody"),
        ([(0, 5), (0, 3)], "nobody"),
        ([(9, 9), (0, 9), (9, 9), (0, 9)], "so far apart"),
    ],
)
def test_what_has_no_finite_estimate_says_so(counts: Counts, words: str) -> None:
    found = fit(counts)
    assert (found.status, found.proportion, found.tau2) == ("no-finite-maximum", None, None)
    assert words in found.message


def test_a_search_that_fails_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("avidity_service.statistics.binomial_normal._STEPS", 1)
    found = fit(PRITZ)
    assert (found.status, found.proportion) == ("not-converged", None)
    assert "flat point in 1 steps" in found.message


def test_leave_one_out_leaves_out_each_once() -> None:
    found = leave_one_out(BRAF)
    assert [round(one.proportion or 0, 2) for one in found] == [0.74, 0.71, 0.71, 0.75, 0.55, 0.64]
    assert found[4].tau2 == 0
    assert leave_one_out(BRAF[:1]) == []


def test_scipy_is_imported_only_when_asked_for() -> None:
    script = (
        "import sys, avidity_service.app, avidity_service.cli.main\n"
        "from avidity_service.statistics import binomial_normal, proportions\n"
        "proportions.wilson(5, 14)\n"
        "assert not {'scipy', 'numpy'} & set(sys.modules), 'imported'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
