"""Score recency, frequency and monetary value from 1 to 5, name the segment, and count who moved between two dates.

Source: Hughes 1994, "Strategic Database Marketing" (quintile scores); tie rule and segment grid are this project's.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from customer360.errors import InputMalformed, NotEnoughData
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

METHOD = "rfm"
MIGRATION = "rfm_migration"
MIGRATION_DAYS = 90
GRID_BINS = 5

GRID: Mapping[int, Sequence[str]] = {
    5: ("New Customers", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"),
    4: ("Promising", "Promising", "Potential Loyalists", "Loyal Customers", "Champions"),
    3: ("About To Sleep", "About To Sleep", "Need Attention", "Loyal Customers", "Loyal Customers"),
    2: ("Hibernating", "Hibernating", "At Risk", "At Risk", "At Risk"),
    1: ("Lost", "Lost", "At Risk", "Can't Lose Them", "Can't Lose Them"),
}
"""Segment by recency score, then by FM = (F + M) / 2 rounded half up, from FM 1 to FM 5."""

SCORES = """
WITH buyer AS (
    SELECT
        customer_key,
        ($as_of::DATE - max(purchase_date::DATE))::INTEGER AS recency_days,
        count(*) AS frequency,
        coalesce(sum(amount), 0) AS monetary
    FROM orders
    WHERE customer_key IS NOT NULL AND purchase_date::DATE <= $as_of
    GROUP BY customer_key
), scored AS (
    SELECT
        *,
        (1 + $bins * (rank() OVER (ORDER BY recency_days DESC) - 1) // count(*) OVER ())::INTEGER AS recency_score,
        (1 + $bins * (rank() OVER (ORDER BY frequency) - 1) // count(*) OVER ())::INTEGER AS frequency_score,
        (1 + $bins * (rank() OVER (ORDER BY monetary) - 1) // count(*) OVER ())::INTEGER AS monetary_score
    FROM buyer
)
SELECT
    scored.*,
    concat_ws('-', recency_score, frequency_score, monetary_score) AS rfm_score,
    grid.rfm_segment
FROM scored
LEFT JOIN grid ON grid.r = recency_score AND grid.fm = (frequency_score + monetary_score + 1) // 2
ORDER BY customer_key
"""

MOVES = """
WITH move AS (
    SELECT earlier.rfm_segment AS from_segment, later.rfm_segment AS to_segment, count(*) AS customers
    FROM later LEFT JOIN earlier USING (customer_key)
    GROUP BY ALL
)
SELECT *, (customers / sum(customers) OVER (PARTITION BY from_segment))::DOUBLE AS from_segment_share
FROM move
ORDER BY from_segment NULLS FIRST, customers DESC, to_segment
"""


def score(
    orders: pa.Table, *, as_of: date, bins: int = GRID_BINS, grid: Mapping[int, Sequence[str]] = GRID
) -> pa.Table:
    """Return one row per buyer, sorted by customer_key.

    Input: customer_key, purchase_date, amount; one row per order, returns left out. Columns: customer_key,
    recency_days, frequency (orders), monetary (sum of amounts), recency_score, frequency_score, monetary_score
    (1..bins, the highest is best), rfm_score (5-4-5), rfm_segment.

    Ties share a score: it is 1 + floor(bins * w / n), w being how many of the n buyers are strictly worse. Without ties
    that is quintiles; half the buyers with one order each all get 1. The grid names segments for 5 bins; with another
    number rfm_segment is NULL. Raises NotEnoughData when there are fewer buyers than bins.
    """
    require_columns(orders, ("customer_key", "purchase_date", "amount"), name="orders")
    if bins < 1:
        raise InputMalformed(f"bins is {bins}; a score has at least one value.")
    names = _grid_table(grid) if bins == GRID_BINS else _grid_table({})
    found = run_sql(SCORES, {"as_of": as_of, "bins": bins}, orders=orders, grid=names)
    if found.num_rows < bins:
        raise NotEnoughData("RFM", found=found.num_rows, needed=bins, what="buyers", next_step="Ask for fewer bins.")
    return found


def migration(orders: pa.Table, *, from_date: date, to_date: date, bins: int = GRID_BINS) -> pa.Table:
    """Return how many buyers moved from which segment to which between two as-of dates.

    Columns: from_segment (NULL: had not bought yet), to_segment, customers, from_segment_share (shares of one
    from_segment add up to 1). Both days are scored among the buyers of that day, so someone can fall because others
    rose. Raises InputMalformed when the dates are not in order, NotEnoughData as ``score``.
    """
    if from_date >= to_date:
        raise InputMalformed(f"The first date {from_date} is not before the second, {to_date}.")
    earlier, later = (score(orders, as_of=day, bins=bins) for day in (from_date, to_date))
    return run_sql(MOVES, earlier=earlier, later=later)


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return the scores (step ``rfm``): input ``orders``, parameters bins (5), grid; no rows below ``bins`` buyers."""
    settings = with_defaults(parameters, {"bins": GRID_BINS, "grid": GRID}, method=METHOD)
    orders = require_input(inputs, "orders", ("customer_key", "purchase_date", "amount"), method=METHOD)
    try:
        return score(orders, as_of=as_of, bins=settings["bins"], grid=settings["grid"])
    except NotEnoughData:
        nobody = orders.slice(0, 0)
        return run_sql(SCORES, {"as_of": as_of, "bins": settings["bins"]}, orders=nobody, grid=_grid_table(GRID))


def run_migration(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``migration`` from as-of minus ``days`` (90) to as-of (step ``rfm_migration``), both dates on each row.

    Input ``orders``. No rows when there were fewer than five buyers on the first date.
    """
    days = with_defaults(parameters, {"days": MIGRATION_DAYS}, method=MIGRATION)["days"]
    orders = require_input(inputs, "orders", ("customer_key", "purchase_date", "amount"), method=MIGRATION)
    before = as_of - timedelta(days=days)
    try:
        moves = migration(orders, from_date=before, to_date=as_of)
    except NotEnoughData:
        moves = _NO_MOVES
    moves = moves.append_column("from_date", pa.array([before] * moves.num_rows, pa.date32()))
    return moves.append_column("to_date", pa.array([as_of] * moves.num_rows, pa.date32()))


_NO_MOVES = pa.schema(
    [
        ("from_segment", pa.string()),
        ("to_segment", pa.string()),
        ("customers", pa.int64()),
        ("from_segment_share", pa.float64()),
    ]
).empty_table()


def _grid_table(grid: Mapping[int, Sequence[str]]) -> pa.Table:
    for recency, names in grid.items():
        if len(names) != GRID_BINS:
            raise InputMalformed(f"Row {recency} of the RFM grid has {len(names)} names; it takes {GRID_BINS}.")
    cells = [(int(r), fm, name) for r, names in grid.items() for fm, name in enumerate(names, start=1)]
    columns = list(map(list, zip(*cells, strict=True))) or [[], [], []]
    return pa.table(columns, schema=pa.schema([("r", pa.int32()), ("fm", pa.int32()), ("rfm_segment", pa.string())]))
