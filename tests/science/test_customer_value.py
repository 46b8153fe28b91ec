from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from customer360.errors import UnknownName
from customer360.science import customer_value
from customer360.science.lifetime_value import DAYS_PER_MONTH, discounted_purchases, fit_bg_nbd, fit_gamma_gamma

CUT = date(1997, 9, 30)


@pytest.fixture(scope="module")
def cdnow(cdnow_sample):
    return customer_value.run({"purchases": cdnow_sample}, {}, as_of=CUT)


def purchases(*rows) -> pa.Table:
    keys, days, amounts = zip(*rows, strict=True)
    amounts = [None if amount is None else Decimal(str(amount)) for amount in amounts]
    return pa.table(
        {
            "customer_key": pa.array(keys, pa.int64()),
            "purchase_date": pa.array(days, pa.date32()),
            "amount": pa.array(amounts, pa.decimal128(12, 2)),
        }
    )


def test_the_histories_of_cdnow_are_the_published_ones(cdnow, cdnow_histories):
    x, t_x, t, _ = cdnow_histories
    assert cdnow.num_rows == 2357
    assert cdnow["frequency"].to_numpy().tolist() == x.tolist()
    assert cdnow["recency_days"].to_numpy() / 7 == pytest.approx(t_x, abs=0.006)
    assert cdnow["age_days"].to_numpy() / 7 == pytest.approx(t, abs=0.006)


def test_purchases_of_the_hold_out_are_forecast(cdnow_sample):
    # published for this split: 1,882 purchase days in the 39 weeks held out, BG/NBD expects about 1,650
    buyers = customer_value.histories(cdnow_sample, as_of=CUT)
    model, is_sure = customer_value.purchase_model(buyers)
    later = customer_value.histories(cdnow_sample, as_of=date(1998, 6, 30))
    actual = later.frequency.sum() - buyers.frequency.sum()
    assert is_sure
    assert actual == 1882
    assert model.expected_purchases(39 * 7).sum() == pytest.approx(1653, abs=3)


def test_each_column_is_what_the_models_say(cdnow, cdnow_sample):
    buyers = customer_value.histories(cdnow_sample, as_of=CUT)
    history = (buyers.frequency, buyers.recency_days, buyers.age_days)
    model, spend = fit_bg_nbd(*history), fit_gamma_gamma(buyers.frequency, buyers.repeat_mean)
    assert cdnow["churn_risk_score"].to_numpy() == pytest.approx(model.probability_no_purchase(90))
    assert cdnow["expected_purchases_12m"].to_numpy() == pytest.approx(model.expected_purchases(365.25))
    by_hand = np.zeros(len(buyers.frequency))
    for month in range(12):
        bought = model.expected_purchases((month + 1) * 365.25 / 12) - model.expected_purchases(month * 365.25 / 12)
        by_hand += bought / 1.1 ** ((month + 1) / 12)
    by_hand *= spend.expected_spend()
    assert np.array(cdnow["predicted_clv_12m"].to_pylist(), dtype=float) == pytest.approx(by_hand, abs=0.006)
    assert cdnow["is_reliable"].to_pylist() == [True] * 2357


def test_one_time_buyers_are_not_all_alike(cdnow):
    once = cdnow.filter(pa.compute.equal(cdnow["frequency"], 0))
    assert once.num_rows == 1411
    assert set(once["probability_alive"].to_pylist()) == {1.0}
    assert len(set(once["churn_risk_score"].to_pylist())) > 50
    assert once["monetary_value"].null_count == 1411


def test_discounting_at_0_percent_leaves_the_expected_purchases(cdnow_histories):
    x, t_x, t, _ = cdnow_histories
    model = fit_bg_nbd(x, 7 * t_x, 7 * t)
    plain = discounted_purchases(model, x, 7 * t_x, 7 * t, months=12, annual_discount_rate=0.0)
    assert plain == pytest.approx(model.expected_purchases(12 * DAYS_PER_MONTH), rel=1e-12)
    dear = discounted_purchases(model, x, 7 * t_x, 7 * t, months=12, annual_discount_rate=0.5)
    assert np.all(dear < plain)


def test_baskets_of_one_day_are_one_purchase_and_the_future_does_not_exist():
    rows = purchases(
        (1, date(2024, 1, 1), 100), (1, date(2024, 1, 11), 20), (1, date(2024, 1, 11), 10), (1, date(2024, 1, 21), 50),
        (1, date(2024, 2, 1), 999), (2, date(2024, 1, 5), None), (None, date(2024, 1, 5), 7), (3, date(2024, 3, 1), 5),
        (4, None, 5),
    )  # fmt: skip
    table = customer_value.run({"purchases": rows}, {}, as_of=date(2024, 1, 31))
    first, second = table.to_pylist()
    assert [first["customer_key"], second["customer_key"]] == [1, 2]
    assert (first["frequency"], first["recency_days"], first["age_days"]) == (2, 20, 30)
    assert first["monetary_value"] == Decimal("40.00")
    assert (second["frequency"], second["monetary_value"]) == (0, None)


def test_rows_after_the_as_of_date_change_no_figure(cdnow, cdnow_sample):
    known = cdnow_sample.filter(pa.compute.less_equal(cdnow_sample["purchase_date"], pa.scalar(CUT)))
    assert known.num_rows < cdnow_sample.num_rows
    assert customer_value.run({"purchases": known}, {}, as_of=CUT).equals(cdnow)


def test_the_order_of_the_rows_changes_no_figure(cdnow, cdnow_sample):
    shuffled = cdnow_sample.take(np.random.default_rng(5).permutation(cdnow_sample.num_rows))
    assert customer_value.run({"purchases": shuffled}, {}, as_of=CUT).equals(cdnow)


def test_a_young_company_gets_cautious_figures_that_say_so():
    start = date(2024, 1, 1)
    rows = [(key, start + timedelta(days=visit * 20), 10 + key) for key in range(8) for visit in range(1 + key % 3)]
    table = customer_value.run({"purchases": purchases(*rows)}, {}, as_of=date(2024, 4, 1))
    assert table["is_reliable"].to_pylist() == [False] * 8
    assert all(0 < row["churn_risk_score"] < 1 and row["predicted_clv_12m"] > 0 for row in table.to_pylist())


def test_no_purchases_give_no_rows_with_the_same_types(cdnow):
    empty = purchases((1, date(2024, 1, 1), 5)).slice(0, 0)
    assert customer_value.run({"purchases": empty}, {}, as_of=CUT).schema.equals(cdnow.schema)


def test_customers_who_all_spend_alike_have_the_common_spend_and_it_is_reliable():
    random = np.random.default_rng(11)
    rows = [
        (key, date(2024, 1, 1) + timedelta(days=int(day)), 30 + 30 * ((key + visit) % 2))  # 30, 60, 30 ... for everyone
        for key in range(1500)
        for visit, day in enumerate(np.cumsum(1 + random.exponential(random.gamma(2, 60), 1 + random.poisson(1.5))))
        if day < 360
    ]
    spend, is_sure = customer_value.expected_spend(customer_value.histories(purchases(*rows), as_of=date(2024, 12, 31)))
    assert spend == pytest.approx(np.full(len(spend), 45), rel=0.05)
    assert is_sure


def test_a_longer_horizon_lowers_the_risk_and_text_keys_stay_text(cdnow_sample):
    keys = pa.compute.cast(cdnow_sample["customer_key"], pa.string())
    table = cdnow_sample.set_column(0, "customer_key", keys)
    near = customer_value.run({"purchases": table}, {"horizon_days": 30}, as_of=CUT)
    far = customer_value.run({"purchases": table}, {"horizon_days": 180}, as_of=CUT)
    assert near.schema.field("customer_key").type == pa.string()
    assert np.all(far["churn_risk_score"].to_numpy() < near["churn_risk_score"].to_numpy())


def test_wrong_names_are_refused_with_the_right_one(cdnow_sample):
    with pytest.raises(UnknownName, match="Did you mean 'horizon_days'"):
        customer_value.run({"purchases": cdnow_sample}, {"horizon_day": 30}, as_of=CUT)
    with pytest.raises(UnknownName, match="No input of customer_value is named 'purchases'"):
        customer_value.run({"orders": cdnow_sample}, {}, as_of=CUT)
    with pytest.raises(UnknownName, match="No column of purchases is named 'amount'"):
        customer_value.run({"purchases": cdnow_sample.drop_columns(["amount"])}, {}, as_of=CUT)
