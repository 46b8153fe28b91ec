from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from customer360.errors import InputMalformed
from customer360.science import inventory

AS_OF = date(2024, 11, 30)


def snapshots(rows) -> pa.Table:
    """Rows of product, location, days ago, stock, reorder level."""
    return pa.table(
        {
            "product_key": pa.array([row[0] for row in rows], pa.int64()),
            "location_key": pa.array([row[1] for row in rows], pa.int64()),
            "snapshot_date": pa.array([AS_OF - timedelta(days=row[2]) for row in rows], pa.date32()),
            "stock_quantity": pa.array([row[3] for row in rows], pa.int32()),
            "reorder_level": pa.array([row[4] for row in rows], pa.int32()),
        }
    )


def sales(rows) -> pa.Table:
    """Rows of product, days ago, quantity; 2.50 a piece."""
    return pa.table(
        {
            "product_key": pa.array([row[0] for row in rows], pa.int64()),
            "sale_date": pa.array([AS_OF - timedelta(days=row[1]) for row in rows], pa.date32()),
            "quantity": pa.array([row[2] for row in rows], pa.int32()),
            "net_sales_amount": pa.array([Decimal("2.50") * row[2] for row in rows], pa.decimal128(10, 2)),
        }
    )


def health(stock, sold, **settings):
    table = inventory.health(snapshots(stock), sales(sold), as_of=AS_OF, **settings)
    return {row["product_key"]: row for row in table.to_pylist()}


def test_cover_is_stock_of_all_locations_over_daily_demand():
    stock = [(1, place, day, 30 + place, 5) for place in (1, 2) for day in range(28)]
    row = health(stock, [(1, day, 2) for day in range(28)])[1]
    assert (row["stock_quantity"], row["daily_demand"], row["days_of_cover"]) == (63, 2.0, 31.5)
    assert (row["stockout_days"], row["lost_units"], row["lost_sales"]) == (0, 0, Decimal("0.00"))
    assert row["reorder_quantity"] == 0


def test_demand_is_measured_on_days_with_stock_and_empty_days_are_lost_sales():
    stock = [(1, 1, day, 0 if 4 <= day < 11 else 21, 5) for day in range(28)]
    row = health(stock, [(1, day, 3) for day in range(28) if not 4 <= day < 11])[1]
    assert row["stockout_days"] == 7
    assert row["daily_demand"] == 3.0  # 63 units on 21 days, not on 28
    assert (row["lost_units"], row["lost_sales"]) == (21.0, Decimal("52.50"))
    assert (row["days_of_cover"], row["stockout_risk"]) == (7.0, "Medium")
    assert row["reorder_quantity"] == 90 - 21


@pytest.mark.parametrize(
    ("stock", "risk", "overstock"),
    [
        (0, "High", "None"), (3, "High", "None"), (4, "Medium", "None"), (7, "Medium", "None"), (8, "Low", "None"),
        (60, "Low", "None"), (61, "Low", "Moderate"), (90, "Low", "Moderate"), (91, "Low", "Severe"),
    ],
)  # fmt: skip
def test_bands_of_risk_and_overstock(stock, risk, overstock):
    rows = [(1, 1, day, 50, 5) for day in range(1, 28)] + [(1, 1, 0, stock, 5)]
    row = health(rows, [(1, day, 1) for day in range(28 if stock else 27)])[1]
    assert row["daily_demand"] == 1.0
    assert (row["stockout_risk"], row["overstock"]) == (risk, overstock)


def test_stock_that_nobody_buys_is_severe_overstock_and_an_always_empty_shelf_has_unknown_demand():
    rows = health([(1, 1, 0, 40, 5), *[(2, 1, day, 0, 5) for day in range(28)]], [])
    assert (rows[1]["days_of_cover"], rows[1]["overstock"], rows[1]["stockout_risk"]) == (None, "Severe", "Low")
    assert (rows[2]["daily_demand"], rows[2]["lost_sales"], rows[2]["stockout_risk"]) == (None, None, "High")
    assert rows[2]["reorder_quantity"] == 5


def test_the_future_and_old_sales_do_not_count():
    stock = [(1, 1, -3, 999, 5), (1, 1, 0, 28, 5), (1, 1, 40, 7, 5)]
    row = health(stock, [(1, -1, 100), (1, 0, 14), (1, 27, 14), (1, 28, 100)])[1]
    assert (row["stock_quantity"], row["units_sold"], row["daily_demand"]) == (28, 28, 1.0)


def test_positions_are_the_newest_per_location():
    rows = [(1, 1, 0, 4, 5), (1, 1, 1, 9, 5), (1, 2, 2, 0, 3), (1, 2, 5, 8, 3), (1, 2, 40, 0, 3)]
    first, second = inventory.positions(snapshots(rows), as_of=AS_OF).to_pylist()
    assert (first["stock_quantity"], first["is_below_reorder_level"], first["is_stockout"]) == (4, True, False)
    assert (second["snapshot_date"], second["is_stockout"]) == (AS_OF - timedelta(days=2), True)
    assert (second["stockout_days"], second["observed_days"]) == (1, 2)


def test_the_step_runs_and_a_window_of_0_days_is_refused():
    inputs = {"snapshots": snapshots([(1, 1, 0, 4, 5)]), "sales": sales([])}
    table = inventory.run(inputs, {"target_cover_days": 10}, as_of=AS_OF)
    assert table["reorder_quantity"].to_pylist() == [1]
    with pytest.raises(InputMalformed, match="demand_days is 0"):
        inventory.run(inputs, {"demand_days": 0}, as_of=AS_OF)
