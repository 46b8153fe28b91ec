WITH sales_totals AS (
  /* one row per order line, totalled by time_month */
  SELECT
    CAST(CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) AS time_month,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return
    AND NOT sales.is_test
    AND order_date.calendar_date >= CAST('2024-09-01' AS DATE)
    AND order_date.calendar_date <= CAST('2024-11-30' AS DATE)
  GROUP BY
    1
), sales_totals_previous AS (
  /* one row per order line, totalled by time_month (previous) */
  SELECT
    CAST((
      CAST(CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) + INTERVAL '12' MONTH
    ) AS DATE) AS time_month,
    SUM(sales.net) AS revenue_previous
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return
    AND NOT sales.is_test
    AND order_date.calendar_date >= CAST('2023-09-01' AS DATE)
    AND order_date.calendar_date <= CAST('2023-11-30' AS DATE)
  GROUP BY
    1
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    time_month,
    revenue,
    CAST(NULL AS INT) AS revenue_previous
  FROM sales_totals
  UNION ALL
  SELECT
    time_month,
    CAST(NULL AS INT) AS revenue,
    revenue_previous
  FROM sales_totals_previous
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    time_month,
    MAX(revenue) AS revenue,
    MAX(revenue_previous) AS revenue_previous
  FROM all_facts
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  time_month,
  revenue,
  revenue_previous,
  revenue - revenue_previous AS revenue_change,
  CAST((
    revenue - revenue_previous
  ) AS DOUBLE) / NULLIF(revenue_previous, 0) AS revenue_change_rate
FROM side_by_side
ORDER BY
  time_month ASC NULLS LAST
