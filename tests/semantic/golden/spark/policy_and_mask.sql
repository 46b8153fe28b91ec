WITH sales_totals AS (
  /* one row per order line, totalled by customer_email */
  SELECT
    C360_HASH(CAST(customer.email AS STRING)) AS customer_email,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  WHERE
    customer.region = 'EU' AND NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
), tickets_totals AS (
  /* one row per ticket_id, totalled by customer_email */
  SELECT
    C360_HASH(CAST(customer.email AS STRING)) AS customer_email,
    COUNT(tickets.ticket_id) AS tickets
  FROM gold.tickets AS tickets
  LEFT JOIN gold.customer AS customer
    ON tickets.customer_key = customer.customer_key
  WHERE
    customer.region = 'EU'
  GROUP BY
    1
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    customer_email,
    revenue,
    CAST(NULL AS INT) AS tickets
  FROM sales_totals
  UNION ALL
  SELECT
    customer_email,
    CAST(NULL AS INT) AS revenue,
    tickets
  FROM tickets_totals
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    customer_email,
    MAX(revenue) AS revenue,
    MAX(tickets) AS tickets
  FROM all_facts
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(customer_email, '(none)') AS customer_email,
  revenue,
  COALESCE(tickets, 0) AS tickets
FROM side_by_side
ORDER BY
  customer_email ASC NULLS LAST
