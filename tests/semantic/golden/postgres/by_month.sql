WITH sales_totals AS (
  /* one row per order line, totalled by time_month */
  SELECT
    CAST(DATE_TRUNC('month', CAST(order_date.calendar_date AS TIMESTAMP)) AS DATE) AS time_month,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return
    AND NOT sales.is_test
    AND order_date.calendar_date >= CAST('2023-12-01' AS DATE)
    AND order_date.calendar_date <= CAST('2024-11-30' AS DATE)
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  time_month,
  revenue
FROM sales_totals
ORDER BY
  time_month ASC
