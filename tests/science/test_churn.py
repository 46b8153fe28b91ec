from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer360.errors import InputMalformed, NotEnoughData, UnknownName
from customer360.science import churn, customer_value

END = date(1998, 6, 29)  # 90 days after the first quarter, inside the data


@pytest.fixture(scope="module")
def measured(cdnow_master):
    return churn.back_test(cdnow_master, as_of=END)


def labels(purchases: pa.Table, cut: date, days: int = 90) -> dict[int, bool]:
    """Who bought by the cut, and whether he stayed away afterwards: plain Python."""
    rows = list(zip(purchases["customer_key"].to_pylist(), purchases["purchase_date"].to_pylist(), strict=True))
    known = {key for key, day in rows if day <= cut}
    back = {key for key, day in rows if cut < day <= cut + timedelta(days=days)}
    return {key: key not in back for key in sorted(known)}


def test_churn_of_the_cdnow_cohort_is_ranked_and_calibrated(measured):
    assert measured.customers == 23_570
    assert measured.auc >= 0.825
    assert measured.brier <= 0.092
    assert measured.calibration_error <= 0.03
    assert measured.is_reliable


def test_the_figures_agree_with_scikit_learn(measured, cdnow_master):
    from sklearn.metrics import brier_score_loss, roc_auc_score

    cut = date(1998, 3, 31)
    truth = labels(cdnow_master, cut)
    scores = churn.score(cdnow_master, as_of=cut)
    assert scores["customer_key"].to_pylist() == list(truth)
    happened, values = np.array(list(truth.values())), scores["churn_risk_score"].to_numpy()
    assert measured.churn_rate == pytest.approx(happened.mean())
    assert measured.auc == pytest.approx(roc_auc_score(happened, values), abs=1e-12)
    assert measured.brier == pytest.approx(brier_score_loss(happened, values), abs=1e-12)


def test_the_score_beats_the_rules_and_the_chance_to_be_alive(measured, cdnow_master):
    assert measured.rule_auc["is_churned_90_day_rule"] == pytest.approx(0.716, abs=0.01)
    assert max(measured.rule_auc.values()) < measured.auc - 0.05
    cut = date(1998, 3, 31)
    values = customer_value.run({"purchases": cdnow_master}, {}, as_of=cut)
    dead = 1 - values["probability_alive"].to_numpy()
    assert churn.area_under_curve(dead, np.array(list(labels(cdnow_master, cut).values()))) < 0.4


def test_bands_rise_in_observed_churn(measured):
    rows = {row["band"]: row for row in measured.bands.to_pylist()}
    assert sum(row["customers"] for row in rows.values()) == 23_570
    assert rows["Low"]["observed_rate"] < 0.5 <= rows["Medium"]["observed_rate"] < 0.8 <= rows["High"]["observed_rate"]


def test_no_score_looks_into_the_label_window(cdnow_master):
    cut = date(1998, 3, 31)
    known = cdnow_master.filter(pc.less_equal(cdnow_master["purchase_date"], pa.scalar(cut)))
    assert churn.score(known, as_of=cut).equals(churn.score(cdnow_master, as_of=cut))


def test_a_score_that_looks_into_the_label_window_is_caught_by_its_auc(cdnow_master):
    cut = date(1998, 3, 31)
    truth = labels(cdnow_master, cut)
    last = {}
    for key, day in zip(
        cdnow_master["customer_key"].to_pylist(), cdnow_master["purchase_date"].to_pylist(), strict=True
    ):
        last[key] = max(day, last.get(key, day))
    leaking = np.array([-last[key].toordinal() for key in truth], dtype=float)
    assert churn.area_under_curve(leaking, np.array(list(truth.values()))) > 0.99


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=2, max_size=40).filter(
        lambda rows: len({happened for _, happened in rows}) == 2
    )
)
def test_auc_is_the_share_of_pairs_in_order_ties_counting_half(rows):
    scores, happened = np.array([row[0] for row in rows], dtype=float), np.array([row[1] for row in rows])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[happened] for b in scores[~happened]]
    assert churn.area_under_curve(scores, happened) == pytest.approx(np.mean(pairs))


def test_bands_follow_their_thresholds_and_no_score_has_no_band():
    scores = pa.array([0.0, 0.4999, 0.5, 0.7999, 0.8, 1.0, None])
    assert churn.bands(scores).to_pylist() == ["Low", "Low", "Medium", "Medium", "High", "High", None]
    assert churn.bands(scores, low_below=0.9, medium_below=0.9).to_pylist() == ["Low"] * 5 + ["High", None]
    with pytest.raises(InputMalformed, match="is greater than medium_below"):
        churn.bands(scores, low_below=0.9)
    with pytest.raises(InputMalformed, match="it is a share"):
        churn.bands(scores, medium_below=80)


def test_the_published_rules_stand_under_their_own_names():
    customers = pa.table(
        {
            "customer_key": [1, 2, 3, 4, 5, 6],
            "recency_days": [90, 91, 91, 180, 181, None],
            "frequency": [1, 2, 3, 9, 1, 0],
        }
    )
    found = churn.rules(customers)
    assert found["is_churned_90_day_rule"].to_pylist() == [False, True, True, True, True, None]
    assert found["is_at_risk_rule"].to_pylist()[:5] == [False, True, False, False, True]
    assert found["churn_risk_180_90_rule"].to_pylist() == ["Low", "Medium", "Medium", "Medium", "High", None]
    assert found["is_at_risk_rule"].to_pylist()[5] is None


def test_the_step_gives_a_row_per_band(cdnow_master, measured):
    table = churn.run({"purchases": cdnow_master}, {}, as_of=END)
    assert table["churn_risk_band"].to_pylist() == ["Low", "Medium", "High"]
    assert set(table["auc"].to_pylist()) == {measured.auc}
    assert table["cut_date"].to_pylist() == [date(1998, 3, 31)] * 3
    assert churn.run({"purchases": cdnow_master.slice(0, 30)}, {}, as_of=END).num_rows == 0
    with pytest.raises(UnknownName, match="parameter of churn_back_test"):
        churn.run({"purchases": cdnow_master}, {"days": 3}, as_of=END)


def test_a_test_without_an_outcome_is_refused(cdnow_master):
    with pytest.raises(InputMalformed, match=r"is known on 1998-06-30, after the as-of date 1998-06-29"):
        churn.back_test(cdnow_master, as_of=END, cut=date(1998, 4, 1))
    with pytest.raises(NotEnoughData, match="needs at least 100 buyers"):
        churn.back_test(cdnow_master.slice(0, 50), as_of=END)
    with pytest.raises(NotEnoughData, match="buyers of each outcome"):
        churn.back_test(cdnow_master, as_of=date(2001, 1, 1))
