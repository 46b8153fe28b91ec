from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import dblquad, quad
from scipy.optimize import approx_fprime
from scipy.special import beta as beta_function
from scipy.special import hyp2f1
from scipy.stats import beta, gamma

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import bg_nbd
from customer360.science.lifetime_value import BgNbd, fit_bg_nbd, fit_bg_nbd_with_prior


@pytest.fixture(scope="module")
def cdnow(cdnow_histories):
    return fit_bg_nbd(*cdnow_histories[:3])


def model(r: float, alpha: float, a: float, b: float) -> BgNbd:
    nobody = np.zeros(0)
    return BgNbd(r, alpha, a, b, 0.0, True, (nobody, nobody, nobody))


def test_cdnow_fit_is_the_published_one(cdnow):
    # Fader, Hardie and Lee 2005, table 2; BTYD vignette; CLVTools tests
    assert cdnow.converged
    assert (cdnow.r, cdnow.alpha, cdnow.a, cdnow.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=5e-4)
    assert cdnow.log_likelihood == pytest.approx(-9582.429, abs=0.005)


def test_a_new_customer_buys_as_often_as_published(cdnow):
    assert cdnow.expected_purchases_new(52) == pytest.approx(1.444004, abs=1e-4)  # BTYD vignette


def test_customer_1516_is_as_published(cdnow):
    # BTYD vignette, fitted there to three digits fewer
    assert cdnow.expected_purchases(52, 26, 30.86, 31)[0] == pytest.approx(25.75659, abs=5e-3)
    assert cdnow.probability_alive(26, 30.86, 31)[0] == pytest.approx(0.9688523, abs=1e-4)


def test_the_unit_of_time_changes_nothing_but_alpha_and_the_likelihood(cdnow, cdnow_histories):
    x, t_x, t = cdnow_histories[:3]
    days = fit_bg_nbd(x, 7 * t_x, 7 * t)
    assert (days.r, days.alpha, days.a, days.b) == pytest.approx((cdnow.r, 7 * cdnow.alpha, cdnow.a, cdnow.b), rel=1e-6)
    assert days.log_likelihood == pytest.approx(cdnow.log_likelihood - x.sum() * np.log(7), rel=1e-12)
    assert days.expected_purchases(7 * 39) == pytest.approx(cdnow.expected_purchases(39), rel=1e-6)


def row_likelihood(parameters, x, t_x, t) -> float:
    """Integral over the purchase rate and the chance to leave of the individual likelihood (equation 3)."""
    r, alpha, a, b = parameters

    def at(p: float, rate: float) -> float:
        alive = (1 - p) ** x * rate**x * np.exp(-rate * t)
        left = p * (1 - p) ** (x - 1) * rate**x * np.exp(-rate * t_x) if x > 0 else 0.0
        return (alive + left) * gamma.pdf(rate, r, scale=1 / alpha) * beta.pdf(p, a, b)

    return float(np.log(dblquad(at, 0, 60 / alpha, 0, 1, epsabs=1e-13, epsrel=1e-9)[0]))


@pytest.mark.parametrize(("x", "t_x", "t"), [(0, 0.0, 3.0), (1, 0.5, 3.0), (4, 2.5, 3.0)])
def test_the_likelihood_is_the_integral_over_rates_and_dropouts(x, t_x, t):
    parameters = np.array([1.6, 2.2, 1.7, 2.9])
    columns = tuple(np.array([float(value)]) for value in (x, t_x, t))
    ours = bg_nbd._count_part(parameters, columns[:1])[0] + bg_nbd._time_part(parameters, columns)[0]
    assert ours[0] == pytest.approx(row_likelihood(parameters, x, t_x, t), abs=1e-6)


positive = st.floats(0.05, 20)
four = st.tuples(positive, positive, positive, positive)


@given(four, st.tuples(st.integers(0, 300), st.floats(0.01, 1), st.floats(0.1, 50)))
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_the_slope_of_the_likelihood(parameters, history):
    x, share, t = history
    parameters = np.array(parameters)
    columns = (np.array([float(x)]), np.array([share * t if x else 0.0]), np.array([t]))

    def value(at):
        return (bg_nbd._count_part(at, columns[:1])[0] + bg_nbd._time_part(at, columns)[0])[0]

    ours = bg_nbd._count_part(parameters, columns[:1])[1] + bg_nbd._time_part(parameters, columns)[1]
    slope = (
        approx_fprime(parameters, value, 1e-6 * parameters) + approx_fprime(parameters, value, -1e-6 * parameters)
    ) / 2
    scale = np.abs(slope).max() + abs(value(parameters)) / parameters.min()
    assert ours[:, 0] == pytest.approx(slope, abs=1e-5 * scale)


@pytest.mark.parametrize("a", [0.3, 0.793, 1.0, 1.0 + 1e-9, 1.7, 6.0])
@pytest.mark.parametrize(("x", "t_x", "t"), [(0, 0, 0), (0, 0, 40), (1, 3, 40), (26, 30.86, 31)])
@pytest.mark.parametrize("horizon", [0.5, 52, 5000])
def test_expected_purchases_are_the_integral_over_the_chance_to_leave(a, x, t_x, t, horizon):
    fit = model(0.243, 4.414, a, 2.426)

    def given_dropout(p: float) -> float:  # the living: posterior rate Gamma(r + x, alpha + t), dropout Beta(a, b + x)
        bought = -np.expm1(-(fit.r + x) * np.log1p(p * horizon / (fit.alpha + t))) / p
        return bought * (1 - p) ** (fit.b + x - 1) / beta_function(a, fit.b + x)

    # p = u ** (1 / a) takes the pole of the beta density at 0 away
    integral = quad(lambda u: given_dropout(max(u ** (1 / a), 1e-300)) / a, 0, 1, epsrel=1e-10, limit=500)[0]
    expected = integral * fit.probability_alive(x, t_x, t)[0]
    assert fit.expected_purchases(horizon, x, t_x, t)[0] == pytest.approx(expected, rel=1e-6)


def test_expected_purchases_agree_with_the_formula_of_the_paper():
    fit, x, t, horizon = model(0.243, 4.414, 0.793, 2.426), np.array([1.0, 2.0, 7.0]), 38.86, 39.0
    z = horizon / (fit.alpha + t + horizon)
    paper = (fit.a + fit.b + x - 1) / (fit.a - 1)
    paper *= 1 - (1 - z) ** (fit.r + x) * hyp2f1(fit.r + x, fit.b + x, fit.a + fit.b + x - 1, z)
    assert fit.expected_if_alive(horizon, x, np.full(3, t)) == pytest.approx(paper, rel=1e-10)


@pytest.mark.parametrize("x", [200.0, 2000.0, 200_000.0])
def test_frequent_buyers_get_finite_numbers(x):
    fit = model(0.243, 4.414, 0.793, 2.426)
    assert 0.99 < fit.probability_alive(x, 38.86, 38.86)[0] <= 1
    year = fit.expected_purchases(52, x, 38.86, 38.86)[0]
    assert x / 10 < year < x / 38.86 * 52
    assert fit.probability_no_purchase(13, x, 38.86, 38.86)[0] < 0.01


histories = st.tuples(st.integers(0, 500), st.floats(0, 1), st.floats(0.1, 1e4))


@given(histories, four, st.floats(0.1, 1e4))
@settings(max_examples=100, deadline=None)
def test_probabilities_stay_between_0_and_1_and_silence_grows_less_likely(history, parameters, horizon):
    x, share, t = history
    t_x = share * t if x else 0.0
    fit = model(*parameters)
    alive, silent = fit.probability_alive(x, t_x, t)[0], fit.probability_no_purchase(horizon, x, t_x, t)[0]
    assert 0 <= alive <= 1
    assert 1 - alive - 1e-12 <= silent <= 1
    assert fit.probability_no_purchase(2 * horizon, x, t_x, t)[0] <= silent + 1e-12
    assert np.isfinite(fit.expected_purchases(horizon, x, t_x, t)[0])


def test_expected_purchases_grow_with_the_horizon_from_zero(cdnow):
    ends = [0.0, 1e-6, 1.0, 13.0, 52.0, 520.0]
    totals = [cdnow.expected_purchases(end).sum() for end in ends]
    assert totals[0] == 0
    assert all(later > earlier for earlier, later in pairwise(totals))


def test_silence_is_the_simulated_share_of_customers_who_do_not_come_back():
    fit, x, t_x, t, horizon = model(1.2, 10.0, 0.9, 2.0), 3, 20.0, 26.0, 13.0
    random = np.random.default_rng(20240229)
    rate, leave = random.gamma(fit.r, 1 / fit.alpha, 4_000_000), random.beta(fit.a, fit.b, 4_000_000)
    # weigh customers by the likelihood of this history, then let the living buy
    alive = (1 - leave) ** x * rate**x * np.exp(-rate * t)
    left = leave * (1 - leave) ** (x - 1) * rate**x * np.exp(-rate * t_x)
    silent = (left + alive * np.exp(-rate * horizon)).sum() / (left + alive).sum()
    assert fit.probability_no_purchase(horizon, x, t_x, t)[0] == pytest.approx(silent, abs=3e-3)


def test_parameters_of_a_simulated_company_are_recovered():
    random, customers, r, alpha, a, b = np.random.default_rng(7), 20_000, 0.6, 8.0, 0.8, 2.5
    age = random.uniform(20, 100, customers)
    rate, leave = random.gamma(r, 1 / alpha, customers), random.beta(a, b, customers)
    x, t_x, now, alive = np.zeros(customers), np.zeros(customers), np.zeros(customers), np.ones(customers, dtype=bool)
    while alive.any():
        now = now + random.exponential(1 / rate)
        alive &= now < age
        x[alive] += 1
        t_x[alive] = now[alive]
        alive &= random.random(customers) >= leave
    fit = fit_bg_nbd(x, t_x, age)
    assert fit.converged
    assert (fit.r, fit.alpha, fit.a, fit.b) == pytest.approx((r, alpha, a, b), rel=0.15)


def test_the_second_stage_on_many_customers_ends_at_the_same_maximum(cdnow, cdnow_histories):
    many = [np.tile(column, 60) for column in cdnow_histories[:3]]  # 141,420 customers: sample first, then all
    fit = fit_bg_nbd(*many)
    assert fit.converged
    assert (fit.r, fit.alpha, fit.a, fit.b) == pytest.approx((cdnow.r, cdnow.alpha, cdnow.a, cdnow.b), rel=1e-5)
    assert fit.log_likelihood == pytest.approx(60 * cdnow.log_likelihood, rel=1e-9)


def test_too_few_customers_are_refused_and_the_prior_helps(cdnow_histories):
    few = [column[:10] for column in cdnow_histories[:3]]
    with pytest.raises(NotEnoughData, match="needs at least 30 customers, and there are 10"):
        fit_bg_nbd(*few)
    with pytest.raises(NotEnoughData, match="who bought again"):
        fit_bg_nbd(np.zeros(50), np.zeros(50), np.full(50, 9.0))
    assert fit_bg_nbd_with_prior(*few).converged
    assert 0 < fit_bg_nbd_with_prior(0, 0, 5).expected_purchases(5)[0] < 5


def test_with_many_customers_the_prior_hardly_matters(cdnow_histories):
    prior = fit_bg_nbd_with_prior(*cdnow_histories[:3])
    assert prior.expected_purchases(39).sum() == pytest.approx(1653.4, rel=0.02)


def test_customers_who_never_leave_are_not_called_converged():
    random = np.random.default_rng(3)
    x = random.poisson(20, 2000) + 1
    fit = fit_bg_nbd(x, np.full(2000, 51.9), np.full(2000, 52.0))
    assert not fit.converged
    assert np.isfinite(fit.expected_purchases(52)).all()


@pytest.mark.parametrize(
    ("x", "t_x", "t", "sentence"),
    [
        ([1, 2], [1], [2, 2], "different lengths: frequency 2, recency 1, age 2"),
        ([1, -1], [1, 1], [2, 2], "1 values of frequency are missing, infinite or below 0"),
        ([1, np.nan], [1, 1], [2, 2], "1 values of frequency"),
        ([1, 1], [1, 3], [2, 2], "recency is greater than its age"),
        ([1, 0], [1, 1], [2, 2], "without repeat purchases has a recency above 0"),
    ],
)
def test_impossible_histories_are_refused(x, t_x, t, sentence):
    with pytest.raises(InputMalformed, match=sentence):
        fit_bg_nbd(x, t_x, t)
    with pytest.raises(InputMalformed, match="together or not at all"):
        model(1, 1, 1, 1).probability_alive(x)
