WITH sales_totals AS (
  /* one row per order line, totalled by time_month, customer_segment */
  SELECT
    CAST(CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) AS time_month,
    customer.segment AS customer_segment,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  WHERE
    NOT sales.is_return
    AND NOT sales.is_test
    AND order_date.calendar_date >= CAST('2024-09-01' AS DATE)
    AND order_date.calendar_date <= CAST('2024-11-30' AS DATE)
  GROUP BY
    1,
    2
), every_month AS (
  /* every month of the range, also those without rows */
  SELECT
    CAST(point AS DATE) AS time_month
  FROM EXPLODE(
    SEQUENCE(
      CAST(CAST('2024-09-01' AS DATE) AS TIMESTAMP_NTZ),
      CAST(CAST('2024-11-01' AS DATE) AS TIMESTAMP_NTZ),
      INTERVAL '1' MONTH
    )
  ) AS points(point)
), with_gaps AS (
  /* known points, and one for every gap */
  SELECT
    time_month,
    customer_segment,
    revenue
  FROM sales_totals
  UNION ALL
  SELECT
    every_month.time_month,
    every_group.customer_segment,
    CAST(NULL AS INT) AS revenue
  FROM every_month
  CROSS JOIN (
    SELECT DISTINCT
      customer_segment
    FROM sales_totals
  ) AS every_group
), without_gaps AS (
  /* every group at every point of time */
  SELECT
    time_month,
    customer_segment,
    MAX(revenue) AS revenue
  FROM with_gaps
  GROUP BY
    1,
    2
)
/* the figures asked for */
SELECT
  time_month,
  COALESCE(customer_segment, '(none)') AS customer_segment,
  COALESCE(revenue, 0) AS revenue
FROM without_gaps
ORDER BY
  time_month ASC NULLS LAST,
  customer_segment ASC NULLS LAST
