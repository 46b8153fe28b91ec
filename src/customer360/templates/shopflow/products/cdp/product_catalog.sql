-- One row per product of the stores' range.
-- kind: view
SELECT
  product_id,
  product_name,
  category,
  brand,
  price,
  launch_date
FROM raw_cdp.product_catalog
