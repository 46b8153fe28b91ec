-- One row per session of the web shop and product that was in its cart at the end.
WITH kept AS (
  SELECT
    session_id,
    product_id,
    SUM(CASE event_type WHEN 'add_to_cart' THEN 1 ELSE -1 END) AS quantity
  FROM shop.events
  WHERE event_type IN ('add_to_cart', 'remove_from_cart') AND product_id IS NOT NULL
  GROUP BY session_id, product_id
)
SELECT
  'shop' AS system,
  'shop:' || k.session_id AS cart_id,
  'shop:' || k.product_id AS product_id,
  CAST(k.quantity AS INTEGER) AS quantity,
  CAST(k.quantity * p.price AS DECIMAL(12, 2)) AS item_value
FROM kept AS k
LEFT JOIN shop.products AS p ON p.product_id = k.product_id
WHERE k.quantity > 0
