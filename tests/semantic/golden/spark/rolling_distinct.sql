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
    AND order_date.calendar_date >= CAST('2024-01-01' AS DATE)
    AND order_date.calendar_date <= CAST('2024-11-30' AS DATE)
  GROUP BY
    1
), every_month AS (
  /* every month of the range, also those without rows */
  SELECT
    CAST(point AS DATE) AS time_month
  FROM EXPLODE(
    SEQUENCE(
      CAST(CAST('2024-01-01' AS DATE) AS TIMESTAMP_NTZ),
      CAST(CAST('2024-11-01' AS DATE) AS TIMESTAMP_NTZ),
      INTERVAL '1' MONTH
    )
  ) AS points(point)
), month_ends AS (
  /* the last day of each month */
  SELECT
    time_month,
    LEAST(
      CAST(CAST((
        time_month + INTERVAL '1' MONTH
      ) AS DATE) - INTERVAL '1' DAY AS DATE),
      CAST('2024-11-30' AS DATE)
    ) AS window_end
  FROM every_month
), month_windows AS (
  /* the days each window covers */
  SELECT
    time_month,
    window_end,
    CAST((
      window_end - INTERVAL '89' DAY
    ) AS DATE) AS window_start
  FROM month_ends
), sales_totals_2 AS (
  /* one row per order line, totalled by time_month */
  SELECT
    month_windows.time_month AS time_month,
    COUNT(DISTINCT sales.customer_key) AS buyers_trailing_90_day
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  JOIN month_windows
    ON order_date.calendar_date >= month_windows.window_start
    AND order_date.calendar_date <= month_windows.window_end
  WHERE
    NOT sales.is_test
    AND order_date.calendar_date >= CAST('2023-11-03' AS DATE)
    AND order_date.calendar_date <= CAST('2024-11-30' AS DATE)
  GROUP BY
    1
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    time_month,
    revenue,
    CAST(NULL AS INT) AS buyers_trailing_90_day
  FROM sales_totals
  UNION ALL
  SELECT
    time_month,
    CAST(NULL AS INT) AS revenue,
    buyers_trailing_90_day
  FROM sales_totals_2
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    time_month,
    MAX(revenue) AS revenue,
    MAX(buyers_trailing_90_day) AS buyers_trailing_90_day
  FROM all_facts
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  time_month,
  revenue,
  COALESCE(buyers_trailing_90_day, 0) AS buyers_trailing_90_day
FROM side_by_side
ORDER BY
  time_month ASC NULLS LAST
