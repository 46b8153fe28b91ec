-- One row per basket and product that was sold. Returns are left out: what baskets and tastes are read from.
SELECT
  s.transaction_id,
  s.product_key,
  CAST(MIN(NULLIF(s.customer_key, -1)) AS INTEGER) AS customer_key,
  MIN(p.category) AS category,
  MIN(s.sale_date) AS purchase_date,
  s.product_key AS item
FROM gold.gold_sales_fact AS s
INNER JOIN gold.gold_product_dim AS p ON p.product_key = s.product_key
WHERE NOT s.is_return AND s.product_key <> -1
GROUP BY s.transaction_id, s.product_key
