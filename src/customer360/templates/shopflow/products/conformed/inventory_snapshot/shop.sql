-- One row per product, warehouse and day.
SELECT
  'shop' AS system,
  'shop:' || product_id AS product_id,
  'shop:' || warehouse_id AS location_id,
  date AS snapshot_date,
  stock_level,
  reorder_level,
  last_updated AS updated_at
FROM shop.inventory
