-- One row per customer and product, the 20 strongest of each customer.
SELECT
  customer_key,
  product_key,
  affinity_score,
  purchase_count,
  last_purchase_date,
  predicted_cltv_impact,
  affinity_rank,
  why
FROM insights.product_interest
WHERE affinity_rank IS NOT NULL
