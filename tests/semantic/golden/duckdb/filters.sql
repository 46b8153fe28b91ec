WITH sales_totals AS (
  /* one row per order line, totalled over all */
  SELECT
    SUM(sales.net) AS revenue
  FROM gold.sales AS sales
  LEFT JOIN gold.customer AS customer
    ON sales.customer_key = customer.customer_key
  LEFT JOIN gold.product AS product
    ON sales.product_key = product.product_key
  LEFT JOIN gold.calendar AS order_date
    ON sales.order_date_key = order_date.date_key
  WHERE
    NOT sales.is_return
    AND NOT sales.is_test
    AND (
      customer.segment <> 'VIP' OR customer.segment IS NULL
    )
    AND (
      product.brand = 'Acme' OR sales.channel IS NULL
    )
    AND NOT COALESCE(product.category IN ('Hats', 'it''s'), FALSE)
    AND order_date.calendar_date >= CAST('2024-03-01' AS DATE)
), figures AS (
  /* every figure, also those only compared with */
  SELECT
    revenue
  FROM sales_totals
)
/* the figures asked for */
SELECT
  revenue
FROM figures
WHERE
  revenue > 100
