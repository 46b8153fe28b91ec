-- One row per customer and product, the 20 strongest of each customer.
-- kind: view
SELECT
  customer_key,
  product_key,
  affinity_score,
  CAST(purchase_count AS INTEGER) AS purchase_count,
  COALESCE(
    CAST(
      YEAR(last_purchase_date) * 10000 + MONTH(last_purchase_date) * 100 + DAY(last_purchase_date) AS INTEGER
    ),
    -1
  ) AS last_purchase_date_key,
  predicted_cltv_impact,
  affinity_rank
FROM insights.product_affinity
