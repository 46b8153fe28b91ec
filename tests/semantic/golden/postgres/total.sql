WITH sales_totals AS (
  /* one row per order line, totalled over all */
  SELECT
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  WHERE
    NOT sales.is_return AND NOT sales.is_test
)
/* the figures asked for */
SELECT
  revenue
FROM sales_totals
