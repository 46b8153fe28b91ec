from __future__ import annotations

from datetime import date

import pyarrow.compute as pc
import pytest

from customer360.errors import NotEnoughData
from customer360.science import churn, customer_value, model_card

END = date(1998, 6, 29)


@pytest.fixture(scope="module")
def card(cdnow_master):
    return model_card.run({"purchases": cdnow_master}, {}, as_of=END)


def values(card, model):
    return {(row["kind"], row["name"]): row["value"] for row in card.to_pylist() if row["model"] == model}


def test_the_card_holds_sample_parameters_and_metrics_of_both_models(card, cdnow_master):
    churned, value = values(card, "churn"), values(card, "lifetime_value")
    test = churn.back_test(cdnow_master, as_of=END)
    assert churned["sample", "customers"] == 23_570
    assert churned["metric", "auc"] == test.auc
    assert churned["metric", "auc_of_is_churned_90_day_rule"] == test.rule_auc["is_churned_90_day_rule"]
    fitted, _ = customer_value.purchase_model(customer_value.histories(cdnow_master, as_of=END))
    assert churned["parameter", "bg_nbd_alpha"] == value["parameter", "bg_nbd_alpha"] == fitted.alpha
    assert value["parameter", "gamma_gamma_q"] > 1
    assert set(card.filter(pc.equal(card["kind"], "metric"))["fitted_to_date"].to_pylist()) == {date(1998, 3, 31)}


def test_the_value_back_test_counts_what_known_customers_bought(cdnow_master):
    test = model_card.back_test_value(cdnow_master, as_of=END)
    rows = zip(*(cdnow_master[name].to_pylist() for name in cdnow_master.column_names), strict=True)
    later = [(key, day, amount) for key, day, amount in rows if date(1998, 3, 31) < day <= END]
    assert test.actual_purchases == len({(key, day) for key, day, _ in later})
    assert test.actual_spend == pytest.approx(float(sum(amount for _, _, amount in later)))
    assert 0.7 < test.expected_purchases / test.actual_purchases < 1.3
    assert test.rank_correlation > 0.35
    assert test.is_reliable


def test_a_young_company_has_a_card_without_metrics_and_nobody_has_none(cdnow_master):
    few = cdnow_master.slice(0, 40)
    card = model_card.run({"purchases": few}, {}, as_of=END)
    assert set(card["kind"].to_pylist()) == {"sample", "parameter"}
    assert set(card["is_reliable"].to_pylist()) == {False}
    assert model_card.run({"purchases": few.slice(0, 0)}, {}, as_of=END).num_rows == 0
    with pytest.raises(NotEnoughData, match="needs at least 100 buyers"):
        model_card.back_test_value(few, as_of=END)
    with pytest.raises(NotEnoughData, match="who bought again"):
        model_card.back_test_value(cdnow_master, as_of=date(2001, 1, 1))
