WITH carts_totals AS (
  /* one row per abandoned cart, totalled by product_category */
  SELECT
    product.category AS product_category,
    SUM((
      carts.value
    ) * COALESCE(cart_items.share, 1)) AS lost_revenue
  FROM gold.carts AS carts
  LEFT JOIN gold.cart_items AS cart_items
    ON carts.cart_id = cart_items.cart_id
  LEFT JOIN gold.product AS product
    ON cart_items.product_key = product.product_key
  GROUP BY
    1
)
/* the figures asked for */
SELECT
  COALESCE(product_category, '(none)') AS product_category,
  lost_revenue
FROM carts_totals
ORDER BY
  product_category ASC NULLS LAST
