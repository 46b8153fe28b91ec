from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from customer360.science.abandonment import abandonment

CARTS = pa.table(
    {
        "cart_id": list(range(8)),
        "is_abandoned": [True, True, True, True, False, False, True, False],
        "cart_value": pa.array([Decimal(v) for v in (10, 20, 30, 40, 50, 60, 70, 80)], pa.decimal128(8, 2)),
        "recovery_email_sent": [True, True, False, True, None, None, False, None],
        "recovery_converted": [True, False, None, True, None, None, None, None],
        "device": ["web", "web", "web", "mobile", "mobile", "web", "mobile", "mobile"],
    }
)


def test_every_rate_stands_under_its_own_name():
    (row,) = abandonment(CARTS).to_pylist()
    assert (row["carts_created"], row["carts_abandoned"], row["carts_recovered"]) == (8, 5, 2)
    assert row["cart_abandonment_rate"] == 5 / 8
    assert row["recovery_rate"] == 2 / 3
    assert row["unrecovered_rate"] == 3 / 5
    assert row["abandonment_share"] == 1
    assert row["abandoned_cart_value"] == Decimal(170)
    assert row["lost_revenue"] == Decimal(120)  # 20 + 30 + 70: what was recovered is not lost


def test_shares_of_groups_add_up_and_rates_are_their_own():
    mobile, web = abandonment(CARTS, by=["device"]).to_pylist()
    assert (mobile["device"], web["device"]) == ("mobile", "web")
    assert mobile["cart_abandonment_rate"] == 2 / 4
    assert web["cart_abandonment_rate"] == 3 / 4
    assert mobile["abandonment_share"] + web["abandonment_share"] == pytest.approx(1)
    assert mobile["lost_revenue"] + web["lost_revenue"] == Decimal(120)


def test_without_abandoned_carts_rates_are_unknown_and_nothing_is_lost():
    (row,) = abandonment(CARTS.filter(pa.compute.invert(CARTS["is_abandoned"]))).to_pylist()
    assert (row["cart_abandonment_rate"], row["recovery_rate"], row["unrecovered_rate"]) == (0, None, None)
    assert (row["abandonment_share"], row["lost_revenue"]) == (None, 0)
