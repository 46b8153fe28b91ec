"""Follow the customers who first bought in one month: how many buy again, month by month.

Source: Fader and Hardie 2007, "How to Project Customer Retention", Journal of Interactive Marketing 21(1) (reading of
retention curves).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from customer360.errors import InputMalformed
from customer360.science.inputs import require_columns, require_input, run_sql, with_defaults

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

METHOD = "cohort_retention"
COLUMNS = ("customer_key", "purchase_date", "amount")
GRAINS = ("week", "month", "quarter", "year")

RETENTION = """
WITH purchase AS (
    SELECT customer_key, date_trunc($grain, purchase_date::DATE)::DATE AS period, sum(amount) AS amount
    FROM purchases
    WHERE customer_key IS NOT NULL AND purchase_date::DATE <= $as_of
    GROUP BY ALL
), member AS (
    SELECT *, min(period) OVER (PARTITION BY customer_key) AS cohort FROM purchase
), size AS (
    SELECT cohort, count(*) AS customers FROM member WHERE period = cohort GROUP BY cohort
), grid AS (
    SELECT cohort, customers, unnest(range(datediff($grain, cohort, $as_of::DATE) + 1)) AS period_number FROM size
), active AS (
    SELECT cohort, datediff($grain, cohort, period) AS period_number, count(*) AS n, sum(amount) AS amount
    FROM member GROUP BY ALL
)
SELECT
    cohort AS cohort_date,
    customers AS cohort_customers,
    period_number::INTEGER AS period_number,
    coalesce(n, 0) AS active_customers,
    coalesce(n, 0) / customers AS retention_rate,
    coalesce(amount, 0) AS amount,
    period_number < datediff($grain, cohort, $as_of::DATE + 1) AS is_complete
FROM grid LEFT JOIN active USING (cohort, period_number)
ORDER BY cohort_date, period_number
"""


def retention(purchases: pa.Table, *, as_of: date, grain: str = "month") -> pa.Table:
    """Return one row per cohort and period up to the as-of date, also where nobody bought.

    Input: customer_key, purchase_date, amount. A customer's cohort is the period (week from Monday, month, quarter,
    year) of the first purchase. Columns: cohort_date, cohort_customers, period_number (0 = the cohort's own),
    active_customers (with a purchase in that period), retention_rate, amount, is_complete (the period ended by the
    as-of date). Raises InputMalformed for another grain.
    """
    require_columns(purchases, COLUMNS, name="purchases")
    if grain not in GRAINS:
        raise InputMalformed(f"'{grain}' is no grain of cohorts.", next_step=f"Take one of {', '.join(GRAINS)}.")
    return run_sql(RETENTION, {"as_of": as_of, "grain": grain}, purchases=purchases)


def run(inputs: Mapping[str, pa.Table], parameters: Mapping[str, Any], *, as_of: date) -> pa.Table:
    """Return ``retention`` (step ``cohort_retention``): input ``purchases``, parameter grain (month)."""
    settings = with_defaults(parameters, {"grain": "month"}, method=METHOD)
    return retention(require_input(inputs, "purchases", COLUMNS, method=METHOD), as_of=as_of, grain=settings["grain"])
