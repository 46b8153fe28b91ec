-- One row per abandoned cart and product that was in it at the end.
SELECT
  i.cart_id,
  COALESCE(p.product_key, -1) AS product_key,
  CAST(SUM(i.quantity) AS INTEGER) AS quantity,
  CAST(SUM(i.item_value) AS DECIMAL(12, 2)) AS value
FROM conformed.cart_item AS i
INNER JOIN conformed.cart AS c ON c.cart_id = i.cart_id
LEFT JOIN gold.product_keys AS p ON p.product_id = i.product_id
WHERE c.is_abandoned AND CAST(c.created_at AS DATE) <= as_of()
GROUP BY i.cart_id, COALESCE(p.product_key, -1)
