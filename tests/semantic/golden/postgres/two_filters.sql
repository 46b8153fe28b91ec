WITH sales_totals AS (
  /* one row per order line, totalled by customer_segment */
  SELECT
    customer.segment AS customer_segment,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test AND sales.channel = 'Online'
  GROUP BY
    1
), sales_totals_store AS (
  /* one row per order line, totalled by customer_segment (store) */
  SELECT
    customer.segment AS customer_segment,
    SUM(sales.net) AS revenue_store
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test AND sales.channel = 'Store'
  GROUP BY
    1
), all_facts AS (
  /* the facts one below the other, each with its own figures */
  SELECT
    customer_segment,
    revenue,
    CAST(NULL AS INT) AS revenue_store
  FROM sales_totals
  UNION ALL
  SELECT
    customer_segment,
    CAST(NULL AS INT) AS revenue,
    revenue_store
  FROM sales_totals_store
), side_by_side AS (
  /* the facts side by side: one row per group, empty keys included */
  SELECT
    customer_segment,
    MAX(revenue) AS revenue,
    MAX(revenue_store) AS revenue_store
  FROM all_facts
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  revenue,
  revenue_store,
  revenue - revenue_store AS revenue_change,
  CAST((
    revenue - revenue_store
  ) AS DOUBLE PRECISION) / NULLIF(revenue_store, 0) AS revenue_change_rate
FROM side_by_side
ORDER BY
  customer_segment ASC
