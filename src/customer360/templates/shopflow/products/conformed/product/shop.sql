-- One row per product of the web shop.
SELECT
  'shop' AS system,
  'shop:' || p.product_id AS product_id,
  p.product_id AS source_product_id,
  p.product_name,
  p.brand,
  p.category,
  p.category AS category_level_1,
  d.category_level_2,
  d.category_level_3,
  p.price AS base_price,
  p.cost AS unit_cost,
  d.season_code,
  d.launch_date,
  p.stock_status,
  'piece' AS unit_of_measure
FROM shop.products AS p
LEFT JOIN shop_ops.product_details AS d ON d.product_id = p.product_id
