WITH sales_totals AS (
  /* one row per order line, totalled by customer_segment, time_month */
  SELECT
    customer.segment AS customer_segment,
    CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS DATE) AS time_month,
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
), sales_totals_total_by_time_month AS (
  /* one row per order line, totalled by time_month (total by time month) */
  SELECT
    CAST(DATE_TRUNC('MONTH', order_date.calendar_date) AS DATE) AS time_month,
    SUM(sales.net) AS revenue_total_by_time_month
  FROM gold.sales AS sales
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
), with_totals AS (
  /* each row beside the totals it is a part of */
  SELECT
    sales_totals.customer_segment,
    sales_totals.time_month,
    sales_totals.revenue,
    sales_totals_total_by_time_month.revenue_total_by_time_month
  FROM sales_totals
  LEFT JOIN sales_totals_total_by_time_month
    ON sales_totals.time_month IS NOT DISTINCT FROM sales_totals_total_by_time_month.time_month
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  time_month,
  revenue,
  revenue / NULLIF(revenue_total_by_time_month, 0) AS revenue_share
FROM with_totals
ORDER BY
  customer_segment ASC,
  time_month ASC
