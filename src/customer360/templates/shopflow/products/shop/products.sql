-- One row per product.
-- kind: view
SELECT
  product_id,
  product_name,
  category,
  brand,
  price,
  cost,
  margin_pct,
  stock_status
FROM raw_shop.products
