from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from scipy.special import expit

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science import challenger, churn

END = date(1998, 6, 29)


@pytest.fixture(scope="module")
def cdnow_contest(cdnow_master):
    return challenger.contest(cdnow_master, as_of=END)


def test_the_fit_agrees_with_scikit_learn():
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    random = np.random.default_rng(1)
    features = random.normal(3, [1, 10, 0.1], (3000, 3))
    happened = random.random(3000) < expit(features @ [0.4, -0.05, 3] - 9)
    ours = challenger.fit_logistic(features, happened)
    scaled = StandardScaler().fit_transform(features)
    theirs = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(scaled, happened)
    assert ours.converged
    assert ours.weights == pytest.approx([theirs.intercept_[0], *theirs.coef_[0]], abs=1e-5)
    assert ours.probability(features) == pytest.approx(theirs.predict_proba(scaled)[:, 1], abs=1e-5)


def test_champion_and_challenger_meet_on_the_window_of_the_back_test(cdnow_contest, cdnow_master):
    test = churn.back_test(cdnow_master, as_of=END)
    assert (cdnow_contest.trained_on, cdnow_contest.cut) == (date(1997, 12, 31), date(1998, 3, 31))
    assert cdnow_contest.champion_auc == pytest.approx(test.auc)
    assert cdnow_contest.champion_brier == pytest.approx(test.brier)
    assert cdnow_contest.challenger_auc == pytest.approx(0.84, abs=0.01)
    wins = cdnow_contest.challenger_auc >= test.auc + 0.005 and cdnow_contest.challenger_brier <= test.brier
    assert cdnow_contest.is_promoted == wins


def test_the_training_knows_nothing_of_the_last_window(cdnow_contest, cdnow_master):
    known = cdnow_master.filter(pc.less_equal(cdnow_master["purchase_date"], pa.scalar(date(1998, 3, 31))))
    features, outcome, _ = challenger._window(known, date(1997, 12, 31), 90)
    assert challenger.fit_logistic(features, outcome).weights.tolist() == cdnow_contest.challenger.weights.tolist()


def test_a_challenger_that_only_saw_noise_is_not_promoted():
    random = np.random.default_rng(5)
    end, rows = date(2024, 12, 31), []
    for key in range(900):
        days = np.cumsum(1 + random.exponential(80, 20))
        rows += [(key, end - timedelta(days=int(700 - day))) for day in days if day <= 700]
    table = pa.table(
        {
            "customer_key": [row[0] for row in rows],
            "purchase_date": pa.array([row[1] for row in rows], pa.date32()),
            "amount": pa.array([10.0] * len(rows)).cast(pa.decimal128(12, 2)),
        }
    )
    assert not challenger.contest(table, as_of=end).is_promoted  # everybody buys alike: there is nothing to learn


def test_too_few_buyers_and_empty_windows_are_refused(cdnow_master):
    with pytest.raises(NotEnoughData, match="A churn challenger needs at least 500 buyers"):
        challenger.contest(cdnow_master.slice(0, 1200), as_of=END)
    with pytest.raises(InputMalformed, match="horizon_days is 0"):
        challenger.contest(cdnow_master, as_of=END, horizon_days=0)
