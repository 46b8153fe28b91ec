-- One row per product. The catalogue lacks 17 products that were sold.
-- kind: view
SELECT
  product_id,
  manufacturer_id,
  department,
  brand,
  product_category,
  product_type,
  package_size
FROM raw_complete_journey.products
