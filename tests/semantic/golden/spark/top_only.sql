WITH sales_totals AS (
  /* one row per order line, totalled by product_brand */
  SELECT
    product.brand AS product_brand,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.product AS product
    ON sales.product_key = product.product_key
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
), ranked_members AS (
  /* the 1 largest members by revenue */
  SELECT
    COALESCE(product_brand, '(none)') AS product_brand,
    revenue
  FROM sales_totals
  ORDER BY
    revenue DESC,
    product_brand ASC NULLS LAST
  LIMIT 1
), top_members AS (
  /* the 1 largest members by revenue */
  SELECT
    product_brand AS member
  FROM ranked_members
), sales_totals_2 AS (
  /* one row per order line, totalled by product_brand */
  SELECT
    product.brand AS product_brand,
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.product AS product
    ON sales.product_key = product.product_key
  JOIN top_members
    ON COALESCE(product.brand, '(none)') = top_members.member
  WHERE
    NOT sales.is_return AND NOT sales.is_test
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(product_brand, '(none)') AS product_brand,
  revenue
FROM sales_totals_2
ORDER BY
  product_brand ASC NULLS LAST
