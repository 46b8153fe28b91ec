WITH sales_totals AS (
  /* roll-up sales_daily, totalled by customer_segment, time_month */
  SELECT
    sales_daily.customer_segment AS customer_segment,
    CAST(DATE_TRUNC('MONTH', sales_daily.order_date_day) AS DATE) AS time_month,
    SUM(sales_daily.revenue) AS revenue
  FROM gold.sales_daily AS sales_daily
  WHERE
    sales_daily.revenue_rows > 0
    AND sales_daily.order_date_day >= CAST('2024-05-01' AS DATE)
    AND sales_daily.order_date_day <= CAST('2024-10-31' AS DATE)
  GROUP BY
    1,
    2
), tickets_totals AS (
  /* one row per ticket_id, totalled by customer_segment, time_month */
  SELECT
    customer.segment AS customer_segment,
    CAST(DATE_TRUNC('MONTH', tickets.created_at) AS DATE) AS time_month,
    COUNT(tickets.ticket_id) AS tickets
  FROM gold.tickets AS tickets
  LEFT JOIN gold.customer AS customer
    ON tickets.customer_key = customer.customer_key
  WHERE
    tickets.created_at >= CAST('2024-05-01' AS TIMESTAMP)
    AND tickets.created_at < CAST('2024-11-01' AS TIMESTAMP)
  GROUP BY
    1,
    2
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    customer_segment,
    time_month,
    revenue,
    CAST(NULL AS INT) AS tickets
  FROM sales_totals
  UNION ALL
  SELECT
    customer_segment,
    time_month,
    CAST(NULL AS INT) AS revenue,
    tickets
  FROM tickets_totals
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    customer_segment,
    time_month,
    MAX(revenue) AS revenue,
    MAX(tickets) AS tickets
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
  COALESCE(tickets, 0) AS tickets
FROM side_by_side
ORDER BY
  customer_segment ASC,
  time_month ASC
