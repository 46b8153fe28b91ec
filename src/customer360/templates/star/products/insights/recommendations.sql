-- One row per customer and product that the customer never bought, the 20 strongest of each.
SELECT
  customer_key,
  product_key,
  affinity_score,
  purchase_count,
  last_purchase_date,
  predicted_cltv_impact,
  recommendation_rank AS affinity_rank,
  why
FROM insights.product_interest
WHERE recommendation_rank IS NOT NULL
