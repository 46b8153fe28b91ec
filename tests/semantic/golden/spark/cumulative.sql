WITH sales_totals AS (
  /* one row per order line, totalled by customer_segment, time_month */
  SELECT
    customer.segment AS customer_segment,
    CAST(CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) AS time_month,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1,
    2
), sales_per_month AS (
  /* totals of each month */
  SELECT
    customer.segment AS customer_segment,
    CAST(CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS TIMESTAMP_NTZ) AS DATE) AS time_month,
    SUM(sales.net) AS revenue_cumulative
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1,
    2
), every_month AS (
  /* every month of the range, also those without rows */
  SELECT
    CAST(point AS DATE) AS time_month
  FROM (
    SELECT
      MIN(time_month) AS first_point,
      MAX(time_month) AS last_point
    FROM sales_per_month
  ) AS bounds
  CROSS JOIN LATERAL EXPLODE(
    SEQUENCE(
      CAST(first_point AS TIMESTAMP_NTZ),
      CAST(last_point AS TIMESTAMP_NTZ),
      INTERVAL '1' MONTH
    )
  ) AS points(point)
), sales_dense AS (
  /* every group at every point of time */
  SELECT
    customer_segment,
    time_month,
    SUM(revenue_cumulative) AS revenue_cumulative,
    SUM(rows_so_far) AS rows_so_far
  FROM (
    SELECT
      customer_segment,
      time_month,
      revenue_cumulative,
      1 AS rows_so_far
    FROM sales_per_month
    UNION ALL
    SELECT
      every_group.customer_segment,
      every_month.time_month,
      CAST(NULL AS INT) AS revenue_cumulative,
      0 AS rows_so_far
    FROM every_month
    CROSS JOIN (
      SELECT DISTINCT
        customer_segment
      FROM sales_per_month
    ) AS every_group
  ) AS known_and_empty
  GROUP BY
    1,
    2
), sales_running AS (
  /* cumulative sums */
  SELECT
    customer_segment,
    time_month,
    SUM(revenue_cumulative) OVER (
      PARTITION BY customer_segment
      ORDER BY time_month NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS revenue_cumulative,
    SUM(rows_so_far) OVER (
      PARTITION BY customer_segment
      ORDER BY time_month NULLS LAST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS rows_so_far
  FROM sales_dense
), sales_totals_2 AS (
  /* one row per order line, totalled by customer_segment, time_month */
  SELECT
    customer_segment,
    time_month,
    revenue_cumulative
  FROM sales_running
  WHERE
    rows_so_far > 0
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    customer_segment,
    time_month,
    revenue,
    CAST(NULL AS INT) AS revenue_cumulative
  FROM sales_totals
  UNION ALL
  SELECT
    customer_segment,
    time_month,
    CAST(NULL AS INT) AS revenue,
    revenue_cumulative
  FROM sales_totals_2
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    customer_segment,
    time_month,
    MAX(revenue) AS revenue,
    MAX(revenue_cumulative) AS revenue_cumulative
  FROM all_facts
  GROUP BY
    1,
    2
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  time_month,
  revenue,
  revenue_cumulative
FROM side_by_side
ORDER BY
  customer_segment ASC NULLS LAST,
  time_month ASC NULLS LAST
