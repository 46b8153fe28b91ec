-- One row per product.
-- kind: view
SELECT
  product_id,
  category_level_2,
  category_level_3,
  season_code,
  launch_date
FROM raw_shop_ops.product_details
