-- One row per purchase of a known customer, as attribution reads it: at the end of its day.
-- kind: view
SELECT
  customer_key,
  transaction_id AS conversion_id,
  CAST(purchase_date AS TIMESTAMP) + INTERVAL '86399' SECOND AS converted_at,
  amount AS value
FROM gold.customer_purchases
