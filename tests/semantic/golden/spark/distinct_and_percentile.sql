WITH sales_totals AS (
  /* one row per order line, totalled over all */
  SELECT
    COUNT(DISTINCT sales.customer_key) AS buyers,
    PERCENTILE(CAST(sales.net AS DOUBLE), 0.5) AS median_line_value
  FROM gold.sales AS sales
  WHERE
    NOT sales.is_test
)
/* the figures asked for */
SELECT
  COALESCE(buyers, 0) AS buyers,
  median_line_value
FROM sales_totals
