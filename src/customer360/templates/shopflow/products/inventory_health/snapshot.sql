-- One row per product, location and day of the inventory, under the keys of the star schema.
-- kind: view
SELECT
  p.product_key,
  COALESCE(o.location_key, -1) AS location_key,
  i.snapshot_date,
  i.stock_level AS stock_quantity,
  i.reorder_level
FROM conformed.inventory_snapshot AS i
INNER JOIN gold.product_keys AS p ON p.product_id = i.product_id
LEFT JOIN gold.location_keys AS o ON o.location_id = i.location_id
WHERE i.snapshot_date <= as_of()
