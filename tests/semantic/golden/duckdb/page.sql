WITH sales_totals AS (
  /* one row per order line, totalled by customer_segment */
  SELECT
    customer.segment AS customer_segment,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(customer_segment, '(none)') AS customer_segment,
  revenue
FROM sales_totals
ORDER BY
  customer_segment ASC
LIMIT 2
OFFSET 1
