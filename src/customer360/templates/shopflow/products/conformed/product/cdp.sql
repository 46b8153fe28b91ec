-- One row per product of the stores' range. It has one level of categories and no costs.
SELECT
  'cdp' AS system,
  'cdp:' || product_id AS product_id,
  CAST(product_id AS VARCHAR) AS source_product_id,
  product_name,
  brand,
  category,
  category AS category_level_1,
  CAST(price AS DECIMAL(12, 2)) AS base_price,
  launch_date,
  'piece' AS unit_of_measure
FROM cdp.product_catalog
