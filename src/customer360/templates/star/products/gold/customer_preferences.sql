-- One row per buyer: the department, category, brand and channel they spent most on.
-- Ties: more purchase lines, then the name in alphabetical order.
WITH lines AS (
  SELECT
    r.customer_id,
    p.category_level_1,
    p.category,
    p.brand,
    l.channel,
    l.net_sales_amount
  FROM conformed.sale_line AS l
  INNER JOIN gold.record_keys AS r
    ON r.system = COALESCE(l.record_system, l.system) AND r.record_id = l.record_id
  LEFT JOIN conformed.product AS p ON p.product_id = l.product_id
  WHERE NOT l.is_return AND l.sale_date <= as_of()
),
spent AS (
  SELECT customer_id, 'department' AS attribute, category_level_1 AS name,
    SUM(net_sales_amount) AS amount, COUNT(*) AS lines
  FROM lines
  WHERE category_level_1 IS NOT NULL
  GROUP BY customer_id, category_level_1
  UNION ALL
  SELECT customer_id, 'category', category, SUM(net_sales_amount), COUNT(*)
  FROM lines
  WHERE category IS NOT NULL
  GROUP BY customer_id, category
  UNION ALL
  SELECT customer_id, 'brand', brand, SUM(net_sales_amount), COUNT(*)
  FROM lines
  WHERE brand IS NOT NULL
  GROUP BY customer_id, brand
  UNION ALL
  SELECT customer_id, 'channel', channel, SUM(net_sales_amount), COUNT(*)
  FROM lines
  WHERE channel IS NOT NULL
  GROUP BY customer_id, channel
),
ranked AS (
  SELECT
    customer_id,
    attribute,
    name,
    ROW_NUMBER() OVER (
      PARTITION BY customer_id, attribute ORDER BY amount DESC, lines DESC, name
    ) AS place
  FROM spent
)
SELECT
  customer_id,
  MAX(CASE WHEN attribute = 'department' THEN name END) AS preferred_category,
  MAX(CASE WHEN attribute = 'category' THEN name END) AS favorite_product_category,
  MAX(CASE WHEN attribute = 'brand' THEN name END) AS favorite_brand,
  MAX(CASE WHEN attribute = 'channel' THEN name END) AS preferred_channel
FROM ranked
WHERE place = 1
GROUP BY customer_id
