-- One row per product, place and day with a count of the stock.
-- kind: incremental
-- time_column: snapshot_date
-- lookback: 31 days
SELECT
  COALESCE(p.product_key, -1) AS product_key,
  COALESCE(l.location_key, -1) AS location_key,
  CAST(
    YEAR(i.snapshot_date) * 10000 + MONTH(i.snapshot_date) * 100 + DAY(i.snapshot_date) AS INTEGER
  ) AS date_key,
  i.stock_level,
  i.reorder_level,
  i.stock_level < i.reorder_level AS is_below_reorder_level,
  i.stock_level = 0 AS is_out_of_stock,
  i.snapshot_date,
  i.system AS source_system
FROM conformed.inventory_snapshot AS i
LEFT JOIN gold.product_keys AS p ON p.product_id = i.product_id
LEFT JOIN gold.location_keys AS l ON l.location_id = i.location_id
WHERE i.snapshot_date <= as_of()
