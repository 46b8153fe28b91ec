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
), tickets_totals AS (
  /* one row per ticket_id, totalled by customer_segment, time_month */
  SELECT
    customer.segment AS customer_segment,
    CAST(CAST(DATE_TRUNC('MONTH', tickets.created_at) AS TIMESTAMP_NTZ) AS DATE) AS time_month,
    COUNT(tickets.ticket_id) AS tickets
  FROM gold.tickets AS tickets
  LEFT JOIN gold.customer AS customer
    ON tickets.customer_key = customer.customer_key
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
  customer_segment ASC NULLS LAST,
  time_month ASC NULLS LAST
