from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import gamma

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import gamma_gamma
from customer360.science.customer_value import histories
from customer360.science.lifetime_value import GammaGamma, fit_gamma_gamma


def model(p: float, q: float, scale: float) -> GammaGamma:
    nobody = np.zeros(0)
    return GammaGamma(p, q, scale, 0.0, True, 0, (nobody, nobody))


def test_cdnow_fit_is_the_published_one(cdnow_sample):
    # Fader and Hardie 2013, section 6; likelihood from the tests of CLVTools
    buyers = histories(cdnow_sample, as_of=date(1997, 9, 30))
    fit = fit_gamma_gamma(buyers.frequency, buyers.repeat_mean)
    assert fit.converged
    assert fit.repeaters == 946
    assert (fit.p, fit.q, fit.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=5e-3)
    assert fit.log_likelihood == pytest.approx(-4055.9177, abs=1e-3)


def test_the_unit_of_money_changes_nothing_but_gamma_and_the_likelihood(cdnow_histories):
    x, _, _, mean = cdnow_histories
    dollars, cents = fit_gamma_gamma(x, mean), fit_gamma_gamma(x, 100 * mean)
    assert (cents.p, cents.q, cents.gamma) == pytest.approx((dollars.p, dollars.q, 100 * dollars.gamma), rel=1e-5)
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - 946 * np.log(100), abs=1e-6)


@pytest.mark.parametrize(("x", "mean"), [(1, 10.0), (3, 42.0), (12, 7.5)])
def test_likelihood_and_expectation_are_integrals_over_the_spend_rate(x, mean):
    p, q, scale = 6.25, 3.74, 15.44

    def likelihood(rate: float) -> float:  # the mean of x Gamma(p, rate) amounts is Gamma(p x, rate x)
        return gamma.pdf(mean, p * x, scale=1 / (rate * x)) * gamma.pdf(rate, q, scale=1 / scale)

    total = quad(likelihood, 0, 5, limit=300, epsabs=0, epsrel=1e-10)[0]
    spend = quad(lambda rate: likelihood(rate) * p / rate, 0, 5, limit=300, epsabs=0, epsrel=1e-10)[0] / total
    columns = (np.array([float(x)]), np.array([mean]))
    parameters = np.array([p, q, scale])
    ours = gamma_gamma._count_part(parameters, columns[:1])[0] + gamma_gamma._spend_part(parameters, columns)[0]
    assert ours[0] == pytest.approx(np.log(total), abs=1e-7)
    assert model(p, q, scale).expected_spend(x, mean)[0] == pytest.approx(spend, rel=1e-7)


positive = st.floats(0.1, 50)


@given(positive, positive, positive, st.integers(1, 200), positive)
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_the_slope_of_the_likelihood(p, q, scale, x, mean):
    parameters, columns = np.array([p, q, scale]), (np.array([float(x)]), np.array([mean]))

    def value(at):
        return (gamma_gamma._count_part(at, columns[:1])[0] + gamma_gamma._spend_part(at, columns)[0])[0]

    ours = gamma_gamma._count_part(parameters, columns[:1])[1] + gamma_gamma._spend_part(parameters, columns)[1]
    slope = (
        approx_fprime(parameters, value, 1e-6 * parameters) + approx_fprime(parameters, value, -1e-6 * parameters)
    ) / 2
    scale_of_it = np.abs(slope).max() + (abs(value(parameters)) + x * p) / parameters.min()
    assert ours[:, 0] == pytest.approx(slope, abs=1e-5 * scale_of_it)


@given(positive, st.floats(1.1, 50), positive, st.integers(0, 200), positive)
@settings(max_examples=100, deadline=None)
def test_expected_spend_lies_between_the_own_mean_and_the_common_one(p, q, scale, x, mean):
    fit = model(p, q, scale)
    spend = fit.expected_spend(x, mean)[0]
    low, high = sorted((mean if x else fit.mean_spend, fit.mean_spend))
    assert low * (1 - 1e-9) <= spend <= high * (1 + 1e-9)


def test_without_a_finite_mean_a_customer_without_repeats_has_an_infinite_expectation():
    fit = model(1.0, 0.8, 10.0)
    assert fit.mean_spend == np.inf
    assert fit.expected_spend([0, 1], [0, 20])[0] == np.inf
    assert np.isfinite(fit.expected_spend(1, 20)[0])


def test_too_few_repeat_customers_are_refused(cdnow_histories):
    x, mean = cdnow_histories[0][:50], cdnow_histories[3][:50]
    with pytest.raises(NotEnoughData, match="customers with repeat purchases worth more than 0") as refusal:
        fit_gamma_gamma(x, mean)
    assert refusal.value.found == np.count_nonzero(x)
    with pytest.raises(InputMalformed, match="together or not at all"):
        model(1, 2, 3).expected_spend(x)
