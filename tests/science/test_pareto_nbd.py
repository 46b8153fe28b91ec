from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.special import gammaln, hyp2f1

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import pareto_nbd
from customer360.science.lifetime_value import ParetoNbd, fit_pareto_nbd


@pytest.fixture(scope="module")
def cdnow(cdnow_histories):
    return fit_pareto_nbd(*cdnow_histories[:3])


def model(r: float, alpha: float, s: float, beta: float) -> ParetoNbd:
    nobody = np.zeros(0)
    return ParetoNbd(r, alpha, s, beta, 0.0, True, (nobody, nobody, nobody))


def test_cdnow_fit_is_the_published_one(cdnow):
    # Fader, Hardie and Lee 2005, table 2; BTYD vignette; CLVTools tests (alpha and beta: a flat likelihood)
    assert cdnow.converged
    assert (cdnow.r, cdnow.s) == pytest.approx((0.553, 0.606), abs=1e-3)
    assert (cdnow.alpha, cdnow.beta) == pytest.approx((10.578, 11.669), abs=0.02)
    assert cdnow.log_likelihood == pytest.approx(-9594.976, abs=0.005)


def test_new_customer_and_customer_1516_are_as_published(cdnow):
    assert cdnow.expected_purchases_new(52) == pytest.approx(1.473434, abs=1e-4)  # BTYD vignette
    assert cdnow.expected_purchases(52, 26, 30.86, 31)[0] == pytest.approx(25.45647, abs=1e-3)
    assert cdnow.probability_alive(26, 30.86, 31)[0] == pytest.approx(0.997874, abs=1e-4)


def log_likelihood_by_hypergeometrics(parameters, x, t_x, t):
    """Equations 15 and 16 of Fader and Hardie 2005."""
    r, alpha, s, beta = parameters
    larger, smaller, third = (alpha, beta, s + 1) if alpha >= beta else (beta, alpha, r + x)
    m = r + s + x

    def part(y):
        return hyp2f1(m, third, m + 1, (larger - smaller) / (larger + y)) / (larger + y) ** m

    inner = 1 / ((alpha + t) ** (r + x) * (beta + t) ** s) + s / m * (part(t_x) - part(t))
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(inner)


def ours(parameters, x, t_x, t):
    columns = tuple(np.array([float(value)]) for value in (x, t_x, t))
    counts, times = pareto_nbd._count_part(parameters, columns[:1]), pareto_nbd._time_part(parameters, columns)
    return (counts[0] + times[0])[0], (counts[1] + times[1])[:, 0]


@pytest.mark.parametrize("parameters", [(0.553, 10.578, 0.606, 11.669), (2.0, 30.0, 1.5, 4.0), (0.2, 1.0, 0.1, 40.0)])
@pytest.mark.parametrize(("x", "t_x", "t"), [(0, 0, 5), (0, 0, 300), (1, 4, 30), (7, 29, 30), (26, 30.86, 31)])
def test_the_likelihood_agrees_with_the_closed_form(parameters, x, t_x, t):
    closed = log_likelihood_by_hypergeometrics(parameters, x, t_x, t)
    assert ours(np.array(parameters), x, t_x, t)[0] == pytest.approx(closed, abs=1e-8)


parameter = st.floats(0.1, 30)


@given(
    st.tuples(parameter, parameter, parameter, parameter),
    st.tuples(st.integers(0, 100), st.floats(0.01, 0.99), st.floats(0.5, 100)),
)
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_the_slope_of_the_likelihood(parameters, history):
    x, share, t = history
    parameters, t_x = np.array(parameters), share * t if x else 0.0

    def value(at):
        return ours(at, x, t_x, t)[0]

    gradient = ours(parameters, x, t_x, t)[1]
    slope = (
        approx_fprime(parameters, value, 1e-5 * parameters) + approx_fprime(parameters, value, -1e-5 * parameters)
    ) / 2
    assert gradient == pytest.approx(
        slope, abs=1e-5 * (np.abs(slope).max() + abs(value(parameters)) / parameters.min())
    )


@pytest.mark.parametrize(("x", "t_x", "t"), [(0, 0, 10), (2, 8, 10), (9, 9.5, 10)])
def test_silence_is_the_integral_over_the_moment_of_leaving(x, t_x, t):
    fit, horizon = model(0.9, 6.0, 0.7, 9.0), 4.0

    def gone(y):  # density of this history and of leaving at y
        return fit.s * (fit.alpha + y) ** -(fit.r + x) * (fit.beta + y) ** -(fit.s + 1)

    def stays(y):
        return (fit.alpha + y) ** -(fit.r + x) * (fit.beta + y) ** -fit.s

    history = quad(gone, t_x, t, epsabs=0)[0] + stays(t)
    silent = quad(gone, t_x, t + horizon, epsabs=0)[0] + stays(t + horizon)
    assert fit.probability_no_purchase(horizon, x, t_x, t)[0] == pytest.approx(silent / history, rel=1e-8)
    assert fit.probability_alive(x, t_x, t)[0] == pytest.approx(stays(t) / history, rel=1e-8)


@pytest.mark.parametrize("s", [0.4, 1.0, 2.5])
def test_expected_purchases_are_the_integral_of_the_purchase_rate_of_the_living(s):
    fit, x, t_x, t, horizon = model(0.9, 6.0, s, 9.0), 3, 8.0, 10.0, 12.0
    survives = quad(lambda y: ((fit.beta + t) / (fit.beta + t + y)) ** s, 0, horizon)[0]
    expected = (fit.r + x) / (fit.alpha + t) * survives * fit.probability_alive(x, t_x, t)[0]
    assert fit.expected_purchases(horizon, x, t_x, t)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("x", [200.0, 2000.0])
def test_frequent_buyers_get_finite_numbers(cdnow, x):
    assert 0.99 < cdnow.probability_alive(x, 38.86, 38.86)[0] <= 1
    assert cdnow.probability_alive(x, 20.0, 38.86)[0] < 1e-6
    assert np.isfinite(cdnow.expected_purchases(52, x, 38.86, 38.86)[0])


def test_too_few_customers_are_refused(cdnow_histories):
    with pytest.raises(NotEnoughData, match="Pareto/NBD needs at least 30 customers"):
        fit_pareto_nbd(*[column[:5] for column in cdnow_histories[:3]])
    with pytest.raises(InputMalformed, match="together or not at all"):
        model(1, 1, 1, 1).probability_alive([1])
