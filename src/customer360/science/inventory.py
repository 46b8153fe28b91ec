"""Judge stock: days of cover, stockouts, what to reorder, what is too much, and the sales that empty shelves cost.

Source: Silver, Pyke and Thomas 2017, "Inventory and Production Management in Supply Chains", 4th ed. (cover, censored
demand); the bands are the seeds'.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer360.errors import InputMalformed
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

METHOD = "inventory_health"
POSITIONS_METHOD = "inventory_positions"
DEFAULTS = {"demand_days": 28, "target_cover_days": 30}
SNAPSHOTS = ("product_key", "location_key", "snapshot_date", "stock_quantity", "reorder_level")
SALES = ("product_key", "sale_date", "quantity", "net_sales_amount")

POSITIONS = """
SELECT
    product_key, location_key,
    max(snapshot_date::DATE) AS snapshot_date,
    arg_max(stock_quantity, snapshot_date) AS stock_quantity,
    arg_max(reorder_level, snapshot_date) AS reorder_level,
    arg_max(stock_quantity, snapshot_date) <= 0 AS is_stockout,
    arg_max(stock_quantity, snapshot_date) < arg_max(reorder_level, snapshot_date) AS is_below_reorder_level,
    count(*) FILTER (stock_quantity <= 0 AND snapshot_date::DATE > $since) AS stockout_days,
    count(*) FILTER (snapshot_date::DATE > $since) AS observed_days
FROM snapshots
WHERE snapshot_date::DATE <= $as_of AND product_key IS NOT NULL
GROUP BY product_key, location_key
ORDER BY product_key, location_key
"""

HEALTH = """
WITH position AS (
    SELECT product_key, location_key, max(snapshot_date::DATE) AS day, arg_max(stock_quantity, snapshot_date) AS stock,
        arg_max(reorder_level, snapshot_date) AS level
    FROM snapshots WHERE snapshot_date::DATE <= $as_of AND product_key IS NOT NULL GROUP BY ALL
), stock AS (
    SELECT product_key, max(day) AS snapshot_date, sum(stock)::BIGINT AS stock_quantity,
        sum(level)::BIGINT AS reorder_level
    FROM position GROUP BY product_key
), shelf AS (
    SELECT product_key, snapshot_date::DATE AS day, sum(stock_quantity) <= 0 AS is_empty
    FROM snapshots
    WHERE snapshot_date::DATE <= $as_of AND snapshot_date::DATE > $since GROUP BY ALL
), sold AS (
    SELECT product_key, sum(quantity)::DOUBLE AS units, sum(net_sales_amount)::DOUBLE AS revenue
    FROM sales WHERE sale_date::DATE <= $as_of AND sale_date::DATE > $since GROUP BY product_key
), rate AS (
    SELECT stock.*, coalesce(units, 0) AS units_sold, revenue / nullif(units, 0) AS unit_price,
        coalesce(stockout_days, 0) AS stockout_days, coalesce(observed_days, 0) AS observed_days,
        coalesce(units, 0) / nullif($demand_days - coalesce(stockout_days, 0), 0) AS daily_demand
    FROM stock LEFT JOIN sold USING (product_key) LEFT JOIN (
        SELECT product_key, count(*) FILTER (is_empty) AS stockout_days, count(*) AS observed_days
        FROM shelf GROUP BY product_key
    ) USING (product_key)
), cover AS (
    SELECT *, stock_quantity / nullif(daily_demand, 0) AS days_of_cover FROM rate
)
SELECT
    product_key, snapshot_date, stock_quantity, reorder_level, units_sold::BIGINT AS units_sold, daily_demand,
    days_of_cover, stockout_days, observed_days,
    stock_quantity <= 0 AS is_stockout,
    stock_quantity < reorder_level AS is_below_reorder_level,
    CASE WHEN stock_quantity <= 0 OR days_of_cover <= 3 THEN 'High' WHEN days_of_cover <= 7 THEN 'Medium' ELSE 'Low' END
        AS stockout_risk,
    CASE WHEN stock_quantity > 0 AND coalesce(days_of_cover, 'infinity') > 90 THEN 'Severe'
        WHEN stock_quantity > 0 AND days_of_cover > 60 THEN 'Moderate' ELSE 'None' END AS overstock,
    greatest(ceil(greatest(coalesce(daily_demand, 0) * $target_cover_days, reorder_level) - stock_quantity), 0)::BIGINT
        AS reorder_quantity,
    daily_demand * stockout_days AS lost_units,
    (daily_demand * stockout_days * unit_price)::DECIMAL(18, 2) AS lost_sales,
    concat_ws('; ',
        CASE WHEN stock_quantity <= 0 THEN 'nothing left' ELSE format('{} left', stock_quantity) END,
        CASE WHEN daily_demand IS NULL THEN 'demand unknown: never in stock' WHEN daily_demand = 0 THEN 'nothing sold'
            ELSE format('{:.1f} a day are sold, enough for {:.0f} days', daily_demand, days_of_cover) END,
        CASE WHEN stock_quantity < reorder_level THEN format('below the reorder level of {}', reorder_level) END,
        CASE WHEN stockout_days > 0 THEN format('empty on {} of {} days', stockout_days, observed_days) END) AS why
FROM cover
ORDER BY product_key
"""


def positions(snapshots: pa.Table, *, as_of: date, demand_days: int = 28) -> pa.Table:
    """Return the newest stock of each product and location, sorted by both.

    Input: product_key, location_key, snapshot_date, stock_quantity, reorder_level; one row per product, location and
    day. Columns: those, is_stockout, is_below_reorder_level, stockout_days, observed_days (last ``demand_days``).
    """
    require_columns(snapshots, SNAPSHOTS, name="snapshots")
    return run_sql(POSITIONS, {"as_of": as_of, "since": _since(as_of, demand_days)}, snapshots=snapshots)


def health(
    snapshots: pa.Table, sales: pa.Table, *, as_of: date, demand_days: int = 28, target_cover_days: int = 30
) -> pa.Table:
    """Return one row per product over all locations, sorted by product_key.

    ``snapshots`` as for ``positions``; ``sales``: product_key, sale_date, quantity, net_sales_amount; no returns.
    daily_demand = units sold in the last ``demand_days`` / days on which stock was left; days_of_cover = stock /
    daily_demand, NULL without demand; stockout_risk High up to 3 days, Medium up to 7; overstock Severe above 90 days
    (or stock without demand), Moderate above 60; reorder_quantity fills up to ``target_cover_days`` or the reorder
    level, whichever is more; lost_units = daily_demand x stockout_days, lost_sales at the mean price of the window. A
    product that was out of stock all the time has no known demand: its demand, cover and losses are NULL.
    """
    require_columns(snapshots, SNAPSHOTS, name="snapshots")
    require_columns(sales, SALES, name="sales")
    settings = {
        "as_of": as_of,
        "since": _since(as_of, demand_days),
        "demand_days": demand_days,
        "target_cover_days": target_cover_days,
    }
    return run_sql(HEALTH, settings, snapshots=snapshots, sales=sales)


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``health`` (step ``inventory_health``).

    Inputs ``snapshots`` and ``sales``; parameters demand_days (28), target_cover_days (30).
    """
    settings = with_defaults(parameters, DEFAULTS, method=METHOD)
    snapshots = require_input(inputs, "snapshots", SNAPSHOTS, method=METHOD)
    return health(snapshots, require_input(inputs, "sales", SALES, method=METHOD), as_of=as_of, **settings)


def run_positions(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``positions`` (step ``inventory_positions``): input ``snapshots``, parameter demand_days (28)."""
    settings = with_defaults(parameters, {"demand_days": DEFAULTS["demand_days"]}, method=POSITIONS_METHOD)
    snapshots = require_input(inputs, "snapshots", SNAPSHOTS, method=POSITIONS_METHOD)
    return positions(snapshots, as_of=as_of, **settings)


def _since(as_of: date, demand_days: int) -> date:
    if demand_days < 1:
        raise InputMalformed(f"demand_days is {demand_days}; demand is measured over a day or more.")
    return date.fromordinal(as_of.toordinal() - demand_days)
