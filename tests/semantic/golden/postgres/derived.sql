WITH sales_totals AS (
  /* one row per order line, totalled over all */
  SELECT
    SUM(sales.net) FILTER(WHERE
      NOT sales.is_return) AS revenue,
    SUM(sales.net) FILTER(WHERE
      sales.is_return) AS returned_amount
  FROM gold.sales AS sales
  WHERE
    NOT sales.is_test AND (
      NOT sales.is_return OR sales.is_return
    )
)
/* the figures asked for */
SELECT
  revenue - COALESCE(returned_amount, 0) AS net_of_returns
FROM sales_totals
