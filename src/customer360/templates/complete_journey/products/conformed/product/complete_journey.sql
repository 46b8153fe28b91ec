-- One row per product of the catalogue. Petrol is sold by the thousandth of a gallon, all else by the piece.
SELECT
  'complete_journey' AS system,
  'complete_journey:' || product_id AS product_id,
  CAST(product_id AS VARCHAR) AS source_product_id,
  COALESCE(
    product_type || COALESCE(' ' || package_size, ''),
    product_category,
    'Product ' || product_id
  ) AS product_name,
  brand,
  -- The source files petrol under COUPON/MISC ITEMS, beside gift cards.
  CASE WHEN product_type LIKE 'GASOLINE%' THEN 'FUEL' ELSE product_category END AS category,
  department AS category_level_1,
  CASE WHEN product_type LIKE 'GASOLINE%' THEN 'FUEL' ELSE product_category END AS category_level_2,
  product_type AS category_level_3,
  CASE WHEN product_type LIKE 'GASOLINE%' THEN 'thousandth gallon' ELSE 'piece' END AS unit_of_measure
FROM complete_journey.products
