-- One row per product, warehouse and day, for the last 31 days.
-- kind: view
SELECT
  product_id,
  warehouse_id,
  date,
  stock_level,
  reorder_level,
  last_updated
FROM raw_shop.inventory
