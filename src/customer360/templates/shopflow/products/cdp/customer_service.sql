-- One row per service interaction in a store.
-- kind: view
SELECT
  interaction_id,
  customer_id,
  interaction_date,
  interaction_type,
  product_id,
  resolution_status,
  satisfaction_score
FROM raw_cdp.customer_service
