-- One row per product, and the Unknown member -1.
SELECT
  k.product_key,
  p.product_id,
  p.product_name,
  p.brand,
  p.category_level_1,
  p.category_level_2,
  p.category_level_3,
  p.base_price,
  p.season_code,
  COALESCE(
    p.is_active,
    DATE_DIFF('day', s.last_sale_date, as_of()) <= {{ policy('product.active_days') }},
    FALSE
  ) AS is_active,
  p.category,
  p.unit_of_measure,
  p.system AS source_system
FROM conformed.product AS p
INNER JOIN gold.product_keys AS k ON k.product_id = p.product_id
LEFT JOIN (
  SELECT product_id, MAX(sale_date) AS last_sale_date
  FROM conformed.sale_line
  WHERE NOT is_return AND sale_date <= as_of()
  GROUP BY product_id
) AS s ON s.product_id = p.product_id
UNION ALL
SELECT
  CAST(-1 AS INTEGER) AS product_key,
  'unknown' AS product_id,
  'Unknown' AS product_name,
  CAST(NULL AS VARCHAR) AS brand,
  CAST(NULL AS VARCHAR) AS category_level_1,
  CAST(NULL AS VARCHAR) AS category_level_2,
  CAST(NULL AS VARCHAR) AS category_level_3,
  CAST(NULL AS DECIMAL(12, 2)) AS base_price,
  CAST(NULL AS VARCHAR) AS season_code,
  FALSE AS is_active,
  CAST(NULL AS VARCHAR) AS category,
  CAST(NULL AS VARCHAR) AS unit_of_measure,
  CAST(NULL AS VARCHAR) AS source_system
